"""The architectures of the benchmarks: sizes of the originals, and dense edges counted by hand."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.architectures import ARCHITECTURES, wiring
from benchmarks.networks import random_network, wiring_of
from nsgraph.graphs import encode
from nsgraph.models import build, trace
from nsgraph.wiring import Link, Wiring

# Weights of convolutions and linear layers: the published numbers of parameters without biases and
# batch norm (ResNet-50 25,557,032, MobileNetV2 3,504,872, VGG-16 138,357,544 in all). Dense edges
# in millions: ten times those that another program counted at density 0.1, or None.
KNOWN = {
    "resnet20": (270_896, 38),
    "resnet50": (25_502_912, 4_570),
    "mobilenetv2": (3_469_760, 370),
    "wrn-28-2": (1_463_984, None),
    "wrn-28-10": (36_461_232, None),
    "densenet40-12": (1_001_616, 500),
    "vgg16": (138_344_128, 24_700),
    "conv6": (2_261_184, 240),
    "mlp": (18_905_088, None),
}


def dense_edges(net: Wiring) -> int:
    """Edges if no weight is pruned, by 0/1 matrices of rows and of columns for every link.

    Only for networks in which no two layers, and no two channels of a layer, make the same edge.
    """
    views = {}  # set -> [(channels, rows [rows of the set, rows of the node set], columns)]
    nodes = {s.id for s in net.node_sets()}
    total = 0
    for s in net.sets:
        if s.id in nodes:
            views[s.id] = [(s.channels, np.eye(s.height, dtype=int), np.eye(s.width, dtype=int))]
        else:
            views[s.id] = [
                (channels, *flat(link, touched(net, link, rows, 0), touched(net, link, columns, 1)))
                for link in net.into(s.id)
                for channels, rows, columns in views[link.source]
            ]
        for link in net.into(s.id):
            if link.parametric:
                for channels, rows, columns in views[link.source]:
                    pairs = [touched(net, link, rows, 0), touched(net, link, columns, 1)]
                    joined = math.prod(int(np.count_nonzero(axis)) for axis in pairs)
                    total += s.channels * channels // link.groups * joined
    return total


def touched(net: Wiring, link: Link, below: np.ndarray, axis: int) -> np.ndarray:
    """[rows of the target, rows of the node set]: whether some row under the window is the one."""
    if link.kind in ("flatten", "linear"):
        return below
    out = net.set(link.target).shape[1 + axis]
    reads = np.zeros((out, below.shape[0]), dtype=int)
    for row, k in np.ndindex(out, link.kernel[axis]):
        at = row * link.stride[axis] - link.padding[axis] + k * link.dilation[axis]
        if 0 <= at < below.shape[0]:
            reads[row, at] = 1
    return (reads @ below > 0).astype(int)


def flat(link: Link, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A flattened map is read as a whole by the linear layer behind it."""
    if link.kind != "flatten":
        return rows, columns
    return rows.any(axis=0)[None], columns.any(axis=0)[None]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_weights_and_edges(name: str) -> None:
    weights, millions = KNOWN[name]
    net = wiring(name)
    layers = {link.layer: math.prod(net.weight_shape(link)) for link in net.links if link.layer}
    assert sum(layers.values()) == weights
    dense = dense_edges(net)
    if millions is not None:
        assert dense / 1e6 == pytest.approx(millions, rel=0.025)
    assert encode(random_network(net, 1.0, kinds=())).n_edges == dense


def test_conv6_has_the_nodes_of_the_published_graph() -> None:
    network = random_network(wiring("conv6"), 0.01, kinds=())
    assert encode(network, input_padding=True).n_nodes == 233_366


@pytest.mark.parametrize("name", ["resnet20", "conv6", "wrn-28-2"])
def test_same_as_the_models_of_the_package(name: str) -> None:
    def numbered(net: Wiring) -> list[tuple]:
        at = {s.id: number for number, s in enumerate(net.sets)}
        fields = "kernel", "stride", "padding", "dilation", "groups", "channel_offset"
        links = [
            (link.kind, at[link.source], at[link.target], *(getattr(link, f) for f in fields))
            for link in net.links
        ]
        return [s.shape for s in net.sets], sorted(links)

    assert numbered(wiring(name)) == numbered(trace(build(name, (3, 32, 32), 10), (3, 32, 32)))


def test_sizes_and_widths() -> None:
    net = wiring("resnet20", size=12, width=4)
    assert net.input.shape == (3, 12, 12)
    assert [s.channels for s in net.node_sets()][-2:] == [16, 10]


def test_traced_in_another_process() -> None:
    assert wiring_of("resnet20", size=8, width=2) == wiring("resnet20", size=8, width=2)


def test_random_network() -> None:
    net = wiring("resnet20", size=8, width=4)
    network = random_network(net, 0.3, kinds=("initial", "final"))
    net.check_masks(network.masks)
    assert network.masks.density == pytest.approx(0.3, abs=0.02)
    assert set(network.weights) == {"initial", "final"}
    for arrays in network.weights.values():
        for layer, mask in network.masks.items():
            assert arrays[layer].dtype == np.float32
            assert not arrays[layer][~mask].any()
            assert np.abs(arrays[layer]).max() < 1
            assert np.unique(arrays[layer][mask]).size > 0.9 * mask.sum()  # no numbers repeat
    again = random_network(net, 0.3, kinds=("initial", "final"))
    assert again.masks == network.masks


def test_measuring_stays_without_torch() -> None:
    code = "import sys, networks; sys.exit('torch' in sys.modules)"
    folder = Path(__file__).parents[2] / "benchmarks"
    assert subprocess.run([sys.executable, "-c", code], cwd=folder).returncode == 0
