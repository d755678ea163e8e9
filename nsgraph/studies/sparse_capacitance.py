"""Does beta_eff of a sparse network tell its accuracy drop, beside the metrics of its graph?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from nsgraph.prediction import predict, with_layers
from nsgraph.studies.capacitance_claims import BETA, both_sets

__all__ = ["capacitance_table", "predict_drop"]

TASK = "accuracy-drop"
BASELINES = ("sparsity", "layer densities", "nodes and edges", "nothing")
ABOUT = ("network", "dataset", "model", "method", "category", "sparsity", "seed", "accuracy_drop")


def capacitance_table(rows: Iterable[Mapping[str, Any]], networks: pd.DataFrame) -> pd.DataFrame:
    """One row a network, choice of weights and of signs: beta_eff, beside the accuracy drop.

    Parameters
    ----------
    rows
        Of `nsgraph.capacitance.networks.capacitance_rows`, with the key `network`.
    networks
        `nsgraph.report.networks_table`.
    """
    found = networks[list(ABOUT)].merge(pd.DataFrame(list(rows)), on="network")
    numbers = ("beta", "numerator", "denominator", "epsilon")
    return found.astype({name: "float64" for name in numbers})


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
        `capacitance_table`. Of beta_eff the sums of absolute values are used: with signs many
        networks have none.
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
    absolute = capacitance[capacitance["absolute"].to_numpy(dtype=bool)]
    wide = absolute.pivot(index="network", columns="weights", values="beta")
    own = wide.reindex(networks["network"]).reset_index(drop=True)
    metrics = networks.filter(regex=rf"^{encoding}\.").reset_index(drop=True)
    both = pd.concat(
        [
            metrics.rename(columns=lambda c: c.replace(encoding, both_sets(encoding), 1)),
            own.rename(columns=lambda c: f"{both_sets(encoding)}.{BETA}.{c}"),
        ],
        axis=1,
    )
    alone = own.rename(columns=lambda c: f"{BETA}.{BETA}.{c}")
    table = pd.concat([networks.reset_index(drop=True), both, alone], axis=1)
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
