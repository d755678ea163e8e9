"""Claims about predictions: one function a claim, each a row with its number and verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from nsgraph.studies.verdicts import (
    SIGNIFICANT,
    UNDECIDED,
    US,
    above,
    close_call,
    only_row,
    p_in_words,
    positive,
    with_null,
)

__all__ = [
    "DROP",
    "OURS",
    "PAPER",
    "PredictionTables",
    "better",
    "beyond",
    "flattering",
    "motifs",
    "ranking",
    "recognised",
    "row",
    "transferred",
]

PAPER = "Cunegatti et al. 2024"
OURS = "multipartite"  # the encoding that the paper proposes
TOLERANCE = 0.05
DROP = "accuracy-drop"
Row = Mapping[str, Any]


class PredictionTables:
    """The tables of a prediction, asked for single rows of XGBoost on the multipartite encoding.

    Parameters
    ----------
    tables
        `prediction_scores`, `prediction_repeats`, ... as far as there are.
    part
        Which networks are spoken of.
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame], part: str = "all") -> None:
        self._tables, self.part = tables, part

    def row(self, table: str, **wanted: str) -> dict[str, Any] | None:
        """The row of `prediction_<table>` with these values, or None."""
        found = self._tables.get(f"prediction_{table}")
        if found is None or found.empty:
            return None
        wanted = {"part": self.part, "features": OURS} | wanted
        if "model" in found:
            wanted = {"model": "xgboost"} | wanted
        return only_row(found, **wanted)

    def rows(self, table: str, **wanted: str) -> pd.DataFrame:
        """All such rows of a table that is there."""
        found = self._tables.get(f"prediction_{table}", pd.DataFrame())
        for name, value in ({"part": self.part, "features": OURS} | wanted).items():
            if name in found:
                found = found[(found[name] == value).to_numpy(dtype=bool)]
        return found

    def each(self, task: str, folding: str, features: str = OURS) -> pd.Series:
        """Scores of the repeats."""
        wanted = {"task": task, "folding": folding, "features": features, "model": "xgboost"}
        found = self.rows("repeats", **wanted)
        return found.set_index("repeat")["score"] if len(found) else pd.Series(dtype="float64")


