"""Seconds and memory of encoding and measuring, beside named peers.

    python benchmarks/metrics.py resnet20                        # encoding, motifs, cheap families
    python benchmarks/metrics.py scale resnet50 --density 0.1    # large networks, from the masks
    python benchmarks/metrics.py cost --limit 600                # seconds against edges
    python benchmarks/metrics.py cost --work local --tool igraph # part of it
    python benchmarks/tables.py                                  # what was measured, as Markdown
    python benchmarks/cost_figure.py                             # and as a figure

Every case is a fresh process (see `case.py`), so that its peak memory is its own. Its rows are
printed as JSON and kept in benchmarks/results.csv; what is there is not measured again, unless
`--again` is given.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from case import NUMPY, OURS, Case

RESULTS = Path(__file__).with_name("results.csv")
CASE = ("network", "size", "width", "density", "encoding", "tool", "work")
COLUMNS = (
    *CASE,
    *("nodes", "edges", "seconds", "first_seconds", "runs", "base_mib", "peak_mib"),
    *("status", "families", "left_out", "values"),
)
COMPARED = (
    "edges",
    "local.removable_parametric",
    "neighbourhood.hop2",
    "motifs.size3",
    "motifs.size4",
    "connectivity.components",
    "connectivity.bridges",
    "connectivity.articulation_nodes",
    "strength.final_max",
)
"""Values that are kept beside the times, to be compared between tools."""

DENSITIES = (0.4, 0.2, 0.1, 0.05, 0.02)
EXACT_DENSITIES = (0.02, 0.025, 0.03)
"""Where igraph enumerates all subgraphs of four nodes in less than a minute."""

FROM_MASKS = ("local", "neighbourhood", "motifs", "strength")
NOT_CHEAP = ("communities", "spectral")
SIZES = (6, 8, 16, 32, 64, 128, 256, 512)
WIDTHS = (2, 4, 8, 16, 32, 64, 128, 256)
TOOLS = {
    "edges": (NUMPY,),
    "local": ("igraph", "networkx"),
    "neighbourhood": ("igraph", "scipy", "networkx"),
    "motifs": ("igraph size 3", "igraph size 4", "networkx size 3"),
    "strength": ("igraph", "networkx"),
    "connectivity": ("igraph", "networkx"),
}
"""Work -> the tools it is compared with in the cost curves."""


def resnet20() -> Iterator[Case]:
    """A network of the literature at the sparsities of the literature."""
    from nsgraph.metrics.registry import FAMILIES

    cheap = "+".join(family for family in FAMILIES if family not in NOT_CHEAP)
    for density in DENSITIES:
        yield Case("resnet20", density, ("encode", "edges"))
        yield Case("resnet20", density, ("motifs",))
        yield Case("resnet20", density, ("motifs",), encoding="multipartite-identity")
        yield Case("resnet20", density, (cheap,))
        yield Case("resnet20", density, ("edges",), tool=NUMPY)
    for density in EXACT_DENSITIES:
        yield Case("resnet20", density, ("motifs",))
        yield Case("resnet20", density, ("motifs",), tool="igraph size 4")


def scale() -> Iterator[Case]:
    """Large networks; nothing is unrolled."""
    densities = {"resnet50": (0.4, 0.1, 0.02, 1.0), "densenet40-12": (0.1, 0.5), "mlp": (0.1, 1.0)}
    for network in ("resnet50", "mobilenetv2", "wrn-28-10", "densenet40-12", "vgg16", "mlp"):
        for density in densities.get(network, (0.1,)):
            yield Case(network, density, ("+".join(FROM_MASKS),), max_edges=0)
    identity = Case("resnet50", 0.1, ("+".join(FROM_MASKS),), max_edges=0)
    yield replace(identity, encoding="multipartite-identity")


def cost() -> Iterator[Case]:
    """ResNet-20 with growing maps, then with growing width; peers on the former."""
    maps = [Case("resnet20", 0.1, (), size=size) for size in SIZES]
    wide = [Case("resnet20", 0.1, (), width=width) for width in WIDTHS]
    for case in (*maps, *wide):
        yield replace(case, work=FROM_MASKS, max_edges=0)
        yield replace(case, work=("edges",))
        yield replace(case, work=("connectivity",))
    for work, tools in TOOLS.items():
        for tool in tools:
            yield from (replace(case, work=(work,), tool=tool) for case in maps)


TABLES = {"resnet20": resnet20, "scale": scale, "cost": cost}


def run(case: Case, limit: float) -> list[dict[str, Any]]:
    """Rows of a case, measured in a process of its own that ends after `limit` seconds."""
    script = Path(__file__).with_name("case.py")
    failed = [{"work": work} for work in case.work]
    try:
        done = subprocess.run(
            [sys.executable, str(script), case.to_json()], capture_output=True, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return [{**row, "status": f"more than {limit:g} s"} for row in failed]
    if done.returncode:
        lines = done.stderr.decode().strip().splitlines() or [f"exit status {done.returncode}"]
        return [{**row, "status": lines[-1]} for row in failed]
    return [{**_condensed(row), "status": "done"} for row in json.loads(done.stdout)]


def _condensed(row: dict[str, Any]) -> dict[str, Any]:
    """Seconds by family and what was left out of the steps; of the values only those compared."""
    steps = row.pop("steps", [])
    families: dict[str, float] = {}
    for step in steps:
        families[step["family"]] = families.get(step["family"], 0.0) + step["seconds"]
    left_out = [
        f"{step['family']}.{name}"
        for step in steps
        if step["path"] == "left out"
        for name in step["metrics"]
    ]
    values = {name: value for name, value in row["values"].items() if name in COMPARED}
    return {**row, "families": families, "left_out": left_out, "values": values}


def load(path: Path) -> dict[tuple[str, ...], dict[str, str]]:
    """Rows of the file by the columns of `CASE`."""
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        return {tuple(row[name] for name in CASE): row for row in csv.DictReader(file)}


def save(path: Path, rows: dict[tuple[str, ...], dict[str, str]]) -> None:
    """Write all rows, by a new file that takes the old one's place."""
    new = path.with_suffix(".new")
    with new.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[key] for key in sorted(rows))
    new.replace(path)


