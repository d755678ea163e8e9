"""Rules by which a number with its interval and its null becomes a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

__all__ = [
    "CLOSE",
    "COLUMNS",
    "HOLDS",
    "NOT",
    "SIGNIFICANT",
    "UNDECIDED",
    "US",
    "above",
    "close_call",
    "only_row",
    "p_in_words",
    "positive",
    "with_null",
]

US = "this project"
"""Whose claim it is, where no paper made it."""
COLUMNS = (
    "claim",
    "statement",
    "source",
    "paper",
    "measure",
    "ours",
    "low",
    "high",
    "n",
    "rule",
    "verdict",
    "note",
)
HOLDS, NOT, UNDECIDED = "holds", "does not hold", "undecided"
SIGNIFICANT = 0.05
CLOSE = 0.15  # of an interval's width: about what its ends move with other folds and resamples
Row = Mapping[str, Any]


def only_row(table: pd.DataFrame, **wanted: str) -> dict[str, Any] | None:
    """The one row of a table with these values, or None."""
    keep = pd.Series(True, index=table.index)
    for name, value in wanted.items():
        keep &= table[name] == value
    rows = table[keep.astype(bool)]
    return None if rows.empty else rows.iloc[0].to_dict()


def above(found: Row | None, threshold: float) -> str:
    """Whether the interval is at or above a threshold."""
    if found is None or pd.isna(found["low"]) or pd.isna(found["high"]):
        return UNDECIDED
    if found["low"] >= threshold:
        return HOLDS
    return NOT if found["high"] < threshold else UNDECIDED


def positive(found: Row | None, prefix: str = "") -> str:
    """Whether the interval (columns `<prefix>low`, `<prefix>high`) is above 0."""
    if found is None or pd.isna(found[f"{prefix}low"]):
        return UNDECIDED
    if found[f"{prefix}low"] > 0:
        return HOLDS
    return NOT if found[f"{prefix}high"] <= 0 else UNDECIDED


def with_null(verdict: str, null: Row | None) -> str:
    """The verdict, but nothing holds unless shuffled labels are beaten."""
    beaten = null is not None and null["null_p"] <= SIGNIFICANT
    return UNDECIDED if verdict == HOLDS and not beaten else verdict


def close_call(low: float, high: float, threshold: float) -> bool:
    """Whether an end of the interval is so near the threshold that chance puts it on this side.

    >>> close_call(0.01, 0.4, 0.0), close_call(0.2, 0.4, 0.0)
    (True, False)
    """
    return min(abs(low - threshold), abs(high - threshold)) <= CLOSE * (high - low)


def p_in_words(null: Row) -> str:
    """p of a score beside its null; "p ≤" where more shuffles could have made it smaller.

    >>> p_in_words({"null_p": 0.05, "null_samples": 19})
    'p ≤ 0.05'
    """
    least = null["null_p"] <= 1 / (1 + null["null_samples"])
    return f"p {'≤' if least else '='} {null['null_p']:.2g}"
