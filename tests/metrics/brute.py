"""Counts by their definitions alone, on a dense 0/1 matrix: every subset, every pair, every node.

`joined[u, v]` says that there is an edge u -> v; nodes are numbered along the edges, so that it is
strictly upper triangular. Nothing of the package is used. Fit for some 80 nodes.
"""

from __future__ import annotations

import itertools
from collections import Counter
from functools import cache

import numpy as np

PAIRS = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
"""Pairs of four nodes; bit k of a code says that the k-th of them is joined."""

THREE = {
    "fan_out": "ab ac",
    "fan_in": "ac bc",
    "chain": "ab bc",
    "triangle": "ab bc ac",
}

FOUR = {
    "star_out": "ab ac ad",
    "star_in": "ad bd cd",
    "star_1in_2out": "ab bc bd",
    "star_2in_1out": "ac bc cd",
    "path_chain": "ab bc cd",
    "path_fork": "ba bc cd",
    "path_join": "ab bc dc",
    "path_zigzag": "ab cb cd",
    "bifan": "ac ad bc bd",
    "biparallel": "ab ac bd cd",
    "cycle_skip": "ab bc cd ad",
    # a feed-forward loop ab bc ac, and d into or out of its first, second or third node
    "feed_forward_in_first": "ab bc ac da",
    "feed_forward_out_first": "ab bc ac ad",
    "feed_forward_in_second": "ab bc ac db",
    "feed_forward_out_second": "ab bc ac bd",
    "feed_forward_in_third": "ab bc ac dc",
    "feed_forward_out_third": "ab bc ac cd",
    # two such loops with the edge ab in common: c, and d, are ahead of it, within it or behind it
    "feed_forward_multi_input": "ab ca cb da db",
    "feed_forward_multi_middle": "ab ac cb ad db",
    "feed_forward_multi_output": "ab ac bc ad bd",
    "feed_forward_input_middle": "ab ca cb ad db",
    "feed_forward_middle_output": "ab ac cb ad bd",
    "feed_forward_input_output": "ab ca cb ad bd",
    "k4": "ab ac ad bc bd cd",
}
"""Four nodes by the edges that they are joined by, in any order of the letters."""

UNDIRECTED = {
    "claw": "ab ac ad",
    "path4": "ab bc cd",
    "cycle4": "ab bc cd da",
    "paw": "ab bc ca cd",
    "diamond": "ab bc cd da ac",
    "k4": "ab ac ad bc bd cd",
}


def drawn(edges):
    """A drawing such as "ab bc" as pairs of numbers."""
    return tuple(("abcd".index(u), "abcd".index(v)) for u, v in edges.split())


@cache
def canonical(edges, directed=True):
    """The same for all drawings of one type: the least of the edge lists under relabelling."""

    def image(order):
        pairs = [(order[u], order[v]) for u, v in edges]
        return sorted(pairs if directed else [tuple(sorted(p)) for p in pairs])

    return tuple(min(image(order) for order in itertools.permutations(range(4))))


def connected(edges):
    """Whether four nodes are connected by the edges, whatever their direction."""
    seen = {0}
    for _ in range(3):
        seen |= {w for pair in edges if seen & set(pair) for w in pair}
    return len(seen) == 4


def codes(joined):
    """How many of all subsets of four nodes have each of the 64 codes, [64]."""
    joined = np.asarray(joined, np.int64)
    n = len(joined)
    counts = np.zeros(64, np.int64)
    third, fourth = np.triu_indices(n, 1)
    last = joined[third, fourth] << 5
    for j in range(n):
        ahead = slice(np.searchsorted(third, j, side="right"), None)
        k, m = third[ahead], fourth[ahead]
        from_j = (joined[j, k] << 3) + (joined[j, m] << 4) + last[ahead]
        for i in range(j):
            code = joined[i, j] + (joined[i, k] << 1) + (joined[i, m] << 2) + from_j
            counts += np.bincount(code, minlength=64)
    return counts


def edges_of(code):
    """Pairs of numbers that a code joins."""
    return tuple(pair for bit, pair in enumerate(PAIRS) if code >> bit & 1)


def types(joined):
    """{canonical type: number of induced connected subgraphs of four nodes}."""
    found = Counter()
    for code, count in enumerate(codes(joined).tolist()):
        if connected(edges_of(code)):
            found[canonical(edges_of(code))] += count
    return found


def fours(joined):
    """Every named count of four nodes."""
    return named(types(joined))


def named(counts):
    """Named counts of four nodes, directed and undirected, from {canonical type: count}."""
    undirected = Counter()
    for kind, count in counts.items():
        undirected[canonical(kind, directed=False)] += count
    return {
        **{name: undirected[canonical(drawn(e), False)] for name, e in UNDIRECTED.items()},
        **{name: counts.get(canonical(drawn(e)), 0) for name, e in FOUR.items()},
        "size4": sum(counts.values()),
        "four_cycles": sum(cycles(kind) * count for kind, count in undirected.items()),
    }


