"""Encodings against loops over masks, against torch, and against graphs drawn by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from nsgraph.errors import UserError
from nsgraph.graphs import ENCODINGS, encode
from nsgraph.graphs.network import Network
from nsgraph.masks import Masks
from nsgraph.network_file import SavedNetwork
from nsgraph.wiring import ActivationSet, Link, Wiring
from tests.graphs.networks import Builder, cases, networks
from tests.graphs.twin import edge_dict, multipartite_twin, node_sets


@cases(150)
@given(networks)
def test_multipartite_equals_loops_over_masks(saved):
    for skips in (False, True):
        graph = encode(saved, identity_skips=skips, weights="both")
        twin = multipartite_twin(saved, skips)
        assert graph.n_nodes == twin.number_of_nodes()
        assert edge_dict(graph) == {(u, v): w for u, v, w in twin.edges.data("weight")}
        assert graph.n_parallel == sum(merged for *_, merged in twin.edges.data("merged"))
        names = [*graph.layers, "identity"]
        source, target, _ = graph.edges()
        for u, v, layer in zip(source, target, graph.edge_layers, strict=True):
            assert names[layer] == twin[u][v]["layer"]
        assert graph.inputs.tolist() == [i for _, i in twin.nodes.data("input")]
        assert graph.outputs.tolist() == [o for _, o in twin.nodes.data("output")]
        start = multipartite_twin(saved, skips, kind="initial")
        assert graph.edges("initial")[2].tolist() == [
            start[u][v]["weight"] for u, v in zip(source, target, strict=True)
        ]


@cases(50)
@given(networks)
def test_rows_are_sorted_and_arrays_are_what_they_should_be(saved):
    graph = encode(saved)
    source, target, weight = graph.edges()
    assert np.array_equal(np.lexsort((source, target)), np.arange(graph.n_edges))
    assert np.all(source < target)
    assert (source.dtype, target.dtype, weight.dtype) == (np.int32, np.int32, np.float32)
    assert graph.incoming.pointers.dtype == np.int64
    assert not any(a.flags.writeable for a in (*graph.incoming, weight, graph.inputs))
    back = graph.outgoing
    reverse = np.repeat(np.arange(graph.n_nodes), np.diff(back.pointers))
    assert set(zip(reverse, back.neighbours, strict=True)) == set(zip(source, target, strict=True))
    assert [s.id for s in graph.sets] == [s.id for s in node_sets(saved.wiring)]
    assert graph.sets[-1].stop == graph.n_nodes


@cases(50)
@given(networks)
def test_rolled_encodings_equal_loops_over_masks(saved):
    rolled, channel = (encode(saved, encoding=e) for e in ("rolled", "rolled-channel"))
    groups = {link.layer: link.groups for link in saved.wiring.links if link.layer}
    for name, mask in saved.masks.items():
        n_out, n_in = mask.shape[:2]
        kernel = mask.shape[2:] or (1, 1)
        left = n_in * groups[name]
        edges, slices = {}, {}
        for index in zip(*np.nonzero(mask), strict=True):
            co, ci, ky, kx = (*map(int, index), 0, 0)[:4]
            c = co // (n_out // groups[name]) * n_in + ci
            w = abs(float(saved.weights[name][index]))
            edges[(c * kernel[0] + ky) * kernel[1] + kx, left * kernel[0] * kernel[1] + co] = w
            slices[c, left + co] = slices.get((c, left + co), 0.0) + w * w
        assert edge_dict(rolled.layer_graphs()[name]) == edges
        found = edge_dict(channel.layer_graphs()[name])
        assert found == pytest.approx({e: w**0.5 for e, w in slices.items()})
    assert rolled.n_edges == saved.masks.n_kept


@cases(50)
@given(networks)
def test_unrolled_layers_are_multipartite_graphs_of_one_layer(saved):
    parts = encode(saved, encoding="unrolled").layer_graphs()
    wiring = saved.wiring
    for link in wiring.links:
        if link.layer is None:
            continue
        source, target = wiring.set(link.source), wiring.set(link.target)
        alone = Wiring(
            (
                ActivationSet(source.id, *source.shape, "input"),
                ActivationSet(target.id, *target.shape, "output"),
            ),
            (link,),
        )
        only = Network(
            Masks({link.layer: saved.masks[link.layer]}), {"final": saved.weights}, alone
        )
        expected = encode(only)
        assert edge_dict(parts[link.layer]) == edge_dict(expected)
        assert parts[link.layer].n_nodes == expected.n_nodes


def test_strided_convolution_by_hand():
    """One channel, 4 x 1 map, kernel (3, 1), stride 2, padding 1: rows -1 0 1 and 1 2 3."""
    net = Builder(1, 4, 1)
    net.conv("in", 1, (3, 1), stride=(2, 1), padding=(1, 0), after=(0, 0))
    mask = np.array([True, False, True]).reshape(1, 1, 3, 1)
    weights = np.array([3.0, 0.0, -5.0], dtype=np.float32).reshape(1, 1, 3, 1)
    graph = encode(SavedNetwork(Masks({"layer0": mask}), {"layer0": weights}, wiring=net.wiring()))
    assert edge_dict(graph) == {(1, 4): 5.0, (1, 5): 3.0, (3, 5): 5.0}


def test_flatten_behind_a_pool_is_channel_major_by_hand():
    """Two channels of 2 x 2, pooled to 1 x 1 each, flattened: feature c reads all four of c."""
    net = Builder(2, 2, 2)
    net.linear(net.flatten(net.pool("in", (2, 2), (2, 2))), 1)
    graph = encode(net.wiring(), {"layer0": [[0, 1]]})
    assert [(u, v) for u, v in edge_dict(graph)] == [(4, 8), (5, 8), (6, 8), (7, 8)]
    assert graph.weights == {}


def test_overlapping_pool_merges_edges_by_hand():
    """Map of 3, pool of 2 at stride 1, then a kernel of 2: the middle node is read twice."""
    net = Builder(1, 3, 1)
    net.conv(net.pool("in", (2, 1), (1, 1)), 1, (2, 1))
    weights = np.array([2.0, 4.0], dtype=np.float32).reshape(1, 1, 2, 1)
    saved = SavedNetwork(Masks({"layer0": weights != 0}), {"layer0": weights}, wiring=net.wiring())
    graph = encode(saved)
    assert edge_dict(graph) == {(0, 3): 2.0, (1, 3): 6.0, (2, 3): 4.0}
    assert graph.n_parallel == 1


def test_module_used_twice_is_two_links_with_one_mask():
    net = Builder(2)
    hidden = net.add((2, 1, 1))
    net.links.append(Link("linear", "in", hidden, "shared"))
    net.links.append(Link("linear", hidden, net.add((2, 1, 1)), "shared"))
    graph = encode(net.wiring(), {"shared": [[1, 0], [1, 1]]})
    assert list(edge_dict(graph)) == [(0, 2), (0, 3), (1, 3), (2, 4), (2, 5), (3, 5)]
    assert list(encode(net.wiring(), {"shared": [[1, 0], [1, 1]]}, encoding="unrolled").layers) == [
        "shared",
        "shared@2",
    ]


def conv6(channels=3, size=32, classes=10):
    net = Builder(channels, size, size)
    here = "in"
    for width in (64, 64, 0, 128, 128, 0, 256, 256, 0):
        if width:
            here = net.conv(here, width, (3, 3), padding=(1, 1))
        else:
            here = net.pool(here, (2, 2), (2, 2))
    here = net.flatten(here)
    for width in (256, 256, classes):
        here = net.linear(here, width)
    return net.network(density=0.002)


def test_conv6_has_the_nodes_of_the_multipartite_study():
    """233,366 nodes on CIFAR-10 with the input's padding (Cunegatti et al.)."""
    saved = conv6()
    graph = encode(saved, input_padding=True)
    assert graph.n_nodes == 233_366
    assert graph.node_set("in").size == 3 * 34**2
    plain = encode(saved)
    assert plain.n_nodes == 233_366 - 3 * (34**2 - 32**2)
    assert graph.n_edges > plain.n_edges


