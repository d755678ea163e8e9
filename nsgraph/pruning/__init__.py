"""Pruning methods: scores, allocation of counts to layers, compositions, and the engine.

One method is one file of `nsgraph.pruning.algorithms`; torch is imported with the first method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsgraph.lazy import attach

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

__getattr__ = attach(__name__, _WHERE)
