"""Post-training methods that change the weights they keep: what such a method is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from nsgraph.pruning.allocation import Allocation, overall, uniform
from nsgraph.pruning.method import Scored
from nsgraph.pruning.patterns import groups

__all__ = ["Reconstructed", "reconstruction"]


@dataclass(frozen=True, kw_only=True)
class Reconstructed(Scored):
    """Prunes a trained network layer by layer; the weights that stay make up for those that go.

    What counts is the change of a layer's outputs on calibration images. With X the layer's inputs
    there, one column an image (or an image and a place, for a convolution), pruning w to v costs
    |wX - vX|^2 = (w - v) G (w - v)', where G = X X' is the Gram matrix. Biases stay as they were
    trained.

    Attributes
    ----------
    score
        `(weight, gram, count, **options) -> mask, weight`: the solution for one layer. `weight`
        `[groups, out, in]` and `gram` `[groups, in, in]` are float64 tensors on one device, of one
        group but for grouped convolutions; `in` counts every position of the kernel, its channels
        running fastest. `mask` is boolean with exactly `count` entries true, and the returned
        weight zero elsewhere. A fourth argument named `pattern` gets the pattern. Its keyword-only
        arguments are options of the method.
    allocation
        Densities of the layers; a ranking of all weights together is not possible.
    pattern
        `"free"`, or n:m where the solution takes a pattern.
    after
        Part of the training epochs spent before, on the dense network. What is left of the training
        goes on with the new weights.
    batch, per_class
        Calibration images; a convolution with many places an image sees only the first of them.
    """

    score: Callable[..., Any]
    category: str = "post-training"
    inputs: Literal["batches", "shape"] | None = "batches"
    allocation: Allocation = uniform
    after: float = 1.0
    mode: Literal["train", "eval"] = "eval"
    batch: int = 1024
    recalibrate: int = 1024

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(
            self.allocation is not overall,
            "allocation is 'global', but it solves one layer at a time; expected shares of the "
            "layers, such as 'uniform' or 'erk'",
        )
        self._check(
            self.pattern == "free" or (self.takes_pattern and groups(self.pattern) is not None),
            f"pattern is {self.pattern!r}; expected 'free'"
            + (" or n:m such as '2:4'" if self.takes_pattern else ""),
        )
        self._check(not self.redrawn, "its weights belong to its mask, which cannot be redrawn")

    @property
    def takes_pattern(self) -> bool:
        """Whether the solution asks for the pattern."""
        return "pattern" in inspect.signature(self.score).parameters

    def _tunable(self) -> tuple[str, ...]:
        drawn = "batch" if self.per_class is None else "per_class"
        return (
            "allocation",
            *(("pattern",) if self.takes_pattern else ()),
            drawn,
            "after",
            "recalibrate",
        )


def reconstruction(name: str, **settings: Any) -> Callable[[Callable[..., Any]], Reconstructed]:
    """Make a method of a layer's solution; `settings` are further fields of `Reconstructed`."""

    def decorate(solution: Callable[..., Any]) -> Reconstructed:
        line = (inspect.getdoc(solution) or "").partition("\n")[0]
        return Reconstructed(name=name, reference=line, score=solution, **settings)

    return decorate
