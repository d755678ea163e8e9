"""Rows to typed data frames and back, without losing an integer or inventing a number."""

from __future__ import annotations

import decimal
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nsgraph.errors import UserError

__all__ = ["column", "frame_of", "is_missing", "python_values"]

INT64 = range(-(2**63), 2**63)


def is_missing(value: Any) -> bool:
    """True for None, NaN and pandas' own missing values."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    return isinstance(value, float | np.floating) and math.isnan(value)


def _plain(value: Any) -> Any:
    """One value as a plain Python object; None where it is missing."""
    if is_missing(value):
        return None
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, decimal.Decimal):  # how Parquet returns integers beyond 64 bits
        return int(value)
    return value


def python_values(series: pd.Series) -> list[Any]:
    """Values of a column as plain Python objects, None where missing."""
    return [_plain(v) for v in series.astype(object)]


def column(name: str, values: Iterable[Any]) -> pd.Series:
    """Column of the narrowest type that holds all values exactly.

    Booleans become `boolean`, integers the nullable `Int64` (Python integers where one exceeds 64
    bits), numbers with a fraction `float64` (missing: NaN), words `string`. A column without any
    value is `string` where its name ends in `.status` and `float64` otherwise.

    Raises
    ------
    UserError
        If the column mixes words and numbers or holds something else.

    Examples
    --------
    >>> column("n", [3, None, 2**40]).dtype
    Int64Dtype()
    >>> column("n", [2**70]).iloc[0]
    1180591620717411303424
    """
    plain = [_plain(v) for v in values]
    types = {type(v) for v in plain if v is not None}
    if types <= {str} and (types or name.endswith(".status")):
        return pd.Series(plain, name=name, dtype="string")
    if not types:
        return pd.Series([math.nan] * len(plain), name=name, dtype="float64")
    if types == {bool}:
        return pd.Series(plain, name=name, dtype="boolean")
    if types == {int}:
        if all(v in INT64 for v in plain if v is not None):
            return pd.Series(plain, name=name, dtype="Int64")
        return pd.Series(plain, name=name, dtype=object)
    if types <= {int, float}:
        floats = [math.nan if v is None else float(v) for v in plain]
        return pd.Series(floats, name=name, dtype="float64")
    found = ", ".join(sorted(t.__name__ for t in types))
    raise UserError(f"Column {name} holds {found}; a column holds words, or numbers, or booleans.")


def frame_of(
    rows: pd.DataFrame | Iterable[Mapping[str, Any]], first: Sequence[str] = ()
) -> pd.DataFrame:
    """Typed frame of a list of rows (or of a frame): see `column`.

    Columns come in the order in which the rows first name them, those of `first` (where present)
    before all others; a row that lacks a column has no value there.
    """
    if isinstance(rows, pd.DataFrame):
        values = {str(name): python_values(rows[name]) for name in rows.columns}
    else:
        listed = list(rows)
        names = dict.fromkeys(name for row in listed for name in row)
        values = {name: [row.get(name) for row in listed] for name in names}
    order = [n for n in first if n in values] + [n for n in values if n not in first]
    if not order:
        return pd.DataFrame()
    return pd.concat([column(name, values[name]) for name in order], axis=1)
