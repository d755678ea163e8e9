"""Figure: motifs of every method beside random networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nsgraph.metrics.census.types import TYPES
from nsgraph.studies.figures import StudyFigure, style
from nsgraph.studies.panels import cases, method_order, rows_of, seeds_in_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["motifs_figure"]

NULLS = {"er": "same links per layer", "degree": "same degrees", "strength": "same strengths"}
"""What random networks have in common with the network, by null model."""

TRIPLES = ("fan_out", "fan_in", "chain", "triangle")
WIDTH = 14.0  # inches of panels side by side
LARGEST = 30.0
"""z-scores beyond this have the same colour."""


def motifs_figure(
    nulls: pd.DataFrame, networks: pd.DataFrame, encoding: str = "multipartite"
) -> StudyFigure:
    """Mean z-score of every motif for each method, at the middle sparsity, beside each null."""
    from matplotlib.figure import Figure

    rows = _rows(nulls, networks, encoding)
    shown = [n for n in NULLS if n in set(rows["null_model"])]
    shown_cases, methods = cases(networks), method_order(networks)
    sparsities = sorted(networks.loc[networks["sparsity"] > 0, "sparsity"].unique())
    sparsity = sparsities[len(sparsities) // 2]
    rows = rows[(rows["sparsity"] == sparsity).to_numpy(dtype=bool)]
    motifs = _that_vary(rows)
    panels = [(case, null) for case in shown_cases for null in shown] or [(("", ""), "")]
    with style():
        width, height = 0.3 * len(methods) + 0.25, 0.2 * len(motifs) + 1.9
        columns = min(max(1, int(WIDTH / width)), len(panels))
        blocks = -(-len(panels) // columns)
        figure = Figure(figsize=(max(width * columns + 3, 6), max(height, 3) * blocks))
        grid = figure.subplots(blocks, columns, squeeze=False, sharey=True)
        for axes in grid.flat[len(panels) :]:
            axes.set_visible(False)
        image = None
        for axes, (case, null) in zip(grid.flat, panels, strict=False):
            own = rows_of(rows, case)
            own = own[(own["null_model"] == null).to_numpy(dtype=bool)]
            image = _heat_map(axes, own, methods, motifs)
            if null:
                axes.set_title(f"{case[1]} on {case[0]}\n{NULLS[null]}", fontsize=8.5)
        if image is not None:
            ticks = (-LARGEST, -10, -2, 0, 2, 10, LARGEST)
            bar = figure.colorbar(image, ax=grid, shrink=0.7, aspect=30, ticks=ticks)
            bar.ax.set_yticklabels([f"{tick:g}" for tick in ticks])
            bar.ax.minorticks_off()
            bar.set_label("z (standard deviations from the null mean)")
    samples = sorted(set(nulls["samples"])) if len(nulls) else [0]
    return StudyFigure(
        "motifs",
        "Which motifs are more, or less, common than chance?",
        f"Mean z-score, over {seeds_in_words(networks)} seeds, of the number of induced subgraphs "
        f"of each directed type in the {encoding} graph, {100 * sparsity:g} % of weights pruned; "
        f"{samples[-1]} random networks a network. Brown: more than in random networks, purple: "
        "fewer. Same links per layer: an uneven spread of degrees shows as an excess of stars and "
        "paths. Same degrees: what is left is how links are placed beyond that. Grey: the random "
        "networks do not vary (without shortcuts there are no triangles, and degrees alone decide "
        "the number of stars and of motifs of three nodes). Colours saturate at "
        f"{LARGEST:g}; all sparsities are in the table nulls.",
        "Heat maps of motif z-scores: motif types against methods, one panel a model and null.",
        figure,
    )


def _rows(nulls: pd.DataFrame, networks: pd.DataFrame, encoding: str) -> pd.DataFrame:
    """z-scores of motifs in one encoding, with what each network is."""
    about = networks[["network", "dataset", "model", "method", "category", "sparsity", "seed"]]
    if nulls.empty:
        return about.iloc[:0].assign(null_model="", metric="", z=0.0)
    motif = nulls["metric"].str.startswith("motifs.") & (nulls["encoding"] == encoding)
    return nulls[motif.to_numpy(dtype=bool)].merge(about, on="network", validate="many_to_one")


def _that_vary(rows: pd.DataFrame) -> list[str]:
    """Directed types whose number varies in the random networks of some network."""
    varied = set(rows.dropna(subset=["z"])["metric"])
    return [f"motifs.{name}" for name in (*TRIPLES, *TYPES) if f"motifs.{name}" in varied]


def _heat_map(axes: Axes, rows: pd.DataFrame, methods: list[str], motifs: list[str]) -> Any:
    from matplotlib.colors import SymLogNorm

    mean = rows.assign(z=rows["z"].astype("float64")).groupby(["metric", "method"])["z"].mean()
    table = mean.unstack().reindex(index=motifs, columns=methods).to_numpy(dtype=float)
    axes.set_facecolor("#d9d9d9")
    axes.grid(visible=False)
    if not motifs:
        axes.set(xticks=[], yticks=[])
        return None
    norm = SymLogNorm(linthresh=2, vmin=-LARGEST, vmax=LARGEST)
    image = axes.pcolormesh(
        np.ma.masked_invalid(table), cmap="PuOr_r", norm=norm, edgecolors="face", lw=0.3
    )
    axes.set_ylim(len(motifs), 0)
    for i, j in np.argwhere(np.isfinite(table)):
        colour = "white" if abs(table[i, j]) > LARGEST / 3 else "#333333"
        look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 6.5, "color": colour}
        axes.text(j + 0.5, i + 0.5, f"{round(table[i, j])}", **look)
    labels = [m.removeprefix("motifs.").replace("_", " ") for m in motifs]
    axes.set_yticks(np.arange(len(motifs)) + 0.5, labels, fontsize=7.5)
    axes.set_xticks(np.arange(len(methods)) + 0.5, methods, rotation=60, ha="right", fontsize=8)
    return image
