"""Claims about groups of pruning methods: who is more accurate at equal density and budget."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from nsgraph.pruning.method import REDRAWN
from nsgraph.seeds import stream
from nsgraph.studies.intervals import mean_interval
from nsgraph.studies.verdicts import (
    COLUMNS,
    SIGNIFICANT,
    UNDECIDED,
    US,
    close_call,
    p_in_words,
    positive,
    with_null,
)

__all__ = ["ABOUT", "method_claims_table"]

ABOUT = (
    "A group's accuracy is the mean over its methods; intervals are over seeds, which both groups "
    "share, so that they say nothing of methods that were not tried. Shuffled groups are what the "
    "same difference comes to when methods change places between the groups."
)

SHUFFLES = 1999
"""Drawn where there are more ways to shuffle than that."""

RANDOM, AT_START = "layer-wise random", "pruning at initialisation"
RULE = (
    "the whole interval is above 0, and labels shuffled among the methods are beaten "
    f"(p ≤ {SIGNIFICANT:g})"
)
Array = npt.NDArray[np.float64]


class Contrast(NamedTuple):
    """Two groups of methods, and who says that the first is more accurate."""

    statement: str
    source: str
    first: list[str]
    second: list[str]
    paper: str = "better"


def method_claims_table(networks: pd.DataFrame, methods: pd.DataFrame) -> pd.DataFrame:
    """One row a claim and sparsity: the difference between two groups of methods, and the verdict.

    At each data set, model and sparsity the accuracies of a seed are averaged within a group; the
    difference of the two is averaged over data sets and models (and over sparsities, in a claim's
    first row), which leaves a number a seed: their mean and 95 % interval by Student's t. Methods
    that train for more epochs than the dense network are left out.

    Parameters
    ----------
    networks
        `nsgraph.report.networks_table`.
    methods
        `nsgraph.studies.methods.results.methods_table`.

    Returns
    -------
    frame
        Columns as of `nsgraph.studies.verdicts.COLUMNS`; `ours` is in points of accuracy. The
        null is a difference when labels are shuffled: which method is in which group, or which of
        two networks is the redrawn one.
    """
    sparse = networks[(networks["sparsity"] > 0).to_numpy(dtype=bool)]
    longer = _trained_longer(networks)
    sparsities: list[float | None] = [None]
    if sparse["sparsity"].nunique() > 1:
        sparsities += sorted(sparse["sparsity"].unique())
    rows = []
    for contrast in _contrasts(methods):
        for sparsity in sparsities:
            chosen = sparse
            if sparsity is not None:
                chosen = sparse[(sparse["sparsity"] == sparsity).to_numpy(dtype=bool)]
            rows.append(_row(contrast, chosen, sparsity, longer))
    rows = [{"claim": number, **row} for number, row in enumerate(rows, 1)]
    frame = pd.DataFrame({name: [row[name] for row in rows] for name in COLUMNS})
    return frame.astype({"n": "Int64", "ours": "float64", "low": "float64", "high": "float64"})


def _trained_longer(networks: pd.DataFrame) -> list[str]:
    """Methods that train for more epochs than the dense network of their data set and model."""
    keys = ["dataset", "model"]
    dense = networks[(networks["method"] == "dense").to_numpy(dtype=bool)]
    budget = networks[keys].merge(dense.groupby(keys)["epochs"].max().reset_index(), "left", keys)
    longer = (networks["epochs"].reset_index(drop=True) > budget["epochs"]).fillna(False)
    return sorted(networks.loc[longer.to_numpy(dtype=bool), "method"].unique())


def _contrasts(methods: pd.DataFrame) -> list[Contrast]:
    def of(*categories: str, needs: str | None = None) -> list[str]:
        keep = methods["category"].isin(categories) & ~methods["method"].str.endswith(REDRAWN)
        if needs is not None:
            keep &= methods["needs"] == needs
        return sorted(methods.loc[keep.to_numpy(dtype=bool), "method"])

    redrawn = [m for m in methods["method"] if m.endswith(REDRAWN)]
    redrawn = sorted(m for m in redrawn if (methods["method"] == m.removesuffix(REDRAWN)).any())
    return [
        Contrast(
            "Dynamic sparse training is more accurate than a mask chosen once, at initialisation.",
            "Mocanu et al. 2018; Evci et al. 2020",
            of("dynamic sparse training"),
            of(RANDOM, AT_START),
        ),
        Contrast(
            "Masks chosen at initialisation by the data are more accurate than random ones.",
            "Lee et al. 2019; Wang et al. 2020",
            of(AT_START, needs="batches"),
            of(RANDOM),
        ),
        Contrast(
            "Pruning by magnitude, during or after training, is more accurate than pruning at "
            "initialisation.",
            "Frankle et al. 2021",
            of("magnitude"),
            of(AT_START),
        ),
        Contrast(
            "It matters which weights of a layer a method at initialisation keeps: as many of each "
            "layer, drawn at random, are less accurate.",
            f"{US}, against Frankle et al. 2021",
            [m.removesuffix(REDRAWN) for m in redrawn],
            redrawn,
            "no loss",
        ),
    ]


def _row(
    contrast: Contrast, networks: pd.DataFrame, sparsity: float | None, longer: Collection[str]
) -> dict[str, Any]:
    first = [m for m in contrast.first if m not in longer]
    second = [m for m in contrast.second if m not in longer]
    own = networks[networks["method"].isin({*first, *second})].dropna(subset=["test_accuracy"])
    paired = [m + REDRAWN for m in first] == second
    where = "" if sparsity is None else f" ({100 * sparsity:g} % pruned)"
    row: dict[str, Any] = {
        "statement": contrast.statement.removesuffix(".") + f"{where}.",
        "source": contrast.source,
        "paper": contrast.paper,
        "measure": "difference in test accuracy (points) between the groups' means, paired by seed",
        "ours": None,
        "low": None,
        "high": None,
        "n": len(own),
        "rule": RULE,
        "verdict": UNDECIDED,
    }
    lacking = [m for m in (*first, *second) if not (own["method"] == m).any()]
    if not first or not second or lacking:
        return {**row, "note": "not measured: a group has no method with an accuracy"}
    grid = own.pivot_table(
        values="test_accuracy",
        index=["dataset", "model", "sparsity", "seed"],
        columns="method",
        aggfunc="mean",
    )[[*first, *second]]
    accuracy = 100 * grid.to_numpy(dtype=np.float64)
    seeds = grid.index.get_level_values("seed").to_numpy()
    each = _differences(accuracy, len(first), seeds)
    found = mean_interval(each)
    samples, ways = _swapped(accuracy, len(first)) if paired else _shuffled(accuracy, len(first))
    null = _null(found.mean, samples)
    row |= {"ours": found.mean, "low": found.low, "high": found.high}
    span = f"{null['null_mean']:.2f} [{null['null_low']:.2f}, {null['null_high']:.2f}]"
    notes = [
        f"{found.n} seed{'s' if found.n > 1 else ''}",
        f"{ways} shuffled: {span}, {p_in_words(null)}",
    ]
    if sparsity is None:
        notes.append(f"{', '.join(first)} against {', '.join(second)}")
        left_out = sorted({*contrast.first, *contrast.second} - {*first, *second})
        notes += [f"left out, for more epochs: {', '.join(left_out)}"] if left_out else []
    if found.low is not None and found.high is not None and close_call(found.low, found.high, 0.0):
        notes.append("a close call: other seeds may change the verdict")
    verdict = with_null(positive({"low": found.low, "high": found.high}), null)
    return {**row, "verdict": verdict, "note": "; ".join(notes)}


def _differences(accuracy: Array, first: int, seeds: npt.NDArray[np.int64]) -> Array:
    """Difference of the groups' means for each seed; the first `first` columns are a group.

    `accuracy` is `[data set x model x sparsity x seed, method]`, NaN where there is none.
    """
    lead = _lead(accuracy)
    means = (lead[seeds == seed].mean(0) for seed in np.unique(seeds))
    return np.array([float(m[:first].mean() - m[first:].mean()) for m in means])


def _lead(accuracy: Array) -> Any:
    """Accuracies less the mean of their row, so that a gap in the table favours nobody."""
    known = np.ma.masked_invalid(accuracy)
    return known - known.mean(1, keepdims=True)


def _shuffled(accuracy: Array, first: int) -> tuple[Array, str]:
    """Differences for other groups of the same sizes: all of them, or a sample."""
    means = _lead(accuracy).mean(0)
    n = len(means)
    total = means.sum()
    own = tuple(range(first))
    choices: Sequence[Iterable[int]]
    if math.comb(n, first) <= SHUFFLES + 1:
        choices = [c for c in itertools.combinations(range(n), first) if c != own]
    else:
        rng = stream(0, "contrasts")
        choices = [rng.permutation(n)[:first] for _ in range(SHUFFLES)]
    sums = np.array([float(means[list(chosen)].sum()) for chosen in choices])
    return sums / first - (total - sums) / (n - first), "groups"


def _swapped(accuracy: Array, first: int) -> tuple[Array, str]:
    """Mean differences of pairs of networks, each the one way or the other by chance."""
    gaps = accuracy[:, :first] - accuracy[:, first:]
    gaps = gaps[~np.isnan(gaps)]
    signs = stream(0, "contrasts").choice((-1.0, 1.0), size=(SHUFFLES, len(gaps)))
    return (signs * gaps).mean(1), "pairs"


def _null(ours: float | None, samples: Array) -> Mapping[str, Any]:
    """Mean, 95 % range and p of the samples, as `nsgraph.studies.verdicts` takes them."""
    low, high = np.percentile(samples, [2.5, 97.5])
    as_much = int((samples >= (ours or 0.0) - 1e-9).sum())
    return {
        "null_mean": float(samples.mean()),
        "null_low": float(low),
        "null_high": float(high),
        "null_samples": len(samples),
        "null_p": (1 + as_much) / (1 + len(samples)),
    }
