"""What came out of the multipartite study, in a few sentences."""

from __future__ import annotations

from typing import Any

import pandas as pd

from nsgraph.studies.multipartite.claims import OURS
from nsgraph.studies.verdicts import only_row, p_in_words

__all__ = ["headline"]

NAMED = (
    ("category-of-three", "the category of its pruning algorithm"),
    ("algorithm", "the algorithm itself"),
)
ALONE = (
    ("sparsity", "the sparsity alone"),
    ("layer densities", "the densities of the layers"),
    ("nodes and edges", "the numbers of nodes and edges alone"),
)


def _score(
    scores: pd.DataFrame, task: str, folding: str, features: str = OURS
) -> dict[str, Any] | None:
    whole = {"part": "all", "model": "xgboost"}
    found = only_row(scores, task=task, folding=folding, features=features, **whole)
    return None if found is None or pd.isna(found["score"]) else found


def _null(null: pd.DataFrame, task: str, folding: str) -> dict[str, Any] | None:
    found = only_row(null, task=task, folding=folding, features=OURS, part="all")
    return None if found is None or pd.isna(found["null_mean"]) else found


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _span(found: dict[str, Any]) -> str:
    low, high = _percent(found["low"]), _percent(found["high"])
    return f"{_percent(found['score'])} % [{low}, {high}]"


def _recognition(scores: pd.DataFrame, null: pd.DataFrame) -> str:
    parts: list[str] = []
    leaked: list[str] = []
    for task, what in NAMED:
        grouped, random = (_score(scores, task, f) for f in ("grouped", "random"))
        if grouped is None:
            continue
        part = f"{what} with balanced accuracy {_span(grouped)}"
        chance = _null(null, task, "grouped")
        if chance:
            where = "" if parts else " when labels are shuffled among configurations"
            mean = _percent(chance["null_mean"])
            part += f", against {mean} %{where} ({p_in_words(chance)})"
        parts.append(part)
        chance = _null(null, task, "random")
        if random is not None:
            shuffled = f" (shuffled: {_percent(chance['null_mean'])} %)" if chance else ""
            leaked.append(f"{_percent(random['score'])} %{shuffled}")
    if not parts:
        return ""
    text = (
        "Asked about configurations of which it has seen no seed, a model names from a sparse "
        f"network's graph {', and '.join(parts)}."
    )
    if leaked:
        text += f" If it may have seen other seeds: {' and '.join(leaked)}."
    return text


def _drop(scores: pd.DataFrame, null: pd.DataFrame) -> str:
    task = "accuracy-drop"
    grouped, random = (_score(scores, task, f) for f in ("grouped", "random"))
    if grouped is None:
        return ""
    beside = []
    for features, what in ALONE:
        found = _score(scores, task, "grouped", features)
        if found:
            beside.append(f"{what} {_percent(max(found['score'], 0))} %")
    chance = _null(null, task, "grouped")
    if chance:
        shuffled = _percent(max(chance["null_mean"], 0))
        beside.append(f"drops shuffled among configurations {shuffled} %")
    text = f"Of the variance of the accuracy drop its metrics explain {_span(grouped)}"
    if beside:
        text += f" ({', '.join(beside)})"
    if random is not None:
        text += f", and {_percent(random['score'])} % if other seeds may have been seen"
    return f"{text}."


def headline(scores: pd.DataFrame, null: pd.DataFrame) -> str:
    """What came out: grouped scores first, with interval, null and trivial baselines.

    Parameters
    ----------
    scores, null
        As in `nsgraph.studies.multipartite.claims.claims_table`.
    """
    return " ".join(s for s in (_recognition(scores, null), _drop(scores, null)) if s)
