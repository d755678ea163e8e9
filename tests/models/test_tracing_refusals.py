"""What has no wiring is refused in one sentence that names the place."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nsgraph.errors import UserError
from nsgraph.models import build, trace
from tests.models.networks import Net


def _conv_net(forward, **modules: nn.Module) -> Net:
    return Net(forward, c=nn.Conv2d(2, 4, 3, padding=1), **modules)


REFUSED = [
    (lambda n, x: n.m(n.c(x)), {"m": nn.GroupNorm(2, 4)}, r"module 'm' \(GroupNorm\)"),
    (lambda n, x: n.m(n.c(x)), {"m": nn.LayerNorm((4, 6, 6))}, r"module 'm' \(LayerNorm\)"),
    (lambda n, x: n.m(n.c(x)), {"m": nn.ConvTranspose2d(4, 2, 2)}, r"\(ConvTranspose2d\)"),
    (lambda n, x: n.m(n.c(x)), {"m": nn.Upsample(scale_factor=2)}, r"\(Upsample\)"),
    (lambda n, x: n.m(n.c(x)), {"m": nn.Conv2d(4, 4, 3, padding_mode="circular", padding=1)},
     "padding mode 'circular'"),
    (lambda n, x: n.m(n.c(x)), {"m": nn.Linear(6, 2)}, r"module 'm' \(Linear\): it reads shape"),
    (lambda n, x: n.m(n.c(x)), {"m": nn.AdaptiveAvgPool2d(4)}, "6 x 6 to 4 x 4"),
    (lambda n, x: n.m(n.c(x).flatten(2)), {"m": nn.Conv1d(4, 4, 1)}, r"\[2, 4, 36\]"),
    (lambda n, x: torch.chunk(n.c(x), 2, 1)[0], {}, "because of 'chunk'"),
    (lambda n, x: n.c(x).permute(0, 2, 3, 1), {}, "because of 'permute'"),
    (lambda n, x: torch.matmul(n.c(x), n.c(x)), {}, "because of 'matmul'"),
    (lambda n, x: n.c(x) * torch.relu(n.d(x)), {"d": nn.Conv2d(2, 4, 3, padding=1)},
     "'mul': a product of two activations"),
    (lambda n, x: n.c(x) + n.d(x), {"d": nn.Conv2d(2, 1, 3, padding=1)}, "'add': it adds shapes"),
    (lambda n, x: F.softmax(n.c(x), 1) + 1, {}, "softmax is understood over the classes"),
    (lambda n, x: n.c(x).mean(1), {}, "'mean': it reduces over"),
    (lambda n, x: n.c(x).mean(), {}, "it reduces over everything"),
    (lambda n, x: n.c(x)[:, :2], {}, "'getitem': of indexing"),
    (lambda n, x: n.c(x)[:, :, 1::2, ::2], {}, "'getitem': of indexing"),
    (lambda n, x: F.pad(n.c(x), (1, 1, 1, 1), "reflect"), {}, "only zeros"),
    (lambda n, x: F.pad(n.c(x), (1, 1, 1, 1), value=1.0), {}, "only zeros"),
    (lambda n, x: F.pad(n.c(x), (1, 1, 1, 1)), {}, "padded with zeros"),
    (lambda n, x: F.pad(n.c(x), (1, 1, 1, 1)).flatten(1), {}, "must be followed by"),
    (lambda n, x: n.c(x).view(-1, 36), {}, "'view': it reshapes"),
    (lambda n, x: n.c(x).view(-1, 2, 2, 36), {}, "it reshapes"),
    (lambda n, x: torch.cat([n.c(x), n.c(x)], 2), {}, "along dimension 2"),
    (lambda n, x: F.conv2d(x, n.c.weight) + n.c(x)[0, 0, 0, 0], {}, "because of 'conv2d'"),
    (lambda n, x: n.c(x) * n.c(x).sum().item(), {}, "it reduces over everything"),
    (lambda n, x: (n.d(x), n.c(x))[1], {"d": nn.Conv2d(2, 1, 1)}, "layer 'd' does not reach"),
    (lambda n, x: n.c(x), {"unused": nn.Linear(2, 2)}, "layers unused are not used"),
    (lambda n, x: torch.zeros(2), {}, "does not depend on its input"),
    (lambda n, x: (x, n.c(x)), {}, "its unchanged input"),
    (lambda n, x: n.c(x) if x.sum() > 0 else x, {}, "cannot be traced by torch.fx"),
    (lambda n, x: n.c(x[:, :, ::2, :]).flatten(1) @ torch.zeros(3, 3), {}, "fails at 'matmul'"),
]  # fmt: skip


@pytest.mark.parametrize(("forward", "modules", "message"), REFUSED)
def test_what_cannot_be_expressed_is_named(forward, modules, message: str) -> None:
    with pytest.raises(UserError, match=message):
        trace(_conv_net(forward, **modules), (2, 6, 6))


def test_place_is_the_innermost_module() -> None:
    inner = Net(lambda n, x: n.c(x).permute(0, 1, 3, 2), c=nn.Conv2d(1, 1, 1))
    outer = Net(lambda n, x: n.block(x), block=nn.Sequential(nn.Identity(), inner))
    with pytest.raises(UserError, match=r"'permute' in module 'block\.1'"):
        trace(outer, (1, 3, 3))


class TwoInputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(3, 3)

    def forward(self, x, y):
        return self.a(x) + y


class OptionalInput(TwoInputs):
    def forward(self, x, y=None):
        return self.a(x)


def test_inputs() -> None:
    with pytest.raises(UserError, match=r"TwoInputs has 2 inputs \(x, y\); expected one"):
        trace(TwoInputs(), (3,))
    assert len(trace(OptionalInput(), (3,)).sets) == 2


def test_wrong_input_shape_names_the_place() -> None:
    net = build("mlp-4", (1, 4, 4), 2)
    with pytest.raises(UserError, match=r"MLP fails at module 'fc1' \(Linear\).*input shape"):
        trace(net, (1, 5, 5))
    with pytest.raises(UserError, match="An input shape is three numbers"):
        trace(net, (4, 4))


def test_error_leaves_the_mode() -> None:
    net = _conv_net(lambda n, x: n.c(x).permute(0, 2, 3, 1))
    with pytest.raises(UserError):
        trace(net, (2, 6, 6))
    assert net.training
    assert net.c.training
