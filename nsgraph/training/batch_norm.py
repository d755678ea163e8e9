"""Batch-norm statistics taken anew."""

from __future__ import annotations

import torch
from torch import nn

from nsgraph.datasets import Dataset
from nsgraph.seeds import stream

__all__ = ["recalibrate"]

CHUNK = 256  # images of one forward pass


@torch.no_grad()
def recalibrate(net: nn.Module, data: Dataset, images: int, seed: int, name: str) -> None:
    """Replace the running statistics of all batch norms by those of some training images.

    What was trained dense puts out other means and variances once it is pruned. Statistics are
    means over passes of 256 images, without augmentation; everything but the batch norms is in
    evaluation mode, and the network's modes are put back.

    Parameters
    ----------
    net
        Changed in place; nothing happens without batch norms that keep statistics.
    images
        How many, drawn by the stream `name` of the seed; at most all.
    """
    norms = [
        module
        for module in net.modules()
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.track_running_stats
    ]
    if not norms or not images:
        return
    modes = [(module, module.training) for module in net.modules()]
    momenta = [norm.momentum for norm in norms]
    order = stream(seed, name).permutation(len(data.train.labels))[:images]
    index = torch.from_numpy(order).to(data.device)
    net.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean of all passes
        norm.train()
    for part in index.split(CHUNK):
        if len(part) > 1 or len(index) == 1:
            net(data.normalise(data.train.images[part]))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    for module, mode in modes:
        module.training = mode
