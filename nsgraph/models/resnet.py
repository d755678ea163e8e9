"""Residual networks for small images, and wide residual networks."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from nsgraph.errors import UserError

__all__ = ["OptionAShortcut", "ResNet", "WideResNet"]


class OptionAShortcut(nn.Module):
    """Shortcut without parameters: every `stride`th pixel, new channels filled with zeros.

    The old channels land in the middle, at offset (out_channels - in_channels) // 2, as in the
    common CIFAR implementations of option A of He et al. 2016.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        if in_channels > out_channels:
            raise UserError(f"A shortcut cannot turn {in_channels} channels into {out_channels}.")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.stride = stride

    @property
    def channel_offset(self) -> int:
        """First output channel that holds an input channel."""
        return (self.out_channels - self.in_channels) // 2

    def forward(self, x: Tensor) -> Tensor:
        before = self.channel_offset
        after = self.out_channels - self.in_channels - before
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, before, after))


def _conv3x3(in_channels: int, out_channels: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)


def _add_stages(
    net: nn.Module, block: type[nn.Module], channels: int, width: int, blocks: int, option_a: bool
) -> int:
    """Add `layer1` to `layer3`; each doubles the channels of the one before. Returns the last's."""
    for stage in (1, 2, 3):
        out = width * 2 ** (stage - 1)
        layers = []
        for position in range(blocks):
            stride = 2 if stage > 1 and position == 0 else 1
            layers.append(block(channels, out, stride, option_a))
            channels = out
        net.add_module(f"layer{stage}", nn.Sequential(*layers))
    return channels


def _through_stages(net: nn.Module, x: Tensor) -> Tensor:
    for stage in (1, 2, 3):
        x = net.get_submodule(f"layer{stage}")(x)
    return x


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with batch norm and a shortcut around them (He et al. 2016)."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, option_a: bool) -> None:
        super().__init__()
        self.conv1 = _conv3x3(in_channels, out_channels, stride)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = _conv3x3(out_channels, out_channels)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU()
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = (
                OptionAShortcut(in_channels, out_channels, stride)
                if option_a
                else nn.Sequential(
                    nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                    nn.BatchNorm2d(out_channels),
                )
            )

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ResNet(nn.Module):
    """Residual network of three stages with `width`, 2 `width` and 4 `width` channels.

    Parameters
    ----------
    input_shape
        (channels, height, width), any size.
    classes
        Number of outputs.
    depth
        6 n + 2 for n blocks a stage: 8, 14, 20, 26, 32, ...
    width
        Channels of the first stage.
    option_a
        Shortcuts between stages without parameters (20 prunable tensors of ResNet-20) instead of
        1x1 convolutions (option B, 22 prunable tensors).
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        classes: int,
        depth: int = 20,
        width: int = 16,
        option_a: bool = False,
    ) -> None:
        super().__init__()
        blocks, rest = divmod(depth - 2, 6)
        if rest or blocks < 1:
            raise UserError(f"A ResNet has depth 8, 14, 20, 26, 32, ... (6 n + 2), not {depth}.")
        self.conv1 = _conv3x3(input_shape[0], width)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        channels = _add_stages(self, BasicBlock, width, width, blocks, option_a)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        x = _through_stages(self, x)
        return self.linear(self.pool(x).flatten(1))


class WideBlock(nn.Module):
    """Batch norm and ReLU before each convolution (Zagoruyko and Komodakis 2016)."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, option_a: bool) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = _conv3x3(in_channels, out_channels, stride)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = _conv3x3(out_channels, out_channels)
        self.relu = nn.ReLU()
        self.changes = stride != 1 or in_channels != out_channels
        self.shortcut: nn.Module = nn.Identity()
        if self.changes:
            self.shortcut = (
                OptionAShortcut(in_channels, out_channels, stride)
                if option_a
                else nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(x))
        z = self.conv2(self.relu(self.bn2(self.conv1(y))))
        return z + self.shortcut(y if self.changes else x)


class WideResNet(nn.Module):
    """Wide residual network: three stages of 16, 32 and 64 channels times `widen`.

    Parameters
    ----------
    input_shape
        (channels, height, width), any size.
    classes
        Number of outputs.
    depth
        6 n + 4 for n blocks a stage: 10, 16, 22, 28, ...
    widen
        Factor of the channels.
    option_a
        Shortcuts without parameters.
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        classes: int,
        depth: int = 28,
        widen: int = 2,
        option_a: bool = False,
    ) -> None:
        super().__init__()
        blocks, rest = divmod(depth - 4, 6)
        if rest or blocks < 1:
            raise UserError(f"A WRN has depth 10, 16, 22, 28, ... (6 n + 4), not {depth}.")
        self.conv1 = _conv3x3(input_shape[0], 16)
        channels = _add_stages(self, WideBlock, 16, 16 * widen, blocks, option_a)
        self.bn = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        x = _through_stages(self, x)
        return self.linear(self.pool(self.relu(self.bn(x))).flatten(1))
