"""Plain convolutional networks."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from nsgraph.errors import UserError

__all__ = ["Conv6"]


class Conv6(nn.Module):
    """Six 3x3 convolutions with batch norm in three stages, then three linear layers.

    The VGG-like network of the lottery ticket study (Frankle and Carbin 2019, figure 2), with batch
    norm as in the multipartite study; 2,261,184 prunable weights on CIFAR-10.

    Parameters
    ----------
    input_shape
        (channels, height, width); height and width at least 8, since each stage halves them.
    classes
        Number of outputs.
    width
        Channels of the first stage; the later ones have twice and four times as many, and the
        hidden linear layers four times as many. 64 in the study.
    """

    def __init__(self, input_shape: Sequence[int], classes: int, width: int = 64) -> None:
        super().__init__()
        channels, height, across = input_shape
        if min(height, across) < 8:
            raise UserError(
                f"conv6 halves height and width three times and needs at least 8 x 8 pixels; the "
                f"input is {height} x {across}."
            )
        for i in range(1, 7):
            out = width << (i - 1) // 2
            self.add_module(f"conv{i}", nn.Conv2d(channels, out, 3, padding=1, bias=False))
            self.add_module(f"bn{i}", nn.BatchNorm2d(out))
            channels = out
        self.pool = nn.MaxPool2d(2)
        self.relu = nn.ReLU()
        self.fc1 = nn.Linear(channels * (height // 8) * (across // 8), channels)
        self.fc2 = nn.Linear(channels, channels)
        self.fc3 = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        for i in range(1, 7):
            x = self.relu(self.get_submodule(f"bn{i}")(self.get_submodule(f"conv{i}")(x)))
            if i % 2 == 0:
                x = self.pool(x)
        x = x.flatten(1)
        return self.fc3(self.relu(self.fc2(self.relu(self.fc1(x)))))
