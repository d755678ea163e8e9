"""Tracing, on networks drawn by hand: each expected wiring is written out."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nsgraph.models import build, prunable, trace
from nsgraph.models.resnet import OptionAShortcut
from nsgraph.wiring import ActivationSet, Link, Wiring
from tests.models.networks import Net


def _links(wiring: Wiring) -> list[tuple]:
    return [(link.kind, link.source, link.target, link.layer) for link in wiring.links]


def test_mlp() -> None:
    wiring = trace(build("mlp-5-4", (1, 2, 2), 3), (1, 2, 2))
    assert wiring == Wiring(
        (
            ActivationSet("input", 1, 2, 2, "input"),
            ActivationSet("flatten", 4),
            ActivationSet("fc1", 5),
            ActivationSet("fc2", 4),
            ActivationSet("fc3", 3, role="output"),
        ),
        (
            Link("flatten", "input", "flatten"),
            Link("linear", "flatten", "fc1", "fc1"),
            Link("linear", "fc1", "fc2", "fc2"),
            Link("linear", "fc2", "fc3", "fc3"),
        ),
    )


def test_resnet_with_convolutions_as_shortcuts() -> None:
    wiring = trace(build("resnet8-4", (1, 8, 8), 10), (1, 8, 8))
    assert _links(wiring) == [
        ("conv", "input", "conv1", "conv1"),
        ("conv", "conv1", "layer1.0.conv1", "layer1.0.conv1"),
        ("conv", "layer1.0.conv1", "layer1.0.add", "layer1.0.conv2"),
        ("identity", "conv1", "layer1.0.add", None),
        ("conv", "layer1.0.add", "layer2.0.conv1", "layer2.0.conv1"),
        ("conv", "layer2.0.conv1", "layer2.0.add", "layer2.0.conv2"),
        ("conv", "layer1.0.add", "layer2.0.add", "layer2.0.shortcut.0"),
        ("conv", "layer2.0.add", "layer3.0.conv1", "layer3.0.conv1"),
        ("conv", "layer3.0.conv1", "layer3.0.add", "layer3.0.conv2"),
        ("conv", "layer2.0.add", "layer3.0.add", "layer3.0.shortcut.0"),
        ("pool", "layer3.0.add", "pool", None),
        ("linear", "pool", "linear", "linear"),
    ]
    shortcut = wiring.into("layer2.0.add")[1]
    assert (shortcut.kernel, shortcut.stride, shortcut.padding) == ((1, 1), (2, 2), (0, 0))
    assert wiring.into("pool")[0].kernel == (2, 2)
    assert wiring.set("layer2.0.add").shape == (8, 4, 4)


def test_option_a_is_a_strided_identity_into_the_sum() -> None:
    wiring = trace(build("resnet8-4-a", (1, 8, 8), 10), (1, 8, 8))
    assert wiring.into("layer2.0.add")[1] == Link(
        "identity", "layer1.0.add", "layer2.0.add", stride=(2, 2), channel_offset=2
    )


@pytest.mark.parametrize("name", ["resnet20", "resnet20-a", "wrn-28-2", "conv6", "mlp-3-srelu"])
def test_layers_in_order_and_networks_untouched(name: str) -> None:
    net = build(name, (3, 32, 32), 10, seed=1)
    net.get_submodule("conv1" if hasattr(net, "conv1") else "fc1").eval()
    modes = [m.training for m in net.modules()]
    before = {k: v.clone() for k, v in net.state_dict().items()}
    state = torch.get_rng_state()
    wiring = trace(net, (3, 32, 32))
    assert wiring.layers == tuple(prunable(net))
    wiring.check_masks({n: m.weight.detach().numpy() for n, m in prunable(net).items()})
    assert [m.training for m in net.modules()] == modes
    assert torch.equal(state, torch.get_rng_state())
    for key, value in net.state_dict().items():
        assert torch.equal(value, before[key])


def test_conv6_has_the_nodes_of_the_published_graph() -> None:
    """233,366 nodes on CIFAR-10 with the input padded to 34 x 34 (the reference's numbers)."""
    wiring = trace(build("conv6", (3, 32, 32), 10), (3, 32, 32))
    nodes = sum(s.size for s in wiring.node_sets())
    assert nodes + 3 * (34**2 - 32**2) == 233_366


def test_shortcut_written_with_functions() -> None:
    """The lambda that most CIFAR ResNets use for option A gives the same wiring as the module."""

    def forward(net, x):
        y = net.a(x)
        z = net.b(y)
        return z + F.pad(y[:, :, ::2, ::2], (0, 0, 0, 0, 1, 1), "constant", 0)

    def layers():
        return {"a": nn.Conv2d(1, 2, 3, padding=1), "b": nn.Conv2d(2, 4, 3, stride=2, padding=1)}

    functions = trace(Net(forward, **layers()), (1, 5, 5))
    module = Net(
        lambda net, x: net.b(y := net.a(x)) + net.s(y), **layers(), s=OptionAShortcut(2, 4, 2)
    )
    assert functions == trace(module, (1, 5, 5))
    assert functions.links[-1] == Link("identity", "a", "add", stride=(2, 2), channel_offset=1)


@pytest.mark.parametrize(
    "forward",
    [
        lambda net, x: torch.flatten(x, 1),
        lambda net, x: x.flatten(1),
        lambda net, x: x.view(x.size(0), -1),
        lambda net, x: x.reshape(x.shape[0], 12),
        lambda net, x: net.flat(x),
        lambda net, x: torch.reshape(x, (-1, 12)),
    ],
)
def test_ways_to_flatten(forward) -> None:
    net = Net(lambda n, x: n.fc(forward(n, x)), fc=nn.Linear(12, 2), flat=nn.Flatten())
    wiring = trace(net, (3, 2, 2))
    assert [link.kind for link in wiring.links] == ["flatten", "linear"]
    assert wiring.sets[1].shape == (12, 1, 1)


@pytest.mark.parametrize(
    ("forward", "kernel", "stride"),
    [
        (lambda net, x: x.mean((2, 3)), (4, 6), (4, 6)),
        (lambda net, x: torch.mean(x, dim=[-1, -2], keepdim=True).flatten(1), (4, 6), (4, 6)),
        (lambda net, x: F.adaptive_avg_pool2d(x, 1).squeeze(-1).squeeze(-1), (4, 6), (4, 6)),
        (lambda net, x: F.adaptive_max_pool2d(x, (1, None)).mean((2, 3)), (4, 1), (4, 1)),
        (lambda net, x: x.amax((2, 3)), (4, 6), (4, 6)),
        (lambda net, x: F.max_pool2d(x, (4, 6)).view(-1, 3), (4, 6), (4, 6)),
        (lambda net, x: F.avg_pool2d(x, kernel_size=(4, 6), stride=7).flatten(1), (4, 6), (7, 7)),
        (lambda net, x: net.pool(x).flatten(1), (2, 3), (2, 3)),
    ],
)
def test_ways_to_pool(forward, kernel, stride) -> None:
    net = Net(
        lambda n, x: n.fc(forward(n, x)), fc=nn.LazyLinear(2), pool=nn.AdaptiveAvgPool2d((2, 2))
    )
    net(torch.zeros(1, 3, 4, 6))
    link = trace(net, (3, 4, 6)).links[0]
    assert (link.kind, link.kernel, link.stride) == ("pool", kernel, stride)


@pytest.mark.parametrize(
    "forward",
    [
        lambda net, x: F.relu(x),
        lambda net, x: x.relu_(),
        lambda net, x: F.dropout(torch.sigmoid(x), 0.5, net.training),
        lambda net, x: 2 * x - 1,
        lambda net, x: x * torch.sigmoid(x),
        lambda net, x: x + x.tanh(),
        lambda net, x: net.act(net.norm(x)),
        lambda net, x: x * net.norm.weight.view(1, -1),
        lambda net, x: F.leaky_relu(x, 0.1).contiguous().clamp(min=-1),
        lambda net, x: x.to(torch.float32).detach(),
    ],
)
def test_what_leaves_no_trace(forward) -> None:
    net = Net(
        lambda n, x: n.b(forward(n, n.a(x))),
        a=nn.Linear(3, 4), b=nn.Linear(4, 2), norm=nn.BatchNorm1d(4), act=nn.PReLU(),
    )  # fmt: skip
    assert _links(trace(net, (3,))) == [("linear", "input", "a", "a"), ("linear", "a", "b", "b")]


@pytest.mark.parametrize(
    "add",
    [
        lambda a, b: a + b,
        lambda a, b: torch.add(a, b, alpha=2),
        lambda a, b: a.add(b),
        lambda a, b: a.add_(b),
        lambda a, b: a - b,
        lambda a, b: (a + b) + a,
        lambda a, b: F.relu(F.relu(a) + F.relu(b)),
    ],
)
def test_ways_to_add(add) -> None:
    net = Net(
        lambda n, x: n.c(add(n.a(x), n.b(x))),
        a=nn.Linear(3, 4),
        b=nn.Linear(3, 4),
        c=nn.Linear(4, 2),
    )
    wiring = trace(net, (3,))
    assert {s.id for s in wiring.node_sets()} >= {"input", "c"}
    reached = {link.layer for link in wiring.links}
    assert {"a", "b", "c"} <= reached
    if len(wiring.sets) == 3:
        assert _links(wiring)[:2] == [
            ("linear", "input", "add", "a"),
            ("linear", "input", "add", "b"),
        ]


def test_iadd_and_add_in_place_keep_what_is_read_later() -> None:
    def forward(net, x):
        y = net.a(x)
        y.add_(net.b(x))
        return net.c(y)  # the changed value, though by its old name

    net = Net(forward, a=nn.Linear(3, 4), b=nn.Linear(3, 4), c=nn.Linear(4, 2))
    assert _links(trace(net, (3,))) == [
        ("linear", "input", "add", "a"),
        ("linear", "input", "add", "b"),
        ("linear", "add", "c", "c"),
    ]


def test_sum_of_values_that_are_read_elsewhere_stays_virtual() -> None:
    def forward(net, x):
        a, b = net.a(x), net.b(x)
        return net.c(a + b) + net.d(a) + net.e(b)

    layers = {n: nn.Linear(3, 3) for n in "abcde"}
    wiring = trace(Net(forward, **layers), (3,))
    assert [s.id for s in wiring.node_sets()] == ["input", "a", "b", "add#3"]
    assert {(link.kind, link.source) for link in wiring.into("add")} == {
        ("identity", "a"), ("identity", "b")
    }  # fmt: skip
    assert [link.layer for link in wiring.into("add#3")] == ["c", "d", "e"]


def test_concatenation() -> None:
    def forward(net, x):
        a = net.a(x)
        b = net.b(a)
        zeros = torch.zeros_like(b)
        return net.c(torch.cat([a, zeros, b, a], 1)).mean((2, 3))

    net = Net(forward, a=nn.Conv2d(1, 2, 3), b=nn.Conv2d(2, 3, 1), c=nn.Conv2d(10, 4, 1, groups=2))
    wiring = trace(net, (1, 5, 5))
    offsets = [(link.source, link.channel_offset) for link in wiring.into("cat")]
    assert offsets == [("a", 0), ("b", 5), ("a", 8)]
    assert wiring.set("cat").channels == 10
    assert wiring.outputs[0].shape == (4, 1, 1)


def test_module_used_twice_is_two_links_of_one_layer() -> None:
    net = Net(lambda n, x: n.out(n.a(F.relu(n.a(x)))), a=nn.Linear(3, 3), out=nn.Linear(3, 2))
    wiring = trace(net, (3,))
    assert _links(wiring) == [
        ("linear", "input", "a", "a"),
        ("linear", "a", "a#2", "a"),
        ("linear", "a#2", "out", "out"),
    ]
    assert wiring.layers == ("a", "out")


def test_several_outputs() -> None:
    def forward(net, x):
        y = net.a(x)
        return {"hidden": y, "scores": F.log_softmax(net.b(y), dim=1)}

    wiring = trace(Net(forward, a=nn.Linear(3, 4), b=nn.Linear(4, 2)), (3,))
    assert [s.id for s in wiring.outputs] == ["a", "b"]


@pytest.mark.parametrize(
    ("conv", "padding", "size"),
    [
        (nn.Conv2d(1, 1, (3, 2), padding="same"), (1, 0), (7, 6)),
        (nn.Conv2d(1, 1, 4, padding="same", dilation=(1, 2)), (1, 3), (7, 6)),
        (nn.Conv2d(1, 1, 3, padding="valid"), (0, 0), (5, 4)),
        (nn.Conv2d(1, 1, (3, 1), padding=(2, 1), stride=(2, 3)), (2, 1), (5, 3)),
    ],
)
def test_paddings(conv: nn.Conv2d, padding, size) -> None:
    wiring = trace(Net(lambda n, x: n.c(x), c=conv), (1, 7, 6))
    assert wiring.links[0].padding == padding
    assert wiring.set("c").shape[1:] == size


def test_padding_before_a_convolution_becomes_its_own() -> None:
    for pad in (lambda n, x: F.pad(x, (1, 2, 3, 0)), lambda n, x: n.pad(x)):
        net = Net(
            lambda n, x, pad=pad: n.c(pad(n, x)),
            c=nn.Conv2d(1, 1, 3, padding=1), pad=nn.ZeroPad2d((1, 2, 3, 0)),
        )  # fmt: skip
        wiring = trace(net, (1, 4, 4))
        assert wiring.links[0].padding == (4, 2)
        assert wiring.set("c").shape == (1, 7, 7)
