"""Result tables: tidy, sorted, and the same bytes whenever the content is the same."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from nsgraph.errors import UserError
from nsgraph.files import atomic_write, canonical_json
from nsgraph.report.frames import column, frame_of, python_values

__all__ = [
    "KEYS",
    "layers_table",
    "networks_table",
    "nulls_table",
    "pairs_table",
    "read_table",
    "write_file",
    "write_table",
]

Rows: TypeAlias = pd.DataFrame | Iterable[Mapping[str, Any]]

PAIR = ("differ", "dataset", "dataset_b", "model", "method", "sparsity", "seed_a", "seed_b")

ASKED = ("part", "task", "folding", "features")

# What one row of a table is. Rows are sorted by these columns, which no two rows share.
KEYS: dict[str, tuple[str, ...]] = {
    "networks": ("dataset", "model", "method", "sparsity", "seed"),
    "layers": ("network", "encoding", "layer", "metric"),
    "nulls": ("network", "encoding", "metric", "null_model"),
    "pairs": PAIR,
    "pair_layers": (*PAIR, "layer"),
    "prediction_scores": (*ASKED, "model"),
    "prediction_repeats": (*ASKED, "model", "repeat"),
    "prediction_curve": (*ASKED, "model", "share"),
    "prediction_comparisons": (*ASKED, "compared_folding", "compared_with", "model"),
    "prediction_importance": (*ASKED, "sees", "way", "level", "name"),
    "prediction_beyond": (*ASKED, "sees"),
    "prediction_clusters": ("part", "features", "position"),
    "prediction_confusion": (*ASKED, "truth", "predicted"),
    "prediction_drops": ("part", "folding", "features", "network"),
    "prediction_null": ASKED,
    "prediction_null_samples": (*ASKED, "sample"),
    "prediction_columns": ("part", "features", "column"),
    "published_joins": ("position",),
    "accuracy": ("dataset", "model", "method", "sparsity"),
    "methods": ("method",),
    "densities": ("dataset", "model", "method", "sparsity", "position"),
    "distances": (
        *("dataset", "model", "experiment", "root_a", "place_a", "root_b", "place_b"),
        "layers",
    ),
    "evolved": ("dataset", "model", "start", "number"),
    "retrained": ("dataset", "model", "seed", "topology", "weights", "epoch"),
    "curves": ("candidate", "share", "seed", "epoch"),
    "candidates": ("candidate",),
    "forecasts": ("share", "epochs", "predictor", "candidate", "seed"),
    "ranking": ("share", "epochs", "predictor"),
    "ranking_differences": ("share", "epochs", "predictor", "compared_with"),
    "starts": ("epochs", "predictor", "start"),
    "capacitance": ("network",),
    "claims": ("claim",),
    "columns": ("table", "position"),
}
KEYS |= {f"sparse_{part}": KEYS[f"prediction_{part}"] for part in ("scores", "comparisons")}


def require_unique(frame: pd.DataFrame, keys: Sequence[str], what: str) -> None:
    """Raise a UserError that counts the rows of `frame` that repeat another row's keys."""
    lacking = [k for k in keys if k not in frame.columns]
    if lacking:
        raise UserError(f"{what}: there is no column {', '.join(lacking)}.")
    repeated = frame.duplicated(list(keys))
    if repeated.any():
        example = ", ".join(f"{k} {frame.loc[repeated, k].iloc[0]}" for k in keys)
        raise UserError(
            f"{what}: {int(repeated.sum())} rows repeat another row's keys, the first with "
            f"{example}; every combination may appear once."
        )


def _rows_of_manifests(manifests: Rows) -> Rows:
    if isinstance(manifests, pd.DataFrame):
        return manifests
    import msgspec

    listed = [e if isinstance(e, Mapping) else msgspec.to_builtins(e) for e in manifests]
    return [
        {k: canonical_json(v) if isinstance(v, Mapping) else v for k, v in entry.items()}
        for entry in listed
    ]


