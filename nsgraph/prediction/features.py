"""Which columns of the networks table a model may look at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nsgraph.errors import UserError
from nsgraph.graphs import ENCODINGS

__all__ = [
    "ALL",
    "BASELINES",
    "SIZES",
    "SPARSITY",
    "encodings_of",
    "feature_sets",
    "flat_within",
    "usable_columns",
]

ALL = "all encodings"
SPARSITY = "sparsity"
DENSITIES = "layer densities"
SIZES = "nodes and edges"
RAMANUJAN = "Ramanujan"
COSTS = "parameters and FLOPs"
BASELINES = (SPARSITY, DENSITIES, SIZES, RAMANUJAN, COSTS)
"""What every encoding has to stand beside, from the least to the most that it knows."""

WEIGHTS = ("final", "initial")
OF_FINAL_WEIGHTS = (
    *("spectral.gap", "spectral.largest_eigenvalue", "spectral.radius"),
    "expansion.iterative_weighted_gap",
)
"""Metrics of the final weights whose names do not say so."""


LARGEST = float(np.finfo(np.float32).max)
"""Trees see numbers of 32 bits."""


def encodings_of(table: pd.DataFrame) -> list[str]:
    """Encodings that the columns `<encoding>.<family>.<metric>` of a table speak of."""
    prefixes = {c.split(".", 1)[0] for c in table.columns if "." in c}
    return [e for e in ENCODINGS if e in prefixes]


def feature_sets(
    table: pd.DataFrame,
    encodings: list[str] | None = None,
    weights: str = "final",
    without: Sequence[str] = (),
) -> dict[str, list[str]]:
    """Named sets of columns: every encoding, all of them, and the trivial baselines.

    Parameters
    ----------
    table
        Networks table, with the columns of `with_layers` for the baselines of layers and costs.
    encodings
        Encodings to learn from; default: all that the table has.
    weights
        `"final"` or `"initial"`: metrics of which weights to use. Never both: they differ in scale,
        and a model would read off whether a method trains before it prunes.
    without
        Families that no encoding shall have (`size`: the numbers of nodes and edges, which say
        what was trained on what). Baselines keep theirs.

    Returns
    -------
    dict
        `<encoding>` -> its metrics, counts per node alone: within a data set, model and sparsity
        the raw count and that per edge rank networks nearly the same, and the sizes are among the
        features. `"all encodings"` -> those of all, where there are several. Then the baselines; a
        table without their columns gives an empty set:

        - `"sparsity"`: what was asked for;
        - `"layer densities"`: one column a layer where all networks have equally many, otherwise
          the densities at eleven relative depths;
        - `"nodes and edges"` of the first encoding (which alone identify model and data set);
        - `"Ramanujan"`: the family `expansion` of the rolled encoding, whose layers the bound is
          about, or of the first one that has it;
        - `"parameters and FLOPs"`: weights and multiply-adds, before and after pruning.
    """
    if weights not in WEIGHTS:
        raise UserError(
            f"Strengths are of 'final' or 'initial' weights, but {weights!r} was given."
        )
    chosen = encodings_of(table) if encodings is None else list(encodings)
    sets: dict[str, list[str]] = {}
    for encoding in chosen:
        names = _metrics(table, f"{encoding}.", weights)
        sets[encoding] = [n for n in names if n.split(".")[1] not in without]
        if not sets[encoding]:
            raise UserError(
                f"The networks table has no metrics of encoding {encoding!r}, "
                f"only of {', '.join(encodings_of(table)) or 'none'}."
            )
    if not sets:
        raise UserError("The networks table has no metrics of any encoding to learn from.")
    if len(sets) > 1:
        sets[ALL] = [name for names in sets.values() for name in names]
    sets[SPARSITY] = ["sparsity"]
    sets[DENSITIES] = _density_columns(table)
    sets[SIZES] = _size_columns(table)
    sets[RAMANUJAN] = _ramanujan_columns(table, weights)
    sets[COSTS] = [c for c in table.columns if c.startswith("mask.cost.")]
    return sets


def _metrics(table: pd.DataFrame, prefix: str, weights: str) -> list[str]:
    """Columns of metrics under a prefix, of these weights or of none, counts per node alone."""
    return [
        c
        for c in table.columns
        if c.startswith(prefix)
        and not c.endswith(".status")
        and _weights_of(c) in (weights, None)
        and not _has_per_node(c, table)
    ]


def _density_columns(table: pd.DataFrame) -> list[str]:
    """By layer where all networks have the same ones there, else by relative depth."""
    layers = [c for c in table.columns if c.startswith("mask.density.") and table[c].notna().any()]
    if table[layers].notna().all(axis=None):
        return layers
    return [c for c in table.columns if c.startswith("mask.profile.")]


def _size_columns(table: pd.DataFrame) -> list[str]:
    first = encodings_of(table)[0]
    names = (f"{first}.size.nodes", f"{first}.size.edges")
    return [n for n in names if n in table.columns]


def _ramanujan_columns(table: pd.DataFrame, weights: str) -> list[str]:
    for encoding in ("rolled", *encodings_of(table)):
        names = _metrics(table, f"{encoding}.expansion.", weights)
        if names:
            return names
    return []


def _has_per_node(name: str, table: pd.DataFrame) -> bool:
    """Whether a column is a count, raw or per edge, that is there per node too."""
    raw = name.removesuffix("_per_edge")
    return not name.endswith("_per_node") and f"{raw}_per_node" in table.columns


def _weights_of(name: str) -> str | None:
    """Which weights a column's metric is made of; None for the topology alone."""
    metric = name.split(".", 1)[1]
    kinds = (kind for kind in WEIGHTS if f".{kind}_" in name)
    return next(kinds, "final" if metric in OF_FINAL_WEIGHTS else None)


