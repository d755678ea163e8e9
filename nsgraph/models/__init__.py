"""Architectures, tracing, and the way between modules and network files.

torch is imported with the first function that needs it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nsgraph.models.names import names

if TYPE_CHECKING:
    from nsgraph.models.builder import build
    from nsgraph.models.conversion import convert
    from nsgraph.models.layers import prunable
    from nsgraph.models.saving import from_saved, load_into, network_arrays, save_network
    from nsgraph.models.tracing import trace

__all__ = [
    "build",
    "convert",
    "from_saved",
    "load_into",
    "names",
    "network_arrays",
    "prunable",
    "save_network",
    "trace",
]

_WHERE = {
    "build": "builder",
    "convert": "conversion",
    "prunable": "layers",
    "trace": "tracing",
    "from_saved": "saving",
    "load_into": "saving",
    "network_arrays": "saving",
    "save_network": "saving",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
    globals()[name] = value
    return value
