"""Graphs of a thousand edges and more against igraph, graph-tool and scipy."""

from __future__ import annotations

import numpy as np
import pytest

from nsgraph.graphs import Graph, encode
from nsgraph.metrics import measure
from nsgraph.metrics.census import pairs
from tests.graphs.networks import Builder
from tests.metrics import brute, twin


def residual(size=8, width=4, density=0.3):
    """Two residual blocks, an identity and a strided 1 x 1 shortcut, a global pool, a head."""
    net = Builder(3, size, size)
    how = {"kernel": (3, 3), "padding": (1, 1)}
    first = net.conv("in", width, **how)
    block = net.conv(net.conv(first, width, **how), width, **how)
    net.identity(first, block)
    inner = net.conv(block, 2 * width, stride=(2, 2), **how)
    last = net.conv(inner, 2 * width, **how)
    net.conv(block, 2 * width, stride=(2, 2), into=last)
    net.linear(net.pool(last, net.shape(last)[1:], (1, 1)), 10)
    return net.network(density)


def densely_connected(size=4, growth=2, layers=4):
    """Every layer reads all before it: four mutually joined sets, behind an overlapping pool."""
    net = Builder(2, 2 * size, 2 * size)
    maps = [net.pool("in", (3, 3), (2, 2), padding=(1, 1))]
    for _ in range(layers):
        here = net.concat(*maps) if len(maps) > 1 else maps[0]
        maps.append(net.conv(here, growth, (3, 3), padding=(1, 1)))
    net.linear(net.flatten(net.concat(*maps)), 5)
    return net.network(0.4)


def wide(kind, density):
    """Channels around multiples of 64, in residual, dense or depthwise blocks."""
    net = Builder(65, 2, 1)
    how = {"kernel": (3, 1), "padding": (1, 0)}
    if kind == "residual":
        first = net.conv("in", 130, **how)
        last = net.conv(net.conv(first, 64, **how), 130, **how)
        net.identity(first, last)
        net.conv(first, 130, into=last)
    elif kind == "dense":
        maps = ["in"]
        for channels in (64, 66, 70):
            maps.append(net.conv(net.concat(*maps) if len(maps) > 1 else "in", channels))
        last = net.concat(*maps)
    else:
        inner = net.conv(net.conv("in", 129), 129, groups=129, **how)
        last = net.conv(inner, 129)
        net.identity(inner, last)
    net.linear(net.flatten(last), 63)
    return net.network(density)


def random_acyclic(n=1500, edges=6000, seed=0):
    """Erdos-Renyi, every edge turned forward."""
    pairs = np.random.default_rng(seed).integers(0, n, (edges, 2))
    pairs = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]]), axis=0)
    return Graph.from_edges(n, *pairs.T)


GRAPHS = {
    "residual": lambda: encode(residual()),
    "residual, identity": lambda: encode(residual(12), identity_skips=True),
    "dense": lambda: encode(densely_connected()),
    "one layer": lambda: encode(residual(), encoding="unrolled").parts[3],
    "one layer, rolled": lambda: encode(residual(8, 24), encoding="rolled").parts[2],
    "random": random_acyclic,
}


@pytest.fixture(scope="module", params=GRAPHS)
def graph(request):
    return GRAPHS[request.param]()


def test_motifs_by_igraph(graph):
    """Every directed type of three and four nodes, counted one by one."""
    expected = {f"motifs.{name}": count for name, count in twin.motifs(graph.to_igraph()).items()}
    values = measure(graph, "motifs")
    assert {name: values[name] for name in expected} == expected


@pytest.mark.parametrize("way", ["WORD", "VISIT"])
@pytest.mark.parametrize(
    ("kind", "density"), [("residual", 0.01), ("dense", 0.06), ("depthwise", 0.02)]
)
def test_wide_layers_by_igraph(kind, density, way, monkeypatch):
    """64 channels to a word: by words and one by one, the other way made too dear to be chosen."""
    monkeypatch.setattr(pairs, way, 1e30)
    graph = encode(wide(kind, density), identity_skips=True)
    expected = {f"motifs.{name}": count for name, count in twin.motifs(graph.to_igraph()).items()}
    values = measure(graph, "motifs")
    assert {name: values[name] for name in expected} == expected
    assert (values["motifs.k4"] > 0) == (kind == "dense")