def _accuracy_drop(networks: pd.DataFrame, dense: str) -> pd.DataFrame:
    """Columns `dense_accuracy`, `accuracy_drop` and `accuracy_drop.status`."""
    keys = [k for k in ("dataset", "model", "recipe", "split_seed", "seed") if k in networks]
    reference = networks.loc[networks["method"] == dense, [*keys, "test_accuracy"]]
    require_unique(reference, keys, f"Networks of method {dense}")
    lookup = {tuple(row[:-1]): row[-1] for row in reference.itertuples(index=False, name=None)}
    found: list[Any] = []
    drops: list[float | None] = []
    statuses: list[str | None] = []
    for row in networks[[*keys, "test_accuracy"]].itertuples(index=False, name=None):
        full, own = lookup.get(tuple(row[:-1])), row[-1]
        status = None
        if full is None:
            status = "no dense network"
        elif pd.isna(full) or pd.isna(own):
            status = "no test accuracy"
        elif full == 0:
            status = "dense accuracy is zero"
        found.append(full)
        drops.append(1.0 - own / full if status is None else None)  # type: ignore[operator]
        statuses.append(status)
    return pd.concat(
        [
            column("dense_accuracy", found),
            column("accuracy_drop", drops),
            column("accuracy_drop.status", statuses),
        ],
        axis=1,
    )


def networks_table(
    manifests: Rows, metrics: Rows | None = None, dense: str = "dense"
) -> pd.DataFrame:
    """One row per network: where it comes from, how accurate it is, all its metrics.

    Parameters
    ----------
    manifests
        Entries of the cohorts' manifests (`nsgraph.store.Entry` or mappings).
    metrics
        Wide rows with the key `network` and columns `<encoding>.<family>.<metric>`; None if
        nothing was measured.
    dense
        Method whose network of the same data set, model, recipe, split and seed is the reference
        of `accuracy_drop` = 1 - accuracy / dense accuracy (1 = all lost; below 0 = gained).

    Raises
    ------
    UserError
        If a network appears twice on either side, or only on one side.
    """
    networks = frame_of(_rows_of_manifests(manifests))
    if networks.empty:
        raise UserError("There is no network in the manifests, so there is no table to make.")
    require_unique(networks, ["network"], "Manifests")
    require_unique(networks, KEYS["networks"], "Manifests")
    measured = frame_of(networks[["network"]] if metrics is None else metrics)
    require_unique(measured, ["network"], "Metric rows")
    ours, theirs = set(networks["network"]), set(measured["network"])
    for missing, where in ((ours - theirs, "metric rows"), (theirs - ours, "manifests")):
        if missing:
            raise UserError(
                f"{len(missing)} networks are not in the {where}, the first is {min(missing)}; "
                "measure the networks of these manifests again."
            )
    clash = sorted(set(networks.columns) & set(measured.columns) - {"network"})
    if clash:
        raise UserError(f"Metric rows repeat columns of the manifests: {', '.join(clash)}.")
    networks = networks.sort_values(list(KEYS["networks"]), kind="stable", ignore_index=True)
    density = column("density", [1.0 - s for s in python_values(networks["sparsity_reached"])])
    provenance = pd.concat([networks, density, _accuracy_drop(networks, dense)], axis=1)
    where_from = [c for c in ("file", "sha256") if c in provenance]
    order = ["network", *(c for c in provenance if c not in ("network", *where_from)), *where_from]
    aligned = measured.set_index("network").loc[list(networks["network"])].reset_index(drop=True)
    return pd.concat([provenance[order], aligned], axis=1)


def layers_table(rows: Rows) -> pd.DataFrame:
    """Long table: one row per network, encoding, layer and metric.

    Values are float64, for one column holds all metrics; exact integers are in the networks table.
    """
    frame = frame_of(rows, first=(*KEYS["layers"], "value"))
    require_unique(frame, KEYS["layers"], "Layer rows")
    frame["value"] = column(
        "value", [None if v is None else float(v) for v in python_values(frame["value"])]
    )
    return frame.sort_values(list(KEYS["layers"]), kind="stable", ignore_index=True)


