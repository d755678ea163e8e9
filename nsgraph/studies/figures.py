"""How all figures look and are kept: vector and PNG, the same bytes for the same content."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsgraph.files import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "CAPTIONS",
    "PALETTE",
    "StudyFigure",
    "empty_figure",
    "save_figure",
    "save_figures",
    "style",
]

# Okabe and Ito 2008: told apart by colour-blind readers. Yellow comes last: it is faint on white.
PALETTE = (
    "#0072B2",  # blue
    "#E69F00",  # orange
    "#009E73",  # bluish green
    "#D55E00",  # vermilion
    "#CC79A7",  # reddish purple
    "#56B4E9",  # sky blue
    "#000000",  # black
    "#F0E442",  # yellow
)
GREY = "#767676"
CAPTIONS = "captions.json"

RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so it is the same everywhere
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "lines.linewidth": 1.3,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "figure.constrained_layout.use": True,
}


@dataclass(frozen=True)
class StudyFigure:
    """A figure with what a reader needs beside it.

    `caption` states n and what intervals are; `alt` says in words what is to be seen.
    """

    name: str
    title: str
    caption: str
    alt: str
    figure: Figure


@contextmanager
def style() -> Iterator[None]:
    """matplotlib with the project's look, undone afterwards."""
    import matplotlib as mpl

    with mpl.rc_context(RC):
        yield


def empty_figure(name: str, why: str) -> StudyFigure:
    """A figure that says why there is nothing to draw: a report has all its figures always."""
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(6.0, 1.0))
        axes = figure.subplots()
        axes.set_axis_off()
        axes.text(0.5, 0.5, why, ha="center", va="center", color=GREY, transform=axes.transAxes)
    return StudyFigure(name, "Nothing to show", why, why, figure)


def save_figure(item: StudyFigure, path: str | os.PathLike[str]) -> None:
    """Write a figure to one file, .svg, .png or .pdf; the same figure gives the same bytes."""
    import matplotlib as mpl

    suffix = Path(path).suffix.removeprefix(".")
    metadata: dict[str, Any] = {
        "svg": {"Date": None, "Creator": None},
        "png": {"Software": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }[suffix]
    with mpl.rc_context({**RC, "svg.hashsalt": item.name}), atomic_write(path) as temporary:
        dots = 160 if suffix == "png" else "figure"
        item.figure.savefig(temporary, format=suffix, dpi=dots, metadata=metadata)


def save_figures(figures: Sequence[StudyFigure], folder: str | os.PathLike[str]) -> None:
    """Write `<name>.svg` and `<name>.png` of each figure and `captions.json` into `folder`."""
    target = Path(folder)
    for item in figures:
        for suffix in ("svg", "png"):
            save_figure(item, target / f"{item.name}.{suffix}")
    captions = [
        {"name": f.name, "title": f.title, "caption": f.caption, "alt": f.alt} for f in figures
    ]
    with atomic_write(target / CAPTIONS) as path:
        path.write_text(json.dumps(captions, indent=1, ensure_ascii=False) + "\n", "utf-8")
