"""How accurate every method is: means over seeds, beside the dense network of the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nsgraph.studies.intervals import mean_interval

__all__ = ["accuracy_table"]

COLUMNS = {
    "dataset": "string",
    "model": "string",
    "method": "string",
    "sparsity": "float64",
    "category": "string",
    "n": "Int64",
    "mean": "float64",
    "sd": "float64",
    "low": "float64",
    "high": "float64",
    "sd.status": "string",
    "difference": "float64",
    "difference_n": "Int64",
    "difference_low": "float64",
    "difference_high": "float64",
    "difference.status": "string",
    "rank": "Int64",
    "best_rank": "Int64",
    "epochs": "Int64",
    "epochs_before": "Int64",
}


def accuracy_table(networks: pd.DataFrame) -> pd.DataFrame:
    """One row a data set, model, method and sparsity.

    Parameters
    ----------
    networks
        `nsgraph.report.networks_table`; nothing but accuracies and epochs is looked at.

    Returns
    -------
    frame
        `n` seeds, their `mean` test accuracy, `sd`, `low` and `high` (95 % by Student's t);
        `difference` from the dense networks of the same seeds (`difference_n` of them) with its
        paired interval; `rank` of the mean among the methods at this data set, model and sparsity
        (1 = best, ties share the lower number); `best_rank` = 1 + the number of methods that are
        better for certain: their paired difference over seeds has its whole interval above 0;
        `epochs` and `epochs_before`, the most of any seed.
    """
    rows = []
    for (dataset, model), case in networks.groupby(["dataset", "model"], sort=True):
        dense = _by_seed(_of(case, "method", "dense"))
        for sparsity in sorted(case["sparsity"].unique()):
            cell = _of(case, "sparsity", sparsity)
            methods = sorted(cell["method"].unique())
            parts = [_of(cell, "method", method) for method in methods]
            seeds = [_by_seed(part) for part in parts]
            ranks = _ranks(pd.concat(seeds, axis=1).to_numpy())
            for method, part, own, rank in zip(methods, parts, seeds, ranks, strict=True):
                row = {"dataset": dataset, "model": model, "method": method, "sparsity": sparsity}
                row |= {"category": part["category"].iloc[0], **_measured(own)}
                if sparsity > 0:
                    row |= {**_beside(own, dense), "rank": rank[0], "best_rank": rank[1]}
                row |= {name: _most(part, name) for name in ("epochs", "epochs_before")}
                rows.append(row)
    table = pd.DataFrame({name: [row.get(name) for row in rows] for name in COLUMNS})
    return table.astype(COLUMNS)


def _of(table: pd.DataFrame, column: str, value: Any) -> pd.DataFrame:
    return table[(table[column] == value).to_numpy(dtype=bool)]


def _by_seed(rows: pd.DataFrame) -> pd.Series:
    return rows.set_index("seed")["test_accuracy"].astype("float64")


def _most(rows: pd.DataFrame, column: str) -> int | None:
    known = rows[column].dropna() if column in rows else []
    return int(max(known)) if len(known) else None


def _measured(seeds: pd.Series) -> dict[str, Any]:
    found = mean_interval(seeds.to_numpy())
    return {**found._asdict(), "sd.status": found.status}


def _beside(seeds: pd.Series, dense: pd.Series) -> dict[str, Any]:
    """The difference from the dense networks of the same seeds."""
    pairs = (seeds - dense).dropna()
    found = mean_interval(pairs.to_numpy())
    return {
        "difference": found.mean,
        "difference_n": found.n,
        "difference_low": found.low,
        "difference_high": found.high,
        "difference.status": found.status if found.n else "no dense network of the same seed",
    }


def _ranks(grid: npt.NDArray[np.float64]) -> list[tuple[int | None, int | None]]:
    """Rank and best rank of each column of `[seed, method]`, None without any accuracy."""
    known = ~np.isnan(grid).all(0)
    means = np.full(grid.shape[1], -np.inf)
    means[known] = np.nanmean(grid[:, known], axis=0)
    ranks: list[tuple[int | None, int | None]] = []
    for own in range(grid.shape[1]):
        if not known[own]:
            ranks.append((None, None))
            continue
        gaps = (mean_interval(grid[:, other] - grid[:, own]) for other in np.flatnonzero(known))
        better = sum(1 for gap in gaps if gap.low is not None and gap.low > 0)
        ranks.append((1 + int((means > means[own]).sum()), 1 + better))
    return ranks
