"""From sums over nodes, edges and pairs of nodes to the number of induced subgraphs by type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from nsgraph.metrics.census.sums import PairSums
from nsgraph.metrics.census.types import TYPES, induced

__all__ = ["Census", "census_of"]


class Census(NamedTuple):
    """Connected induced subgraphs by directed type, and what else the sums tell.

    Attributes
    ----------
    three, four
        Number of induced subgraphs of three and of four nodes, by type.
    four_cycles
        Four-cycles in the undirected sense, with chords or without.
    two_step
        Ordered pairs of nodes with a path of two edges.
    within_two
        Ordered pairs of distinct nodes with a path of one or two edges.
    """

    three: Mapping[str, int]
    four: Mapping[str, int]
    four_cycles: int
    two_step: int
    within_two: int


def census_of(n_edges: int, nodes: Mapping[str, int], pairs: PairSums, cliques: int) -> Census:
    """The census of a graph.

    Parameters
    ----------
    nodes
        From `node_sums`.
    pairs
        Sums over pairs of nodes.
    cliques
        Number of four nodes all joined.
    """
    t = pairs.triangle
    copies = {name: nodes.get(name, 0) for name in TYPES}
    # in a triangle, both further edges of a path end in the same node
    for name in ("path_fork", "path_join", "path_zigzag"):
        copies[name] -= t
    # the further edge of a paw is none of the triangle's own
    for name, own in (
        ("out_first", 2),
        ("in_second", 1),
        ("out_second", 1),
        ("in_third", 2),
    ):
        copies[f"feed_forward_{name}"] -= own * t
    copies |= {
        "bifan": pairs.bifan,
        "biparallel": pairs.biparallel,
        "cycle_skip": pairs.cycle_skip,
        "feed_forward_multi_input": pairs.multi_input,
        "feed_forward_multi_middle": pairs.multi_middle,
        "feed_forward_multi_output": pairs.multi_output,
        "feed_forward_input_middle": pairs.input_middle,
        "feed_forward_middle_output": pairs.middle_output,
        "feed_forward_input_output": pairs.input_output,
        "k4": cliques,
    }
    three = {name: nodes[name] - t for name in ("fan_out", "fan_in", "chain")}
    return Census(
        {**three, "triangle": t},
        induced(copies),
        pairs.bifan + pairs.biparallel + pairs.cycle_skip,
        pairs.two_step,
        n_edges + pairs.two_step - pairs.shortcut,
    )
