"""beta_eff of sparse networks beside their accuracy drop, and what it tells about the drop."""

from __future__ import annotations

import pandas as pd

from nsgraph.studies.capacitance.sparse_claims import BETA
from nsgraph.studies.figures import GREY, PALETTE, StudyFigure, style

__all__ = ["sparse_figure"]

PANELS = {
    f"{BETA}.absolute_beta": ("beta_eff of the weights", "beta_eff (local, absolute values)"),
    f"{BETA}.mask_beta": ("beta_eff of the masks", "beta_eff (every link 1)"),
}


def sparse_figure(capacitance: pd.DataFrame, scores: pd.DataFrame) -> StudyFigure:
    """beta_eff against accuracy drop, of weights and of masks; R² of the drop beside.

    Parameters
    ----------
    capacitance, scores
        `nsgraph.studies.capacitance.sparse.capacitance_table` and scores of `predict_drop`.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter

    sparse = capacitance[(capacitance["sparsity"] > 0).to_numpy(dtype=bool)]
    kinds = [kind for kind in PANELS if kind in sparse]
    sparsities = sorted(sparse["sparsity"].unique())
    drop = scores[(scores["task"] == "accuracy-drop").to_numpy(dtype=bool)]
    drop = drop[~drop["features"].isin(["nothing"])].dropna(subset=["score"])
    with style():
        figure = Figure(figsize=(3.0 * len(kinds) + 4.3, 3.7))
        panels = figure.subplots(
            1, len(kinds) + 1, width_ratios=[*[1] * len(kinds), 1.25], squeeze=False
        )[0]
        for axes, kind in zip(panels[:-1], kinds, strict=True):
            for sparsity, colour in zip(sparsities, PALETTE, strict=False):
                own = sparse[(sparse["sparsity"] == sparsity).to_numpy(dtype=bool)]
                own = own.dropna(subset=[kind, "accuracy_drop"])
                label = f"{100 * sparsity:g} % pruned"
                x, y = own[kind], 100 * own["accuracy_drop"]
                axes.plot(x, y, "o", color=colour, ms=3.4, alpha=0.75, label=label)
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.xaxis.set_major_formatter("{x:g}")
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.set_xlabel(PANELS[kind][1])
            axes.set_title(PANELS[kind][0])
        panels[0].set_ylabel("accuracy drop (%)")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower left", ncols=len(labels))
        axes = panels[-1]
        names = sorted(set(drop["features"]), key=lambda name: (BETA not in name, name))
        for shift, folding in ((-0.14, "random"), (0.14, "grouped")):
            own = drop[(drop["folding"] == folding).to_numpy(dtype=bool)].set_index("features")
            own = own.reindex(names).dropna(subset=["score"])
            colour = PALETTE[5] if folding == "random" else PALETTE[3]
            at = [names.index(name) + shift for name in own.index]
            axes.hlines(at, own["low"], own["high"], color=colour, lw=1.8, alpha=0.6)
            axes.plot(own["score"], at, "o", color=colour, ms=4.5, label=f"{folding} folds")
        axes.axvline(0, color=GREY, lw=0.8)
        axes.set_yticks(range(len(names)), [name.replace(" and ", "\nand ") for name in names])
        axes.invert_yaxis()
        lowest = float(drop["low"].min()) if len(drop) else 0.0
        axes.set_xlim(max(-1.05, min(lowest, 0.0) - 0.05), 1.03)
        axes.set_xlabel("R² of the accuracy drop")
        axes.set_title("predicted from")
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower right", ncols=2)
    n = sparse["network"].nunique()
    return StudyFigure(
        "sparse",
        "Does beta_eff of a sparse network tell its accuracy drop?",
        f"Left: beta_eff of {n} sparse networks against the accuracy lost beside the dense network "
        "of the same seed: of their trained weights (local reading, absolute values of each "
        "image's entries), and of their masks alone. Right: cross-validated R² of the drop "
        "(XGBoost) with 95 % intervals; capacitance: all columns capacitance.* without gaps, "
        "numerators and denominators with signs among them. Under grouped folds no other seed of "
        "a configuration has been seen.",
        "Scatter plots of accuracy drop against beta_eff, and a dot plot of R².",
        figure,
    )
