"""Published tables of single layers, as means over the layers of each network."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nsgraph.errors import UserError
from nsgraph.prediction.layer_columns import density_columns
from nsgraph.prediction.published_columns import (
    CATEGORIES,
    IDENTITY,
    LAYER_FAMILIES,
    OTHER_NAMES,
    RAMANUJAN,
    WEIGHTED,
)

__all__ = [
    "by_name",
    "checked",
    "count",
    "layer_densities",
    "layer_means",
    "ramanujan",
    "read_layers",
    "unique",
    "weights_of",
]

RAMANUJAN_FILES = "ramanunjan_results/"
BY_ACCURACY = ["dataset", "model", "sparsity", "seed", "accuracy"]
LAYER_DENSITY = "layer_sparsity"  # its name there; it is the share of weights kept
COUNTS = {"no_weights": "mask.cost.kept", "no_params": "mask.cost.weights"}
WORDS = ("pruning", "model", "dataset")


def count(joins: list[dict], source: str, what: str, n: int, note: str = "") -> None:
    """Add a row to the table of what became of all rows."""
    joins.append({"source": source, "what": what, "n": int(n), "note": note})


def checked(frame: pd.DataFrame, numbers: list[str], source: str) -> pd.DataFrame:
    """The frame, if it names networks and these columns hold numbers."""
    lacking = [n for n in (*WORDS, *numbers) if n not in frame]
    if lacking:
        raise UserError(
            f"{source}: the column {lacking[0]} is not there; this is not a table of the published "
            f"graph data, its columns are {', '.join(map(str, frame.columns[:6]))} and so on."
        )
    wrong = [n for n in numbers if not pd.api.types.is_numeric_dtype(frame[n].dtype)]
    if wrong:
        raise UserError(f"{source}: the column {wrong[0]} holds something other than numbers.")
    return frame


def unique(frame: pd.DataFrame, keys: list[str], source: str) -> None:
    """Refuse two rows of the same keys."""
    repeated = frame.duplicated(keys)
    if repeated.any():
        first = ", ".join(f"{k} {frame.loc[repeated, k].iloc[0]}" for k in keys)
        raise UserError(
            f"{source}: {int(repeated.sum())} rows speak of a network that another row describes "
            f"otherwise, the first of {first}."
        )


def by_name(names: pd.Series, weights: pd.Series, values: pd.DataFrame) -> pd.DataFrame:
    """Columns by their names here; those of weights apart for initial and final ones."""
    found = {}
    for column, name in names.items():
        if column not in WEIGHTED:
            found[name] = values[column]
            continue
        head, _, tail = name.rpartition(".")
        for kind in ("initial", "final"):
            found[f"{head}.{kind}_{tail}"] = values[column].astype("float64").where(weights == kind)
    return pd.DataFrame(found, index=values.index)


def weights_of(methods: pd.Series) -> pd.Series:
    """Which weights the tables hold of networks of these methods."""
    dynamic = methods.map(CATEGORIES) == "dynamic sparse training"
    return pd.Series(np.where(dynamic, "final", "initial"), index=methods.index)


def read_layers(
    files: dict[str, pd.DataFrame], prefix: str, joins: list[dict], source: str
) -> pd.DataFrame | None:
    """Rows of single layers, under one set of names; None if there are none."""
    tables = {n: t for n, t in sorted(files.items()) if f"/{prefix}" in f"/{n}"}
    if not tables:
        count(joins, source, "rows", 0, "not in the file")
        return None
    needed = ["accuracy", "sparsity", "seed", "layer_id", LAYER_DENSITY, "edges"]
    renamed = {n: checked(t.rename(columns=OTHER_NAMES), needed, n) for n, t in tables.items()}
    fewer = [n for n, t in renamed.items() if "motifs_count" in t and "sink_nodes" not in t]
    rows = pd.concat(renamed.values(), ignore_index=True)
    count(joins, source, "rows", len(rows))
    note = "; ".join(n.rsplit("/", 1)[-1] for n in fewer)
    count(joins, source, "files with fewer columns, under other names", len(fewer), note)
    whole = rows.drop_duplicates(ignore_index=True)
    count(joins, source, "duplicates dropped", len(rows) - len(whole))
    unique(whole, [*IDENTITY, "layer_id"], source)
    return whole


def layer_means(rows: pd.DataFrame, encoding: str) -> pd.DataFrame:
    """Means over layers, a row a network, by IDENTITY and accuracy."""
    columns = [c for c in LAYER_FAMILIES if c in rows and rows[c].notna().any()]
    finite = rows[columns].astype("float64").replace([np.inf, -np.inf], np.nan)
    keys = [rows[k] for k in (*IDENTITY, "accuracy")]
    means = finite.groupby(keys, sort=False).mean().reset_index()
    names = pd.Series({c: f"{encoding}.{LAYER_FAMILIES[c]}.{c}" for c in columns})
    weights = weights_of(means["pruning"])
    about = means[[*IDENTITY, "accuracy"]]
    return pd.concat([about, by_name(names, weights, means)], axis=1)


def ramanujan(
    files: dict[str, pd.DataFrame], rolled: pd.DataFrame, joins: list[dict]
) -> pd.DataFrame | None:
    """Means over layers of the Ramanujan metrics, told whose they are by accuracy and links.

    Their table does not name the method. Two methods may reach the same accuracy with the same
    seed; the number of links in all layers tells them apart.
    """
    tables = {n: t for n, t in sorted(files.items()) if f"/{RAMANUJAN_FILES}" in f"/{n}"}
    if not tables:
        count(joins, "Ramanujan", "rows", 0, "not in the file")
        return None
    needed = ["accuracy", "sparsity", "seed", "layer_id", *COUNTS, *RAMANUJAN]
    named = [checked(t.assign(pruning=""), needed, n) for n, t in tables.items()]
    rows = pd.concat(named, ignore_index=True).drop(columns="pruning")
    count(joins, "Ramanujan", "rows", len(rows))
    twin = rows.groupby([*BY_ACCURACY, "layer_id"]).cumcount().rename("twin")
    by = [*(rows[k] for k in BY_ACCURACY), twin]
    finite = rows[list(RAMANUJAN)].replace([np.inf, -np.inf], np.nan)
    counts = rows[list(COUNTS)].groupby(by).sum().round().astype("int64")
    means = finite.groupby(by).mean().join(counts.rename(columns=COUNTS)).reset_index()
    links = rolled.groupby([*IDENTITY, "accuracy"])["edges"].sum().round().astype("int64")
    owners = links.rename(COUNTS["no_weights"]).reset_index()
    keys = [*BY_ACCURACY, COUNTS["no_weights"]]
    unique(means, keys, "Ramanujan tables")
    unique(owners, keys, "tables of the rolled encoding")
    found = means.merge(owners, on=keys, validate="one_to_one")
    note = "joined by data set, model, sparsity, seed, accuracy and number of links"
    count(joins, "Ramanujan", "networks whose method is known", len(found), note)
    count(joins, "Ramanujan", "networks whose method is not known", len(means) - len(found))
    names = pd.Series({c: f"rolled.expansion.{c}" for c in RAMANUJAN})
    about = found[[*IDENTITY, "accuracy", *COUNTS.values()]]
    return pd.concat([about, by_name(names, weights_of(found["pruning"]), found)], axis=1)


def layer_densities(rolled: pd.DataFrame) -> pd.DataFrame:
    """Columns of `density_columns`, a row a network, by IDENTITY and accuracy."""
    keys = [*IDENTITY, "accuracy"]
    ordered = rolled.sort_values([*keys, "layer_id"])
    networks = ordered.groupby(keys, sort=False)[LAYER_DENSITY].agg(list)
    named = {str(i): own for i, own in enumerate(networks)}
    columns = density_columns(named).drop(columns="network")
    return pd.concat([networks.index.to_frame(index=False), columns], axis=1)
