"""Claims about beta_eff of sparse networks and their accuracy drop, and the same in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from nsgraph.studies.verdicts import UNDECIDED, US, close_call, positive

__all__ = ["BETA", "both_sets", "claims_about_sparse", "sparse_in_words", "unmeasured"]

BETA = "capacitance"
"""The feature set of beta_eff, its numerators and denominators alone."""
Row = Mapping[str, Any]


def both_sets(encoding: str) -> str:
    """The feature set of an encoding's metrics and beta_eff."""
    return f"{encoding} and {BETA}"


def unmeasured(statement: str, source: str, paper: str, measure: str, rule: str) -> dict[str, Any]:
    """The row of a claim before there is a number."""
    return {
        "statement": statement,
        "source": source,
        "paper": paper,
        "measure": measure,
        "rule": rule,
        "ours": None,
        "low": None,
        "high": None,
        "n": None,
        "verdict": UNDECIDED,
        "note": "not measured",
    }


def _drop(tables: Mapping[str, pd.DataFrame], features: str, other: str, statement: str) -> Row:
    row = unmeasured(
        statement,
        US,
        "",
        f"difference in R² of the accuracy drop, {features} less {other}, grouped folds",
        "the whole interval is above 0",
    )
    table, scores = tables["sparse_comparisons"], tables["sparse_scores"]
    keep = (table["folding"] == "grouped") & (table["compared_folding"] == "grouped")
    found = table[keep & (table["features"] == features) & (table["compared_with"] == other)]
    own = scores[(scores["folding"] == "grouped") & (scores["task"] == "accuracy-drop")]
    own = own.set_index("features")
    if found.empty or features not in own.index or other not in own.index:
        return row
    one = found.iloc[0].to_dict()
    values = "; ".join(f"R² of {name} {own.loc[name, 'score']:.2f}" for name in (features, other))
    close = close_call(one["low"], one["high"], 0.0)
    note = values + ("; a close call: other folds may change the verdict" if close else "")
    return {
        **row,
        "ours": one["difference"],
        "low": one["low"],
        "high": one["high"],
        "n": int(own.loc[features, "n_networks"]),
        "verdict": positive(one),
        "note": note,
    }


def claims_about_sparse(tables: Mapping[str, pd.DataFrame]) -> list[Row]:
    """Rows of claims, from `sparse_scores` and `sparse_comparisons`, still without numbers."""
    encoding = next(
        name.removesuffix(f" and {BETA}")
        for name in tables["sparse_scores"]["features"]
        if name.endswith(f" and {BETA}")
    )
    both = both_sets(encoding)
    return [
        *(
            _drop(
                tables,
                BETA,
                other,
                f"Neural capacitance of a sparse network tells more about its accuracy drop than "
                f"{what}.",
            )
            for other, what in (
                ("sparsity", "its sparsity"),
                ("layer densities", "the densities of its layers"),
            )
        ),
        _drop(
            tables,
            BETA,
            encoding,
            "Neural capacitance tells more about the accuracy drop than the metrics of the graph.",
        ),
        _drop(
            tables,
            both,
            encoding,
            "Neural capacitance adds to what the graph's metrics tell about the accuracy drop.",
        ),
    ]


def sparse_in_words(scores: pd.DataFrame | None) -> list[str]:
    """How much of the accuracy drop is explained, in a sentence, if that was asked."""
    if scores is None:
        return []
    keep = (scores["folding"] == "grouped") & (scores["task"] == "accuracy-drop")
    known = scores[keep].dropna(subset=["score"]).set_index("features")["score"]
    names = [n for n in known.index if n != "nothing" and " and " not in n]
    if BETA not in names:
        return []
    others = ", ".join(f"{name} {known[name]:.2f}" for name in names if name != BETA)
    return [
        "Of the variance of sparse networks' accuracy drops, neural capacitance explains "
        f"{known[BETA]:.2f} (R², grouped folds; {others})."
    ]
