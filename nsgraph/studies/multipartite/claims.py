"""The claims of the multipartite study beside our numbers, judged by rules fixed beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from nsgraph.studies.capacitance.sparse_claims import claims_about_sparse
from nsgraph.studies.multipartite.claim_rows import (
    DROP,
    OURS,
    PAPER,
    PredictionTables,
    better,
    beyond,
    flattering,
    motifs,
    ranking,
    recognised,
    transferred,
)
from nsgraph.studies.verdicts import COLUMNS, HOLDS, NOT, UNDECIDED, US

__all__ = [
    "ABOUT",
    "HOLDS",
    "NOT",
    "OURS",
    "UNDECIDED",
    "claims_table",
    "numbered",
    "rows_of",
]

ABOUT = (
    "Under random folds a model may have seen other seeds of the network it is asked about; under "
    "grouped folds it never has. Shuffled labels are what the same model scores when labels change "
    "places among the configurations of one data set, model and sparsity, seeds kept together."
)
OTHERS = (
    ("rolled", "those of the rolled encoding", PAPER),
    ("rolled-channel", "those of the rolled-channel encoding", PAPER),
    ("Ramanujan", "the Ramanujan metrics", PAPER),
    ("sparsity", "the sparsity alone", US),
    ("layer densities", "the densities of the layers", US),
    ("nodes and edges", "the numbers of nodes and edges", US),
)
"""What the multipartite encoding has to beat, where it was measured."""


def rows_of(tables: Mapping[str, pd.DataFrame], part: str = "all") -> list[dict]:
    """Rows of the claims that hold for any table of networks; not yet numbered.

    Parameters
    ----------
    tables
        `prediction_scores`, `prediction_repeats`, `prediction_comparisons`,
        `prediction_importance`, `prediction_beyond` and `prediction_null`, as far as there are.
    part
        Which networks are spoken of.
    """
    own = PredictionTables(tables, part)
    scores = tables["prediction_scores"]
    measured = set(scores["features"])
    rows = [
        *recognised(own, "category-of-three", "category of the pruning algorithm", 0.9),
        *recognised(own, "algorithm", "pruning algorithm", 0.7),
    ]
    for features, what, source in OTHERS:
        if features not in measured:
            continue
        for folding in ("random", "grouped") if source == PAPER else ("grouped",):
            rows.append(better(own, features, folding, what, source))
    rows += [
        motifs(own),
        ranking(own),
        beyond(own, DROP, "the accuracy drop", "R²"),
        beyond(own, "category-of-three", "the category", "balanced accuracy"),
        flattering(own),
    ]
    for folding, what in (
        ("leave-one-model-out", "an architecture"),
        ("leave-one-dataset-out", "a data set"),
    ):
        if folding in set(scores["folding"]):
            rows.append(transferred(own, folding, what))
    for each in rows:
        found = own.row("scores", task=each["task"], folding="grouped")
        each["n"] = None if found is None else int(found["n_networks"])
    return rows


def numbered(rows: Sequence[dict]) -> pd.DataFrame:
    """Rows as the claims table."""
    for number, each in enumerate(rows, 1):
        each["claim"] = number
    frame = pd.DataFrame({c: [each.get(c) for each in rows] for c in COLUMNS})
    return frame.astype({"n": "Int64", "ours": "float64", "low": "float64", "high": "float64"})


def claims_table(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per claim: what is claimed, our number with its interval, and the verdict.

    Parameters
    ----------
    tables
        See `rows_of`; with `sparse_scores` and `sparse_comparisons` also what neural capacitance
        tells about accuracy drops.

    Returns
    -------
    frame
        Columns `claim` (number from 1), `statement`, `source`, `paper`, `measure`, `ours`, `low`,
        `high`, `n`, `rule`, `verdict` (holds, does not hold, undecided) and `note`. A claim whose
        number could not be computed is undecided, and its note says why.
    """
    rows = rows_of(tables)
    if "sparse_scores" in tables:
        rows += [dict(row) for row in claims_about_sparse(tables)]
    return numbered(rows)
