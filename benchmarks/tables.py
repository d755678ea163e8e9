"""Markdown tables of benchmarks/results.csv.

    python benchmarks/tables.py

Ratios are the peer's seconds over ours, both the shortest of their runs.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
from case import NUMPY, OURS
from metrics import RESULTS
from peers import PEERS

GRAPH = ["network", "size", "width", "density", "encoding"]


def read(path: Path) -> pd.DataFrame:
    """All rows, JSON columns as objects, `millions` of edges added."""
    frame = pd.read_csv(path)
    for column in ("families", "left_out", "values"):
        frame[column] = [
            json.loads(cell) if isinstance(cell, str) else {} for cell in frame[column]
        ]
    frame["millions"] = frame["edges"] / 1e6
    return frame


def resnet20(frame: pd.DataFrame) -> str:
    """Encoding, motifs and the cheap families of one network at several sparsities."""
    own = frame[(frame["network"] == "resnet20") & frame["size"].isna() & frame["width"].isna()]
    lines = []
    for density, rows in sorted(own.groupby("density"), reverse=True):
        plain = rows[rows["encoding"] == "multipartite"]
        arrays, peer = (_row(plain, tool, "edges") for tool in (OURS, NUMPY))
        if arrays is None:
            continue
        skips = _row(rows[rows["encoding"] != "multipartite"], OURS, "motifs")
        cheap = plain[(plain["tool"] == OURS) & plain["work"].str.contains("+", regex=False)]
        cheap = None if cheap.empty else cheap.iloc[0]
        lines.append(
            [
                f"{1 - density:g}",
                f"{arrays['millions']:.2f}",
                *map(_seconds, (_row(plain, OURS, "encode"), arrays, peer)),
                _ratio(peer, arrays),
                *map(_seconds, (_row(plain, OURS, "motifs"), skips, cheap)),
                _peak(cheap),
            ]
        )
    encoding = "graph, s", "with its edges, s", f"{NUMPY}, s", "ratio"
    measuring = "motifs, s", "with identity skips, s", "cheap families, s", "peak, MiB"
    return _markdown(["sparsity", "million edges", *encoding, *measuring], lines)


def peers(frame: pd.DataFrame) -> str:
    """Every peer beside us on the same graph, and whether the values agree."""
    ours = frame[frame["tool"] == OURS].groupby([*GRAPH, "work"], dropna=False)
    by_graph = {key: rows.iloc[0] for key, rows in ours}
    lines = []
    for _, row in frame[frame["tool"] != OURS].sort_values(["work", "tool", "edges"]).iterrows():
        key = tuple(row[name] for name in [*GRAPH, "work"])
        own = next((own for other, own in by_graph.items() if _same(other, key)), None)
        if own is None:
            continue
        lines.append(
            [
                row["work"],
                row["tool"],
                _what(row["work"], row["tool"]),
                f"{own['millions']:.2f}",
                _seconds(own),
                _seconds(row),
                _ratio(row, own),
                _agree(own["values"], row["values"]),
            ]
        )
    head = ["work", "peer", "which does", "million edges", "ours, s", "peer, s", "ratio"]
    return _markdown([*head, "equal values"], lines)


def cost(frame: pd.DataFrame) -> str:
    """Ours alone: a ResNet-20 at density .1 with ever larger maps, then with ever wider layers."""
    own = frame[(frame["tool"] == OURS) & (frame["density"] == 0.1)]
    works = ["local", "neighbourhood", "motifs", "strength", "edges", "connectivity"]
    lines = []
    for axis, what in (("size", "{:.0f} px"), ("width", "{:.0f} channels")):
        for value, rows in own[own[axis].notna()].groupby(axis):
            edges = f"{rows['millions'].max():.2f}"
            found = [_row(rows, OURS, work) for work in works]
            cells = ["-" if _all_left_out(row) else _seconds(row) for row in found]
            lines.append([what.format(value), edges, *cells])
    return _markdown(["ResNet-20 with", "million edges", *(f"{w}, s" for w in works)], lines)


def _all_left_out(row: Any) -> bool:
    """Whether the graph was too large to be unrolled for any of the values."""
    return row is not None and bool(row["values"]) and set(row["values"].values()) == {None}


def scale(frame: pd.DataFrame) -> str:
    """Large networks from the masks alone; seconds by family are those of one run on one graph."""
    together = frame["work"].str.contains("+", regex=False) & (frame["network"] != "resnet20")
    rows = frame[together].sort_values(["network", "encoding", "edges"])
    families = sorted({family for found in rows["families"] for family in found})
    lines = [
        [
            row["network"] + (" + identity" if row["encoding"] != "multipartite" else ""),
            f"{1 - row['density']:g}",
            f"{row['millions']:.0f}",
            _seconds(row),
            *(f"{row['families'].get(family, math.nan):.2f}" for family in families),
            f"{row['base_mib']:.0f}",
            _peak(row),
            ", ".join(row["left_out"]) or "nothing",
        ]
        for _, row in rows.iterrows()
    ]
    head = ["network", "sparsity", "million edges", "all, s", *(f"{f}, s" for f in families)]
    return _markdown([*head, "masks and weights, MiB", "peak, MiB", "left out"], lines)


TABLES = {"ResNet-20": resnet20, "Peers": peers, "Cost": cost, "Scale": scale}


def _row(frame: pd.DataFrame, tool: str, work: str) -> Any:
    found = frame[(frame["tool"] == tool) & (frame["work"] == work)]
    return None if found.empty else found.iloc[0]


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return all(a == b or (pd.isna(a) and pd.isna(b)) for a, b in zip(one, other, strict=True))


def _what(work: str, tool: str) -> str:
    return "edge arrays, then a graph" if tool == NUMPY else PEERS[work, tool].what


def _seconds(row: Any) -> str:
    if row is None:
        return "-"
    if row["status"] == "done":
        return _number(row["seconds"])
    return "out of memory" if "MemoryError" in row["status"] else str(row["status"])


def _peak(row: Any) -> str:
    return "-" if row is None or row["status"] != "done" else f"{row['peak_mib']:.0f}"


def _ratio(peer: Any, own: Any) -> str:
    if peer is None or own is None or math.isnan(peer["seconds"] / own["seconds"]):
        return "-"
    return _number(peer["seconds"] / own["seconds"])


def _number(value: float) -> str:
    """Three digits, never in powers of ten."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _agree(ours: dict[str, float], theirs: dict[str, float]) -> str:
    """Counts must be equal, sums of float32 weights to six digits."""
    shared = [name for name in theirs if ours.get(name) is not None]
    if not shared:
        return "-"
    exact = all(isinstance(theirs[name], float) or ours[name] == theirs[name] for name in shared)
    close = all(math.isclose(ours[name], theirs[name], rel_tol=1e-6) for name in shared)
    return "yes" if exact and close else "NO"


def _markdown(head: list[str], lines: list[list[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", nargs="?", type=Path, default=RESULTS)
    frame = read(parser.parse_args().results)
    for title, table in (
        ("ResNet-20", resnet20),
        ("Peers", peers),
        ("Cost", cost),
        ("Scale", scale),
    ):
        print(f"## {title}\n\n{table(frame)}\n")


if __name__ == "__main__":
    main()
