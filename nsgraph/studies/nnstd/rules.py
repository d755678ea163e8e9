"""How a claim of the study of topology distance is judged: by the interval of its values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nsgraph.studies.intervals import mean_interval
from nsgraph.studies.nnstd.numbers import trend
from nsgraph.studies.verdicts import HOLDS, NOT, SIGNIFICANT, UNDECIDED, above, positive, with_null

__all__ = ["Judge", "at_least", "at_most", "claim_row", "growth", "within"]

PAPER = "Liu et al. 2020"
Row = dict[str, Any]
Judge = Callable[[Row], str]
"""From the ends of an interval, `low` and `high`, to a verdict."""


def claim_row(
    statement: str,
    measure: str,
    values: npt.ArrayLike,
    rule: str,
    judge: Judge,
    *notes: str,
    paper: str = "",
    source: str = PAPER,
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> Row:
    """A claim whose number is the mean of independent values; `judge` makes the verdict of it.

    `bounds`: least and greatest value that there can be; an interval by Student's t knows nothing
    of them and is cut there.
    """
    found = mean_interval(values)
    ends: Row = {"low": found.low, "high": found.high}
    if found.low is not None:
        ends = {name: float(np.clip(end, *bounds)) for name, end in ends.items()}
    verdict = UNDECIDED if found.low is None else judge(ends)
    return {
        "statement": statement,
        "source": source,
        "paper": paper,
        "measure": measure,
        "ours": found.mean,
        **ends,
        "n": found.n,
        "rule": rule,
        "verdict": verdict,
        "note": "; ".join(note for note in notes if note),
    }


def within(low: float, high: float) -> Judge:
    """Judge: the whole interval between two numbers; none of it: does not hold."""

    def judge(ends: Row) -> str:
        if low <= ends["low"] and ends["high"] <= high:
            return HOLDS
        return NOT if ends["high"] < low or high < ends["low"] else UNDECIDED

    return judge


def at_least(threshold: float) -> Judge:
    """Judge: the whole interval at or above a number; all of it below: does not hold."""
    return lambda ends: above(ends, threshold)


def at_most(threshold: float) -> Judge:
    """Judge: the whole interval at or below a number; all of it above: does not hold."""
    return lambda ends: above({"low": -ends["high"], "high": -ends["low"]}, -threshold)


def growth(grid: pd.DataFrame, statement: str, of: str, paper: str, *notes: str) -> Row:
    """A claim that distances rise along the columns of `[root, place]`."""
    found = trend(grid)
    null = {"null_p": found.p}
    return claim_row(
        statement,
        f"Kendall's rank correlation of the distance with {of}, mean over roots",
        found.taus,
        "the whole interval is above 0, and Page's test of all roots "
        f"together finds them rising (p ≤ {SIGNIFICANT:g})",
        lambda ends: with_null(positive(ends), null),
        f"Page's L, {len(grid)} roots: p = {found.p:.2g}",
        *notes,
        paper=paper,
        bounds=(-1, 1),
    )
