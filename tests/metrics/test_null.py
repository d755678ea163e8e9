"""Null networks and what metrics are beside them."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.errors import UserError
from nsgraph.graphs import ENCODINGS, Graph, encode
from nsgraph.masks import Masks
from nsgraph.metrics import dictionary, families, measure, null, null_networks
from nsgraph.metrics.null import null_dictionary, null_values
from nsgraph.metrics.null_networks import NULLS, null_graphs, null_network
from nsgraph.metrics.registry import Family, Metric
from nsgraph.network_file import SavedNetwork
from nsgraph.seeds import stream
from tests.graphs.networks import Builder, cases, networks, with_masks
from tests.graphs.twin import weight_edges


def first(graphs, number):
    return list(itertools.islice(graphs, number))


def mlp(*widths):
    net = Builder(widths[0])
    here = "in"
    for width in widths[1:]:
        here = net.linear(here, width)
    return net


def residual():
    net = Builder(3, 6, 6)
    block = net.conv("in", 4, (3, 3), padding=(1, 1))
    made = net.conv(net.conv(block, 4, (3, 3), padding=(1, 1)), 4, (3, 3), padding=(1, 1))
    net.identity(block, made)
    net.linear(net.flatten(made), 5)
    return net


def pooled_concatenation():
    """Channels of which some stand for four nodes each and some for one."""
    net = Builder(2, 4, 4)
    wide = net.conv("in", 4, (1, 1))
    pooled = net.pool(wide, (2, 2), (2, 2))
    small = net.conv(pooled, 4, (1, 1))
    net.linear(net.flatten(net.conv(net.concat(pooled, small), 6, (1, 1))), 5)
    return net


def same_degrees(one, other):
    return np.array_equal(one.in_degrees, other.in_degrees) and np.array_equal(
        one.out_degrees, other.out_degrees
    )


def layer_degrees(wiring, masks):
    """Edges per layer and node, by plain loops: one for each weight and position."""
    edges = list(weight_edges(wiring, masks))
    return Counter((e[0], e[2]) for e in edges), Counter((e[0], e[3]) for e in edges)


@cases(60)
@given(networks, st.sampled_from(["degree", "strength"]), st.integers(0, 10**6))
def test_every_node_of_the_multipartite_graph_keeps_its_degrees_in_every_layer(saved, kind, seed):
    """Counted before any edges are merged."""
    drawn = null_network(encode(saved), kind, np.random.default_rng(seed)).masks
    assert layer_degrees(saved.wiring, drawn) == layer_degrees(saved.wiring, saved.masks)


@cases(60)
@given(networks, st.sampled_from([*ENCODINGS]), st.integers(0, 10**6))
def test_graphs_keep_their_degrees(saved, encoding, seed):
    """In every encoding. Where edges coincide, how many do depends on the draw."""
    graph = encode(saved, encoding=encoding)
    drawn = next(null_graphs(graph, "degree", seed))
    assert drawn.encoding == encoding
    assert drawn.sets == graph.sets
    if graph.n_parallel == drawn.n_parallel == 0:
        assert same_degrees(drawn, graph)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("net", [residual, pooled_concatenation, lambda: mlp(9, 8, 7, 4)])
def test_links_move_and_degrees_stay(net, encoding):
    saved = net().network(density=0.4)
    graph = encode(saved, encoding=encoding)
    drawn = next(null_graphs(graph, "degree"))
    assert graph.n_parallel == drawn.n_parallel == 0
    assert same_degrees(drawn, graph)
    assert any((drawn.network.masks[k] != m).any() for k, m in saved.masks.items())


def test_channels_that_stand_for_more_nodes_trade_among_themselves(monkeypatch):
    """A link that moved from a single to a pooled channel would become four edges."""
    graph = encode(pooled_concatenation().network(density=0.4))
    assert all(same_degrees(drawn, graph) for drawn in first(null_graphs(graph, "degree"), 9))
    monkeypatch.setattr(null_networks, "_channel_classes", lambda graph: {})
    kept = [same_degrees(drawn, graph) for drawn in first(null_graphs(graph, "degree"), 9)]
    assert sum(kept) < 3


@pytest.mark.parametrize("kind", NULLS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_null_graphs_are_encoded_as_the_graph_was(kind, encoding):
    saved = residual().network(density=0.5)
    options = {} if encoding.startswith("rolled") else {"input_padding": True}
    graph = encode(saved, encoding=encoding, weights="both", **options)
    drawn = next(null_graphs(graph, kind))
    assert (drawn.encoding, drawn.sets, drawn.layers) == (encoding, graph.sets, graph.layers)
    assert [*drawn.weights] == ["final", "initial"]
    assert drawn.network.wiring is graph.network.wiring
    links = [g.edge_layers for g in (drawn, graph)]
    if encoding == "multipartite-identity":
        assert (links[0] == -1).sum() > 0
    if encoding in ("rolled", "rolled-channel"):
        assert Counter(links[0].tolist()) == Counter(links[1].tolist())


@cases(60)
@given(networks, st.sampled_from([*NULLS]), st.sampled_from([*ENCODINGS]), st.integers(0, 10**6))
def test_every_layer_keeps_its_links_and_weights(saved, kind, encoding, seed):
    """Final and initial weights of a link stay together."""
    graph = encode(saved, encoding=encoding, weights="both")
    drawn = null_network(graph, kind, np.random.default_rng(seed))
    for name, mask in graph.network.masks.items():
        pairs = [
            sorted(zip(*(n.weights[k][name][n.masks[name]] for k in n.weights), strict=True))
            for n in (graph.network, drawn)
        ]
        assert len(pairs[0]) == mask.sum()
        assert pairs[0] == pairs[1]
        assert not drawn.weights["final"][name][~drawn.masks[name]].any()


def test_the_rolled_channel_null_moves_kernels():
    net = Builder(6, 5, 5)
    net.conv("in", 7, (3, 3), padding=(1, 1))
    graph = encode(net.network(density=0.06), encoding="rolled-channel")
    assert 0 < graph.n_edges < 42
    for kind in NULLS:
        drawn = next(null_graphs(graph, kind))
        assert drawn.n_edges == graph.n_edges
        assert np.array_equal(*(np.sort(g.weights["final"]) for g in (drawn, graph)))
        assert same_degrees(drawn, graph) == (kind != "er")


def test_the_null_of_strengths_keeps_strengths_better():
    rng = np.random.default_rng(0)
    saved = mlp(40, 50, 30).network(density=0.3)
    scales = {name: rng.lognormal(0, 0.8, m.shape[1]) for name, m in saved.masks.items()}
    weights = {k: (scales[k] * rng.random(m.shape) * m) for k, m in saved.masks.items()}
    graph = encode(SavedNetwork(saved.masks, weights, wiring=saved.wiring))
    strengths = {
        kind: node_strengths(next(null_graphs(graph, kind))) for kind in ("degree", "strength")
    }
    errors = {k: np.abs(s - node_strengths(graph)).mean() for k, s in strengths.items()}
    assert errors["strength"] < errors["degree"] / 3


def node_strengths(graph):
    source, target, weight = graph.edges("final")
    return np.bincount(np.concatenate([source, target]), np.tile(weight, 2), graph.n_nodes)


def test_draws_depend_on_seed_and_kind_and_not_on_their_number():
    graph = encode(residual().network(density=0.5))

    def masks(kind, seed, number):
        return [g.network.masks for g in first(null_graphs(graph, kind, seed), number)]

    assert masks("degree", 1, 3) == masks("degree", 1, 5)[:3]
    one, two = masks("degree", 1, 2)
    assert one != two
    assert one != masks("degree", 2, 1)[0]
    assert one != masks("strength", 1, 1)[0]
    drawn = null_network(graph, "degree", stream(1, "null/degree/1"))
    assert drawn.masks == two
    values = [null_values(graph, "neighbourhood", "degree", 3, seed) for seed in (1, 1, 2)]
    assert values[0] == values[1] != values[2]


def fake(monkeypatch, values, names=("count",), family="fake"):
    """`null_values` with a measure that returns these, the graph's own first, in turn."""
    metrics = tuple(Metric(name, "", "", "", "") for name in names)
    monkeypatch.setattr(null, "chosen", lambda _: [Family(family, (), metrics)])
    rows = iter(values)
    own = next(rows)
    return null_values(
        encode(mlp(3, 3).network()),
        kind="er",
        samples=len(values) - 1,
        values=own,
        measure=lambda *_: next(rows),
    )


