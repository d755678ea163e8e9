"""Where methods put their weights: the densities of the layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from nsgraph.masks import Masks
from nsgraph.studies.intervals import FEW

__all__ = ["ABOUT", "densities_table", "layer_rows"]

ABOUT = ("dataset", "model", "method", "sparsity", "category")
"""What `layer_rows` has to be told of a network."""

KEYS = ["dataset", "model", "method", "sparsity", "position", "layer"]
COLUMNS = {
    **dict.fromkeys(("dataset", "model", "method"), "string"),
    "sparsity": "float64",
    "position": "Int64",
    **dict.fromkeys(("layer", "category", "shape"), "string"),
    "n_weights": "Int64",
    "n": "Int64",
    **dict.fromkeys(("density", "sd"), "float64"),
    "sd.status": "string",
    **dict.fromkeys(("lowest", "highest", "share"), "float64"),
}
OVER_NETWORKS = ("n", "sd", "sd.status", "lowest", "highest")


def layer_rows(
    masks: Masks, *, dataset: str, model: str, method: str, sparsity: float, category: str
) -> list[dict[str, Any]]:
    """What the layers of one network keep: a row each, in the order of the network."""
    total = masks.n_kept
    return [
        {
            "dataset": dataset,
            "model": model,
            "method": method,
            "sparsity": sparsity,
            "position": position,
            "layer": layer,
            "category": category,
            "shape": " x ".join(map(str, mask.shape)),
            "n_weights": mask.size,
            "density": float(np.count_nonzero(mask)) / mask.size,
            "share": float(np.count_nonzero(mask)) / total if total else None,
        }
        for position, (layer, mask) in enumerate(masks.items(), 1)
    ]


def densities_table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """One row a data set, model, method, sparsity and layer, over the `n` networks there are.

    Parameters
    ----------
    rows
        `layer_rows` of all networks.

    Returns
    -------
    frame
        `position` of the layer in the network (from 1), `layer`, `category` of the method, `shape`
        and `n_weights` of the layer; over the networks the mean `density`, its `sd` (n - 1),
        `lowest` and `highest`, and the mean `share` of the network's kept weights that are here.
    """
    frame = pd.DataFrame(list(rows), columns=[c for c in COLUMNS if c not in OVER_NETWORKS])
    grouped = frame.groupby(KEYS, sort=True)
    table = grouped.agg(
        category=("category", "first"),
        shape=("shape", "first"),
        n_weights=("n_weights", "first"),
        n=("density", "size"),
        mean=("density", "mean"),
        sd=("density", "std"),
        lowest=("density", "min"),
        highest=("density", "max"),
        share=("share", "mean"),
    )
    table = table.rename(columns={"mean": "density"}).reset_index()
    table["sd.status"] = [FEW if missing else None for missing in table["sd"].isna()]
    return table[list(COLUMNS)].astype(COLUMNS)
