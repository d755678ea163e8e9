"""How a network is trained: everything beside the method, checked in one place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from nsgraph.errors import UserError
from nsgraph.schedules import constant, cosine, linear

__all__ = ["Recipe", "TrainingDiverged", "learning_rate", "read_recipe"]

Positive = Annotated[int, Meta(ge=1)]
Part = Annotated[float, Meta(ge=0, lt=1)]


class TrainingDiverged(UserError):
    """The loss is no longer a finite number."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A training recipe.

    Attributes
    ----------
    epochs
        Passes over the training images, in all, whatever the method does in between.
    batch
        Images a step. A last batch of a single image is left out.
    optimizer
        `"sgd"`: stochastic gradient descent with momentum.
    lr
        Learning rate at the start (after the warm-up).
    momentum, nesterov
        In [0, 1); Nesterov's form or not.
    schedule
        `"constant"`; `"step"`: times `gamma` after each of the epochs `milestones`; `"cosine"` or
        `"linear"`: to `lr_end` at the end, step by step.
    warmup
        Epochs over which the rate rises linearly to `lr`.
    weight_decay
        L2 decay of all live parameters, added to the gradient.
    augment
        `"none"` or `"crop-flip"`; see `nsgraph.datasets.augment`.
    label_smoothing
        In [0, 1).
    sparse_init
        Divide the weights of each layer, when the first masks are on, by the square root of its
        density (Evci et al. 2022, Gradient flow in sparse neural networks, section 3): neurons with
        few links then get as large inputs as those of the dense network. Layers that start dense
        stay as they are. Network files keep the initial weights as they were drawn.
    amp
        Forward and backward in bfloat16 where that is safe; None: on CUDA only. Accuracies are
        always measured in float32.
    """

    epochs: Positive = 12
    batch: Positive = 128
    optimizer: Literal["sgd"] = "sgd"
    lr: Annotated[float, Meta(gt=0)] = 0.1
    momentum: Part = 0.9
    nesterov: bool = False
    schedule: Literal["constant", "step", "cosine", "linear"] = "cosine"
    milestones: tuple[Positive, ...] = ()
    gamma: Annotated[float, Meta(gt=0)] = 0.1
    lr_end: Annotated[float, Meta(ge=0)] = 0.0
    warmup: Annotated[int, Meta(ge=0)] = 0
    weight_decay: Annotated[float, Meta(ge=0)] = 1e-4
    augment: Literal["none", "crop-flip"] = "none"
    label_smoothing: Part = 0.0
    amp: bool | None = None
    sparse_init: bool = False

    def as_dict(self) -> dict[str, Any]:
        """All keys with their values, as plain data; `sparse_init` only where it is asked for."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        if not self.sparse_init:
            del plain["sparse_init"]  # files from before there was such a key keep their bytes
        return {**plain, "milestones": list(self.milestones)}


def read_recipe(given: Mapping[str, Any]) -> Recipe:
    """A recipe of plain data.

    Raises
    ------
    UserError
        On an unknown key or a value out of range.

    Examples
    --------
    >>> read_recipe({"epochs": 3, "weight_decay": "5e-4"}).weight_decay
    0.0005
    """
    known = Recipe.__struct_fields__
    for key in given:
        if key not in known:
            raise UserError(f"A recipe has no key {key!r}; expected some of {', '.join(known)}.")
    try:
        recipe = msgspec.convert(dict(given), Recipe, strict=False)  # YAML reads 1e-4 as text
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        key = where.rstrip("`").partition("[")[0]
        raise UserError(f"The recipe's {key} is {given.get(key)!r}: {what}.") from error
    if list(recipe.milestones) != sorted(set(recipe.milestones)):
        raise UserError(
            f"The recipe's milestones are {list(recipe.milestones)}; expected rising numbers."
        )
    if recipe.warmup > recipe.epochs:
        raise UserError(
            f"The recipe's warmup is {recipe.warmup} epochs; expected at most all {recipe.epochs}."
        )
    return recipe


def learning_rate(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """Learning rate of one step.

    Parameters
    ----------
    step
        From 0 to `epochs * steps_per_epoch` - 1.
    steps_per_epoch
        At least 1.

    Examples
    --------
    >>> recipe = Recipe(epochs=4, lr=1.0, schedule="step", milestones=(2, 3))
    >>> [learning_rate(recipe, step, 1) for step in range(4)]
    [1.0, 1.0, 0.1, 0.010000000000000002]
    """
    warm = recipe.warmup * steps_per_epoch
    if step < warm:
        return recipe.lr * (step + 1) / warm
    if recipe.schedule == "step":
        passed = bisect_right(recipe.milestones, step // steps_per_epoch)
        return float(recipe.lr * recipe.gamma**passed)
    curves = {
        "constant": constant(recipe.lr),
        "cosine": cosine(recipe.lr, recipe.lr_end),
        "linear": linear(recipe.lr, recipe.lr_end),
    }
    return curves[recipe.schedule]((step - warm) / (recipe.epochs * steps_per_epoch - warm))
