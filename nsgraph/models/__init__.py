"""Architectures, tracing, and the way between modules and network files.

torch is imported with the first function that needs it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nsgraph.models.names import names

if TYPE_CHECKING:
    from nsgraph.models.builder import build
    from nsgraph.models.layers import prunable

__all__ = ["build", "names", "prunable"]

_WHERE = {"build": "builder", "prunable": "layers"}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