def nulls_table(rows: Rows) -> pd.DataFrame:
    """One row per network, encoding, metric and null model; without any rows, an empty table.

    Values are float64, for one column holds all metrics; exact integers are in the networks table.
    """
    numbers = ("value", "mean", "sd", "z")
    frame = frame_of(rows, first=(*KEYS["nulls"], "samples", *numbers, "status"))
    for name in (n for n in numbers if n in frame):
        values = [None if v is None else float(v) for v in python_values(frame[name])]
        frame[name] = column(name, values)
    if frame.empty:
        return pd.concat([column(k, []) for k in KEYS["nulls"]], axis=1)
    require_unique(frame, KEYS["nulls"], "Rows beside null models")
    return frame.sort_values(list(KEYS["nulls"]), kind="stable", ignore_index=True)


def pairs_table(rows: Rows, layers: bool = False) -> pd.DataFrame:
    """One row per two networks that differ in their seed alone, or in their data set alone.

    With `layers`, one row per pair and layer (the table `pair_layers`).
    """
    keys = KEYS["pair_layers" if layers else "pairs"]
    frame = frame_of(rows, first=keys)
    if frame.empty:  # one seed a configuration: no pairs, but a table all the same
        return pd.concat([column(k, []) for k in keys], axis=1)
    require_unique(frame, keys, "Pair rows")
    return frame.sort_values(list(keys), kind="stable", ignore_index=True)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def _write_csv(values: dict[str, list[Any]], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(values)
        writer.writerows([_text(v) for v in row] for row in zip(*values.values(), strict=True))


def _write_parquet(frame: pd.DataFrame, values: dict[str, list[Any]], path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    kinds = {"b": pyarrow.bool_(), "i": pyarrow.int64(), "f": pyarrow.float64()}
    arrays = []
    for name, listed in values.items():
        dtype = frame[name].dtype
        if isinstance(dtype, pd.StringDtype):
            kind = pyarrow.string()
        elif dtype.kind == "O":  # integers beyond 64 bits
            kind = pyarrow.decimal256(76, 0)
        else:
            kind = kinds[dtype.kind]
        arrays.append(pyarrow.array(listed, type=kind))
    table = pyarrow.Table.from_arrays(arrays, names=list(values))
    pyarrow.parquet.write_table(table, path, compression="zstd")


def write_table(
    frame: pd.DataFrame, path: str | os.PathLike[str], keys: Sequence[str] | None = None
) -> None:
    """Write `frame` as tidy CSV to `path` and as Parquet beside it, each in one step.

    Rows are sorted by `keys` (default: what `KEYS` has for the file's name, else all columns from
    left to right). Integers are written as integers, floats in their shortest form that reads back
    the same, no value as an empty field, line ends as a line feed. Equal content, equal bytes.
    """
    target = Path(path)
    typed = frame_of(frame)
    chosen = KEYS.get(target.stem, tuple(typed.columns)) if keys is None else tuple(keys)
    present = [k for k in chosen if k in typed.columns]
    if present:
        typed = typed.sort_values(present, kind="stable", ignore_index=True)
    for suffix in (".csv", ".parquet"):
        write_file(typed, target.with_suffix(suffix))


def write_file(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a typed frame (`frame_of`) as it stands, in one step: .parquet, or CSV otherwise.

    Integers beyond 64 bits are decimals of 76 digits in Parquet.
    """
    target = Path(path)
    values = {name: python_values(frame[name]) for name in frame.columns}
    with atomic_write(target) as temporary:
        if target.suffix.lower() == ".parquet":
            _write_parquet(frame, values, temporary)
        else:
            _write_csv(values, temporary)


def read_table(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table that `write_table` wrote, with the types it had (from the Parquet file)."""
    import pyarrow.parquet

    source = Path(path).with_suffix(".parquet")
    try:
        table = pyarrow.parquet.read_table(source)
    except FileNotFoundError as error:
        raise UserError(f"{source}: no such table.") from error
    except pyarrow.ArrowInvalid as error:
        raise UserError(f"{source} is not a whole Parquet file ({error}).") from error
    columns = [column(n, table.column(n).to_pylist()) for n in table.column_names]
    return pd.concat(columns, axis=1) if columns else pd.DataFrame()
