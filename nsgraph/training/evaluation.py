"""Accuracy of a network on a part of a data set."""

from __future__ import annotations

import torch
from torch import nn

from nsgraph.datasets import Dataset

__all__ = ["accuracy"]

NUMBERS = 1 << 22
"""Input numbers that are evaluated at a time on a GPU."""
CPU_NUMBERS = 1 << 17
"""The same on a CPU: few enough that activations stay in its caches."""


@torch.inference_mode()
def accuracy(net: nn.Module, data: Dataset, split: str = "test") -> float:
    """Part of the images that are classified rightly, in [0, 1].

    Evaluated in float32 with running batch statistics; the network's mode is put back.

    Parameters
    ----------
    net
        On any device; the images are brought to it.
    split
        `"train"` (without augmentation), `"validation"` or `"test"`.
    """
    part = getattr(data, split)
    device = next(net.parameters()).device
    training = [module for module in net.modules() if module.training]
    if training:  # setting the mode takes as long as a small network's forward pass
        net.eval()
    numbers = CPU_NUMBERS if device.type == "cpu" else NUMBERS
    size = max(1, numbers // part.images[0].numel())
    right = torch.zeros((), dtype=torch.int64, device=device)
    for images, labels in zip(part.images.split(size), part.labels.split(size), strict=True):
        logits = net(data.normalise(images.to(device)))
        right += (logits.argmax(1) == labels.to(device)).sum()
    for module in training:
        module.training = True
    return int(right) / len(part.labels)
