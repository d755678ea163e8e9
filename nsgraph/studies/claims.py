"""The claims of the multipartite study beside our numbers, judged by rules fixed beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from nsgraph.studies.verdicts import (
    HOLDS,
    NOT,
    SIGNIFICANT,
    UNDECIDED,
    above,
    close_call,
    only_row,
    p_in_words,
    positive,
    with_null,
)

__all__ = ["ABOUT", "COLUMNS", "HOLDS", "NOT", "OURS", "UNDECIDED", "claims_table"]

PAPER = "Cunegatti et al. 2024"
US = "this project"
OURS = "multipartite"  # the encoding that the paper proposes
TOLERANCE = 0.05
DROP = "accuracy-drop"
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
ABOUT = (
    "Under random folds a model may have seen other seeds of the network it is asked about; under "
    "grouped folds it never has. Shuffled labels are what the same model scores when labels change "
    "places among the configurations of one data set, model and sparsity, seeds kept together."
)
Row = Mapping[str, Any]


def _null_in_words(null: Row | None, what: str) -> str:
    if null is None or pd.isna(null["null_p"]):
        return "no null to hold it against"
    span = f"{null['null_mean']:.2f} [{null['null_low']:.2f}, {null['null_high']:.2f}]"
    return f"{what} shuffled among configurations: {span}, {p_in_words(null)}"


class _Tables:
    """The tables of a prediction, asked for single rows of the multipartite encoding."""

    def __init__(self, scores: pd.DataFrame, repeats: pd.DataFrame, null: pd.DataFrame) -> None:
        self.scores, self.repeats, self.null_table = scores, repeats, null

    def score(self, task: str, folding: str) -> dict[str, Any] | None:
        return only_row(self.scores, task=task, folding=folding, features=OURS)

    def null(self, task: str, folding: str) -> dict[str, Any] | None:
        return only_row(self.null_table, task=task, folding=folding, features=OURS)

    def each(self, task: str, folding: str, features: str = OURS) -> pd.Series:
        table = self.repeats
        keep = (table["task"] == task) & (table["folding"] == folding)
        return table[keep & (table["features"] == features)].set_index("repeat")["score"]


def _other_folds(values: pd.Series, threshold: float) -> str:
    """Says so if some repeats, which differ in their folds alone, are on the other side."""
    above = int((values >= threshold).sum())
    if above in (0, len(values)):
        return ""
    return f"depends on the folds: {above} of {len(values)} repeats reach {threshold:.2f}"


def _row(
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


def _recognised(tables: _Tables, task: str, what: str, number: float) -> list[dict]:
    rows = []
    threshold = number - TOLERANCE
    for folding, source, tail in (
        ("random", PAPER, ""),
        ("grouped", US, ", also for configurations of which no seed was seen before"),
    ):
        found, null = tables.score(task, folding), tables.null(task, folding)
        rows.append(
            _row(
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


def _better(
    tables: _Tables, comparisons: pd.DataFrame, other: str, folding: str, what: str, source: str
) -> dict:
    wanted = {"task": DROP, "folding": folding, "compared_folding": folding}
    found = only_row(comparisons, **wanted, features=OURS, compared_with=other)
    each = tables.each(DROP, folding) - tables.each(DROP, folding, other)
    return _row(
        DROP,
        f"Multipartite metrics tell more about the accuracy drop than {what}.",
        source,
        "better",
        f"difference in R², {folding} folds",
        "the whole interval is above 0",
        found,
        "difference",
        positive(found),
        _other_folds(each, 0.0),
    )


def _motifs(importance: pd.DataFrame) -> dict:
    keep = (importance["task"] == DROP) & (importance["folding"] == "grouped")
    rows = importance[keep & (importance["features"] == OURS)]
    others = rows[rows["family"] != "motifs"]
    found = only_row(rows, family="motifs")
    note = ""
    if found is not None and not others.empty:
        best = others.loc[others["importance"].idxmax()]
        note = (
            f"motifs {found['importance']:.2f}; the best other family is {best['family']} with "
            f"{best['importance']:.2f}"
        )
    return _row(
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


def _ranking(tables: _Tables) -> dict:
    found, null = tables.score("ranking", "grouped"), tables.null("ranking", "grouped")
    return _row(
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


def _flattering(tables: _Tables, comparisons: pd.DataFrame) -> dict:
    wanted = {"task": DROP, "folding": "random", "compared_folding": "grouped"}
    found = only_row(comparisons, **wanted, features=OURS, compared_with=OURS)
    note = ""
    random, grouped = tables.score(DROP, "random"), tables.score(DROP, "grouped")
    if random and grouped and not (pd.isna(random["score"]) or pd.isna(grouped["score"])):
        note = f"R² is {random['score']:.2f} random, {grouped['score']:.2f} grouped"
    return _row(
        DROP,
        "Random folds flatter: seeds of one configuration are on both sides of the split.",
        f"{US}, on the paper's published table",
        ".66 to .97 random, .07 to .75 grouped",
        "R² of the accuracy drop, random folds less grouped folds",
        "the whole interval is above 0",
        found,
        "difference",
        positive(found),
        note,
        _other_folds(tables.each(DROP, "random") - tables.each(DROP, "grouped"), 0.0),
    )


def claims_table(
    scores: pd.DataFrame,
    repeats: pd.DataFrame,
    comparisons: pd.DataFrame,
    importance: pd.DataFrame,
    null: pd.DataFrame,
) -> pd.DataFrame:
    """One row per claim: what is claimed, our number with its interval, and the verdict.

    Parameters
    ----------
    scores, repeats, comparisons, importance
        Tables of `nsgraph.prediction.predict`.
    null
        `nsgraph.prediction.null_table`.

    Returns
    -------
    frame
        Columns `claim` (number from 1), `statement`, `source`, `paper`, `measure`, `ours`, `low`,
        `high`, `n`, `rule`, `verdict` (holds, does not hold, undecided) and `note`. A claim whose
        number could not be computed is undecided, and its note says why.
    """
    tables = _Tables(scores, repeats, null)

    def better(other: str, folding: str, what: str, source: str) -> dict:
        return _better(tables, comparisons, other, folding, what, source)

    rows = [
        *_recognised(tables, "category-of-three", "category of the pruning algorithm", 0.9),
        *_recognised(tables, "algorithm", "pruning algorithm", 0.7),
        better("rolled", "random", "those of the rolled encoding", PAPER),
        better("rolled", "grouped", "those of the rolled encoding", PAPER),
        better("density", "grouped", "the density alone", US),
        better("nodes and edges", "grouped", "the numbers of nodes and edges", US),
        _motifs(importance),
        _ranking(tables),
        _flattering(tables, comparisons),
    ]
    for number, row in enumerate(rows, 1):
        found = tables.score(row["task"], "grouped")
        row["claim"] = number
        row["n"] = None if found is None else int(found["n_networks"])
    frame = pd.DataFrame({c: [row[c] for row in rows] for c in COLUMNS})
    return frame.astype({"n": "Int64", "ours": "float64", "low": "float64", "high": "float64"})
