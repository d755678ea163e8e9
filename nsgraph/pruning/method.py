"""What a pruning method is; here the ones that keep what a score ranks highest.

Everything here is a description and free of torch; `nsgraph.pruning.engine` prunes by it and
`nsgraph.training` trains by it.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Literal, TypeVar

import msgspec

from nsgraph.adoption import CATEGORIES
from nsgraph.errors import UserError
from nsgraph.pruning.allocation import ALLOCATIONS, Allocation, overall
from nsgraph.pruning.patterns import is_pattern

__all__ = ["REDRAWN", "Dense", "Method", "Scored", "algorithm", "plain"]

REDRAWN = "-redrawn"
"""Ending of a method's name: the layers keep as many weights, at random places in each."""

M = TypeVar("M", bound="Method")


@dataclass(frozen=True, kw_only=True)
class Method:
    """What all methods have in common.

    Attributes
    ----------
    name
        Name of the file; filled in by the registry.
    category
        One of `nsgraph.adoption.CATEGORIES`: what classifiers are told.
    reference
        One line: what it is and where it was published. By default the docstring's first line.
    """

    name: str = ""
    category: str
    reference: str = ""

    TUNABLE: ClassVar[tuple[str, ...]] = ()
    """Fields that a configuration may set."""

    def __post_init__(self) -> None:
        if self.category not in CATEGORIES:
            raise UserError(
                f"The category of method {self.name!r} is {self.category!r}; expected one of "
                f"{', '.join(CATEGORIES)}."
            )

    @property
    def needs(self) -> str | None:
        """What it needs beside the network: None, `"shape"`, `"batches"` or `"training"`."""
        return None

    @property
    def stream(self) -> str:
        """Name of its random numbers: er and erk draw differently on an MLP too."""
        return f"method/{self.name}"

    @property
    def options(self) -> dict[str, Any]:
        """Values of what a configuration may set, as plain data."""
        return {name: plain(getattr(self, name)) for name in self.TUNABLE}

    def configured(self: M, options: Mapping[str, Any]) -> M:
        """The method with other options.

        Raises
        ------
        UserError
            On an option that the method does not have, or a value that it cannot take.
        """
        for key in options:
            if key not in self.options:
                allowed = ", ".join(self.options) or "none"
                raise UserError(
                    f"The method {self.name!r} has no option {key!r}; its options: {allowed}."
                )
        return self._with(options)

    def _with(self: M, options: Mapping[str, Any]) -> M:
        hints = typing.get_type_hints(type(self))
        changed = {key: self._field(key, hints[key], value) for key, value in options.items()}
        return replace(self, **changed)

    def _field(self, key: str, hint: Any, value: Any) -> Any:
        return self._converted(key, hint, value)

    def _converted(self, key: str, hint: Any, value: Any) -> Any:
        try:
            return msgspec.convert(value, hint, strict=False)
        except msgspec.ValidationError as error:
            raise UserError(
                f"Option {key!r} of method {self.name!r} is {value!r}: {error}."
            ) from error

    def _named(self, key: str, known: Mapping[str, Any], value: Any) -> Any:
        if value == plain(getattr(self, key)):
            return getattr(self, key)  # a method's own function need not be a known one
        if value not in known:
            raise UserError(
                f"Option {key!r} of method {self.name!r} is {value!r}; expected one of "
                f"{', '.join(known)}."
            )
        return known[value]

    def _check(self, holds: bool, sentence: str) -> None:
        if not holds:
            raise UserError(f"Method {self.name!r}: {sentence}.")


@dataclass(frozen=True, kw_only=True)
class Dense(Method):
    """Keeps every weight; only for sparsity 0."""

    category: str = "dense"


