"""Well-known architectures in plain torch.nn, one short function each.

    python benchmarks/architectures.py resnet20 [--size 64] [--width 32]    # its wiring as JSON

They are traced on the device "meta", so no weight is ever allocated. Measuring needs the wiring
only: `networks.py` asks for it in a process of its own and stays without torch.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from nsgraph.models import trace
from nsgraph.wiring import Wiring

__all__ = ["ARCHITECTURES", "wiring"]


def resnet20(width: int = 16) -> nn.Module:
    """Three stages of three basic blocks, 1x1 convolutions where the shape changes (option B)."""
    layers, channels = [_conv(3, width, 3), nn.ReLU()], width
    for stage, out in enumerate((width, 2 * width, 4 * width)):
        for block in range(3):
            stride = 2 if stage and not block else 1
            branch = _conv(channels, out, 3, stride), nn.ReLU(), _conv(out, out, 3)
            layers += [_Sum(branch, _projection(channels, out, stride)), nn.ReLU()]
            channels = out
    return nn.Sequential(*layers, _classifier(channels, 10))


def resnet50() -> nn.Module:
    """Bottleneck blocks, the stride in their 3x3 convolution, behind an overlapping max pool."""
    layers, channels = [_conv(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)], 64
    for stage, blocks in enumerate((3, 4, 6, 3)):
        inner, out = 64 * 2**stage, 256 * 2**stage
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            narrow = _conv(channels, inner, 1), nn.ReLU(), _conv(inner, inner, 3, stride), nn.ReLU()
            branch = *narrow, _conv(inner, out, 1)
            layers += [_Sum(branch, _projection(channels, out, stride)), nn.ReLU()]
            channels = out
    return nn.Sequential(*layers, _classifier(channels, 1000))


def mobilenetv2() -> nn.Module:
    """Inverted residuals: widen by 1x1, depthwise 3x3, narrow by 1x1."""
    layers, channels = [_conv(3, 32, 3, 2), nn.ReLU6()], 32
    for expansion, out, blocks, first in (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ):
        for block in range(blocks):
            stride, inner = 1 if block else first, expansion * channels
            widen = [_conv(channels, inner, 1), nn.ReLU6()] if expansion > 1 else []
            depthwise = _conv(inner, inner, 3, stride, groups=inner)
            branch = *widen, depthwise, nn.ReLU6(), _conv(inner, out, 1)
            same = stride == 1 and channels == out
            layers.append(_Sum(branch) if same else nn.Sequential(*branch))
            channels = out
    return nn.Sequential(
        *layers, _conv(channels, 1280, 1), nn.ReLU6(), _classifier(1280, 1000, dropout=0.2)
    )


def wrn28(widen: int = 10) -> nn.Module:
    """Three stages of four wide blocks, batch norm and ReLU before each convolution."""
    layers, channels = [_plain_conv(3, 16, 3)], 16
    for stage, out in enumerate((16 * widen, 32 * widen, 64 * widen)):
        for block in range(4):
            stride = 2 if stage and not block else 1
            before = nn.BatchNorm2d(channels), nn.ReLU()
            branch = (
                *(_plain_conv(channels, out, 3, stride), nn.BatchNorm2d(out), nn.ReLU()),
                _plain_conv(out, out, 3),
            )
            if block:
                layers.append(_Sum((*before, *branch)))
            else:  # a shortcut with weights reads what the branch reads
                layers += [*before, _Sum(branch, _plain_conv(channels, out, 1, stride))]
            channels = out
    return nn.Sequential(*layers, nn.BatchNorm2d(channels), nn.ReLU(), _classifier(channels, 10))


def densenet40(growth: int = 12) -> nn.Module:
    """Three blocks of twelve 3x3 convolutions, each of which reads all maps before it."""
    layers, channels = [_plain_conv(3, 16, 3)], 16
    for stage in range(3):
        if stage:
            layers += [nn.BatchNorm2d(channels), nn.ReLU(), _plain_conv(channels, channels, 1)]
            layers.append(nn.AvgPool2d(2))
        for _ in range(12):
            layers.append(_Dense(channels, growth))
            channels += growth
    return nn.Sequential(*layers, nn.BatchNorm2d(channels), nn.ReLU(), _classifier(channels, 10))


def vgg16() -> nn.Module:
    """Thirteen 3x3 convolutions, then three linear layers, the first on a flattened 7x7 map."""
    layers, channels = [], 3
    for out, convolutions in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(convolutions):
            layers += [_plain_conv(channels, out, 3), nn.ReLU()]
            channels = out
        layers.append(nn.MaxPool2d(2))
    head = nn.Linear(512 * 7 * 7, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU()
    return nn.Sequential(*layers, nn.Flatten(), *head, nn.Dropout(), nn.Linear(4096, 1000))


def conv6() -> nn.Module:
    """Six 3x3 convolutions, a pool after every second, then three linear layers."""
    layers, channels = [], 3
    for out in (64, 128, 256):
        layers += [_conv(channels, out, 3), nn.ReLU(), _conv(out, out, 3), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
        channels = out
    head = nn.Linear(256 * 4 * 4, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU()
    return nn.Sequential(*layers, nn.Flatten(), *head, nn.Linear(256, 10))


def mlp() -> nn.Module:
    """Two square linear layers as wide as the flattened input, and a classifier."""
    width = 3 * 32 * 32
    hidden = nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(width, 10))


class Architecture(NamedTuple):
    """A function that makes the module, and the `size` in pixels of its square RGB input."""

    make: Callable[..., nn.Module]
    size: int


ARCHITECTURES = {
    "resnet20": Architecture(resnet20, 32),
    "resnet50": Architecture(resnet50, 224),
    "mobilenetv2": Architecture(mobilenetv2, 224),
    "wrn-28-2": Architecture(partial(wrn28, 2), 32),
    "wrn-28-10": Architecture(partial(wrn28, 10), 32),
    "densenet40-12": Architecture(densenet40, 32),
    "vgg16": Architecture(vgg16, 224),
    "conv6": Architecture(conv6, 32),
    "mlp": Architecture(mlp, 32),
}


def wiring(name: str, size: int | None = None, **options: int) -> Wiring:
    """Wiring of one of `ARCHITECTURES`.

    Parameters
    ----------
    size
        Height and width of the input in pixels, by default those of the original.
    options
        Arguments of the architecture's function, as `width` of `resnet20`.
    """
    make, original = ARCHITECTURES[name]
    with torch.device("meta"):
        net = make(**options)
    return trace(net, (3, size or original, size or original))


class _Sum(nn.Module):
    """A branch of several layers, added to a shortcut."""

    def __init__(self, branch: tuple[nn.Module, ...], shortcut: nn.Module | None = None) -> None:
        super().__init__()
        self.branch = nn.Sequential(*branch)
        self.shortcut = shortcut or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.branch(x) + self.shortcut(x)


class _Dense(nn.Module):
    """`growth` new channels, put behind those they were computed from."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.conv = _plain_conv(channels, growth, 3)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.conv(torch.relu(self.norm(x)))], 1)


def _plain_conv(
    channels: int, out: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Conv2d:
    return nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups, bias=False)


def _conv(channels: int, out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Module:
    """Convolution and batch norm."""
    return nn.Sequential(_plain_conv(channels, out, kernel, stride, groups), nn.BatchNorm2d(out))


def _projection(channels: int, out: int, stride: int) -> nn.Module | None:
    """The shortcut of option B: a 1x1 convolution where the shape changes."""
    return None if stride == 1 and channels == out else _conv(channels, out, 1, stride)


def _classifier(channels: int, classes: int, dropout: float = 0.0) -> nn.Module:
    """Mean over the map, then one linear layer."""
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(channels, classes)
    )


def main() -> None:
    """Print a wiring."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=ARCHITECTURES)
    parser.add_argument("--size", type=int, help="height and width of the input in pixels")
    parser.add_argument("--width", type=int, help="channels of the first stage (resnet20)")
    given = parser.parse_args()
    options = {} if given.width is None else {"width": given.width}
    print(wiring(given.name, given.size, **options).to_json())


if __name__ == "__main__":
    main()
