"""A module of torch: its graph against Jacobians of its own layers."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from nsgraph.errors import UserError  # noqa: E402
from nsgraph.graphs import encode  # noqa: E402
from nsgraph.metrics import measure  # noqa: E402
from tests.graphs.twin import edge_dict  # noqa: E402


class Net(nn.Module):
    """Stride, padding, dilation, groups, an overlapping pool, a 1 x 1 shortcut, flatten."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(2, 4, (3, 2), stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.pool = nn.AvgPool2d(
            3, stride=1, padding=1, divisor_override=1
        )  # a sum over the window
        self.inner = nn.Conv2d(4, 4, 3, padding=2, dilation=2, groups=2, bias=False)
        self.last = nn.Conv2d(4, 2, 3, stride=2, padding=1, bias=False)
        self.shortcut = nn.Conv2d(4, 2, 1, stride=2, bias=False)
        self.head = nn.Linear(2 * 2 * 2, 3)

    def forward(self, x):
        x = self.pool(torch.relu(self.norm(self.first(x))))
        x = self.last(torch.relu(self.inner(x))) + self.shortcut(x)
        return self.head(torch.flatten(x, 1))


INPUT = (2, 7, 6)


@pytest.fixture
def net():
    torch.manual_seed(0)
    net = Net()
    with torch.no_grad():
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                keep = torch.rand_like(layer.weight) < 0.6
                layer.weight.copy_(torch.randint(1, 9, layer.weight.shape) * keep)
    return net


def segments(net):
    """(source, target, shape of the source, function) for all stretches between two node sets."""
    first = net.first(torch.zeros(1, *INPUT)).shape[1:]
    inner = net.inner(net.pool(torch.zeros(1, *first))).shape[1:]
    total = net.last(torch.zeros(1, *inner)).shape[1:]
    return [
        (0, 1, INPUT, net.first),
        (1, 2, first, lambda x: net.inner(net.pool(x))),
        (1, 3, first, lambda x: net.shortcut(net.pool(x))),
        (2, 3, inner, net.last),
        (3, 4, total, lambda x: net.head(torch.flatten(x, 1))),
    ]


def test_edges_are_the_entries_of_jacobians(net):
    graph = encode(net, input_shape=INPUT)
    assert [s.size for s in graph.sets] == [84, 64, 64, 8, 3]
    expected = {}
    for source, target, shape, function in segments(net):
        jacobian = torch.autograd.functional.jacobian(function, torch.zeros(1, *shape))
        matrix = jacobian.reshape(-1, int(np.prod(shape))).numpy()
        for row, column in zip(*np.nonzero(matrix), strict=True):
            u = graph.sets[source].start + int(column)
            expected[u, graph.sets[target].start + int(row)] = float(matrix[row, column])
    assert edge_dict(graph) == expected
    assert graph.n_parallel > 0


def test_live_weights_are_those_with_a_gradient(net):
    """Effective sparsity as its authors compute it: |weights|, no activations, all-ones input."""
    mask = torch.ones_like(net.inner.weight)
    mask[:2] = 0
    with torch.no_grad():
        net.inner.weight.mul_(mask)
        net.last.weight[:, 0] = 0
        net.head.weight[:, :3] = 0
    graph = encode(net, input_shape=INPUT)
    net.norm = nn.Identity()
    net(torch.ones(1, *INPUT)).sum().backward()
    layers = [m for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    live = sum(int(((m.weight.grad != 0) & (m.weight != 0)).sum()) for m in layers)
    total = sum(m.weight.numel() for m in layers)
    assert measure(graph, "local")["local.effective_sparsity"] == (total - live) / total


def test_masks_and_encodings_of_a_module(net):
    masks = {
        name: np.zeros(m.weight.shape)
        for name, m in net.named_modules()
        if hasattr(m, "kernel_size") and name != "pool"
    }
    masks["head"] = torch.ones(3, 8)
    graph = encode(net, masks, INPUT)
    assert graph.n_edges == 24
    assert encode(net, masks, encoding="rolled").n_edges == 24
    with pytest.raises(UserError, match="input_shape"):
        encode(net, masks)