def counts(*values):
    return [{"fake.count": v} for v in values]


def test_z_by_hand(monkeypatch):
    """Mean 3, squared deviations 4, 0, 4 over n - 1 = 2: sd 2; (8 - 3) / 2."""
    assert fake(monkeypatch, counts(8, 1, 3, 5)) == {
        "fake.count_er_mean": 3.0,
        "fake.count_er_sd": 2.0,
        "fake.count_er_z": 2.5,
    }


def test_counts_beyond_doubles(monkeypatch):
    """Near 10^20 doubles are 16384 apart; the differences count all the same."""
    huge = 10**20
    values = fake(monkeypatch, counts(huge + 8, huge + 1, huge + 3, huge + 5))
    assert values == {
        "fake.count_er_mean": 1e20,
        "fake.count_er_sd": 2.0,
        "fake.count_er_z": 2.5,
    }


fractions_of_16 = st.integers(-(10**6), 10**6).map(lambda n: n / 16)


@cases(100)
@given(st.lists(fractions_of_16 | st.integers(-(10**30), 10**30), min_size=3, max_size=9))
def test_statistics_are_those_of_the_standard_library(numbers):
    with pytest.MonkeyPatch.context() as patch:
        values = fake(patch, counts(*numbers))
    mean, sd = statistics.mean(numbers[1:]), statistics.stdev(numbers[1:])
    assert values["fake.count_er_mean"] == pytest.approx(float(mean), rel=1e-14)
    if sd > 1e-11 * max(map(abs, numbers[1:])):
        assert values["fake.count_er_sd"] == pytest.approx(sd, rel=1e-14)
        assert math.isfinite(values["fake.count_er_z"])


