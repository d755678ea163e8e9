"""Every metric by networkx and plain loops, for graphs small enough."""

from __future__ import annotations

import itertools
from functools import cache

import networkx as nx

from tests.graphs.twin import node_sets, skip_edges, weight_edges
from tests.metrics import brute


def metrics(graph, skips=(), initial=None):
    """Raw metrics of a networkx digraph with node flags `input`, `output` and edge weights.

    `skips` are more edges that carry flow. Edges of the layer "identity" are not parametric.
    """
    n, e = graph.number_of_nodes(), graph.number_of_edges()
    a, b = dict(graph.in_degree()), dict(graph.out_degree())
    inputs = {v for v, flag in graph.nodes.data("input") if flag}
    outputs = {v for v, flag in graph.nodes.data("output") if flag}
    sources = [v for v in graph if a[v] == 0 and b[v] > 0 and v not in inputs]
    sinks = [v for v in graph if b[v] == 0 and a[v] > 0 and v not in outputs]
    carrying = nx.DiGraph(graph)
    carrying.add_edges_from(skips)
    strict = nx.DiGraph(graph)
    strict.remove_edges_from(
        [(u, v) for u, v, layer in graph.edges.data("layer") if layer == "identity"]
    )
    reached, reaching = between(carrying, inputs, outputs)
    strict_reached, strict_reaching = between(strict, inputs, outputs)
    undirected = graph.to_undirected()
    distances = [nx.single_source_shortest_path_length(graph, v, cutoff=2) for v in graph]
    paths = [{v: 1 for v in graph}]
    for _ in range(4):
        paths.append({v: sum(paths[-1][u] for u in graph.predecessors(v)) for v in graph})
    strength = [d for _, d in undirected.degree(weight="weight")]
    cores = list(nx.core_number(undirected).values())
    start = None
    if initial is not None:
        start = [d for _, d in initial.to_undirected().degree(weight="weight")]
    return {
        "size.nodes": n,
        "size.edges": e,
        "local.sources": len(sources),
        "local.sinks": len(sinks),
        "local.disconnected": sum(a[v] == b[v] == 0 for v in graph),
        "local.dead_inputs": sum(b[v] == 0 for v in inputs),
        "local.dead_outputs": sum(a[v] == 0 for v in outputs),
        "local.removable_in": sum(b[v] for v in sources),
        "local.removable_out": sum(a[v] for v in sinks),
        "local.removable": sum(u not in reached or v not in reaching for u, v in graph.edges),
        "local.removable_parametric": sum(
            u not in strict_reached or v not in strict_reaching for u, v in strict.edges
        ),
        "local.active_neurons": len(reached & reaching),
        "neighbourhood.hop1": 1 + e / n,
        "neighbourhood.hop2": sum(map(len, distances)) / n,
        **{f"neighbourhood.paths{k}": sum(paths[k].values()) for k in (1, 2, 3, 4)},
        **{f"motifs.{name}": count for name, count in motifs(as_igraph(graph)).items()},
        **{f"motifs.{name}": count for name, count in triples(graph).items()},
        "connectivity.components": nx.number_connected_components(undirected),
        "connectivity.mean_component_size": n / nx.number_connected_components(undirected),
        "connectivity.bridges": len(list(nx.bridges(undirected))),
        "connectivity.articulation_nodes": len(set(nx.articulation_points(undirected))),
        "strength.final_mean": sum(strength) / n,
        "strength.final_max": max(strength),
        "strength.initial_mean": None if start is None else sum(start) / n,
        "strength.initial_max": None if start is None else max(start),
        "strength.k_core_mean": sum(cores) / n,
        "strength.k_core_max": max(cores),
    }


def between(graph, inputs, outputs):
    """Nodes reached from an input, nodes reaching an output."""
    reached = inputs.union(*(nx.descendants(graph, v) for v in inputs))
    reaching = outputs.union(*(nx.ancestors(graph, v) for v in outputs))
    return reached, reaching


def triples(graph):
    """Census of connected induced subgraphs of three nodes by looking at every centre's pairs."""
    count = dict.fromkeys(("fan_out", "fan_in", "chain", "triangle"), 0)
    found = set()
    for v in graph:
        around = [*graph.predecessors(v), *graph.successors(v)]
        for u, w in itertools.combinations(around, 2):
            found.add(frozenset((u, v, w)))
    for nodes in found:
        part = graph.subgraph(nodes)
        if part.number_of_edges() == 3:
            count["triangle"] += 1
        elif max(d for _, d in part.out_degree()) == 2:
            count["fan_out"] += 1
        elif max(d for _, d in part.in_degree()) == 2:
            count["fan_in"] += 1
        else:
            count["chain"] += 1
    return {**count, "size3": sum(count.values())}


@cache
def classes(size, directed=True):
    """igraph's connected classes of that many nodes: {number: edges}."""
    import igraph

    found = {}
    for number in itertools.count():
        try:
            drawn = igraph.Graph.Isoclass(size, number, directed=directed)
        except igraph.InternalError:
            return found
        if drawn.is_connected(mode="weak"):
            found[number] = tuple(drawn.get_edgelist())


def as_igraph(graph):
    """The igraph of a networkx graph whose nodes are 0, 1, 2, ..."""
    import igraph

    return igraph.Graph(len(graph), list(graph.edges), directed=True)


def motifs(graph):
    """Connected induced subgraphs of three and four nodes of an igraph, by name, enumerated."""
    counts = {}
    for size in (3, 4):
        found = graph.motifs_randesu(size)
        counts[size] = {
            brute.canonical(edges): int(found[number]) for number, edges in classes(size).items()
        }
    three = {name: counts[3][brute.canonical(brute.drawn(e))] for name, e in brute.THREE.items()}
    return {**three, "size3": sum(three.values()), **brute.named(counts[4])}


def numbered_skips(saved):
    """Identity shortcuts as pairs of node numbers."""
    number = {}
    for s in node_sets(saved.wiring):
        for c in range(s.channels):
            for y in range(s.height):
                for x in range(s.width):
                    number[s.id, c, y, x] = len(number)
    return [(number[u], number[v]) for u, v in skip_edges(saved.wiring)], number


def effective_sparsity(saved, graph):
    """Weights that are pruned, or of whose edges none is on a path from an input to an output."""
    skips, number = numbered_skips(saved)
    carrying = nx.DiGraph(graph)
    carrying.add_edges_from(skips)
    inputs = {v for v, flag in graph.nodes.data("input") if flag}
    outputs = {v for v, flag in graph.nodes.data("output") if flag}
    reached, reaching = between(carrying, inputs, outputs)
    live = {
        (layer, tuple(map(int, index)))
        for layer, index, u, v in weight_edges(saved.wiring, saved.masks)
        if number[u] in reached and number[v] in reaching
    }
    return 1 - len(live) / saved.masks.n_weights
