"""A zoo: which candidates are ranked, and how they are probed, tuned and observed. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from nsgraph.errors import UserError
from nsgraph.store import number, safe_name

__all__ = ["READINGS", "Candidate", "Head", "Tuning", "Zoo", "read_zoo"]

Reading = Literal["local", "exact"]
READINGS: tuple[Reading, ...] = ("local", "exact")
Count = Annotated[int, Meta(ge=1)]
Seed = Annotated[int, Meta(ge=0)]
Share = Annotated[float, Meta(gt=0, le=1)]


class Candidate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A network that might be chosen: an architecture, dense or sparse."""

    model: str
    method: str = "dense"
    sparsity: Annotated[float, Meta(ge=0, lt=1)] = 0.0

    @property
    def name(self) -> str:
        """Name of the candidate, also of its files.

        >>> Candidate(model="mlp-64-64", method="erk", sparsity=0.9).name
        'mlp-64-64_erk_0.9'
        """
        parts = [safe_name(self.model.replace("/", "_"))]
        if self.method != "dense":
            parts += [self.method, number(self.sparsity)]
        return "_".join(parts)


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The probe: layers in the place of a network's output layer.

    Attributes
    ----------
    widths
        Neurons of the frozen layers, each with batch norm, ReLU and dropout. Jiang et al. 2024
        write of 256 and 128. With the output layer these are three layers of weights, of which
        beta_eff is 0 whatever is learnt. One more layer of 128 is the least change that leaves
        their definition as it is.
    dropout
        Part of the neurons that are dropped in training, in [0, 1).
    batch_norm
        Whether there is batch norm before each ReLU; its scales are frozen, and no nodes.
    """

    widths: tuple[Count, ...] = (256, 128, 128)
    dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.4
    batch_norm: bool = True


class Tuning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a probed network is fine-tuned; batch and learning rate are those of Jiang et al. 2024.

    Attributes
    ----------
    epochs
        Of a whole training.
    batch, lr
        Images a step, and the learning rate, which stays as it is.
    optimizer
        `"adam"`, or `"sgd"` with momentum .9; the paper does not say.
    readings
        Of beta_eff, after every epoch.
    images
        Training images, the first so many, that beta_eff is taken from, without dropout.
    """

    epochs: Annotated[int, Meta(ge=1)] = 50
    batch: Annotated[int, Meta(ge=2)] = 64
    lr: Annotated[float, Meta(gt=0)] = 1e-3
    optimizer: Literal["adam", "sgd"] = "adam"
    readings: tuple[Reading, ...] = READINGS
    images: Annotated[int, Meta(ge=1)] = 1024


class Zoo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is done with all candidates.

    Attributes
    ----------
    target
        Data set that they are fine-tuned to.
    source
        Data set that they are trained on before; None: they start from their initial weights
        (sparse ones under the masks that their method finds on the target).
    candidates
        At least three, of different names.
    seeds
        One run of every candidate each.
    observe
        Numbers of early epochs that forecasts are made from.
    shares
        Of the target's training images, 1 among them: with 1 a candidate is trained to the end,
        with others as long as it is observed.
    split_seed
        Of both data sets.
    recipe, options
        Of the training on the source and of what a method needs to find its masks; options by
        method.
    """

    target: str
    candidates: tuple[Candidate, ...]
    source: str | None = None
    seeds: Annotated[tuple[Seed, ...], Meta(min_length=1)] = (0,)
    observe: Annotated[tuple[Count, ...], Meta(min_length=1)] = (5, 10)
    shares: tuple[Share, ...] = (1.0,)
    split_seed: int = 0
    recipe: dict[str, Any] = {}
    options: dict[str, dict[str, Any]] = {}
    probe: Head = Head()
    tuning: Tuning = Tuning()

    def epochs(self, share: float) -> int:
        """Epochs of a run with a share of the images."""
        return self.tuning.epochs if share >= 1 else max(self.observe)


def read_zoo(settings: Mapping[str, Any]) -> Zoo:
    """The zoo of a study's settings: its key `zoo`, with the study's recipe, options and split.

    Raises
    ------
    UserError
        On a key that is unknown or missing, a value out of range, two candidates of one name, or
        more epochs to be observed than there are.
    """
    try:
        given = dict(settings["zoo"])
        tuning = {**given.pop("tuning", {}), "epochs": given.pop("epochs")}
        shared = {"recipe": settings["recipe"], "options": settings.get("options") or {}}
        content = {**given, "tuning": tuning, "split_seed": settings["split_seed"], **shared}
        content["shares"] = sorted({*given.get("shares", ()), 1.0})
    except KeyError as error:
        raise UserError(f"zoo: the key {error.args[0]!r} is missing.") from error
    except TypeError as error:
        raise UserError(f"zoo: {error}.") from error
    try:
        zoo = msgspec.convert(content, Zoo, strict=False)
    except msgspec.ValidationError as error:
        raise UserError(f"zoo: {error}.") from error
    _check(zoo)
    return zoo


def _check(zoo: Zoo) -> None:
    names: Sequence[str] = [candidate.name for candidate in zoo.candidates]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"zoo: the candidate {twice[0]} is there more than once.")
    if len(set(zoo.seeds)) < len(zoo.seeds):
        raise UserError("zoo: a seed is there more than once.")
    if len(names) < 3:
        raise UserError(f"zoo: {len(names)} candidates cannot be ranked; expected three or more.")
    for candidate in zoo.candidates:
        if (candidate.method == "dense") != (candidate.sparsity == 0):
            raise UserError(
                f"zoo: {candidate.name} has method {candidate.method!r} and sparsity "
                f"{candidate.sparsity:g}; expected both for a sparse candidate, else neither."
            )
    if max(zoo.observe) > zoo.tuning.epochs:
        raise UserError(
            f"zoo: {max(zoo.observe)} epochs are to be observed of {zoo.tuning.epochs}; expected "
            "as many or fewer."
        )