def row(
    task: str,
    statement: str,
    source: str,
    paper: str,
    measure: str,
    rule: str,
    found: Row | None,
    value: str,
    verdict: str,
    *notes: str,
    prefix: str = "",
    threshold: float = 0.0,
) -> dict[str, Any]:
    """A row of the claims table; without a number the claim is undecided, and the note says why."""
    low, high = (None if found is None else found[f"{prefix}{end}"] for end in ("low", "high"))
    close = low is not None and high is not None and close_call(low, high, threshold)
    notes += ("a close call: other folds or resamples may change the verdict",) if close else ()
    status = None if found is None else found.get("score.status")
    note = "; ".join(n for n in notes if n)
    if found is None or pd.isna(found[value]):
        reason = status if isinstance(status, str) else "not measured"
        note, verdict = f"not scored: {reason}", UNDECIDED
    return {
        "task": task,
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


def _null_in_words(null: Row | None, what: str) -> str:
    if null is None or pd.isna(null["null_p"]):
        return "no null to hold it against"
    span = f"{null['null_mean']:.2f} [{null['null_low']:.2f}, {null['null_high']:.2f}]"
    return f"{what} shuffled among configurations: {span}, {p_in_words(null)}"


def _other_folds(values: pd.Series, threshold: float) -> str:
    """Says so if some repeats, which differ in their folds alone, are on the other side."""
    reached = int((values >= threshold).sum())
    if reached in (0, len(values)):
        return ""
    return f"depends on the folds: {reached} of {len(values)} repeats reach {threshold:.2f}"


def recognised(tables: PredictionTables, task: str, what: str, number: float) -> list[dict]:
    """The graph tells a class: the paper's claim under random folds, and under grouped ones."""
    rows = []
    threshold = number - TOLERANCE
    for folding, source, tail in (
        ("random", PAPER, ""),
        ("grouped", US, ", also for configurations of which no seed was seen before"),
    ):
        found, null = (tables.row(t, task=task, folding=folding) for t in ("scores", "null"))
        rows.append(
            row(
                task,
                f"The graph tells the {what}{tail}.",
                source,
                f"about {number:g}" if folding == "random" else "",
                f"balanced accuracy, {folding} folds",
                f"the whole interval is at or above {threshold:.2f}, and shuffled labels are "
                f"beaten (p ≤ {SIGNIFICANT:g})",
                found,
                "score",
                with_null(above(found, threshold), null),
                _null_in_words(null, "labels"),
                _other_folds(tables.each(task, folding), threshold),
                threshold=threshold,
            )
        )
    return rows


def better(tables: PredictionTables, other: str, folding: str, what: str, source: str) -> dict:
    """Multipartite metrics are better than another feature set."""
    wanted = {"task": DROP, "folding": folding, "compared_folding": folding}
    found = tables.row("comparisons", **wanted, compared_with=other)
    each = tables.each(DROP, folding) - tables.each(DROP, folding, other)
    p = None if found is None else found.get("p_holm")
    return row(
        DROP,
        f"Multipartite metrics tell more about the accuracy drop than {what}.",
        source,
        "better" if source == PAPER else "",
        f"difference in R², {folding} folds",
        "the whole interval is above 0",
        found,
        "difference",
        positive(found),
        "" if p is None or pd.isna(p) else f"corrected test over folds: p = {p:.2g} (Holm)",
        _other_folds(each, 0.0),
    )


def motifs(tables: PredictionTables) -> dict:
    """Motifs are the most telling family."""
    wanted = {"task": DROP, "folding": "grouped", "sees": "metrics"}
    wanted |= {"way": "permutation", "level": "family"}
    rows = tables.rows("importance", **wanted)
    found, note = None, ""
    if len(rows):
        found = only_row(rows, name="motifs")
        others = rows[(rows["name"] != "motifs").to_numpy(dtype=bool)]
    if found is not None and not others.empty:
        best = others.loc[others["importance"].idxmax()]
        note = (
            f"motifs {found['importance']:.2f}; the best other family is {best['name']} with "
            f"{best['importance']:.2f}"
        )
    return row(
        DROP,
        "Motifs are the most telling family of metrics for the accuracy drop.",
        PAPER,
        "most often",
        "R² lost when the family is shuffled, less the most that any other family loses; grouped "
        "folds",
        "the whole interval is above 0",
        found,
        "lead",
        positive(found, "lead_"),
        note,
        prefix="lead_",
    )


def beyond(tables: PredictionTables, task: str, what: str, metric: str) -> dict:
    """Topology says something that layer densities do not."""
    wanted = {"task": task, "folding": "grouped"}
    found = tables.row("beyond", **wanted, sees="layer densities and residuals")
    alone, left = (tables.row("beyond", **wanted, sees=s) for s in ("layer densities", "residuals"))
    note = ""
    if alone and left and not pd.isna(alone["score"]):
        note = f"layer densities alone {alone['score']:.2f}, residuals alone {left['score']:.2f}"
    return row(
        task,
        f"Topology tells something about {what} that the densities of the layers do not.",
        US,
        "",
        f"{metric} of layer densities and what is left of the metrics beside them, less that of "
        "layer densities alone; grouped folds",
        "the whole interval is above 0",
        found,
        "gained",
        positive(found, "gained_"),
        note,
        prefix="gained_",
    )


def ranking(tables: PredictionTables) -> dict:
    """Predicted drops rank the algorithms."""
    wanted = {"task": "ranking", "folding": "grouped"}
    found, null = (tables.row(t, **wanted) for t in ("scores", "null"))
    return row(
        DROP,
        "Predicted accuracy drops rank the algorithms at one data set, model and sparsity.",
        PAPER,
        "positive",
        "mean Spearman correlation, grouped folds",
        f"the whole interval is above 0, and shuffled drops are beaten (p ≤ {SIGNIFICANT:g})",
        found,
        "score",
        with_null(positive(found), null),
        _null_in_words(null, "drops"),
        "cells with few algorithms; the interval is over cells",
        _other_folds(tables.each("ranking", "grouped"), 0.0),
    )


def flattering(tables: PredictionTables) -> dict:
    """Random folds give higher scores than grouped ones."""
    wanted = {"task": DROP, "folding": "random", "compared_folding": "grouped"}
    found = tables.row("comparisons", **wanted, compared_with=OURS)
    note = ""
    random, grouped = (tables.row("scores", task=DROP, folding=f) for f in ("random", "grouped"))
    if random and grouped and not (pd.isna(random["score"]) or pd.isna(grouped["score"])):
        note = f"R² is {random['score']:.2f} random, {grouped['score']:.2f} grouped"
    return row(
        DROP,
        "Random folds flatter: seeds of one configuration are on both sides of the split.",
        US,
        "",
        "R² of the accuracy drop, random folds less grouped folds",
        "the whole interval is above 0",
        found,
        "difference",
        positive(found),
        note,
        _other_folds(tables.each(DROP, "random") - tables.each(DROP, "grouped"), 0.0),
    )


def transferred(tables: PredictionTables, folding: str, what: str) -> dict:
    """What is learnt elsewhere holds for a model or data set never seen."""
    found = tables.row("scores", task=DROP, folding=folding)
    return row(
        DROP,
        f"What metrics tell of accuracy drops holds for {what} that was not seen in training.",
        US,
        "",
        f"R² of the accuracy drop, {folding.replace('-', ' ')}",
        "the whole interval is above 0",
        found,
        "score",
        positive(found),
    )
