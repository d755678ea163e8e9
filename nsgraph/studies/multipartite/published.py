"""What the published table of sparse networks says when it is asked the same questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from nsgraph.studies.multipartite.claim_rows import DROP, PredictionTables, row
from nsgraph.studies.multipartite.claims import numbered, rows_of
from nsgraph.studies.verdicts import HOLDS, NOT, UNDECIDED, US, only_row

__all__ = ["EARLIER", "facts", "headline", "published_claims_table"]

# R² of the accuracy drop that an earlier analysis of ours of the same table found: XGBoost (100
# trees of depth 6, rate .3), multipartite metrics without numbers of nodes and edges.
EARLIER = {
    "untrained, model CONV-6": (0.66, 0.07),
    "untrained, model Resnet-20": (0.87, 0.67),
    "untrained, model Resnet-32": (0.88, 0.72),
    "untrained, model Wide-Resnet-28-2": (0.97, 0.75),
    "untrained, model MobileNetV2": (0.85, 0.74),
}
"""Part -> random folds, grouped folds."""


def published_claims_table(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The claims of the multipartite study on the published table, and earlier numbers of it.

    Parameters
    ----------
    tables
        Those of the prediction.
    """
    rows = rows_of(tables)
    for part, numbers in EARLIER.items():
        own = PredictionTables(tables, part)
        for folding, number in zip(("random", "grouped"), numbers, strict=True):
            rows.append(_again(own, folding, number))
        rows.append(_flattered(own))
    return numbered(rows)


def _again(own: PredictionTables, folding: str, number: float) -> dict[str, Any]:
    found = own.row("scores", task=DROP, folding=folding)
    verdict = UNDECIDED
    if found is not None and not pd.isna(found["low"]):
        verdict = HOLDS if found["low"] <= number <= found["high"] else NOT
    made = row(
        DROP,
        f"Multipartite metrics explain the accuracy drop as found earlier ({own.part}).",
        f"{US}, earlier",
        f"{number:.2f}",
        f"R², {folding} folds",
        "the earlier number is in the interval",
        found,
        "score",
        verdict,
    )
    return {**made, "n": None if found is None else int(found["n_networks"])}


def _flattered(own: PredictionTables) -> dict[str, Any]:
    wanted = {"task": DROP, "folding": "random", "compared_folding": "grouped"}
    found = own.row("comparisons", **wanted, compared_with="multipartite")
    verdict = UNDECIDED
    if found is not None and not pd.isna(found["low"]):
        verdict = HOLDS if found["low"] > 0 else NOT if found["high"] <= 0 else UNDECIDED
    scored = own.row("scores", task=DROP, folding="grouped")
    made = row(
        DROP,
        f"Random folds flatter ({own.part}).",
        US,
        "",
        "R² of the accuracy drop, random folds less grouped folds",
        "the whole interval is above 0",
        found,
        "difference",
        verdict,
    )
    return {**made, "n": None if scored is None else int(scored["n_networks"])}


def headline(tables: Mapping[str, pd.DataFrame]) -> str:
    """What came out, in a few sentences."""
    scores = tables["prediction_scores"]
    parts = []
    for part in EARLIER:
        pair = [
            only_row(
                scores,
                part=part,
                task=DROP,
                folding=folding,
                features="multipartite",
                model="xgboost",
            )
            for folding in ("random", "grouped")
        ]
        if all(found is not None and not pd.isna(found["score"]) for found in pair):
            random, grouped = pair
            assert random is not None
            assert grouped is not None
            name = part.removeprefix("untrained, model ")
            parts.append(f"{name} {random['score']:.2f} and {grouped['score']:.2f}")
    if not parts:
        return "Scores of the published table under random and under grouped folds."
    return (
        "How much of the accuracy drop do published metrics explain (R²), first if other seeds of "
        f"a configuration may have been seen, then if not: {', '.join(parts)}. What random folds "
        "add is recognition of other seeds, not knowledge about networks of a new kind."
    )


def facts(study: str, tier: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What was run, label -> value."""
    prediction = settings["prediction"]
    kinds = ("scores", "importance", "answers", "null", "curve")
    return {
        "study": f"{study}, tier {tier}",
        "table": "eliacunegatti/mge-snn, commit 02ba1eb (Cunegatti et al. 2024)",
        "encodings": settings["encodings"],
        "folds": prediction.get("folds", 5),
        "repeats": prediction.get("repeats", 10),
        **{kind: sorted(prediction[kind]) for kind in kinds if kind in prediction},
    }
