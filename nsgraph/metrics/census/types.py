"""The 24 connected acyclic graphs of four nodes, and how they lie in one another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain, combinations, permutations

__all__ = ["TYPES", "copies", "induced", "type_of"]

Edges = frozenset[tuple[int, int]]

TYPES: dict[str, str] = {
    # trees
    "star_out": "ab ac ad",
    "star_in": "ad bd cd",
    "star_1in_2out": "ab bc bd",
    "star_2in_1out": "ac bc cd",
    "path_chain": "ab bc cd",
    "path_fork": "ab ac cd",
    "path_join": "ab bd cd",
    "path_zigzag": "ac bc bd",
    # four-cycles
    "bifan": "ac ad bc bd",
    "biparallel": "ab ac bd cd",
    "cycle_skip": "ab bc cd ad",
    # a feed-forward loop and one more edge, into or out of its first, second or third node
    "feed_forward_in_first": "ab bc cd bd",
    "feed_forward_out_first": "ab bc ac ad",
    "feed_forward_in_second": "ac bc cd ad",
    "feed_forward_out_second": "ab bc ac bd",
    "feed_forward_in_third": "ab bd ad cd",
    "feed_forward_out_third": "ab bc ac cd",
    # two feed-forward loops that share an edge: roles of the nodes outside that edge
    "feed_forward_multi_input": "ac ad bc bd cd",
    "feed_forward_multi_middle": "ab ac bd cd ad",
    "feed_forward_multi_output": "ab ac bc ad bd",
    "feed_forward_input_middle": "ab ad bc cd bd",
    "feed_forward_middle_output": "ab bc ac ad cd",
    "feed_forward_input_output": "ab ac bc bd cd",
    "k4": "ab ac ad bc bd cd",
}
"""Name -> edges, nodes in a topological order a, b, c, d."""


def type_of(edges: Iterable[tuple[int, int]]) -> str | None:
    """Name of the type of a graph of nodes 0 .. 3; None if it is not connected.

    >>> type_of([(3, 0), (3, 1), (3, 2)])
    'star_out'
    """
    return _names().get(_canonical(frozenset(edges)))


@cache
def copies() -> Mapping[str, Counter[str]]:
    """For every type g, how often each type has the edges of a part of g on its four nodes."""
    return {
        name: Counter(
            kind
            for part in _parts(_edges(spelled))
            if (kind := _names().get(_canonical(part))) is not None
        )
        for name, spelled in TYPES.items()
    }


def induced(counts: Mapping[str, int]) -> dict[str, int]:
    """Induced subgraphs of every type from the number of all its copies, induced or not.

    A copy of h lies in one induced subgraph, of some type g: copies of h = sum over g of (copies of
    h in g) * (induced g). Solved from the type with most edges on.
    """
    found: dict[str, int] = {}
    for name in sorted(TYPES, key=lambda name: -len(TYPES[name])):
        within = sum(copies()[other][name] * number for other, number in found.items())
        found[name] = counts[name] - within
    return {name: found[name] for name in TYPES}


def _edges(spelled: str) -> Edges:
    return frozenset(("abcd".index(pair[0]), "abcd".index(pair[1])) for pair in spelled.split())


def _parts(edges: Edges) -> Iterable[Edges]:
    """All subsets of at least three edges."""
    sizes = range(3, len(edges) + 1)
    return map(frozenset, chain.from_iterable(combinations(edges, size) for size in sizes))


@cache
def _canonical(edges: Edges) -> tuple[tuple[int, int], ...]:
    """The same for any two graphs that differ in the numbers of their nodes alone."""
    return min(tuple(sorted((p[a], p[b]) for a, b in edges)) for p in permutations(range(4)))


@cache
def _names() -> dict[tuple[tuple[int, int], ...], str]:
    return {_canonical(_edges(spelled)): name for name, spelled in TYPES.items()}