def test_input_padding_adds_nodes_only_outside_the_map():
    """The edges inside are the same ones; the others start at padding nodes."""
    net = Builder(2, 4, 3)
    here = net.conv("in", 2, (3, 3), padding=(1, 1))
    net.conv("in", 2, (1, 1), into=here)
    net.identity("in", here)
    saved = net.network(density=0.7)
    for skips in (False, True):
        padded = encode(saved, input_padding=True, identity_skips=skips)
        plain = edge_dict(encode(saved, identity_skips=skips))
        grid = np.arange(2 * 6 * 5).reshape(2, 6, 5)
        inside = {int(new): old for old, new in enumerate(grid[:, 1:5, 1:4].ravel())}
        shift = padded.n_nodes - 2 * 2 * 4 * 3
        moved = {
            (inside[u], v - shift): w for (u, v), w in edge_dict(padded).items() if u in inside
        }
        assert moved == plain


def test_all_encodings_of_a_network_without_kept_weights():
    saved = Builder(2, 3, 3)
    saved.linear(saved.flatten(saved.conv("in", 2, (3, 3), padding=(1, 1))), 2)
    network = saved.network(density=0.0)
    for encoding in ENCODINGS:
        graph = encode(network, encoding=encoding)
        assert graph.n_edges == 0
        assert graph.n_nodes > 0


class TestErrors:
    """One sentence that names what was found and what was expected."""

    saved = Builder(2)
    saved.linear("in", 2)
    saved = saved.network()

    def test_unknown_encoding(self):
        with pytest.raises(UserError, match="'rold' is unknown; expected one of multipartite"):
            encode(self.saved, encoding="rold")

    def test_without_wiring_only_rolled(self):
        alone = SavedNetwork(self.saved.masks, self.saved.weights)
        assert encode(alone, encoding="rolled").n_nodes == 4
        for encoding in ("multipartite", "unrolled"):
            with pytest.raises(UserError, match="encoding needs the network's wiring"):
                encode(alone, encoding=encoding)

    def test_shape(self):
        with pytest.raises(UserError, match=r"shape \(2, 3\)"):
            encode(self.saved, {"layer0": np.ones((2, 3))})
        alone = SavedNetwork(self.saved.masks, self.saved.weights)
        with pytest.raises(UserError, match=r"weights of layer 'layer0' have shape"):
            encode(alone, {"layer0": np.ones((2, 3))}, encoding="rolled")

    def test_not_a_number(self):
        bad = SavedNetwork(self.saved.masks, dict(self.saved.weights), wiring=self.saved.wiring)
        bad.weights["layer0"] = np.full((2, 2), np.nan, dtype=np.float32)
        with pytest.raises(UserError, match="NaN"):
            encode(bad, {"layer0": np.ones((2, 2))})

    def test_missing_initial_weights(self):
        alone = SavedNetwork(self.saved.masks, self.saved.weights, wiring=self.saved.wiring)
        with pytest.raises(UserError, match="no initial weights of layer 'layer0'"):
            encode(alone, weights="initial")

    def test_identity_skips_need_the_multipartite_encoding(self):
        with pytest.raises(UserError, match="identity_skips"):
            encode(self.saved, encoding="rolled", identity_skips=True)

    def test_wiring_without_masks(self):
        with pytest.raises(UserError, match="give its masks"):
            encode(self.saved.wiring)
