"""Exact census of connected induced subgraphs of three and four nodes, by directed type."""

from __future__ import annotations

from nsgraph.graphs.graph import Graph
from nsgraph.metrics.census import Census, census_from_edges, census_from_masks
from nsgraph.metrics.registry import MULTIPARTITE, Family, Metric, Part, Value

__all__ = ["FAMILY"]

MILO = "Milo et al. 2002 (network motifs)"
KASHTAN = "Kashtan et al. 2004 (generalised feed-forward loops)"
AHMED = "Ahmed et al. 2015 (graphlets)"

UNDIRECTED = {
    "claw": ("star_out", "star_in", "star_1in_2out", "star_2in_1out"),
    "path4": ("path_chain", "path_fork", "path_join", "path_zigzag"),
    "cycle4": ("bifan", "biparallel", "cycle_skip"),
    "paw": (
        "feed_forward_in_first",
        "feed_forward_out_first",
        "feed_forward_in_second",
        "feed_forward_out_second",
        "feed_forward_in_third",
        "feed_forward_out_third",
    ),
    "diamond": (
        "feed_forward_multi_input",
        "feed_forward_multi_middle",
        "feed_forward_multi_output",
        "feed_forward_input_middle",
        "feed_forward_middle_output",
        "feed_forward_input_output",
    ),
}
"""Directed types by undirected graph; the sixth, `k4`, is but one type if it has no cycle."""


def _unrolled(graph: Graph) -> dict[str, Value]:
    return _values(census_from_edges(graph))


def _implicit(graph: Graph) -> dict[str, Value]:
    return _values(census_from_masks(graph))


def _values(census: Census) -> dict[str, Value]:
    four = census.four
    return {
        **census.three,
        "size3": sum(census.three.values()),
        **four,
        **{name: sum(four[kind] for kind in kinds) for name, kinds in UNDIRECTED.items()},
        "four_cycles": census.four_cycles,
        "size4": sum(four.values()),
    }


def _metric(name: str, meaning: str, formula: str, source: str = MILO) -> Metric:
    return Metric(name, meaning, "subgraphs, >= 0", formula, source)


def _type(name: str, meaning: str, copies: str, source: str = MILO) -> Metric:
    """A directed type of four nodes; `copies` is the number of its copies, induced or not."""
    return _metric(name, meaning, f"{copies}, less the copies within types of more edges", source)


THREE = (
    _metric("fan_out", "a <- b -> c without an edge between a and c", "sum C(b, 2) - triangle"),
    _metric("fan_in", "a -> b <- c without an edge between a and c", "sum C(a, 2) - triangle"),
    _metric("chain", "a -> b -> c without an edge between a and c", "sum a b - triangle"),
    _metric(
        "triangle",
        "a -> b -> c with a -> c (feed-forward loop); 0 without shortcuts",
        "sum of F over edges u -> v",
    ),
    _metric(
        "size3",
        "connected induced subgraphs of three nodes, exact where the paper samples",
        "fan_out + fan_in + chain + triangle",
        MULTIPARTITE,
    ),
)

LOOP = "feed-forward loop a -> b -> c, a -> c"
TWO_LOOPS = "two feed-forward loops that share the edge"

FOUR = (
    _type("star_out", "a -> b, c, d", "sum C(b, 3)"),
    _type("star_in", "a, b, c -> d", "sum C(a, 3)"),
    _type("star_1in_2out", "a -> b -> c, d", "sum a C(b, 2)"),
    _type("star_2in_1out", "a, b -> c -> d", "sum b C(a, 2)"),
    _type("path_chain", "a -> b -> c -> d", "sum over u -> v of a(u) b(v)"),
    _type("path_fork", "b <- a -> c -> d", "sum over u -> v of (b(u) - 1) b(v) - triangle"),
    _type("path_join", "a -> b -> d <- c", "sum over u -> v of a(u) (a(v) - 1) - triangle"),
    _type("path_zigzag", "a -> c <- b -> d", "sum over u -> v of (b(u) - 1) (a(v) - 1) - triangle"),
    _type("bifan", "bi-fan: a, b -> both c and d", "sum over pairs of nodes of C(O, 2)"),
    _type(
        "biparallel", "bi-parallel: a -> b -> d, a -> c -> d", "sum over pairs of nodes of C(F, 2)"
    ),
    _type(
        "cycle_skip",
        "a -> b -> c -> d with a -> d, a shortcut of length 3",
        "sum over pairs of nodes of F O",
    ),
    _type("feed_forward_in_first", f"{LOOP}, and d -> a", "sum over nodes of t1 a"),
    _type("feed_forward_out_first", f"{LOOP}, and a -> d", "sum over nodes of t1 (b - 2)"),
    _type("feed_forward_in_second", f"{LOOP}, and d -> b", "sum over nodes of t2 (a - 1)"),
    _type("feed_forward_out_second", f"{LOOP}, and b -> d", "sum over nodes of t2 (b - 1)"),
    _type("feed_forward_in_third", f"{LOOP}, and d -> c", "sum over nodes of t3 (a - 2)"),
    _type("feed_forward_out_third", f"{LOOP}, and c -> d", "sum over nodes of t3 b"),
    _type(
        "feed_forward_multi_input",
        f"{TWO_LOOPS} c -> d: a and b -> c, d",
        "sum over u -> v of C(I, 2)",
        KASHTAN,
    ),
    _type(
        "feed_forward_multi_middle",
        f"{TWO_LOOPS} a -> d: a -> b, c -> d",
        "sum over u -> v of C(F, 2)",
        KASHTAN,
    ),
    _type(
        "feed_forward_multi_output",
        f"{TWO_LOOPS} a -> b: a and b -> c, d",
        "sum over u -> v of C(O, 2)",
        KASHTAN,
    ),
    _type(
        "feed_forward_input_middle",
        f"{TWO_LOOPS} b -> d: a -> b, d and b -> c -> d",
        "sum over u -> v of F I",
    ),
    _type(
        "feed_forward_middle_output",
        f"{TWO_LOOPS} a -> c: a -> b -> c and a, c -> d",
        "sum over u -> v of F O",
    ),
    _type(
        "feed_forward_input_output",
        f"{TWO_LOOPS} b -> c: a -> b, c and b, c -> d",
        "sum over u -> v of O I",
    ),
)

TOTALS = (
    *(
        _metric(name, f"induced subgraphs that are {words} in the undirected sense", formula, AHMED)
        for (name, kinds), words in zip(
            UNDIRECTED.items(),
            ("claws (stars)", "paths", "four-cycles without a chord", "paws", "diamonds"),
            strict=True,
        )
        for formula in [" + ".join(kinds)]
    ),
    _metric(
        "k4", "four nodes that are all joined; in dense blocks", "#{u, v, w, x all joined}", AHMED
    ),
    _metric(
        "four_cycles",
        "four-cycles in the undirected sense with chords or without, where cycle4 and its types "
        "count those without",
        "cycle4 + diamond + 3 k4",
        AHMED,
    ),
    _metric(
        "size4",
        "connected induced subgraphs of four nodes, exact where the paper samples",
        "claw + path4 + cycle4 + paw + diamond + k4",
        MULTIPARTITE,
    ),
)

FAMILY = Family("motifs", (Part(_unrolled, _implicit),), (*THREE, *FOUR, *TOTALS))
"""a in-degree, b out-degree; for two nodes F paths of two edges from the one to the other, O common
targets, I common sources; t1, t2, t3 triangles in which a node is first, second and third."""
