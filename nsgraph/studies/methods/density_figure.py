"""The densities of the layers under every method, at one sparsity, as a heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nsgraph.studies.figures import StudyFigure, style
from nsgraph.studies.method_rows import MethodRows, label_rows, rows_of_methods
from nsgraph.studies.panels import cases, rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["density_figure"]

FAINTEST = 1e-3  # lower densities look alike
DARK = 0.15  # density below which a cell is so dark that its number has to be white
NUMBERS = 12  # layers; of more the cells are too narrow for a number


def density_figure(densities: pd.DataFrame, sparsity: float | None = None) -> StudyFigure:
    """Heat maps of layer densities: methods as rows, layers in the order of the network.

    Parameters
    ----------
    densities
        `nsgraph.studies.methods.densities.densities_table`.
    sparsity
        The sparsity shown; default: the highest that all data sets and models have, or the highest.
    """
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    if sparsity is None:
        each = [set(rows_of(densities, case)["sparsity"]) for case in cases(densities)]
        sparsity = float(max(set.intersection(*each) - {0.0} or set.union(*each)))
    table = densities[(densities["sparsity"] == sparsity).to_numpy(dtype=bool)]
    rows, shown = rows_of_methods(table), cases(table)
    layers = [int(rows_of(table, case)["position"].max()) for case in shown]
    with style():
        widths = [max(0.27 * n, 1.6) if n > NUMBERS else max(0.42 * n, 1.6) for n in layers]
        figure = Figure(figsize=(max(sum(widths) + 2.6, 5.5), max(rows.inches, 1.5) + 1.9))
        panels = figure.subplots(1, len(shown), squeeze=False, sharey=True, width_ratios=widths)
        norm = LogNorm(FAINTEST, 1.0)
        for axes, case, n in zip(panels[0], shown, layers, strict=True):
            image = _map(axes, rows_of(table, case), rows, norm, numbers=n <= NUMBERS)
            axes.set_title(f"{case[1]} on {case[0]}")
        label_rows(panels, rows)
        bar = figure.colorbar(image, ax=list(panels[0]), shrink=0.6, aspect=30, pad=0.01)
        bar.set_label("share kept")
    networks = sorted(set(table["n"])) or [0]
    counts = f"{networks[0]}" if len(networks) == 1 else f"{networks[0]} to {networks[-1]}"
    return StudyFigure(
        "densities",
        f"Where do methods put their weights? ({100 * sparsity:g} % pruned)",
        "Share of each layer's weights that is kept, layers in the order of the network with their "
        f"numbers of weights, on a logarithmic scale from {FAINTEST:g} (in the cells: percent); "
        f"means over n = {counts} networks a method, {100 * sparsity:g} % pruned. Black: nothing "
        "is left of the layer. Empty rows: not tried there.",
        "Heat maps of layer densities, one row for each pruning method, one column for each layer.",
        figure,
    )


def _map(axes: Axes, table: pd.DataFrame, rows: MethodRows, norm: Any, numbers: bool) -> Any:
    """Draw the rows of one data set and model; returns what a colour bar needs."""
    import matplotlib as mpl

    colours = mpl.colormaps["viridis"].with_extremes(bad="black")
    layers = table.drop_duplicates("position").sort_values("position")
    edges = np.arange(len(layers) + 1) + 0.5
    for method, own in table.groupby("method", sort=True):
        y = rows.methods[str(method)]
        density = own.sort_values("position")["density"].to_numpy(dtype=np.float64)
        values = np.ma.masked_equal(np.where(density > 0, np.maximum(density, FAINTEST), 0.0), 0.0)
        image = axes.pcolormesh(
            edges, [y - 0.46, y + 0.46], values[None], norm=norm, cmap=colours, ec="white", lw=0.4
        )
        for x, value in enumerate(density if numbers else [], 1):
            pale = "white" if value < DARK else "black"
            axes.text(x, y, _percent(value), ha="center", va="center", fontsize=6.5, color=pale)
    names = [f"{row.layer}  {row.n_weights:,}" for row in layers.itertuples(index=False)]
    axes.set_xticks(range(1, len(layers) + 1), names, rotation=90, fontsize=7.5)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="x", visible=False)
    axes.spines[:].set_visible(False)
    return image


def _percent(density: float) -> str:
    """A density in percent, in at most three letters.

    >>> _percent(1.0), _percent(0.123), _percent(0.0042), _percent(0.0004), _percent(0.0)
    ('100', '12', '.4', '<.1', '0')
    """
    percent = 100 * density
    if 0 < percent < 0.05:
        return "<.1"
    if percent >= 9.95 or percent == 0:
        return f"{percent:.0f}"
    return f"{percent:.1f}".removeprefix("0")
