"""The data dictionary: what every column of every table means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from nsgraph.errors import UserError
from nsgraph.report.capacitance_entries import CAPACITANCE_ENTRIES
from nsgraph.report.entries import ENTRIES, SUFFIXES, Description
from nsgraph.report.frames import column
from nsgraph.report.importance_entries import IMPORTANCE_ENTRIES
from nsgraph.report.method_entries import METHOD_ENTRIES
from nsgraph.report.nnstd_entries import NNSTD_ENTRIES
from nsgraph.report.prediction_entries import PREDICTION_ENTRIES

__all__ = ["Description", "columns_table", "describe"]

OWN = {
    **ENTRIES,
    **METHOD_ENTRIES,
    **NNSTD_ENTRIES,
    **PREDICTION_ENTRIES,
    **IMPORTANCE_ENTRIES,
    **CAPACITANCE_ENTRIES,
}


def _by_name(dictionary: Any) -> dict[str, Description]:
    """Entries of a metrics dictionary, under `name` and under `family.name`."""
    entries: Iterable[Any] = dictionary.values() if isinstance(dictionary, Mapping) else dictionary
    found: dict[str, Description] = {}
    for entry in entries:
        about = Description(*(str(getattr(entry, f) or "") for f in Description._fields))
        found[entry.name] = about
        if "." not in entry.name:
            found[f"{entry.family}.{entry.name}"] = about
    return found


def _of_metric(name: str, known: Mapping[str, Description]) -> Description | None:
    if name in known:
        return known[name]
    if name.endswith(".status"):
        base = name.removesuffix(".status")
        return Description(f"why {base} is empty") if _of_metric(base, known) else None
    for suffix, meaning, unit, formula in SUFFIXES:
        base = name.removesuffix(suffix)
        about = _of_metric(base, known) if base != name else None
        if about:
            words = {"meaning": about.meaning, "unit": about.unit, "name": base}
            return Description(
                meaning.format(**words), unit.format(**words), formula.format(**words), about.source
            )
    return None


def describe(
    table: str, name: str, metrics: Mapping[str, Description], pairs: Mapping[str, Description]
) -> Description:
    """Description of one column.

    Raises
    ------
    UserError
        If there is none; names the table and the column.
    """
    own = OWN.get(table, {}).get(name)
    if own is None and table == "networks":
        encoding, _, metric = name.partition(".")
        about = _of_metric(metric, metrics)
        own = about and about._replace(meaning=f"{about.meaning} ({encoding} encoding)")
        own = own or _of_metric(name, metrics)  # of the network itself, not of an encoding
    if own is None and table == "layers" and name.startswith(VALUE_OF):
        own = _of_metric(name.removeprefix(VALUE_OF), metrics)
    if own is None and table in ("pairs", "pair_layers"):
        own = _of_metric(name, pairs)
    if own is None:
        raise UserError(f"Table {table} has a column {name} that the data dictionary lacks.")
    return own


def columns_table(
    tables: Mapping[str, pd.DataFrame], metrics: Any = None, distances: Any = None
) -> pd.DataFrame:
    """The data dictionary: one row for every column of every table, itself included.

    The metrics that the long table `layers` holds get a row each, as `value of <metric>`.

    Parameters
    ----------
    tables
        Name -> table.
    metrics, distances
        Objects with `name`, `family`, `meaning`, `unit`, `formula` and `source`; default: what
        `nsgraph.metrics.dictionary()`, with the columns `capacitance.*`, and
        `nsgraph.distance.dictionary()` return.
    """
    if metrics is None:
        from nsgraph.capacitance.dictionary import dictionary as capacitance_dictionary
        from nsgraph.metrics import dictionary as metrics_dictionary

        metrics = [*metrics_dictionary(), *capacitance_dictionary()]
    if distances is None:
        from nsgraph.distance import dictionary as distances_dictionary

        distances = distances_dictionary()
    of_metrics, of_pairs = _by_name(metrics), _by_name(distances)
    rows: list[tuple[str, int, str, Description]] = []
    named = {**{name: list(t.columns) for name, t in tables.items()}, "columns": COLUMNS}
    if "layers" in tables:  # a long table: what its values mean depends on the metric
        named["layers"] += [VALUE_OF + m for m in sorted(tables["layers"]["metric"].unique())]
    for table in sorted(named):
        for position, name in enumerate(named[table], 1):
            rows.append((table, position, name, describe(table, name, of_metrics, of_pairs)))
    columns: dict[str, list[Any]] = {
        "table": [r[0] for r in rows],
        "position": [r[1] for r in rows],
        "column": [r[2] for r in rows],
    }
    columns |= {f: [_one_line(getattr(r[3], f)) for r in rows] for f in Description._fields}
    return pd.concat([column(n, values) for n, values in columns.items()], axis=1)


VALUE_OF = "value of "
COLUMNS = ["table", "position", "column", *Description._fields]


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
