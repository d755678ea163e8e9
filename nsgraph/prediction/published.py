"""The published tables of sparse networks (Cunegatti et al. 2024) as a table of networks.

A file that a user has: the archive `graph_data.tar.xz`, the folder it unpacks to, or the table of
multipartite graphs alone (`unrolled.csv`). What its columns are called here is in
`nsgraph.prediction.published_columns`; what was dropped, joined or had no partner is counted in a
table of its own.
"""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np
import pandas as pd

from nsgraph.errors import UserError
from nsgraph.prediction.published_columns import CATEGORIES, FAMILIES, IDENTITY, METHOD_PREFIX
from nsgraph.prediction.published_files import read_files
from nsgraph.prediction.published_layers import (
    by_name,
    checked,
    count,
    layer_densities,
    layer_means,
    ramanujan,
    read_layers,
    unique,
    weights_of,
)

__all__ = ["Published", "read_published"]

UNROLLED = "unrolled/unrolled.csv"
LAYERS = {"rolled": "graph_metrics/rolled/", "rolled-channel": "graph_metrics/rolled_channel/"}


class Published(NamedTuple):
    """The published tables.

    `networks`: a row a network, in the columns of the networks table and those that
    `nsgraph.prediction.with_layers` would add. `joins`: what became of every table's rows.
    """

    networks: pd.DataFrame
    joins: pd.DataFrame


def read_published(path: str | os.PathLike[str]) -> Published:
    """Read the published tables and join those of single layers to the networks.

    Parameters
    ----------
    path
        `graph_data.tar.xz`, the folder it unpacks to, or `unrolled.csv` (multipartite graphs
        alone).

    Returns
    -------
    Published
        Networks with `accuracy_drop` = 1 - accuracy / best accuracy of any sparse network of that
        model and data set (dense accuracies were not published), columns
        `<encoding>.<family>.<published name>`, and for the layers their means over those layers in
        which a metric is defined. Rows that repeat another row entirely are dropped, as are
        networks that lack a metric of their multipartite graph.

    Raises
    ------
    UserError
        If there is no such file, it is not whole, or is something else; if two rows speak
        differently of one network; if a method is unknown.
    """
    files = read_files(path)
    joins: list[dict] = []
    networks = _multipartite(files, os.fspath(path), joins)
    for encoding, prefix in LAYERS.items():
        rows = read_layers(files, prefix, joins, encoding)
        if rows is None:
            continue
        networks = _join(networks, layer_means(rows, encoding), encoding, joins)
        if encoding == "rolled":
            networks = _join(networks, layer_densities(rows), "layer densities", joins)
            bounds = ramanujan(files, rows, joins)
            if bounds is not None:
                networks = _join(networks, bounds, "Ramanujan", joins)
    ordered = networks.drop(columns=["pruning"]).sort_values(
        ["dataset", "model", "method", "sparsity", "seed"], ignore_index=True
    )
    return Published(ordered, pd.DataFrame(joins).astype({"n": "Int64"}))


def _multipartite(files: dict[str, pd.DataFrame], path: str, joins: list[dict]) -> pd.DataFrame:
    named = [name for name in files if name.endswith(UNROLLED) or name == "unrolled.csv"]
    if len(named) != 1:
        raise UserError(
            f"{path}: there is no {UNROLLED} in it, the table of the multipartite graphs; found "
            f"{', '.join(sorted(files)[:3]) or 'no table'}."
        )
    source = named[0]
    raw = checked(files[source], ["accuracy", "sparsity", "seed", *FAMILIES], source)
    count(joins, "multipartite", "rows", len(raw))
    found = raw.drop_duplicates(ignore_index=True)
    note = "rows that repeat another row in every column"
    count(joins, "multipartite", "duplicates dropped", len(raw) - len(found), note)
    unique(found, list(IDENTITY), source)
    unknown = sorted(set(found["pruning"].astype(str)) - set(CATEGORIES))
    if unknown:
        raise UserError(f"{source}: unknown method {unknown[0]!r}; known: {', '.join(CATEGORIES)}.")
    if not (found["accuracy"].between(0, 1) & found["sparsity"].between(0, 1)).all():
        raise UserError(f"{source}: accuracies and sparsities are expected between 0 and 1.")
    best = found.groupby(["dataset", "model"])["accuracy"].transform("max")
    whole = np.isfinite(found[list(FAMILIES)].to_numpy(dtype=np.float64)).all(axis=1)
    note = "; ".join(
        f"{row.model} on {row.dataset}, {row.pruning}, {row.sparsity:g}, seed {row.seed}"
        for row in found[~whole].itertuples()
    )
    count(joins, "multipartite", "networks that lack a metric, dropped", (~whole).sum(), note)
    found, best = found[whole].reset_index(drop=True), best[whole].reset_index(drop=True)
    weights = weights_of(found["pruning"])
    method = METHOD_PREFIX + found["pruning"]
    names = found["dataset"] + "/" + found["model"] + "/" + method + "/"
    names += [f"{s:g}-{n}" for s, n in zip(found["sparsity"], found["seed"], strict=True)]
    about = pd.DataFrame(
        {
            "network": names,
            "dataset": found["dataset"],
            "model": found["model"],
            "method": method,
            "pruning": found["pruning"],
            "category": found["pruning"].map(CATEGORIES),
            "sparsity": found["sparsity"],
            "density": 1.0 - found["sparsity"],
            "seed": found["seed"],
            "weights": weights,
            "test_accuracy": found["accuracy"],
            "best_sparse_accuracy": best,
            "accuracy_drop": 1.0 - found["accuracy"] / best,
        }
    )
    renamed = pd.Series({c: f"multipartite.{family}.{c}" for c, family in FAMILIES.items()})
    count(joins, "multipartite", "networks", len(about))
    return pd.concat([about, by_name(renamed, weights, found)], axis=1)


def _join(
    networks: pd.DataFrame, found: pd.DataFrame, source: str, joins: list[dict]
) -> pd.DataFrame:
    """Add columns by what a network is and its accuracy; counts who has no partner."""
    right = found.rename(columns={"accuracy": "test_accuracy"})
    keys = [*IDENTITY, "test_accuracy"]
    joined = networks.merge(right, on=keys, how="left", validate="one_to_one", indicator=True)
    matched = joined.pop("_merge") == "both"
    without = ", ".join(
        f"{model} {n}"
        for model, n in networks.loc[~matched.to_numpy(), "model"].value_counts().items()
    )
    count(joins, source, "networks matched", matched.sum())
    count(joins, source, "networks without a partner there", (~matched).sum(), without)
    count(joins, source, "left over there", len(right) - matched.sum())
    return joined
