"""Dynamic sparse training that looks at its links after every step: deep rewiring and Top-KAST."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from nsgraph.pruning.allocation import ALLOCATIONS, Allocation, uniform
from nsgraph.pruning.method import Method
from nsgraph.pruning.starts import Start, start_option

__all__ = ["DeepRewiring", "ForwardBackward"]


@dataclass(frozen=True, kw_only=True)
class DeepRewiring(Method):
    """Every weight has a sign for life; where a step would flip it, the link moves elsewhere.

    Attributes
    ----------
    start
        Topology to begin with: see `nsgraph.pruning.starts`.
    l1
        L1 decay of the live weights, times the learning rate.
    noise
        Standard deviation of the noise that each step adds to the live weights, times the learning
        rate.
    within
        Whether a link moves within its `"layer"` or anywhere in the `"network"`.
    """

    category: str = "dynamic sparse training"
    start: Start
    l1: float = 1e-5
    noise: float = 1e-5
    within: Literal["layer", "network"] = "layer"

    TUNABLE: ClassVar[tuple[str, ...]] = ("start", "l1", "noise", "within")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("l1", "noise"):
            value = getattr(self, name)
            self._check(0 <= value < math.inf, f"{name} is {value}; expected at least 0")

    @property
    def needs(self) -> str | None:
        return "training"

    def _field(self, key: str, hint: Any, value: Any) -> Any:
        if key == "start":
            return start_option(value, getattr(self, key), self.name)
        return self._converted(key, hint, value)


@dataclass(frozen=True, kw_only=True)
class ForwardBackward(Method):
    """The largest weights are used (forward set), more of them are trained (backward set).

    Attributes
    ----------
    allocation
        `(shapes, density) -> densities` of the layers, or `overall`: one ranking of all weights.
    backward
        Size of the backward set as a multiple, at least 1, of the forward set's; at most all
        weights.
    every
        Steps after which both sets are chosen anew.
    """

    category: str = "dynamic sparse training"
    allocation: Allocation = uniform
    backward: float = 2.0
    every: int = 1

    TUNABLE: ClassVar[tuple[str, ...]] = ("allocation", "backward", "every")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(
            1 <= self.backward < math.inf, f"backward is {self.backward}; expected at least 1"
        )
        self._check(self.every >= 1, f"every is {self.every}; expected at least 1")

    @property
    def needs(self) -> str | None:
        return "training"

    def _field(self, key: str, hint: Any, value: Any) -> Any:
        if key == "allocation":
            return self._named(key, ALLOCATIONS, value)
        return self._converted(key, hint, value)
