"""Columns of the tables of scores, and rows made such tables."""

from __future__ import annotations

import pandas as pd

__all__ = [
    "COMPARISONS",
    "IMPORTANCE",
    "LEFT_OUT",
    "NULL",
    "NULL_SAMPLES",
    "REPEATS",
    "SCORES",
    "frame",
]

ASKED = ("task", "folding", "features", "model", "metric")
SIZES = ("n_networks", "n_configurations")
SCORES = (
    *ASKED,
    *SIZES,
    "n_classes",
    "n_features",
    "folds",
    "repeats",
    "score",
    "low",
    "high",
    "sd_repeats",
    "score.status",
)
REPEATS = (*ASKED, "repeat", "score")
COMPARISONS = (
    "task",
    "folding",
    "features",
    "compared_folding",
    "compared_with",
    "metric",
    "difference",
    "low",
    "high",
)
IMPORTANCE = (
    "task",
    "folding",
    "features",
    "family",
    "n_features",
    "importance",
    "low",
    "high",
    "lead",
    "lead_low",
    "lead_high",
)
LEFT_OUT = ("features", "column", "reason")
NULL_SAMPLES = (*ASKED, "sample", "score", "score.status")
NULL = (
    *ASKED,
    *SIZES,
    "score",
    "low",
    "high",
    "null_samples",
    "null_mean",
    "null_sd",
    "null_low",
    "null_high",
    "null_p",
    "null_p.status",
)
WORDS = {*ASKED, "compared_folding", "compared_with", "family", "column", "reason"}
WHOLE = {*SIZES, "n_classes", "n_features", "folds", "repeats", "repeat", "sample", "null_samples"}


def frame(rows: list[dict], columns: tuple[str, ...]) -> pd.DataFrame:
    """Table of these columns; what a row lacks is empty.

    Numbers are rounded to 12 digits: what is beyond is the order in which a processor adds.
    """
    found = pd.DataFrame({c: [row.get(c) for row in rows] for c in columns})
    types = {c: "Int64" if c in WHOLE else "float64" for c in columns if c not in WORDS}
    return found.astype({c: t for c, t in types.items() if not c.endswith(".status")}).round(12)