def test_a_null_that_does_not_vary(monkeypatch):
    for same in (counts(5, 5, 5), counts(6, 5, 5), counts(0.3, 0.1 + 0.2, 0.3)):
        values = fake(monkeypatch, same)
        assert values["fake.count_er_sd"] == 0
        assert values["fake.count_er_z"] is None
        assert values["fake.count_er_z.status"] == "the null does not vary"
    assert fake(monkeypatch, counts(1, 10**15, 10**15 + 1))["fake.count_er_sd"] > 0.7  # is exact


def test_undefined_values(monkeypatch):
    none = {"fake.count": None, "fake.count.status": "no edges"}
    values = fake(monkeypatch, [none, *counts(1, 3)])
    assert values["fake.count_er_mean"] == 2
    assert values["fake.count_er_z"] is None
    assert values["fake.count_er_z.status"] == "no edges"
    values = fake(monkeypatch, [*counts(1, 3), none])
    for statistic in ("mean", "sd", "z"):
        assert values[f"fake.count_er_{statistic}"] is None
        status = values[f"fake.count_er_{statistic}.status"]
        assert status == "no edges, in 1 of 2 null networks"


def small_world(clustering, length):
    return {
        "heterogeneity.bipartite_clustering": clustering,
        "heterogeneity.path_length": length,
        "heterogeneity.path_length.status": "no paths",
    }


