"""Does beta_eff of a sparse network tell its accuracy drop, beside the metrics of its graph?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from nsgraph.prediction import predict, with_layers
from nsgraph.studies.capacitance.sparse_claims import BETA, both_sets

__all__ = ["capacitance_table", "predict_drop"]

TASK = "accuracy-drop"
BASELINES = ("sparsity", "layer densities", "nodes and edges", "nothing")
ABOUT = ("network", "dataset", "model", "method", "category", "sparsity", "seed", "accuracy_drop")


def capacitance_table(rows: Iterable[Mapping[str, Any]], networks: pd.DataFrame) -> pd.DataFrame:
    """One row a network: its capacitance, beside sparsity and accuracy drop.

    Parameters
    ----------
    rows
        Of `nsgraph.capacitance.measuring.measure_cohort`.
    networks
        `nsgraph.report.networks_table`.
    """
    measured = pd.DataFrame(list(rows))
    words = [name for name in measured if name.endswith(".status")]
    numbers = [name for name in measured if name.startswith(f"{BETA}.") and name not in words]
    measured = measured.astype(
        {name: "float64" for name in numbers} | dict.fromkeys(words, "string")
    )
    return networks[list(ABOUT)].merge(measured, on="network", validate="one_to_one")


def predict_drop(
    networks: pd.DataFrame,
    layers: pd.DataFrame,
    capacitance: pd.DataFrame,
    *,
    encoding: str,
    folds: int,
    repeats: int,
    progress: Callable[[str], None] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Accuracy drop predicted from beta_eff alone, from an encoding's metrics, and from both.

    Parameters
    ----------
    networks, layers, capacitance
        Tables of networks with their metrics and of their layers, and that of
        `capacitance_table`. Columns that are empty in some network are left out, as beta_eff
        with signs often is; its numerator and denominator are not.
    encoding
        Whose metrics stand beside.
    folds, repeats
        Of the cross-validation.

    Returns
    -------
    tuple
        Scores and comparisons, as `nsgraph.prediction.predict` gives them; the feature sets are
        `capacitance`, the encoding, the encoding `and capacitance`, and baselines.
    """
    own = [name for name in capacitance if name.startswith(f"{BETA}.")]
    table = networks.merge(capacitance[["network", *own]], on="network", validate="one_to_one")
    both = table[[name for name in table if name.startswith((f"{encoding}.", f"{BETA}."))]]
    both = both.rename(columns=lambda name: f"{both_sets(encoding)}.{name.split('.', 1)[1]}")
    table = pd.concat([table, both], axis=1)
    table = with_layers(table, layers)
    found = predict(
        table,
        encodings=[encoding, BETA, both_sets(encoding)],
        tasks=[TASK],
        folds=folds,
        repeats=repeats,
        progress=progress,
    )
    kept = [encoding, BETA, both_sets(encoding), *BASELINES]
    scores = found.scores[found.scores["features"].isin(kept).to_numpy(dtype=bool)]
    pairs = found.comparisons[["features", "compared_with"]].isin(kept).all(axis=1)
    comparisons = found.comparisons[pairs.to_numpy(dtype=bool)]
    return scores.reset_index(drop=True), comparisons.reset_index(drop=True)