def text(value: Any) -> str:
    """A value in the file: JSON for what is no single number or word."""
    if isinstance(value, dict | list):
        return json.dumps(value)
    return "" if value is None else str(value)


def chosen(options: argparse.Namespace) -> Iterator[Case]:
    """Cases of the table that fit the options."""
    for case in TABLES[options.table]():
        work = tuple(w for w in case.work if options.work in (None, w))
        if (
            work
            and options.network in (None, case.network)
            and options.density in (None, case.density)
            and options.size in (None, case.size)
            and options.tool in (None, case.tool)
        ):
            bounds = {"max_edges": options.max_edges, "memory_gib": options.memory}
            given = {name: value for name, value in bounds.items() if value is not None}
            yield replace(case, work=work, **given)


def main() -> None:
    """Measure what the file does not have yet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", choices=TABLES)
    parser.add_argument("network", nargs="?", help="this network alone")
    parser.add_argument("--density", type=float, help="this density alone")
    parser.add_argument("--size", type=int, help="maps of this size alone (cost)")
    parser.add_argument("--work", help="this work alone: encode, edges or a family")
    parser.add_argument("--tool", help=f"this tool alone: {OURS}, igraph, ...")
    parser.add_argument("--limit", type=float, default=600, help="seconds a process may take")
    parser.add_argument("--memory", type=float, help="GiB of address space a process may take")
    parser.add_argument("--max-edges", type=int, help="largest graph that is unrolled")
    parser.add_argument("--again", action="store_true", help="measure what was measured before")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of results")
    options = parser.parse_args()
    hopeless: set[tuple[str, tuple[str, ...]]] = set()  # tools that failed on a smaller graph
    for case in chosen(options):
        common = {name: text(value) for name, value in asdict(case).items() if name in CASE}
        rows = load(options.results)
        keys = [tuple((common | {"work": work})[name] for name in CASE) for work in case.work]
        if not options.again and all(key in rows for key in keys):
            found = [rows[key] for key in keys]
        elif (case.tool, case.work) in hopeless:
            continue
        else:
            measured = run(case, options.limit)
            found = [
                common | {name: text(value) for name, value in row.items()} for row in measured
            ]
            rows.update((tuple(row[name] for name in CASE), row) for row in found)
            save(options.results, rows)
            for row in measured:
                print(json.dumps(asdict(case) | row), flush=True)
        if case.tool != OURS and any(row["status"] != "done" for row in found):
            hopeless.add((case.tool, case.work))


if __name__ == "__main__":
    main()