def test_small_worldness_by_hand(monkeypatch):
    """(.6 / .2) / (3 / 2), the null means being .2 and 2."""
    names = ("bipartite_clustering", "path_length")
    rows = [small_world(0.6, 3), small_world(0.1, 1), small_world(0.3, 3)]
    values = fake(monkeypatch, rows, names, "heterogeneity")
    assert values["heterogeneity.small_worldness_er"] == pytest.approx(2)
    for row, reason in [
        (small_world(0.0, 3), "heterogeneity.bipartite_clustering is 0 in the null networks"),
        (small_world(0.1, None), "no paths, in 2 of 2 null networks"),
    ]:
        values = fake(monkeypatch, [rows[0], row, row], names, "heterogeneity")
        assert values["heterogeneity.small_worldness_er"] is None
        assert values["heterogeneity.small_worldness_er.status"] == reason
    values = fake(monkeypatch, [small_world(0.6, None), *rows[1:]], names, "heterogeneity")
    assert values["heterogeneity.small_worldness_er.status"] == "no paths"


def planted(density, size=60, blocks=4):
    """Layers of random links, and the same with links inside blocks of nodes alone."""
    wiring = mlp(size, size, size).wiring()
    random = with_masks(wiring, density, seed=3)
    inside = np.kron(np.eye(blocks), np.ones((size // blocks,) * 2)) > 0
    rng = np.random.default_rng(4)
    masks = {k: inside & (rng.random(m.shape) < density * blocks) for k, m in random.masks.items()}
    weights = {name: mask.astype(np.float32) for name, mask in masks.items()}
    return random, SavedNetwork(Masks(masks), weights, wiring=wiring)


@pytest.mark.parametrize("kind", ["er", "degree"])
def test_random_networks_are_at_chance_and_planted_blocks_are_not(kind):
    """Nodes in blocks share their neighbours, so they reach fewer in two steps."""
    name = f"neighbourhood.hop2_{kind}_z"
    random, blocks = (
        null_values(encode(s), ["neighbourhood"], kind, 30)[name] for s in planted(0.1)
    )
    assert abs(random) < 4
    assert blocks < -20


@pytest.mark.parametrize("kind", ["er", "degree"])
def test_four_cycles_of_random_networks_are_at_chance_and_of_planted_blocks_are_not(
    kind, monkeypatch
):
    metric = Metric("four_cycles", "", "", "", "")
    monkeypatch.setattr(null, "chosen", lambda _: [Family("fake", (), (metric,))])
    name = f"fake.four_cycles_{kind}_z"
    random, blocks = (
        null_values(encode(s), None, kind, 30, measure=four_cycles)[name] for s in planted(0.1)
    )
    assert abs(random) < 4
    assert blocks > 20


def four_cycles(graph, _):
    """Pairs of nodes with two common targets, or two ways from one to the other."""
    adjacent = np.zeros((graph.n_nodes, graph.n_nodes), dtype=np.int64)
    adjacent[graph.edges()[:2]] = 1
    common = np.triu(adjacent @ adjacent.T, 1)
    between = adjacent @ adjacent
    return {"fake.four_cycles": int(sum((m * (m - 1) // 2).sum() for m in (common, between)))}


def test_hubs_are_seen_by_the_null_of_densities_and_kept_by_that_of_degrees():
    mask = np.zeros((30, 30))
    mask[0] = mask[:, 0] = 1
    graph = encode({"fc": mask}, encoding="rolled")
    assert null_values(graph, "motifs", "er", 20)["motifs.fan_in_er_z"] > 20
    values = null_values(graph, "motifs", "degree", 5)
    assert values["motifs.fan_in_degree_mean"] == measure(graph, "motifs")["motifs.fan_in"]
    assert values["motifs.fan_in_degree_z.status"] == "the null does not vary"


@pytest.mark.parametrize("encoding", ["rolled", "rolled-channel", "unrolled"])
def test_unlinked_encodings_average_over_layers(encoding):
    graph = encode(residual().network(density=0.5), encoding=encoding)
    values = null_values(graph, "motifs", "er", 4, 7)
    each = [measure(g, "motifs")["motifs.fan_in"] for g in first(null_graphs(graph, "er", 7), 4)]
    assert values["motifs.fan_in_er_mean"] == pytest.approx(statistics.mean(each))
    assert values["motifs.fan_in_er_sd"] == pytest.approx(statistics.stdev(each))


def test_measure_with_a_null():
    graph = encode(residual().network(density=0.5))
    seen = []
    values = measure(graph, "motifs", null="degree", samples=3, seed=5, progress=seen.append)
    assert seen == [1, 2, 3]
    assert values == measure(graph, "motifs") | null_values(graph, ["motifs"], "degree", 3, 5)


@pytest.mark.parametrize("density", [0.0, 1.0])
@pytest.mark.parametrize("kind", NULLS)
def test_networks_that_leave_no_choice(density, kind):
    graph = encode(residual().network(density=density), weights="both")
    families = ["size", "local", "motifs"]
    values, own = null_values(graph, families, kind, 2), measure(graph, families)
    for name, value in values.items():
        if name.endswith("_mean") and value is not None:
            assert value == own[name.removesuffix(f"_{kind}_mean")]
        if name.endswith("_z"):
            assert value is None
            assert values[f"{name}.status"]


def test_dictionary_and_names_are_the_same():
    graph = encode(residual().network(density=0.5), weights="both")
    raw = [r for r in dictionary() if "_per_" not in r.name and r.family in families()]
    rows = null_dictionary(raw)
    named = {row.name for row in rows}
    assert len(named) == len(rows)
    found = set().union(*(null_values(graph, kind=kind, samples=2) for kind in NULLS))
    assert {name for name in found if not name.endswith(".status")} == named
    assert all(all((r.name, r.family, r.meaning, r.unit, r.formula, r.source)) for r in rows)
    assert {r.name for r in null_dictionary(raw[:1], ["er"])} == {
        f"{raw[0].name}_er_{statistic}" for statistic in ("mean", "sd", "z")
    }


def test_errors():
    saved = residual().network()
    graph = encode(saved)
    with pytest.raises(UserError, match="Null 'random' is unknown; expected one of er, degree, s"):
        null_values(graph, "size", "random")
    with pytest.raises(UserError, match="at least 2 samples, not 1"):
        null_values(graph, "size", samples=1)
    with pytest.raises(UserError, match="'motif' is unknown"):
        null_values(graph, ["motif"])
    part = encode(saved, encoding="rolled").layer_graphs()["layer0"]
    for other in (Graph.from_edges(3, [0, 1], [1, 2]), part):
        with pytest.raises(UserError, match="needs a graph made by `encode`, not one from edges"):
            null_values(other, "size", "er")
    with pytest.raises(UserError, match="only the masks are known"):
        null_graphs(encode(saved.wiring, saved.masks), "strength")


def test_merging_edges_is_told_and_gives_no_z():
    """Whole kernels behind overlapping windows: a draw spreads them, and fewer edges coincide."""
    net = Builder(2, 9, 9)
    first = net.conv("in", 6, (3, 3), padding=(1, 1))
    net.conv(net.pool(first, (3, 3), (2, 2), padding=(1, 1)), 6, (3, 3), padding=(1, 1))
    saved = net.network(density=0.5)
    whole = np.random.default_rng(0).random((6, 6, 1, 1)) < 0.4
    masks = {**saved.masks, "layer1": np.broadcast_to(whole, (6, 6, 3, 3))}
    values = measure(encode(saved, masks), ["size", "motifs"], null="degree", samples=3)
    assert values["null.degrees_kept_degree"] < 0.9
    assert values["size.edges_degree_z"] is None
    assert "coinciding edges merge" in values["motifs.bifan_degree_z.status"]
    assert values["motifs.bifan_degree_mean"] > 0


def test_degrees_are_kept_where_no_edges_merge():
    net = Builder(2, 6, 6)
    net.conv(net.conv("in", 4, (3, 3), padding=(1, 1)), 4, (3, 3), padding=(1, 1))
    values = measure(encode(net.network()), "motifs", null="degree", samples=2)
    assert values["null.degrees_kept_degree"] == 1
    with pytest.raises(UserError, match="whole number"):
        measure(encode(net.network()), "motifs", null="degree", samples=2.5)
