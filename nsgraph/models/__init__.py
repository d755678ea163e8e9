"""Architectures, tracing, and the way between modules and network files.

torch is imported with the first function that needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsgraph.lazy import attach
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

__getattr__ = attach(__name__, _WHERE)
