"""Multilayer perceptrons."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from torch import Tensor, nn

from nsgraph.models.activations import SReLU

__all__ = ["MLP"]


class MLP(nn.Module):
    """Linear layers `fc1`, `fc2`, ... with biases and an activation between each two.

    Parameters
    ----------
    input_shape
        (channels, height, width), flattened.
    widths
        Neurons of each hidden layer.
    classes
        Neurons of the output layer.
    srelu
        SReLU instead of ReLU.
    """

    def __init__(
        self, input_shape: Sequence[int], widths: Sequence[int], classes: int, srelu: bool = False
    ) -> None:
        super().__init__()
        sizes = [prod(input_shape), *widths, classes]
        self.n_layers = len(sizes) - 1
        for i in range(self.n_layers):
            self.add_module(f"fc{i + 1}", nn.Linear(sizes[i], sizes[i + 1]))
            if i + 1 < self.n_layers:
                self.add_module(f"act{i + 1}", SReLU(sizes[i + 1]) if srelu else nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        for i in range(1, self.n_layers):
            x = self.get_submodule(f"act{i}")(self.get_submodule(f"fc{i}")(x))
        return self.get_submodule(f"fc{self.n_layers}")(x)
