"""Parts of a table that the same questions are asked of: one sparsity, one architecture, ..."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nsgraph.errors import UserError
from nsgraph.prediction.features import encodings_of

__all__ = ["PARTS", "WHOLE", "parts_of"]

WHOLE = "all"
COMPLETE = "complete"
PARTS: dict[str, tuple[str, ...]] = {
    WHOLE: (),
    COMPLETE: (),
    "sparsity": ("sparsity",),
    "model": ("model",),
    "dataset": ("dataset",),
    "model-and-dataset": ("model", "dataset"),
}
"""How a table can be cut -> the columns whose values a part has in common.

`complete` are the networks that no encoding lacks altogether: a table may hold architectures that
were measured in one encoding alone, and feature sets are compared on the same networks."""


def parts_of(table: pd.DataFrame, kinds: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Name of every part -> which rows are in it: bool [networks].

    A cut that leaves the table whole (by data set, where there is one) gives nothing new and is
    left out, as is one by model and data set where either is the same for all.

    Examples
    --------
    >>> table = pd.DataFrame({"sparsity": [0.9, 0.8], "model": "mlp", "dataset": "digits"})
    >>> list(parts_of(table, tuple(PARTS)))
    ['all', 'sparsity 0.8', 'sparsity 0.9']
    """
    found: dict[str, np.ndarray] = {}
    for kind in kinds:
        if kind not in PARTS:
            raise UserError(f"There are no parts by {kind!r}, only {', '.join(PARTS)}.")
        columns = PARTS[kind]
        if kind == COMPLETE:
            whole = _in_every_encoding(table)
            found |= {} if whole.all() else {COMPLETE: whole}
        elif kind == WHOLE:
            found[WHOLE] = np.ones(len(table), dtype=bool)
        elif all(table[c].nunique() > 1 for c in columns):
            for values, rows in table.groupby(list(columns), sort=True).indices.items():
                found[_name(columns, values)] = np.isin(np.arange(len(table)), rows)
    return found


def _in_every_encoding(table: pd.DataFrame) -> np.ndarray:
    measured = np.ones(len(table), dtype=bool)
    for encoding in encodings_of(table):
        own = [c for c in table.columns if c.startswith(f"{encoding}.")]
        measured &= table[own].notna().any(axis=1).to_numpy(dtype=bool)
    return measured


def _name(columns: tuple[str, ...], values: tuple) -> str:
    if len(columns) == 2:
        return " on ".join(str(v) for v in values)
    value = values[0] if isinstance(values, tuple) else values
    return f"{columns[0]} {value:g}" if isinstance(value, float) else f"{columns[0]} {value}"
