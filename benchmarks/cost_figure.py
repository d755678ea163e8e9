"""Seconds against edges, one panel a family: docs/images/cost.svg and .png.

python benchmarks/cost_figure.py
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from case import NUMPY, OURS
from metrics import RESULTS, TOOLS
from tables import read

IMAGES = Path(__file__).parents[1] / "docs" / "images"
PANELS = {
    "edges": "all edges as arrays",
    "local": "local",
    "neighbourhood": "neighbourhood",
    "motifs": "motifs",
    "strength": "strength",
    "connectivity": "connectivity",
}
# Okabe and Ito 2008: told apart with every kind of colour vision; shapes differ too.
STYLES = {
    "nsgraph, larger maps": ("#0072B2", "o", "-"),
    "nsgraph, wider layers": ("#56B4E9", "s", "--"),
    NUMPY: ("#E69F00", "v", "-"),
    "igraph": ("#E69F00", "v", "-"),
    "igraph size 3": ("#E69F00", "v", "-"),
    "igraph size 4": ("#D55E00", "^", "-"),
    "scipy": ("#009E73", "D", "-"),
    "networkx": ("#CC79A7", "X", "-"),
    "networkx size 3": ("#CC79A7", "X", "-"),
}


def curves(frame: pd.DataFrame, work: str) -> dict[str, pd.DataFrame]:
    """Label -> rows, ascending by edges."""
    rows = frame[
        (frame["work"] == work)
        & (frame["network"] == "resnet20")
        & (frame["density"] == 0.1)
        & (frame["status"] == "done")
    ]
    measured = [any(v is not None for v in values.values()) for values in rows["values"]]
    rows = rows[measured].sort_values("edges")
    maps, wide = rows[rows["size"].notna()], rows[rows["width"].notna()]
    found = {
        "nsgraph, larger maps": maps[maps["tool"] == OURS],
        "nsgraph, wider layers": wide[wide["tool"] == OURS],
    }
    found |= {tool: maps[maps["tool"] == tool] for tool in TOOLS[work]}
    return {label: part for label, part in found.items() if len(part)}


def draw(frame: pd.DataFrame) -> mpl.figure.Figure:
    """One panel a family, both axes logarithmic."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6.2), layout="constrained")
    panels = figure.subplots(2, 3, sharex=True, sharey=True)
    for panel, (work, title) in zip(panels.flat, PANELS.items(), strict=True):
        for label, rows in curves(frame, work).items():
            colour, marker, line = STYLES[label]
            panel.plot(
                rows["edges"], rows["seconds"], color=colour, marker=marker, linestyle=line,
                label=label, markersize=4, linewidth=1.3,
            )  # fmt: skip
        panel.set(title=title, xscale="log", yscale="log")
        panel.grid(alpha=0.3)
    for panel in panels[-1]:
        panel.set_xlabel("edges of the multipartite graph")
    for panel in panels[:, 0]:
        panel.set_ylabel("time (s)")
    handles: dict[str, Any] = {}
    for panel in panels.flat:
        lines, labels = panel.get_legend_handles_labels()
        handles = dict(zip(labels, lines, strict=True)) | handles
    ordered = [label for label in STYLES if label in handles]
    figure.legend(
        [handles[label] for label in ordered], ordered, loc="outside lower center", ncols=5,
        fontsize=8, frameon=False,
    )  # fmt: skip
    return figure


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", nargs="?", type=Path, default=RESULTS)
    parser.add_argument("--to", type=Path, default=IMAGES, help="folder of the images")
    options = parser.parse_args()
    mpl.rcParams["svg.hashsalt"] = "nsgraph"  # the same figure, the same bytes
    figure = draw(read(options.results))
    figure.savefig(options.to / "cost.svg", metadata={"Date": None})
    figure.savefig(options.to / "cost.png", dpi=150)


if __name__ == "__main__":
    main()
