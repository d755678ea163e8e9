"""Pruning methods: scores, allocation of counts to layers, compositions, and the engine.

One method is one file of `nsgraph.pruning.algorithms`; torch is imported with the first method.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nsgraph.pruning.dynamic import Dynamic
    from nsgraph.pruning.engine import prune
    from nsgraph.pruning.method import Dense, Method, Scored, algorithm

__all__ = ["Dense", "Dynamic", "Method", "Scored", "algorithm", "prune"]

_WHERE = {
    "Dense": "method",
    "Dynamic": "dynamic",
    "Method": "method",
    "Scored": "method",
    "algorithm": "method",
    "prune": "engine",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
