"""Residual blocks as they are mostly written, with ReLU and addition in place."""

from __future__ import annotations

from torch import nn

from nsgraph.models import trace
from tests.models.oracle import check


class Block(nn.Module):
    """The basic block of torchvision's ResNets, all in place."""

    def __init__(self, inputs: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = None
        if stride != 1 or inputs != channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class Preactivated(nn.Module):
    """The ReLU in place changes the shortcut, and the sum is added to that."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU(inplace=True)
        self.conv = nn.Conv2d(2, 2, 3, padding=1)

    def forward(self, x):
        x += self.conv(self.relu(x))
        return x


def test_residual_blocks() -> None:
    blocks = [Block(1, 2, 1), Block(2, 2, 1), Block(2, 3, 2), nn.Flatten(), nn.Linear(36, 2)]
    net = nn.Sequential(nn.Conv2d(1, 1, 1), *blocks)
    check(net, (1, 8, 6))
    wiring = trace(net, (1, 8, 6))
    assert [(link.kind, link.layer) for link in wiring.into("2.add")] == [
        ("conv", "2.conv2"), ("identity", None)
    ]  # fmt: skip
    check(nn.Sequential(nn.Conv2d(1, 2, 1), Preactivated(), Preactivated()), (1, 5, 4))
