"""Neural capacitance: beta_eff of a network's weight graph.

torch is imported with the first function that needs it.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nsgraph.lazy import attach

if TYPE_CHECKING:
    from nsgraph.capacitance.beta import capacitance
    from nsgraph.capacitance.matrix import WeightGraph, weight_graph
    from nsgraph.capacitance.result import Capacitance

__all__ = ["Capacitance", "WeightGraph", "capacitance", "weight_graph"]

_WHERE = {
    "Capacitance": "result",
    "WeightGraph": "matrix",
    "capacitance": "beta",
    "weight_graph": "matrix",
}

__getattr__ = attach(__name__, _WHERE)


class _Callable(ModuleType):
    """`ns.capacitance` is this package and, called, beta_eff, whatever was imported first."""

    def __call__(self, *args: Any, **options: Any) -> Capacitance:
        from nsgraph.capacitance.beta import capacitance

        return capacitance(*args, **options)


sys.modules[__name__].__class__ = _Callable
