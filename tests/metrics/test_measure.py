"""Every metric against networkx twins, igraph, and graphs drawn by hand."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nsgraph.errors import UserError
from nsgraph.graphs import ENCODINGS, Graph, encode
from nsgraph.metrics import dictionary, families, measure, measure_layers, measure_network
from nsgraph.network_file import SavedNetwork
from tests.graphs.networks import Builder, cases, networks
from tests.graphs.twin import edge_dict, multipartite_twin
from tests.metrics import twin

TWINS = ("size", "local", "neighbourhood", "motifs", "connectivity", "strength")
"""Families of which the twin knows metrics; the others have tests of their own."""


def known(values, expected):
    """Those values that the twin has too; it may not know of any that are not there."""
    assert expected.keys() <= values.keys()
    return {name: values[name] for name in expected}


@cases(100)
@given(networks, st.booleans())
def test_multipartite_equals_networkx(saved, identity_skips):
    graph = encode(saved, identity_skips=identity_skips, weights="both")
    assume(graph.n_edges < 1200)  # networkx is slow
    slow = multipartite_twin(saved, identity_skips)
    start = multipartite_twin(saved, identity_skips, kind="initial")
    skips, _ = twin.numbered_skips(saved)
    expected = twin.metrics(slow, skips, start)
    expected["local.effective_sparsity"] = twin.effective_sparsity(saved, slow)
    expected["size.parallel_edges"] = sum(m for *_, m in slow.edges.data("merged"))
    found = known(measure(graph, TWINS), expected)
    assert found == pytest.approx(expected, rel=1e-6)
    counts = {name: value for name, value in expected.items() if isinstance(value, int)}
    assert known(found, counts) == counts


@cases(40)
@given(networks)
def test_unlinked_values_are_layer_means_and_layers_equal_networkx(saved):
    for encoding in ("rolled", "rolled-channel", "unrolled"):
        graph = encode(saved, encoding=encoding, weights="both")
        assume(graph.n_edges < 1200)
        layers = measure_layers(graph, TWINS)
        for name, part in graph.layer_graphs().items():
            slow = as_networkx(part)
            expected = twin.metrics(slow, initial=as_networkx(part, "initial"))
            assert known(layers[name], expected) == pytest.approx(expected, rel=1e-6)
            if encoding != "unrolled":
                mask = saved.masks[name]
                assert layers[name]["local.effective_sparsity"] == np.mean(~mask)
        for name, value in measure(graph, TWINS).items():
            own = [layer[name] for layer in layers.values() if layer.get(name) is not None]
            if not name.endswith(".status"):
                assert value == (pytest.approx(sum(own) / len(own)) if own else None)


def as_networkx(graph, kind="final"):
    result = nx.DiGraph()
    for v, (is_input, is_output) in enumerate(zip(graph.inputs, graph.outputs, strict=True)):
        result.add_node(v, input=bool(is_input), output=bool(is_output))
    result.add_weighted_edges_from(zip(*(a.tolist() for a in graph.edges(kind)), strict=True))
    return result


@cases(60)
@given(st.integers(1, 60), st.floats(0, 0.4), st.integers(0, 10**6))
def test_random_acyclic_graphs_equal_igraph_and_networkx(n, p, seed):
    rng = np.random.default_rng(seed)
    source, target = np.nonzero(np.triu(rng.random((n, n)) < p, 1))
    graph = Graph.from_edges(n, source, target, rng.random(source.size))
    values = measure(graph, TWINS)
    other = graph.to_igraph().as_undirected(mode="each")
    assert values["connectivity.components"] == len(other.connected_components())
    assert values["connectivity.bridges"] == len(other.bridges())
    assert values["connectivity.articulation_nodes"] == len(other.articulation_points())
    assert values["strength.k_core_mean"] == pytest.approx(np.mean(other.coreness()))
    assert values["strength.final_mean"] == pytest.approx(np.mean(other.strength(weights="weight")))
    expected = twin.metrics(as_networkx(graph))
    assert known(values, expected) == pytest.approx(expected)


def ladder(*widths, density=1.0, seed=0):
    net = Builder(widths[0])
    here = "in"
    for width in widths[1:]:
        here = net.linear(here, width)
    return net.network(density=density, seed=seed)


@pytest.mark.parametrize("density", [1.0, 0.5, 0.1])
def test_pairs_within_two_steps_from_masks_and_from_edges(density):
    graph = encode(ladder(70, 130, 150, 90, density=density))
    source, target, _ = graph.edges()
    dense = np.zeros((graph.n_nodes, graph.n_nodes), dtype=bool)
    dense[source, target] = True
    pairs = np.count_nonzero(dense | (dense.astype(int) @ dense > 0))
    for same in (graph, Graph.from_edges(graph.n_nodes, source, target)):
        assert measure(same, "neighbourhood")["neighbourhood.hop2"] == 1 + pairs / graph.n_nodes


def test_by_hand():
    """0 -> 2, 1 -> 2, 2 -> 3, 0 -> 3 (a shortcut), 4 -> 5 apart; 6 alone; output 3, inputs 0, 1.

    One triangle (0, 2, 3); chain 1 2 3; fan-in 0 2 1. 4 is a source, 5 a sink.
    """
    graph = Graph.from_edges(
        7,
        [0, 1, 2, 0, 4],
        [2, 2, 3, 3, 5],
        [1.0, -2.0, 3.0, 4.0, 5.0],
        inputs=[0, 1],
        outputs=[3],
    )
    expected = {
        "size.nodes": 7,
        "size.edges": 5,
        "size.parallel_edges": 0,
        "local.sources": 1,
        "local.sinks": 1,
        "local.disconnected": 1,
        "local.dead_inputs": 0,
        "local.dead_outputs": 0,
        "local.removable_in": 1,
        "local.removable_out": 1,
        "local.removable": 1,
        "local.removable_parametric": 1,
        "local.effective_sparsity": None,
        "local.effective_sparsity.status": "the weights behind the edges are not known",
        "local.active_neurons": 4,
        "neighbourhood.hop1": 12 / 7,
        "neighbourhood.hop2": 13 / 7,
        "neighbourhood.paths1": 5,
        "neighbourhood.paths2": 2,
        "neighbourhood.paths3": 0,
        "neighbourhood.paths4": 0,
        "motifs.fan_out": 0,
        "motifs.fan_in": 1,
        "motifs.chain": 1,
        "motifs.triangle": 1,
        "motifs.size3": 3,
        "connectivity.components": 3,
        "connectivity.mean_component_size": 7 / 3,
        "connectivity.bridges": 2,
        "connectivity.articulation_nodes": 1,
        "connectivity.largest_component": 4,
        "connectivity.two_edge_components": 1,
        "connectivity.largest_two_edge_component": 3,
        "connectivity.three_edge_components": 0,
        "connectivity.largest_three_edge_component": 1,
        "connectivity.edge_connectivity": 2,
        "strength.initial_mean": None,
        "strength.initial_mean.status": "no initial weights",
        "strength.initial_max": None,
        "strength.initial_max.status": "no initial weights",
        "strength.final_mean": 30 / 7,
        "strength.final_max": 7.0,
        "strength.k_core_mean": 9 / 7,
        "strength.k_core_max": 2,
    }
    found = {k: v for k, v in measure(graph, TWINS).items() if "_per_" not in k}
    assert {name: found.pop(name) for name in expected} == expected
    # the one connected subgraph of four nodes: a triangle and an edge into its second node
    four = {"motifs.size4": 1, "motifs.feed_forward_in_second": 1, "motifs.paw": 1}
    assert {name: value for name, value in found.items() if value} == four


def test_counts_past_two_to_the_53_are_exact():
    """Ten full layers of width 20,000 cannot be held; a bipartite star pair can: see the sums."""
    from nsgraph.graphs.flow import exact_sum, paths

    assert exact_sum(np.full(3, 2**62 + 1)) == 3 * 2**62 + 3
    wide = Graph.from_edges(*_hourglass(levels=40, width=4))
    assert paths(wide, 39)[-1] == 4**40
    with_pairs = measure(Graph.from_edges(200_001, [0] * 200_000, range(1, 200_001)), "motifs")
    assert with_pairs["motifs.fan_out"] == 200_000 * 199_999 // 2


def _hourglass(levels, width):
    edges = [
        (level * width + i, (level + 1) * width + j)
        for level in range(levels - 1)
        for i in range(width)
        for j in range(width)
    ]
    return levels * width, *zip(*edges, strict=True)


def test_identity_shortcuts_carry_flow_past_an_empty_layer():
    """A residual block whose convolutions are empty: nothing before it is removable."""
    net = Builder(2, 2, 2)
    first = net.conv("in", 2)
    inner = net.conv(first, 2, (3, 3), padding=(1, 1))
    last = net.conv(inner, 2, (3, 3), padding=(1, 1))
    net.identity(first, last)
    net.linear(net.flatten(last), 2)
    saved = net.network(density=1.0)
    masks = dict(saved.masks)
    for layer in ("layer1", "layer2"):
        masks[layer] = np.zeros_like(masks[layer])
    for skips in (False, True):
        values = measure(encode(saved, masks, identity_skips=skips), "local")
        edges = 2 * 2 * 4 + 8 * 2
        assert values["local.removable"] == 0
        assert values["local.removable_parametric"] == edges
        assert values["local.active_neurons"] == 8 + 8 + 8 + 2
        assert values["local.effective_sparsity"] == (36 + 36) / (4 + 36 + 36 + 16)


def test_collapsed_network_has_defined_values_everywhere():
    saved = ladder(3, 4, 2, density=0.0)
    for encoding in ENCODINGS:
        values = measure(encode(saved, encoding=encoding, weights="both"))
        for name, value in values.items():
            if name.endswith(".status"):
                assert value
                assert values[name.removesuffix(".status")] is None
            elif value is None:
                assert name.endswith(("_per_node", "_per_edge")) or values[f"{name}.status"]
            else:
                assert math.isfinite(value)
        assert values["local.effective_sparsity"] in (1.0, None)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_dictionary_and_measured_names_are_the_same(encoding):
    saved = ladder(3, 4, 2)
    wide, long = measure_network(saved, [encoding])
    named = {row.name for row in dictionary()}
    graph = {name for name in named if not name.startswith(("layer.", "blocks."))}
    assert {k.removeprefix(f"{encoding}.") for k in wide if not k.endswith(".status")} == graph
    assert {row["metric"] for row in long} <= named
    assert {n for n in named if n.startswith("layer.")} <= {row["metric"] for row in long}
    assert len(named) == len(dictionary())
    for row in dictionary():
        assert row.family in (*families(), "blocks", "layer")
        assert all((row.meaning, row.unit, row.formula, row.source))


def test_normalised_values_divide_by_nodes_and_edges():
    saved = ladder(3, 4, 2, density=0.6)
    graph = encode(saved)
    values = measure(graph)
    for name, value in values.items():
        if f"{name}_per_node" in values and value is not None:
            assert values[f"{name}_per_node"] == value / graph.n_nodes
            assert values[f"{name}_per_edge"] == value / graph.n_edges


def test_families_can_be_chosen():
    graph = encode(ladder(3, 2))
    assert {n.split(".")[0] for n in measure(graph, ["motifs", "size"])} == {"motifs", "size"}
    with pytest.raises(UserError, match="'motif' is unknown; expected some of size, local"):
        measure(graph, ["motif"])


def test_network_rows():
    saved = ladder(3, 4, 2, density=0.6)
    wide, long = measure_network(saved, ["multipartite", "rolled"])
    rows = {(r["encoding"], r["layer"], r["metric"]): r["value"] for r in long}
    assert len(rows) == len(long)
    mask = saved.masks["layer0"]
    assert (
        rows["mask", "layer0", "layer.kept"]
        == mask.sum()
        == rows["multipartite", "layer0", "layer.edges"]
    )
    assert rows["mask", "layer0", "layer.weights"] == 12
    assert rows["mask", "layer0", "layer.density"] == mask.sum() / 12
    assert rows["mask", "layer1", "layer.inputs"] == 4
    assert (
        rows["mask", "layer1", "layer.final_strength"] == np.abs(saved.weights["layer1"]).sum() / 2
    )
    start = np.abs(saved.initial["layer1"][saved.masks["layer1"]]).sum()
    assert rows["mask", "layer1", "layer.initial_strength"] == start / 2
    assert wide["rolled.size.edges"] == np.mean(
        [rows["rolled", x, "size.edges"] for x in ("layer0", "layer1")]
    )
    assert wide["multipartite.size.edges"] == len(edge_dict(encode(saved)))
    numbers = {k: v for k, v in wide.items() if not k.endswith(".status") and v is not None}
    assert {type(v) for v in numbers.values()} == {int, float}
    assert len(numbers) > 300


def test_multiply_adds_are_the_weights_times_the_places_they_are_used_at():
    net = Builder(1, 4, 4)
    wide = net.conv("in", 2, (3, 3), stride=(2, 2), padding=(1, 1))
    net.linear(net.flatten(wide), 5)
    saved = net.network()
    long = measure_network(saved, ["rolled"], "size")[1]
    rows = {(r["layer"], r["metric"]): r["value"] for r in long if r["encoding"] == "mask"}
    for position, (layer, weights, places) in enumerate((("layer0", 18, 4), ("layer1", 40, 1)), 1):
        assert rows[layer, "layer.position"] == position
        assert rows[layer, "layer.multiply_adds_dense"] == weights * places
        assert rows[layer, "layer.multiply_adds"] == saved.masks[layer].sum() * places


def test_a_network_without_wiring_is_measured_rolled():
    saved = ladder(3, 4, 2)
    alone = SavedNetwork(saved.masks, saved.weights)
    assert {name.split(".")[0] for name in measure_network(alone)[0]} == {"rolled"}
    assert {name.split(".")[0] for name in measure_network(saved)[0]} == {"multipartite", "rolled"}
    assert measure_network(alone)[0]["rolled.strength.initial_mean"] is None
    few, _ = measure_network(saved, ["multipartite"], ["motifs"])
    assert {name.split(".")[1] for name in few} == {"size", "motifs"}


def test_weights_behind_a_dead_channel_by_hand():
    """Two channels, the second empty; a grouped layer; one weight that meets only padding.

    Live: the first layer's one weight and, of the grouped layer's 3 x 1 kernels, the first group's
    middle weight. The map has one row, so that the outer weights never meet it.
    """
    net = Builder(1)
    net.conv(net.conv("in", 2), 2, (3, 1), padding=(1, 0), groups=2)
    saved = net.network(density=1.0)
    masks = {"layer0": [[[[1]]], [[[0]]]], "layer1": np.ones((2, 1, 3, 1))}
    values = measure(encode(saved, masks), "local")
    assert values["local.effective_sparsity"] == 6 / 8
    assert values["local.removable"] == 1
    assert values["local.sources"] == 1
    assert values["local.active_neurons"] == 3
