"""One number for each root, start or seed, from the tables of the study of topology distance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["Trend", "accuracy_gaps", "between_starts", "from_first", "method_gaps", "only"]
__all__ += ["retraining", "trend", "within_starts"]

FloatArray = npt.NDArray[np.float64]


def only(table: pd.DataFrame, **wanted: object) -> pd.DataFrame:
    """Rows with these values.

    >>> only(pd.DataFrame({"a": [1, 2], "b": [3, 4]}), a=2)["b"].tolist()
    [4]
    """
    keep = np.ones(len(table), dtype=np.bool_)
    for name, value in wanted.items():
        keep &= (table[name] == value).to_numpy(dtype=bool)
    return table[keep]


def from_first(distances: pd.DataFrame, experiment: str, layers: str = "all") -> pd.DataFrame:
    """Distance of the first network of each root to its others: `[root, place]`, places rising."""
    rows = only(distances, experiment=experiment, layers=layers)
    rows = rows[(rows["root_a"] == rows["root_b"]).to_numpy(dtype=bool)]
    first = rows.groupby("root_a")["place_a"].transform("min")
    rows = rows[(rows["place_a"] == first).to_numpy(dtype=bool)]
    return rows.pivot_table(values="distance", index="root_a", columns="place_b")


def within_starts(
    distances: pd.DataFrame, experiment: str, layers: str = "all", column: str = "distance"
) -> pd.Series:
    """The mean over the pairs of each start."""
    rows = only(distances, experiment=experiment, layers=layers)
    rows = rows[(rows["root_a"] == rows["root_b"]).to_numpy(dtype=bool)]
    return rows.groupby("root_a")[column].mean().rename_axis("start")


def between_starts(
    distances: pd.DataFrame, experiment: str, layers: str = "all", column: str = "distance"
) -> pd.Series:
    """The mean over pairs of networks from two starts, as a number for each start.

    Pairs of starts are not independent, for every start is in several. So these are the jackknife's
    pseudo-values (Tukey 1958; for means over pairs Arvesen 1969): their mean is the mean over all
    pairs of starts, and their spread gives its standard error. NaN for fewer than three starts.
    """
    rows = only(distances, experiment=experiment, layers=layers)
    rows = rows[(rows["root_a"] != rows["root_b"]).to_numpy(dtype=bool)]
    of_pairs = rows.groupby(["root_a", "root_b"])[column].mean()
    one, other = (of_pairs.index.get_level_values(side) for side in ("root_a", "root_b"))
    starts = sorted({*one, *other})
    whole, n = float(of_pairs.mean()), len(starts)
    rest = [of_pairs[(one != start) & (other != start)].mean() for start in starts]
    pseudo = [n * whole - (n - 1) * float(without) for without in rest]
    return pd.Series(pseudo, index=pd.Index(starts, name="start"))


def accuracy_gaps(evolved: pd.DataFrame) -> pd.Series:
    """Mean difference in accuracy (points, its sign left out) of two networks from each start."""
    gaps = {}
    for start, rows in evolved.groupby("start"):
        values = 100 * rows["test_accuracy"].to_numpy(dtype=np.float64)
        i, j = np.triu_indices(len(values), 1)
        gaps[start] = float(np.abs(values[i] - values[j]).mean())
    return pd.Series(gaps)


def method_gaps(networks: pd.DataFrame, method: str, other: str) -> pd.DataFrame:
    """Accuracy of a method less that of another, in points: `[seed, sparsity]`, paired by seed."""

    def grid(name: str) -> pd.DataFrame:
        rows = only(networks, method=name)
        return 100 * rows.pivot_table(values="test_accuracy", index="seed", columns="sparsity")

    sparse, reference = grid(method), grid(other)
    if list(reference.columns) == [0.0]:  # dense
        return sparse.sub(reference[0.0], axis=0)
    return sparse - reference


def retraining(retrained: pd.DataFrame, topology: str, weights: str) -> pd.DataFrame:
    """Accuracy of retrained topologies in percent: `[seed, epoch of the topology]`."""
    rows = only(retrained, topology=topology, weights=weights)
    return 100 * rows.pivot_table(values="test_accuracy", index="seed", columns="epoch")


class Trend(NamedTuple):
    """Whether rows of numbers rise along their columns.

    `taus` are Kendall's rank correlations of the rows with the columns, in [-1, 1]; `p` is that of
    Page's test for all rows together, against the alternative that they rise.
    """

    taus: FloatArray
    p: float


def trend(grid: pd.DataFrame) -> Trend:
    """Rank test for a rising trend (Page 1963), and the rank correlation of each row.

    Parameters
    ----------
    grid
        At least two rows (roots) and three columns in order.
    """
    from scipy.stats import kendalltau, page_trend_test

    values = grid.to_numpy(dtype=np.float64)
    steps = np.arange(values.shape[1])
    taus = np.array([kendalltau(steps, row).statistic for row in values])
    return Trend(taus, float(page_trend_test(values).pvalue))
