"""Figure: which metrics say the same, and how much of each the layer densities explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nsgraph.prediction.redundancy import CUT, redundancy
from nsgraph.studies.figures import PALETTE, StudyFigure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["redundancy_figure"]


def redundancy_figure(networks: pd.DataFrame, clusters: pd.DataFrame) -> StudyFigure:
    """Dendrogram, rank correlations and what layer densities explain, metric by metric.

    Parameters
    ----------
    networks
        Networks table.
    clusters
        Table `prediction_clusters`; its first part and feature set are shown.
    """
    from matplotlib.figure import Figure
    from scipy.cluster.hierarchy import dendrogram

    shown = clusters[(clusters["part"] == clusters["part"].iloc[0]).to_numpy(dtype=bool)]
    shown = shown[(shown["features"] == shown["features"].iloc[0]).to_numpy(dtype=bool)]
    names, features = list(shown["column"]), shown["features"].iloc[0]
    sparse = networks[(networks["sparsity"] > 0).to_numpy(dtype=bool)]
    cells = sparse.groupby(["dataset", "model"]).ngroup().to_numpy()
    alike = redundancy(sparse[names].to_numpy(dtype=np.float64), names, cells)
    labels = [names[i].removeprefix(f"{features}.") for i in alike.order]
    n = len(names)
    with style():
        size = 0.17 * n + 2.2
        figure = Figure(figsize=(size + 5.2, max(size, 3.5)))
        tree, map_, bars = figure.subplots(1, 3, width_ratios=[1.2, max(0.17 * n, 2.5), 1.1])
        if n > 1:
            dendrogram(
                alike.tree,
                ax=tree,
                orientation="left",
                no_labels=True,
                color_threshold=1 - CUT,
                above_threshold_color="#888888",
                link_color_func=lambda _: "#555555",
            )
        tree.axvline(1 - CUT, color=PALETTE[3], ls="--", lw=1)
        tree.set_ylim(10 * n, 0)
        tree.set_xlabel("1 - |correlation|")
        tree.grid(visible=False)
        _map(map_, alike.correlations[np.ix_(alike.order, alike.order)], labels, figure)
        share = shown.set_index("column")["explained"]
        found = np.array([share[names[i]] for i in alike.order], dtype=np.float64)
        bars.barh(np.arange(n), np.maximum(found, 0), color=PALETTE[5], height=0.7)
        bars.set(ylim=(n - 0.5, -0.5), xlim=(0, 1), yticks=[])
        bars.set_xlabel("variance explained\nby layer densities")
    n_clusters = int(shown["cluster"].nunique())
    return StudyFigure(
        "redundancy",
        "Which metrics say the same?",
        f"Spearman correlations of {n} metrics of the {features} graph, {len(sparse)} networks, "
        "ranks within each data set and model; metrics in the order of the tree (average linkage). "
        f"Cut at the dashed line, |correlation| {CUT:g}, there are {n_clusters} clusters. Right: "
        "share of a metric's variance (by ranks) that the densities of the layers explain together "
        "with data set and model, for configurations left out of the fit.",
        "Dendrogram and heat map of rank correlations between metrics, with bars beside.",
        figure,
    )


def _map(axes: Axes, correlations: np.ndarray, labels: list[str], figure: Figure) -> None:
    image = axes.imshow(correlations, cmap="PuOr_r", vmin=-1, vmax=1, aspect="auto")
    axes.set_yticks(range(len(labels)), labels, fontsize=7)
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.set_xlabel("the same metrics")
    bar = figure.colorbar(image, ax=axes, location="top", shrink=0.7, aspect=30)
    bar.set_label("Spearman correlation")