def cycles(edges):
    """Ways to walk around four nodes along undirected edges: 0, 1 or 3."""
    joined = set(map(frozenset, edges))
    rounds = [(0, 1, 2, 3), (0, 2, 1, 3), (0, 1, 3, 2)]
    return sum(all(frozenset((r[i - 1], r[i])) in joined for i in range(4)) for r in rounds)


def threes(joined):
    """Every named count of three nodes."""
    found = dict.fromkeys(THREE, 0)
    name_of = {frozenset(drawn(e)): name for name, e in THREE.items()}
    for nodes in itertools.combinations(range(len(joined)), 3):
        edges = frozenset(p for p in PAIRS[:2] + PAIRS[3:4] if joined[nodes[p[0]], nodes[p[1]]])
        if edges in name_of:
            found[name_of[edges]] += 1
    return {**found, "size3": sum(found.values())}


def closure(joined):
    """Whether there is a path, of any length from 0 on, between two nodes, bool [n, n]."""
    reach = np.eye(len(joined), dtype=bool)
    for v in range(len(joined)):  # predecessors have lower numbers
        for u in np.flatnonzero(joined[:, v]):
            reach[:, v] |= reach[:, u]
    return reach


def live(joined, inputs, outputs, carrying=None):
    """Nodes reached, nodes reaching, and the matrix of edges between them.

    `carrying` are the edges that are walked along, by default those of the graph.
    """
    reach = closure(joined if carrying is None else carrying)
    reached, reaching = reach[inputs].any(axis=0), reach[:, outputs].any(axis=1)
    return reached, reaching, joined & reached[:, None] & reaching[None, :]


def paths(joined, longest=4):
    """Numbers of paths of 1, 2, ... edges, in Python integers."""
    step = np.asarray(joined).astype(int).astype(object)
    ends, totals = np.ones(len(step), object), []
    for _ in range(longest):
        ends = ends @ step
        totals.append(int(ends.sum()))
    return totals


def cores(joined):
    """Largest k such that a node is in the undirected k-core, by taking nodes away one by one."""
    linked, core = joined | joined.T, np.zeros(len(joined), int)
    left = np.ones(len(joined), bool)
    while left.any():
        degrees = np.where(left, (linked & left).sum(axis=1), len(joined))
        v = int(degrees.argmin())
        core[v] = max(degrees[v], core.max(initial=0))
        left[v] = False
    return core


def metrics(weights, joined, inputs, outputs, skips=None, parametric=None):
    """Values by full name.

    Parameters
    ----------
    weights
        float [n, n], absolute weights of the edges.
    joined
        bool [n, n].
    inputs, outputs
        bool [n].
    skips
        bool [n, n], identity shortcuts of the network, whether or not they are edges; None for
        none.
    parametric
        bool [n, n], edges with a weight behind them; None for all.
    """
    n, edges = len(joined), int(np.count_nonzero(joined))
    into, out_of = joined.sum(axis=0), joined.sum(axis=1)
    source = (into == 0) & (out_of > 0) & ~inputs
    sink = (out_of == 0) & (into > 0) & ~outputs
    reached, reaching, alive = live(
        joined, inputs, outputs, joined if skips is None else joined | skips
    )
    strict = joined if parametric is None else parametric
    strict_alive = live(strict, inputs, outputs)[2]
    square = joined.astype(int) @ joined
    counted, strengths, core = paths(joined), weights.sum(0) + weights.sum(1), cores(joined)
    return {
        "size.nodes": n,
        "size.edges": edges,
        "local.sources": int(source.sum()),
        "local.sinks": int(sink.sum()),
        "local.disconnected": int(((into == 0) & (out_of == 0)).sum()),
        "local.dead_inputs": int((inputs & (out_of == 0)).sum()),
        "local.dead_outputs": int((outputs & (into == 0)).sum()),
        "local.removable_in": int(out_of[source].sum()),
        "local.removable_out": int(into[sink].sum()),
        "local.removable": edges - int(np.count_nonzero(alive)),
        "local.removable_parametric": int(np.count_nonzero(strict & ~strict_alive)),
        "local.active_neurons": int((reached & reaching).sum()),
        "neighbourhood.hop1": 1 + edges / n,
        "neighbourhood.hop2": 1 + np.count_nonzero(joined | (square > 0)) / n,
        **{f"neighbourhood.paths{k}": count for k, count in enumerate(counted, start=1)},
        **{f"motifs.{name}": count for name, count in (threes(joined) | fours(joined)).items()},
        "strength.final_mean": float(strengths.mean()),
        "strength.final_max": float(strengths.max()),
        "strength.k_core_mean": float(core.mean()),
        "strength.k_core_max": int(core.max()),
    }