@pytest.mark.parametrize("name", ["residual", "dense", "one layer, rolled"])
def test_undirected_motifs_by_igraph(name):
    graph = encode(densely_connected(3)) if name == "dense" else GRAPHS[name]()
    values = measure(graph, "motifs")
    found = graph.to_igraph().as_undirected().motifs_randesu(4)
    kinds = {
        brute.canonical(edges, directed=False): int(found[number])
        for number, edges in twin.classes(4, directed=False).items()
    }
    for name, edges in brute.UNDIRECTED.items():
        kind = brute.canonical(brute.drawn(edges), directed=False)
        assert values[f"motifs.{name}"] == kinds.pop(kind), name
    assert not kinds


def test_connectivity_and_cores_by_igraph(graph):
    values = measure(graph, ["connectivity", "strength"])
    other = graph.to_igraph().as_undirected()
    assert values["connectivity.components"] == len(other.connected_components())
    assert values["connectivity.bridges"] == len(other.bridges())
    assert values["connectivity.articulation_nodes"] == len(other.articulation_points())
    assert values["strength.k_core_mean"] == pytest.approx(np.mean(other.coreness()), rel=1e-12)
    assert values["strength.k_core_max"] == max(other.coreness())


def test_mixing_and_clustering_by_igraph(graph):
    values = measure(graph, "heterogeneity")
    other, degrees = graph.to_igraph(), {"in": graph.in_degrees, "out": graph.out_degrees}
    undirected = other.as_undirected()
    expected = {
        "transitivity": undirected.transitivity_undirected(),
        "assortativity": undirected.assortativity_degree(),
        **{
            f"assortativity_{x}_{y}": other.assortativity(
                degrees[x].tolist(), degrees[y].tolist(), directed=True
            )
            for x in degrees
            for y in degrees
        },
    }
    if values["heterogeneity.path_length_error"] == 0:
        expected["path_length"] = undirected.average_path_length(unconn=True)
    for name, value in expected.items():
        equal = None if np.isnan(value) else pytest.approx(value, rel=1e-9, abs=1e-12)
        assert values[f"heterogeneity.{name}"] == equal, name


def test_neighbourhoods_by_scipy_and_igraph(graph):
    values = measure(graph, "neighbourhood")
    step, ends = graph.to_scipy().astype(np.int64), np.ones(graph.n_nodes, np.int64)
    step.data[:] = 1
    for length in (1, 2, 3, 4):
        ends = ends @ step
        assert values[f"neighbourhood.paths{length}"] == int(ends.sum())
    for k in (1, 2):
        sizes = graph.to_igraph().neighborhood_size(order=k, mode="out")
        assert values[f"neighbourhood.hop{k}"] == pytest.approx(np.mean(sizes), rel=1e-12)


@pytest.mark.graph_tool
def test_motifs_by_graph_tool():
    import graph_tool.clustering as gt

    graph = encode(residual(4), identity_skips=True)
    values = measure(graph, "motifs")
    for size, named in ((3, brute.THREE), (4, brute.FOUR)):
        counts = {
            brute.canonical(tuple(tuple(map(int, edge)) for edge in kind.iter_edges())): int(count)
            for kind, count in zip(*gt.motifs(graph.to_graph_tool(), size), strict=True)
        }
        for name, edges in named.items():
            kind = brute.canonical(brute.drawn(edges))
            assert values[f"motifs.{name}"] == counts.pop(kind, 0), name
        assert not counts


@pytest.mark.graph_tool
def test_connectivity_and_cores_by_graph_tool(graph):
    import graph_tool.topology as gt

    values = measure(graph, ["connectivity", "strength"])
    other = graph.to_graph_tool()
    other.set_directed(False)
    _, sizes = gt.label_components(other)
    assert values["connectivity.components"] == len(sizes)
    _, cut, _ = gt.label_biconnected_components(other)
    assert values["connectivity.articulation_nodes"] == int(np.sum(cut.a))
    cores = gt.kcore_decomposition(other).a
    assert values["strength.k_core_mean"] == pytest.approx(np.mean(cores), rel=1e-12)


@pytest.mark.graph_tool
def test_mixing_and_clustering_by_graph_tool(graph):
    from graph_tool.clustering import global_clustering
    from graph_tool.correlations import scalar_assortativity

    values = measure(graph, "heterogeneity")
    other = graph.to_graph_tool()
    other.set_directed(False)
    assert values["heterogeneity.transitivity"] == pytest.approx(global_clustering(other)[0])
    expected = scalar_assortativity(other, "total")[0]
    assert values["heterogeneity.assortativity"] == pytest.approx(expected)
