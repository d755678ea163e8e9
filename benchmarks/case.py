"""One benchmark case in this process; used by `metrics.py`, which starts a fresh one for each.

    python benchmarks/case.py '{"network": "resnet20", "density": 0.02, "work": ["motifs"]}'

prints JSON, a list with one object for each kind of work:

- "encode": from masks to a graph whose edges are counted;
- "edges": from masks to arrays of all edges;
- a family of metrics, or several joined by "+": from masks to values, on one graph.

Every run starts from the masks with a new graph. Before the first, the same is done once on two
small networks, so that numba's functions are loaded. There are three runs, fewer where another one
would end after more than `PATIENCE` seconds, more (at most `MOST`) where they are done within one
second; `seconds` is the shortest, `first_seconds` the first. A peer (`tool`) is timed on a graph of
its own kind that is already there. Memory is the process's largest resident set so far:
interpreter, numba, masks and weights, which `base_mib` is alone, are in it.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

OURS = "nsgraph"
NUMPY = "numpy + igraph"
RUNS = 3
MOST = 30
PATIENCE = 20.0


@dataclass(frozen=True)
class Case:
    """What one process does; `max_edges` and `memory_gib` bound what it may unroll and use."""

    network: str
    density: float
    work: tuple[str, ...]
    tool: str = OURS
    size: int | None = None
    width: int | None = None
    encoding: str = "multipartite"
    kinds: tuple[str, ...] = ("final",)
    max_edges: int = 100_000_000
    memory_gib: float = 8.0

    @property
    def options(self) -> dict[str, int]:
        """Options of the architecture."""
        given = {"size": self.size, "width": self.width}
        return {name: value for name, value in given.items() if value is not None}

    def to_json(self) -> str:
        """The argument of this program."""
        return json.dumps(asdict(self))


def run(case: Case) -> list[dict[str, Any]]:
    """Rows of results, one for each work."""
    from networks import plain_wiring, random_network, small_wiring, wiring_of

    from nsgraph.graphs import encode

    network = random_network(wiring_of(case.network, **case.options), case.density, case.kinds)
    for wiring in (small_wiring(), plain_wiring()):
        small = random_network(wiring, 0.5, case.kinds)
        for work in case.work:
            if case.tool == OURS:
                _ours(case, work, small)()
    base = _memory()
    rows = [
        {**_timed(_action(case, work, network)), "work": work, "base_mib": base}
        for work in case.work
    ]
    graph = encode(network, encoding=case.encoding)
    return [{"nodes": graph.n_nodes, "edges": graph.n_edges, **row} for row in rows]


def _timed(action: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Seconds of repeated runs, memory, and what the fastest of them returned."""
    found: list[tuple[float, dict[str, Any]]] = []
    spent = 0.0
    while not found or spent + found[-1][0] < (
        PATIENCE if len(found) < RUNS else 1.0 if len(found) < MOST else 0.0
    ):
        start = time.perf_counter()
        outcome = action()
        found.append((time.perf_counter() - start, outcome))
        spent += found[-1][0]
    seconds, outcome = min(found, key=lambda pair: pair[0])
    return {
        "seconds": seconds,
        "first_seconds": found[0][0],
        "runs": len(found),
        "peak_mib": _memory(),
        **outcome,
    }


def _action(case: Case, work: str, network: Any) -> Callable[[], dict[str, Any]]:
    """The run to be timed; it returns what belongs into the row besides times and memory."""
    if case.tool == OURS:
        return _ours(case, work, network)
    if case.tool == NUMPY:
        from edge_lists import edge_list, to_igraph

        return lambda: {"values": {"edges": to_igraph(edge_list(network)).ecount()}}
    from peers import PEERS

    from nsgraph.graphs import encode

    peer = PEERS[work, case.tool]
    graph = peer.prepare(encode(network, encoding=case.encoding))
    return lambda: {"values": dict(peer.measure(graph))}


def _ours(case: Case, work: str, network: Any) -> Callable[[], dict[str, Any]]:
    from nsgraph.graphs import encode
    from nsgraph.metrics import explain

    def graph() -> Any:
        return encode(replace(network), encoding=case.encoding)  # nothing kept from the last run

    if work == "encode":
        return lambda: {"values": {"edges": graph().n_edges}}
    if work == "edges":
        return lambda: {"values": {"edges": int(graph().incoming.neighbours.size)}}

    def measured() -> dict[str, Any]:
        values, steps = explain(graph(), work.split("+"), max_edges=case.max_edges)
        return {"values": values, "steps": [step._asdict() for step in steps]}

    return measured


def _memory() -> float:
    """Largest resident set of this process so far, in MiB."""
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> None:
    """Run the case given as JSON."""
    given = json.loads(sys.argv[1])
    case = Case(**{k: tuple(v) if isinstance(v, list) else v for k, v in given.items()})
    limit = int(case.memory_gib * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    print(json.dumps(run(case)))


if __name__ == "__main__":
    main()