@dataclass(frozen=True, kw_only=True)
class Scored(Method):
    """Keeps the weights of highest score, once and for all.

    Attributes
    ----------
    score
        `(net, batches, masks, **options) -> {layer name: tensor}`, shaped like the weights, higher
        = keep. `net` is a copy that the function may change (parameters and buffers; anything else
        it puts back), with its pruned weights at zero; `masks` are those of the round before, as
        boolean tensors; `batches` is a list of (inputs, labels), empty if not asked for. A fourth
        argument named `density` gets the density that the round shall have. Its keyword-only
        arguments are options of the method. Infinite scores (always, never) are allowed where no
        choice among them is needed.
    inputs
        None, `"batches"`, or `"shape"`: one batch of a single all-ones image.
    allocation
        `(shapes, density) -> densities` of the layers, or `overall`: one ranking of all weights.
    pattern
        Where inside the layers the kept weights may lie: `"free"`, `"rows"`, `"2:4"` or any n:m,
        `"channels"`; see `nsgraph.pruning.patterns`.
    rounds
        T: after round t the density is D^(t/T).
    after
        Part of the training epochs spent before, on the dense network, in [0, 1].
    mode
        `"train"` (batch statistics) or `"eval"`.
    double
        Score in float64.
    batch, per_class
        Images of a batch, drawn at random from the training split; or so many of each class.
    revives
        Whether pruned weights may come back in a later round. `net` is then dense.
    redrawn
        Whether in the end each layer keeps as many weights at random places (by the pattern).
    recalibrate
        Training images from which batch-norm statistics are taken anew after a pruning that no
        training follows; 0: they stay as they were trained.
    arguments
        Values of the score's keyword-only arguments where they are not the defaults.
    tunable
        Which of the fields are options.
    """

    score: Callable[..., Mapping[str, Any]]
    inputs: Literal["batches", "shape"] | None = None
    allocation: Allocation = overall
    pattern: str = "free"
    rounds: int = 1
    after: float = 0.0
    mode: Literal["train", "eval"] = "train"
    double: bool = False
    batch: int = 128
    per_class: int | None = None
    revives: bool = False
    redrawn: bool = False
    recalibrate: int = 0
    arguments: Mapping[str, Any] = field(default_factory=dict)
    tunable: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(
            is_pattern(self.pattern),
            f"pattern is {self.pattern!r}; expected free, rows, channels, or n:m such as '2:4'",
        )
        self._check(self.rounds >= 1, f"rounds is {self.rounds}; expected at least 1")
        self._check(self.batch >= 1, f"batch is {self.batch}; expected at least 1")
        self._check(0 <= self.after <= 1, f"after is {self.after}; expected a part in [0, 1]")

    def __call__(self, *arguments: Any, **options: Any) -> Mapping[str, Any]:
        return self.score(*arguments, **options)

    @property
    def needs(self) -> str | None:
        return "training" if self.after > 0 else self.inputs

    @property
    def stream(self) -> str:
        # What is redrawn is scored as if it were not: the layers keep as many weights.
        return f"method/{self.name.removesuffix(REDRAWN) if self.redrawn else self.name}"

    @property
    def options(self) -> dict[str, Any]:
        own = {
            parameter.name: self.arguments.get(parameter.name, parameter.default)
            for parameter in inspect.signature(self.score).parameters.values()
            if parameter.kind is parameter.KEYWORD_ONLY
        }
        return own | {name: plain(getattr(self, name)) for name in self._tunable()}

    def _tunable(self) -> tuple[str, ...]:
        if self.tunable is not None:
            return self.tunable
        drawn = ("batch",) if self.per_class is None else ("per_class",)
        return (
            "allocation",
            "pattern",
            "rounds",
            *(drawn if self.inputs == "batches" else ()),
            *(("after", "recalibrate") if self.after > 0 else ()),
        )

    def _with(self, options: Mapping[str, Any]) -> Scored:
        names = {f.name for f in fields(self)} & set(self._tunable())
        hints = typing.get_type_hints(self.score)
        own = {
            key: self._converted(key, hints.get(key, Any), value)
            for key, value in options.items()
            if key not in names
        }
        changed = super()._with({key: options[key] for key in options if key in names})
        return replace(changed, arguments={**self.arguments, **own})

    def _field(self, key: str, hint: Any, value: Any) -> Any:
        if key == "allocation":
            return self._named(key, ALLOCATIONS, value)
        if key == "pattern" and isinstance(value, int) and value >= 60:
            value = "{}:{}".format(*divmod(value, 60))  # YAML reads 2:4 as minutes and seconds
        return self._converted(key, hint, value)


def algorithm(
    name: str,
    *,
    category: str,
    needs: Literal["batches", "shape"] | None = None,
    reference: str = "",
    **settings: Any,
) -> Callable[[Callable[..., Mapping[str, Any]]], Scored]:
    """Make a method of a score function; `settings` are further fields of `Scored`.

    >>> @algorithm("first", category="pruning at initialisation")
    ... def first(net, batches, masks, *, power: float = 1.0):
    ...     "Whatever comes first."
    >>> first.options
    {'power': 1.0, 'allocation': 'global', 'pattern': 'free', 'rounds': 1}
    """

    def decorate(score: Callable[..., Mapping[str, Any]]) -> Scored:
        line = (inspect.getdoc(score) or "").partition("\n")[0]
        return Scored(
            name=name,
            category=category,
            reference=reference or line,
            score=score,
            inputs=needs,
            **settings,
        )

    return decorate


def plain(value: Any) -> Any:
    """An option's value as plain data: a function by its name, or as it says itself (`plain`).

    >>> plain(overall), plain(3)
    ('global', 3)
    """
    if hasattr(value, "plain"):
        return value.plain()
    if not callable(value):
        return value
    known = {function: name for name, function in ALLOCATIONS.items()}
    return known.get(value, value.__name__.replace("_", "-"))