def _numbers(series: pd.Series) -> np.ndarray | None:
    """Values as float64 with NaN where missing, or None if they are not numbers."""
    if isinstance(series.dtype, pd.StringDtype):
        return None
    try:
        return series.astype("float64").to_numpy(na_value=np.nan)
    except (TypeError, ValueError):
        return None


def usable_columns(
    table: pd.DataFrame, names: list[str]
) -> tuple[np.ndarray, list[str], list[tuple[str, str]]]:
    """Matrix of the columns that a model can use, and why it cannot use the others.

    A column is left out if it is not a number, is missing, infinite or beyond 32 bits in a network,
    is constant, or repeats an earlier column. This looks at no label, so it may be done before
    folding.

    Returns
    -------
    matrix
        float64 [networks, used columns].
    used
        Names of the matrix's columns.
    left_out
        (name, reason) of all others.
    """
    used: list[str] = []
    columns: list[np.ndarray] = []
    left_out: list[tuple[str, str]] = []
    seen: dict[bytes, str] = {}
    for name in names:
        values = _numbers(table[name])
        if values is None:
            left_out.append((name, "not a number"))
        elif np.isnan(values).any():
            left_out.append((name, f"missing in {int(np.isnan(values).sum())} networks"))
        elif np.isinf(values).any():
            left_out.append((name, f"infinite in {int(np.isinf(values).sum())} networks"))
        elif (np.abs(values) > LARGEST).any():
            left_out.append((name, "beyond numbers of 32 bits"))
        elif (values == values[:1]).all():
            left_out.append((name, "constant"))
        elif (key := (values + 0.0).tobytes()) in seen:  # + 0.0 makes -0.0 and 0.0 the same bytes
            left_out.append((name, f"repeats {seen[key]}"))
        else:
            seen[key] = name
            used.append(name)
            columns.append(values)
    matrix = np.column_stack(columns) if columns else np.empty((len(table), 0))
    return matrix, used, left_out


def flat_within(cells: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Which cells have no two networks that differ in any feature.

    There a model can only tell what it learnt about the whole cell: within it, its answers are the
    same for all networks of a fold and differ between folds by who was left out.

    Parameters
    ----------
    cells
        int64 [networks], from 0 without gaps.
    matrix
        float64 [networks, features].

    Returns
    -------
    array
        bool [cells]; all true without features.

    Examples
    --------
    >>> flat_within(np.array([0, 0, 1, 1]), np.array([[5.0], [5.0], [5.0], [6.0]])).tolist()
    [True, False]
    """
    found = np.ones(int(cells.max(initial=-1)) + 1, dtype=bool)
    for cell in range(len(found)):
        own = matrix[cells == cell]
        found[cell] = (own == own[:1]).all()
    return found
