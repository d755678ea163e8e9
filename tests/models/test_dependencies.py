"""Wirings against the networks themselves, by perturbing their inputs."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from nsgraph.models import build
from nsgraph.models.resnet import OptionAShortcut
from tests.models.oracle import by_perturbation, check

pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def convolutions(draw: st.DrawFn, channels: int, height: int, width: int) -> nn.Conv2d:
    """A convolution of any kind that fits the map."""
    groups = draw(st.sampled_from([g for g in (1, 2, 3) if channels % g == 0]))
    kernel, stride, dilation = draw(pairs), draw(pairs), draw(pairs)
    out = groups * draw(st.integers(1, 2))
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    padding: object = draw(st.sampled_from(["same", "valid", "some"]))
    if padding == "same":
        stride = (1, 1)
    elif padding == "some" or spans[0] > height or spans[1] > width:
        padding = tuple(
            max(draw(st.integers(0, 2)), -(-(span - size) // 2))
            for span, size in zip(spans, (height, width), strict=True)
        )
    return nn.Conv2d(channels, out, kernel, stride, padding, dilation, groups)


class Chain(nn.Module):
    """Modules one after another, with what joins them drawn at random."""

    def __init__(self, steps: list[tuple[str, nn.Module]], classes: int | None, features: int):
        super().__init__()
        self.kinds = [kind for kind, _ in steps]
        self.steps = nn.ModuleList(module for _, module in steps)
        self.head = None if classes is None else nn.Linear(features, classes)

    def body(self, x):
        for kind, module in zip(self.kinds, self.steps, strict=True):
            if kind == "residual":
                x = F.relu(module(x) + x)
            elif kind == "cat":
                x = torch.cat([x, module(x), x[:, :, ::1]], 1)
            elif kind == "pad":
                x = module(F.pad(x, (1, 0, 0, 2)))
            else:
                x = module(x)
        return x

    def forward(self, x):
        x = self.body(x).flatten(1)
        return x if self.head is None else self.head(x)


@st.composite
def chains(draw: st.DrawFn) -> tuple[nn.Module, tuple[int, int, int]]:
    shape = draw(st.tuples(st.integers(1, 3), st.integers(3, 6), st.integers(3, 6)))
    x = torch.zeros(1, *shape)
    steps: list[tuple[str, nn.Module]] = []
    for _ in range(draw(st.integers(1, 4))):
        channels, height, width = x.shape[1:]
        kinds = ["conv", "conv", "act", "norm", "residual", "pad"]
        kinds += ["pool"] if min(height, width) >= 2 else []
        kinds += ["cat"] if channels <= 3 else []
        kinds += ["shortcut"] if channels <= 4 else []
        kind = draw(st.sampled_from(kinds))
        if kind == "conv":
            module: nn.Module = draw(convolutions(channels, height, width))
        elif kind == "act":
            module = draw(st.sampled_from([nn.ReLU(), nn.Identity(), nn.LeakyReLU(), nn.Dropout()]))
        elif kind == "norm":
            module = nn.BatchNorm2d(channels)
        elif kind in ("residual", "cat"):
            module = nn.Conv2d(channels, channels, draw(st.sampled_from([1, 3])), padding="same")
        elif kind == "pad":
            size = draw(st.sampled_from([1, 2]))
            module = draw(
                st.sampled_from(
                    [nn.Conv2d(channels, 2, size, padding=1), nn.MaxPool2d(2, stride=size)]
                )
            )
        elif kind == "shortcut":
            module = OptionAShortcut(channels, channels + draw(st.integers(0, 3)), 2)
        else:
            kernel = draw(st.integers(1, 2))
            module = draw(
                st.sampled_from(
                    [
                        nn.MaxPool2d(2, stride=draw(st.integers(1, 3)), ceil_mode=True),
                        nn.AvgPool2d(2, stride=1, padding=1),
                        nn.MaxPool2d((kernel, 2), padding=(0, 1), dilation=(1, 1)),
                        nn.AdaptiveAvgPool2d(1),
                    ]
                )
            )
        steps.append((kind, module))
        with torch.no_grad():
            x = Chain(steps[-1:], None, 0).eval().body(x)
    net = Chain(steps, draw(st.sampled_from([None, 2])), x[0].numel())
    if not any(isinstance(m, nn.Conv2d | nn.Linear) for m in net.modules()):
        net.head = nn.Linear(x[0].numel(), 2)
    return net, shape


@settings(max_examples=120)
@given(chains())
def test_random_networks(case: tuple[nn.Module, tuple[int, int, int]]) -> None:
    check(*case)


@pytest.mark.parametrize("name", ["mlp-5-4", "resnet8-2", "resnet8-2-a", "wrn-10-1", "resnet14-1"])
def test_built_in_networks(name: str) -> None:
    check(build(name, (2, 5, 4), 3), (2, 5, 4))


def test_conv6() -> None:
    net = build("conv6", (1, 8, 8), 2)
    calls, output = by_perturbation(net, (1, 8, 8))
    assert output.all()
    assert not calls["conv1"][0].all()  # the oracle itself tells near from far


class Reused(nn.Module):
    """One module twice, a sum of three, and a branch that is read again later."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(2, 2, (1, 2), padding=(0, 1))
        self.b = nn.Conv2d(2, 2, 3, padding=1, groups=2)
        self.c = nn.Conv2d(4, 2, 2, stride=2)

    def forward(self, x):
        y = F.relu(self.a(x))
        z = self.a(y[:, :, :, ::1])
        z = z[:, :, :, ::1] + F.pad(self.b(z), (0, 0, 0, 0))
        w = torch.cat([F.max_pool2d(z, 3, 1, 1), self.b(z) + z + z], 1)
        return self.c(w).mean((2, 3))


def test_a_tangled_network() -> None:
    check(Reused(), (2, 4, 3))


def test_padding_before_pooling() -> None:
    steps = [("pad", nn.MaxPool2d(2, stride=1)), ("conv", nn.Conv2d(1, 1, 1))]
    check(Chain(steps, None, 0), (1, 3, 3))
