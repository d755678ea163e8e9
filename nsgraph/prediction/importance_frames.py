"""Columns of the tables of importance, and rows made such tables."""

from __future__ import annotations

import pandas as pd

__all__ = ["BEYOND", "CLUSTERS", "WEIGHED", "table_of"]

WHERE = ("part", "task", "folding", "features", "sees")
WEIGHED = (
    *WHERE,
    "way",
    "level",
    "name",
    "n_features",
    "importance",
    "low",
    "high",
    "lead",
    "lead_low",
    "lead_high",
)
BEYOND = (
    *WHERE,
    "metric",
    "n_networks",
    "n_configurations",
    "score",
    "low",
    "high",
    "gained",
    "gained_low",
    "gained_high",
    "score.status",
)
CLUSTERS = ("part", "features", "position", "column", "cluster", "representative", "explained")
WORDS = {*WHERE, "metric", "way", "level", "name", "column", "representative"}
WHOLE = {"n_features", "n_networks", "n_configurations", "position", "cluster"}


def table_of(rows: list[dict], columns: tuple[str, ...]) -> pd.DataFrame:
    """Table of these columns; what a row lacks is empty. Numbers are rounded to 12 digits."""
    found = pd.DataFrame({c: [row.get(c) for row in rows] for c in columns})
    types = {c: "Int64" if c in WHOLE else "float64" for c in columns if c not in WORDS}
    return found.astype({c: t for c, t in types.items() if not c.endswith(".status")}).round(12)
