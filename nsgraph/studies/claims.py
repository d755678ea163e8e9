"""The claims of the multipartite study beside our numbers, judged by rules fixed beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

__all__ = ["HOLDS", "NOT", "UNDECIDED", "claims_table", "headline"]

HOLDS, NOT, UNDECIDED = "holds", "does not hold", "undecided"
PAPER = "Cunegatti et al. 2024"
US = "this project"
OURS = "multipartite"  # the encoding that the paper proposes
TOLERANCE = 0.05


def _above(found: Mapping[str, Any] | None, threshold: float) -> str:
    if found is None or pd.isna(found["low"]) or pd.isna(found["high"]):
        return UNDECIDED
    if found["low"] >= threshold:
        return HOLDS
    return NOT if found["high"] < threshold else UNDECIDED


def _only(table: pd.DataFrame, **wanted: str) -> dict[str, Any] | None:
    """The one row of a table with these values, or None."""
    keep = pd.Series(True, index=table.index)
    for name, value in wanted.items():
        keep &= table[name] == value
    rows = table[keep.astype(bool)]
    return None if rows.empty else rows.iloc[0].to_dict()


def _score(scores: pd.DataFrame, task: str, folding: str, features: str = OURS) -> dict | None:
    return _only(scores, task=task, folding=folding, features=features)


def _row(
    statement: str,
    source: str,
    paper: str,
    measure: str,
    rule: str,
    found: Mapping[str, Any] | None,
    value: str,
    verdict: str,
    note: str = "",
) -> dict[str, Any]:
    status = None if found is None else found.get("score.status")
    if found is None or pd.isna(found[value]):
        reason = status if isinstance(status, str) else "not measured"
        note, verdict = f"not scored: {reason}", UNDECIDED
    low, high = (None, None) if found is None else (found["low"], found["high"])
    return {
        "statement": statement,
        "source": source,
        "paper": paper,
        "measure": measure,
        "ours": None if found is None else found[value],
        "low": low,
        "high": high,
        "rule": rule,
        "verdict": verdict,
        "note": note,
    }


def _recognised(scores: pd.DataFrame, task: str, what: str, number: float) -> list[dict]:
    rows = []
    for folding, source, tail in (
        ("random", PAPER, ""),
        ("grouped", US, ", also for configurations of which no seed was seen before"),
    ):
        found = _score(scores, task, folding)
        chance = (
            ""
            if found is None or pd.isna(found["n_classes"])
            else (f"chance is {1 / found['n_classes']:.2f}")
        )
        rows.append(
            _row(
                f"The graph tells the {what}{tail}.",
                source,
                f"about {number:g}" if folding == "random" else "",
                f"balanced accuracy, {folding} folds",
                f"the whole interval is at or above {number - TOLERANCE:.2f}",
                found,
                "score",
                _above(found, number - TOLERANCE),
                chance,
            )
        )
    return rows


def _better(comparisons: pd.DataFrame, other: str, folding: str, what: str, source: str) -> dict:
    found = _only(
        comparisons, task="accuracy-drop", folding=folding, features=OURS, compared_with=other
    )
    return _row(
        f"Multipartite metrics tell more about the accuracy drop than {what}.",
        source,
        "better",
        f"difference in R², {folding} folds",
        "the whole interval is above 0",
        found,
        "difference",
        _above(found, 1e-12),
    )


def _motifs(importance: pd.DataFrame) -> dict:
    keep = (importance["task"] == "accuracy-drop") & (importance["folding"] == "grouped")
    rows = importance[keep & (importance["features"] == OURS)]
    others = rows[rows["family"] != "motifs"]
    found = _only(rows, family="motifs")
    verdict, note = UNDECIDED, ""
    if found is not None and not others.empty:
        best = others.loc[others["importance"].idxmax()]
        note = f"the best other family is {best['family']} with {best['importance']:.2f}"
        if found["low"] > others["high"].max():
            verdict = HOLDS
        elif others["low"].max() > found["high"]:
            verdict = NOT
    return _row(
        "Motifs are the most telling family of metrics for the accuracy drop.",
        PAPER,
        "most often",
        "R² lost when the family is shuffled, grouped folds",
        "the interval lies above that of every other family",
        found,
        "importance",
        verdict,
        note,
    )


def _flattering(scores: pd.DataFrame) -> dict:
    random = _score(scores, "accuracy-drop", "random")
    grouped = _score(scores, "accuracy-drop", "grouped")
    verdict, note = UNDECIDED, ""
    if random and grouped and not (pd.isna(random["score"]) or pd.isna(grouped["score"])):
        note = f"R² is {random['score']:.2f} under random folds"
        if grouped["high"] < random["low"]:
            verdict = HOLDS
        elif grouped["low"] >= random["low"]:
            verdict = NOT
    return _row(
        "Random folds flatter: seeds of one configuration are on both sides of the split.",
        f"{US}, on the paper's published table",
        ".66 to .97 random, .07 to .75 grouped",
        "R² of the accuracy drop, grouped folds",
        "the interval lies below that of random folds",
        grouped,
        "score",
        verdict,
        note,
    )


def _ranking(scores: pd.DataFrame) -> dict:
    found = _score(scores, "ranking", "grouped")
    return _row(
        "Predicted accuracy drops rank the algorithms at one data set, model and sparsity.",
        PAPER,
        "positive",
        "mean Spearman correlation, grouped folds",
        "the whole interval is above 0",
        found,
        "score",
        _above(found, 1e-12),
        "cells with few algorithms; the interval is over cells",
    )


def claims_table(
    scores: pd.DataFrame, comparisons: pd.DataFrame, importance: pd.DataFrame
) -> pd.DataFrame:
    """One row per claim: what is claimed, our number with its interval, and the verdict.

    Parameters
    ----------
    scores, comparisons, importance
        Tables of `nsgraph.prediction.predict`.

    Returns
    -------
    frame
        Columns `claim` (number from 1), `statement`, `source`, `paper`, `measure`, `ours`, `low`,
        `high`, `n`, `rule`, `verdict` (holds, does not hold, undecided) and `note`. A claim whose
        number could not be computed is undecided, and its note says why.
    """
    rows = [
        *_recognised(scores, "category-of-three", "category of the pruning algorithm", 0.9),
        *_recognised(scores, "algorithm", "pruning algorithm", 0.7),
        _better(comparisons, "rolled", "random", "those of the rolled encoding", PAPER),
        _better(comparisons, "rolled", "grouped", "those of the rolled encoding", PAPER),
        _better(comparisons, "density", "grouped", "the density alone", US),
        _better(comparisons, "nodes and edges", "grouped", "the numbers of nodes and edges", US),
        _motifs(importance),
        _ranking(scores),
        _flattering(scores),
    ]
    tasks = ["category-of-three"] * 2 + ["algorithm"] * 2 + ["accuracy-drop"] * 7
    for number, (row, task) in enumerate(zip(rows, tasks, strict=True), 1):
        found = _score(scores, task, "grouped")
        row["claim"] = number
        row["n"] = None if found is None else int(found["n_networks"])
    order = (
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
    frame = pd.DataFrame({c: [row[c] for row in rows] for c in order})
    return frame.astype({"n": "Int64", "ours": "float64", "low": "float64", "high": "float64"})


def headline(scores: pd.DataFrame) -> str:
    """Two sentences that say what came out, from the scores."""
    parts = []
    named = [
        ("category-of-three", "the category of its pruning algorithm"),
        ("algorithm", "the algorithm itself"),
    ]
    for task, what in named:
        random, grouped = (_score(scores, task, f) for f in ("random", "grouped"))
        if random and grouped and not (pd.isna(random["score"]) or pd.isna(grouped["score"])):
            parts.append(
                f"{what} with balanced accuracy {grouped['score']:.0%} ({random['score']:.0%} if "
                "other seeds of the same configuration may be seen; "
                f"chance {1 / grouped['n_classes']:.0%})"
            )
    sentences = []
    if parts:
        sentences.append(
            "From the graph of a sparse network a model names " + " and ".join(parts) + "."
        )
    random, grouped = (_score(scores, "accuracy-drop", f) for f in ("random", "grouped"))
    if random and grouped and not (pd.isna(random["score"]) or pd.isna(grouped["score"])):
        known, leaked = max(grouped["score"], 0), max(random["score"], 0)
        sentences.append(
            f"Of the variance of the accuracy drop its metrics explain {known:.0%} ({leaked:.0%} "
            "under the random folds that papers use)."
        )
    return " ".join(sentences)
