"""How far apart two sparse networks are: NNSTD, shared links, and what chance gives for both."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

from nsgraph.distance.chance import Chance, chance, unaligned
from nsgraph.distance.dictionary import ColumnInfo, dictionary
from nsgraph.distance.matrix import Matrix, clustering, matrix
from nsgraph.distance.nnstd import Distance, distance
from nsgraph.distance.stability import SharedLinks, Stability, stability
from nsgraph.distance.tables import PairTables, compare, pair_tables
from nsgraph.distance.trajectory import trajectory

__all__ = [
    "Chance",
    "ColumnInfo",
    "Distance",
    "Matrix",
    "PairTables",
    "SharedLinks",
    "Stability",
    "chance",
    "clustering",
    "compare",
    "dictionary",
    "distance",
    "matrix",
    "pair_tables",
    "stability",
    "trajectory",
    "unaligned",
]


def __getattr__(name: str) -> Any:
    if name == "others":  # loads parts of scipy that nothing else here needs
        return importlib.import_module("nsgraph.distance.others")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class _Callable(ModuleType):
    """`ns.distance` is this package and, called, the distance, whatever was imported first."""

    def __call__(self, *args: Any, **options: Any) -> Distance:
        return distance(*args, **options)


sys.modules[__name__].__class__ = _Callable
