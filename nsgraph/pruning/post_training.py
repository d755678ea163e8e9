"""Post-training methods that change the weights they keep: what such a method is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from nsgraph.pruning.allocation import Allocation, overall, uniform
from nsgraph.pruning.method import Scored

__all__ = ["Reconstructed", "reconstruction"]


@dataclass(frozen=True, kw_only=True)
class Reconstructed(Scored):
    """Prunes a trained network layer by layer; the weights that stay make up for those that go.

    What counts is the change of a layer's outputs on calibration images. With X the layer's inputs
    there, one column an image (or an image and a place, for a convolution), pruning w to v costs
    |wX - vX|^2 = (w - v) G (w - v)', where G = X X' is the Gram matrix. Biases and batch statistics
    stay as they were trained.

    Attributes
    ----------
    score
        `(weight, gram, count, **options) -> mask, weight`: the solution for one layer. `weight`
        `[groups, out, in]` and `gram` `[groups, in, in]` are float64 tensors on one device, of one
        group but for grouped convolutions; `in` counts every position of the kernel, in the order
        (channel, height, width). `mask` is boolean with exactly `count` entries true, and the
        returned weight zero elsewhere. Its keyword-only arguments are options of the method.
    allocation
        Densities of the layers; a ranking of all weights together is not possible.
    after
        Part of the training epochs spent before, on the dense network. What is left of the training
        goes on with the new weights.
    batch, per_class
        Calibration images.
    """

    score: Callable[..., Any]
    category: str = "post-training"
    inputs: Literal["batches", "shape"] | None = "batches"
    allocation: Allocation = uniform
    after: float = 1.0
    mode: Literal["train", "eval"] = "eval"
    batch: int = 1024

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(
            self.allocation is not overall,
            "allocation is 'global', but it solves one layer at a time; expected shares of the "
            "layers, such as 'uniform' or 'erk'",
        )

    def _tunable(self) -> tuple[str, ...]:
        drawn = "batch" if self.per_class is None else "per_class"
        return ("allocation", drawn, "after")


def reconstruction(name: str, **settings: Any) -> Callable[[Callable[..., Any]], Reconstructed]:
    """Make a method of a layer's solution; `settings` are further fields of `Reconstructed`."""

    def decorate(solution: Callable[..., Any]) -> Reconstructed:
        line = (inspect.getdoc(solution) or "").partition("\n")[0]
        return Reconstructed(name=name, reference=line, score=solution, **settings)

    return decorate
