"""Figure: why random folds flatter, shown with the simplest model there is: looking it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from nsgraph.prediction.folds import configuration_groups
from nsgraph.prediction.residuals import normal_scores
from nsgraph.studies.figures import GREY, PALETTE, StudyFigure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["LookedUp", "flattery_figure", "look_up"]


class LookedUp(NamedTuple):
    """Drops copied from the most similar other network.

    `copied`: float64 [networks]. `twin`: bool [networks], whether that one is a seed of the same
    configuration. `r_squared`: of the copies.
    """

    copied: np.ndarray
    twin: np.ndarray
    r_squared: float


def look_up(
    metrics: np.ndarray, drops: np.ndarray, groups: np.ndarray, twins_allowed: bool
) -> LookedUp:
    """The accuracy drop of the network with the most similar metrics, itself left out.

    Parameters
    ----------
    metrics
        float64 [networks, metrics]; compared by ranks, every metric alike.
    drops
        [networks].
    groups
        [networks], configurations.
    twins_allowed
        Whether the other network may be of the same configuration.

    Examples
    --------
    >>> metrics, drops = np.array([[1.0], [1.0], [5.0], [5.0]]), np.array([0.1, 0.1, 0.3, 0.3])
    >>> groups = np.array([0, 0, 1, 1])
    >>> look_up(metrics, drops, groups, True).copied.tolist()
    [0.1, 0.1, 0.3, 0.3]
    >>> look_up(metrics, drops, groups, False).copied.tolist()
    [0.3, 0.3, 0.1, 0.1]
    """
    places = normal_scores(metrics, metrics)
    squares = (places**2).sum(axis=1)
    apart = squares[:, None] + squares - 2 * places @ places.T
    forbidden = np.eye(len(drops), dtype=bool)
    if not twins_allowed:
        forbidden = groups[:, None] == groups
    apart[forbidden] = np.inf
    nearest = apart.argmin(axis=1)
    copied = drops[nearest]
    spread = ((drops - drops.mean()) ** 2).sum()
    score = 1 - ((copied - drops) ** 2).sum() / spread if spread else float("nan")
    return LookedUp(copied, groups[nearest] == groups, float(score))


def flattery_figure(networks: pd.DataFrame, columns: list[str]) -> StudyFigure:
    """Predicting by looking up, with and without other seeds to look at.

    Parameters
    ----------
    networks
        Networks table.
    columns
        Metrics to compare networks by, without missing values.
    """
    from matplotlib.figure import Figure

    keep = (networks["sparsity"] > 0) & networks["accuracy_drop"].notna()
    own = networks[keep.to_numpy(dtype=bool)].reset_index(drop=True)
    groups, drops = configuration_groups(own), own["accuracy_drop"].to_numpy(dtype=np.float64)
    metrics = own[columns].to_numpy(dtype=np.float64)
    seen, unseen = (look_up(metrics, drops, groups, allowed) for allowed in (True, False))
    with style():
        figure = Figure(figsize=(9.4, 4.4))
        left, right = figure.subplots(1, 2, sharex=True, sharey=True)
        _panel(left, drops, seen, "Other seeds may be looked up (random folds)")
        _panel(right, drops, unseen, "Other seeds are hidden (grouped folds)")
        left.set_ylabel("accuracy drop of the most\nsimilar other network (%)")
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3)
    share = 100 * float(seen.twin.mean())
    return StudyFigure(
        "flattery",
        "Why do random folds flatter?",
        "A model that learns nothing: it copies the accuracy drop of the one other network whose "
        f"metrics are most similar (all {len(columns)} metrics by ranks, {len(own)} networks). "
        f"Left: for {share:.0f} % of the networks that is the same configuration trained with "
        f"another seed (orange), and R² is {seen.r_squared:.2f}. Dealing networks into folds at "
        "random leaves these twins in the training set, so that looking up is rewarded as if it "
        "were knowledge. Right: without the twins, the same copying has R² "
        f"{unseen.r_squared:.2f}. What a score under random folds is worth for a network of a kind "
        "never seen before, it cannot say; grouped folds ask just that.",
        "Two scatter plots of copied against true accuracy drops, with and without other seeds.",
        figure,
    )


def _panel(axes: Axes, drops: np.ndarray, found: LookedUp, title: str) -> None:
    ends = [100 * min(drops.min(), 0.0), 100 * drops.max()]
    axes.plot(ends, ends, color=GREY, lw=0.8, label="copied = true")
    for twin, colour, label in (
        (False, PALETTE[0], "another configuration"),
        (True, PALETTE[1], "another seed of the same configuration"),
    ):
        rows = found.twin == twin
        axes.scatter(
            100 * drops[rows],
            100 * found.copied[rows],
            s=10,
            c=colour,
            lw=0,
            alpha=0.6,
            label=label,
        )
    axes.set_title(f"{title}\nR² = {found.r_squared:.2f}")
    axes.set_xlabel("its own accuracy drop (%)")
