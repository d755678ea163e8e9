"""nsgraph: sparse neural networks as graphs.

Names load on first use, so that measuring never imports torch and training never imports graph
libraries.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_WHERE = {
    "UserError": "nsgraph.errors",
    "Masks": "nsgraph.masks",
    "Wiring": "nsgraph.wiring",
    "load_network": "nsgraph.network_file",
    "write_network": "nsgraph.network_file",
    "save_network": "nsgraph.models",
    "prune": "nsgraph.pruning",
    "train": "nsgraph.training",
    "encode": "nsgraph.graphs",
    "measure": "nsgraph.metrics",
}
_MODULES = ("capacitance", "datasets", "distance", "models")

__all__ = ["__version__", *_MODULES, *_WHERE]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        value = getattr(importlib.import_module(_WHERE[name]), name)
    elif name in _MODULES:
        value = importlib.import_module(f"nsgraph.{name}")
    else:
        raise AttributeError(f"module 'nsgraph' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
