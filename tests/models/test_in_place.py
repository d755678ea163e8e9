"""Operations in place: every other name and view of the changed memory means the changed value."""

from __future__ import annotations

import operator

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nsgraph.errors import UserError
from nsgraph.models import trace
from tests.models.networks import Net
from tests.models.oracle import check


def _layers() -> dict[str, nn.Module]:
    """Convolutions of different reach, so that each term of a sum is told from the others."""
    return {
        "a": nn.Conv2d(1, 1, 1),
        "b": nn.Conv2d(1, 1, 3, padding=1),
        "c": nn.Conv2d(1, 1, (1, 5), padding=(0, 2)),
        "f": nn.Conv2d(1, 1, 1),
        "g": nn.Conv2d(1, 1, (3, 1), padding=(1, 0)),
        "relu": nn.ReLU(inplace=True),
        "drop": nn.Dropout(),
    }


def alias_by_name(n, x):
    y = n.a(x)
    z = y
    y += n.b(x)
    return n.f(z) + n.g(y)


def only_the_alias_is_read(n, x):
    y = n.a(x)
    z = y
    y += n.b(x)
    return n.f(z)


def the_alias_is_changed(n, x):
    y = n.a(x)
    z = y
    z -= n.b(x)
    return n.g(y)


def out_of_place_keeps_the_alias(n, x):
    y = n.a(x)
    z = y
    y = y + n.b(x)
    return n.f(z) + n.g(y)


def read_before_the_change(n, x):
    y = n.a(x)
    before = n.f(y)
    y += n.b(x)
    return before + n.g(y)


def add_to_relu_in_place(n, x):
    y = n.a(x)
    F.relu(y, inplace=True).add_(n.b(x))
    return n.g(y)


def add_to_relu_(n, x):
    y = n.a(x)
    z = y.relu_()
    z.add_(n.b(x))
    return n.f(y) + n.g(z)


def relu_module_in_place(n, x):
    y = n.a(x)
    z = n.relu(y)
    y += n.b(x)
    return n.g(z)


def activation_after_the_alias(n, x):
    y = n.a(x)
    z = y
    y += n.b(x)
    n.relu(z)
    y *= 2
    y **= 2
    return n.g(y) + n.f(z)


def chain(n, x):
    y = n.a(x)
    z, w = y, n.relu(y)
    y += n.b(x)
    z += n.c(x)
    w += z
    return n.f(y) + n.g(w.detach())


def identity_modules(n, x):
    y = n.a(x)
    z = n.drop(y)
    y += n.b(x)
    return n.g(z)


def whole_slice(n, x):
    y = n.a(x)
    z = y[:, :, :]
    y += n.b(x)
    return n.g(z)


def clone_is_no_alias(n, x):
    y = n.a(x)
    z = y.clone()
    y += n.b(x)
    return n.f(z) + n.g(y)


def the_input(n, x):
    z = x
    x += n.b(x)
    return n.f(z) + n.g(x)


def onto_zeros(n, x):
    total = torch.zeros_like(x)
    z = total
    total += n.a(x)
    total += n.b(x)
    return n.g(z)


def operators(n, x):
    y = n.a(x)
    operator.iadd(y, n.b(x))
    y.add_(other=n.c(x), alpha=2)
    return n.g(y)


def view_of_the_changed(n, x):
    y = n.a(x)
    z = y.view(x.size(0), -1)
    y += n.b(x)
    return n.f(y).flatten(1) + z


def flatten_of_the_changed(n, x):
    y = n.a(x)
    z, w = y.flatten(1), torch.flatten(y, 1)
    before = z + 1
    n.relu(y)
    y += n.b(x)
    y += n.c(x)
    return before + F.relu(z) + w


def changed_by_its_flat_view(n, x):
    y = n.a(x)
    z = y.flatten(1)
    w = z
    z += n.b(x).flatten(1)
    return w


def squeezed(n, x):
    y = F.adaptive_avg_pool2d(n.a(x), 1)
    z = y.squeeze(-1)
    y += F.max_pool2d(n.b(x), (5, 6))
    return z.squeeze(-1)


CASES = [
    alias_by_name,
    only_the_alias_is_read,
    the_alias_is_changed,
    out_of_place_keeps_the_alias,
    read_before_the_change,
    add_to_relu_in_place,
    add_to_relu_,
    relu_module_in_place,
    activation_after_the_alias,
    chain,
    identity_modules,
    whole_slice,
    clone_is_no_alias,
    the_input,
    onto_zeros,
    operators,
    view_of_the_changed,
    flatten_of_the_changed,
    changed_by_its_flat_view,
    squeezed,
]


def _net(forward) -> Net:
    layers = _layers()
    used = {name: m for name, m in layers.items() if name in forward.__code__.co_names}
    return Net(forward, **used)


@pytest.mark.parametrize("forward", CASES, ids=lambda f: f.__name__)
def test_against_perturbation(forward) -> None:
    check(_net(forward), (1, 5, 6))


@pytest.mark.parametrize("forward", CASES, ids=lambda f: f.__name__)
def test_without_values(forward) -> None:
    """Memory is told apart also where there is none, on the meta device."""
    net = _net(forward)
    assert trace(net.to("meta"), (1, 5, 6)) == trace(_net(forward), (1, 5, 6))


def view_of_every_second_pixel(n, x):
    y = n.a(x)
    z = y[:, :, ::2, ::2]
    y += n.b(x)
    return n.f(z)


def changed_through_such_a_view(n, x):
    y = n.a(x)
    z = y[:, :, ::2, ::2]
    z += n.b(x)[:, :, ::2, ::2]
    return n.f(y)


def changed_through_a_flat_view(n, x):
    y = n.a(x)
    z = y.flatten(1)
    z += n.b(x).flatten(1)
    return n.f(y)


def written_into_another(n, x):
    y = n.a(x)
    torch.add(n.b(x), n.b(x), out=y)
    return n.f(y)


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        (view_of_every_second_pixel, "'iadd': it changes .* as the result of 'getitem'"),
        (changed_through_such_a_view, "'iadd': it changes .* as the result of 'a'"),
        (changed_through_a_flat_view, "'iadd': it changes .* as the result of 'a'"),
        (written_into_another, "'add': its result is written into another value"),
    ],
)
def test_views_without_a_wiring_are_named(forward, message: str) -> None:
    with pytest.raises(UserError, match=message):
        trace(_net(forward), (1, 5, 6))


def test_a_view_that_is_not_read_again_does_not_matter() -> None:
    def forward(n, x):
        y = n.a(x)
        half = n.f(y[:, :, ::2, ::2])
        y += n.b(x)
        return n.g(y), half

    assert len(trace(_net(forward), (1, 5, 6)).outputs) == 2


def changed_buffer(n, x):
    n.total[:].add_(n.a(x))
    return n.g(n.total)


def changed_buffer_by_its_name(n, x):
    z = n.total
    z += n.a(x)
    return n.g(z)


def test_buffers() -> None:
    def net(forward) -> Net:
        net = _net(forward)
        net.register_buffer("total", torch.zeros(2, 1, 5, 6))
        return net

    wiring = trace(net(changed_buffer_by_its_name), (1, 5, 6))
    assert [link.kind for link in wiring.links] == ["conv", "conv"]
    with pytest.raises(UserError, match="'add_': it changes 'total' of the network in place"):
        trace(net(changed_buffer), (1, 5, 6))
