"""Columns of the tables of scores, and rows made such tables."""

from __future__ import annotations

import pandas as pd

__all__ = [
    "COLUMNS",
    "COMPARISONS",
    "CURVE",
    "NULL",
    "NULL_SAMPLES",
    "REPEATS",
    "SCORES",
    "frame",
]

ASKED = ("part", "task", "folding", "features", "model", "metric")
SIZES = ("n_networks", "n_configurations")
SCORE = ("score", "low", "high")
SCORES = (
    *ASKED,
    *SIZES,
    "n_classes",
    "n_features",
    "folds",
    "repeats",
    *SCORE,
    "sd_repeats",
    "score.status",
)
REPEATS = (*ASKED, "repeat", "score")
COMPARISONS = (
    "part",
    "task",
    "folding",
    "features",
    "model",
    "compared_folding",
    "compared_with",
    "metric",
    "difference",
    "low",
    "high",
    "t",
    "df",
    "p",
    "p_holm",
    "p.status",
)
COLUMNS = ("part", "features", "column", "reason")
CURVE = (*ASKED, "share", "n_training", *SIZES, "repeats", *SCORE, "score.status")
NULL_SAMPLES = (*ASKED, "sample", "score", "score.status")
NULL = (
    *ASKED,
    *SIZES,
    *SCORE,
    "null_samples",
    "null_mean",
    "null_sd",
    "null_low",
    "null_high",
    "null_p",
    "null_p.status",
)
WORDS = {*ASKED, "compared_folding", "compared_with", "column", "reason"}
WHOLE = {
    *SIZES,
    "n_classes",
    "n_features",
    "n_training",
    "folds",
    "repeats",
    "repeat",
    "df",
    "sample",
    "null_samples",
}


def frame(rows: list[dict], columns: tuple[str, ...]) -> pd.DataFrame:
    """Table of these columns; what a row lacks is empty.

    Numbers are rounded to 12 digits: what is beyond is the order in which a processor adds.
    """
    found = pd.DataFrame({c: [row.get(c) for row in rows] for c in columns})
    types = {c: "Int64" if c in WHOLE else "float64" for c in columns if c not in WORDS}
    return found.astype({c: t for c, t in types.items() if not c.endswith(".status")}).round(12)
