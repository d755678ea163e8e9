"""Values that change over training, as functions of progress from 0 (start) to 1 (end)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from nsgraph.errors import UserError

__all__ = ["SHAPES", "Curve", "Schedule", "Stairs", "constant", "cosine", "linear", "polynomial"]
__all__ += ["plain_schedule", "read_schedule", "stairs"]

Schedule = Callable[[float], float]
"""Any function of progress; those of this file can also say what they are."""


@dataclass(frozen=True)
class Curve:
    """A smooth way from `start` to `end`; made by `constant`, `linear`, `cosine`, `polynomial`."""

    shape: str
    start: float
    end: float
    power: float = 1.0

    def __call__(self, progress: float) -> float:
        progress = min(max(progress, 0.0), 1.0)
        if self.shape == "constant":
            return self.start
        if self.shape == "linear":
            return self.start + (self.end - self.start) * progress
        if self.shape == "cosine":
            wave = 0.5 * (1.0 + math.cos(math.pi * progress))
            return self.end + (self.start - self.end) * wave
        return self.end + (self.start - self.end) * (1.0 - progress) ** self.power

    def starting_at(self, value: float) -> Curve:
        """The same shape from another start, its end in the same proportion."""
        end = self.end * value / self.start if self.start else self.end
        return replace(self, start=value, end=value if self.shape == "constant" else end)

    def plain(self) -> Any:
        """As `read_schedule` takes it."""
        if self.shape == "constant":
            return self.start
        power = [self.power] if self.shape == "polynomial" else []
        return {self.shape: [self.start, self.end, *power]}


@dataclass(frozen=True)
class Stairs:
    """A value from each of several points of progress on; made by `stairs`."""

    steps: tuple[tuple[float, float], ...]

    def __call__(self, progress: float) -> float:
        passed = [value for since, value in self.steps if since <= progress]
        return passed[-1] if passed else self.steps[0][1]

    def starting_at(self, value: float) -> Stairs:
        """The same stairs, all values in the same proportion."""
        first = self.steps[0][1]
        factor = value / first if first else 1.0
        rest = tuple((since, factor * level) for since, level in self.steps[1:])
        return Stairs(((self.steps[0][0], value), *rest))

    def plain(self) -> Any:
        """As `read_schedule` takes it."""
        return {"stairs": [list(step) for step in self.steps]}


def constant(value: float) -> Curve:
    """The same value throughout."""
    return Curve("constant", value, value)


def linear(start: float, end: float = 0.0) -> Curve:
    """A straight line from `start` to `end`.

    >>> linear(1.0, 0.5)(0.5)
    0.75
    """
    return Curve("linear", start, end)


def cosine(start: float, end: float = 0.0) -> Curve:
    """Half a cosine wave from `start` to `end` (Dettmers & Zettlemoyer 2019; RigL).

    >>> round(cosine(0.3)(0.5), 12)
    0.15
    """
    return Curve("cosine", start, end)


def polynomial(start: float, end: float = 0.0, power: float = 3.0) -> Curve:
    """`end + (start - end) * (1 - progress)^power` (Zhu & Gupta 2017 with power 3).

    >>> polynomial(1.0, 0.0, power=2.0)(0.5)
    0.25
    """
    return Curve("polynomial", start, end, power)


def stairs(*steps: tuple[float, float]) -> Stairs:
    """Pairs (progress, value): the value holds from that progress on, the first from 0 on.

    >>> level = stairs((0, 0.02), (0.5, 0.01), (0.75, 0))
    >>> level(0.49), level(0.5), level(1)
    (0.02, 0.01, 0)
    """
    return Stairs(tuple((since, value) for since, value in steps))


SHAPES: dict[str, Callable[..., Curve | Stairs]] = {
    "constant": constant,
    "linear": linear,
    "cosine": cosine,
    "polynomial": polynomial,
    "stairs": stairs,
}
"""Schedules by the name that a configuration uses."""


def read_schedule(value: Any, like: Schedule) -> Schedule:
    """A schedule of plain data.

    Parameters
    ----------
    value
        A number: the schedule `like`, starting there. Or a shape with its arguments:
        `{"cosine": 0.3}`, `{"linear": [0.5, 0.1]}`, `{"stairs": [[0, 0.02], [0.75, 0]]}`.

    Raises
    ------
    UserError
        On anything else.

    Examples
    --------
    >>> read_schedule(0.5, like=linear(0.25))(0.5)
    0.25
    >>> read_schedule({"linear": [0.5, 0.25]}, like=cosine(0.3))(1)
    0.25
    """
    if isinstance(value, Mapping):
        return _of_shape(value)
    number = _number(value, value)
    if isinstance(like, Curve | Stairs):
        return like.starting_at(number)
    factor = number / like(0.0) if like(0.0) else 0.0
    return lambda progress: factor * like(progress)


def plain_schedule(schedule: Schedule) -> Any:
    """What `read_schedule` takes; of a function that cannot say what it is, its start."""
    return schedule.plain() if isinstance(schedule, Curve | Stairs) else schedule(0.0)


def _of_shape(value: Mapping[Any, Any]) -> Curve | Stairs:
    shape = next(iter(value), None)
    if len(value) != 1 or shape not in SHAPES:
        raise UserError(f"{dict(value)!r} is no schedule; {EXPECTED}")
    given = value[shape]
    arguments = given if isinstance(given, list | tuple) else [given]
    if shape == "stairs":
        pairs = [step for step in arguments if isinstance(step, list | tuple) and len(step) == 2]
        steps = [(_number(a, value), _number(b, value)) for a, b in pairs]
        rising = all(a < b for (a, _), (b, _) in pairwise(steps))
        if not steps or len(steps) < len(arguments) or not rising:
            raise UserError(
                f"{dict(value)!r} is no schedule; expected pairs of progress and value, rising."
            )
        return stairs(*steps)
    most = {"constant": 1, "polynomial": 3}.get(shape, 2)
    if not 1 <= len(arguments) <= most:
        raise UserError(f"{dict(value)!r} has {len(arguments)} numbers; {shape} takes 1 to {most}.")
    return SHAPES[shape](*(_number(argument, value) for argument in arguments))


def _number(value: Any, within: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise UserError(f"{within!r} is no schedule; {EXPECTED}")
    return number


EXPECTED = (
    "expected a number, or a shape with its numbers such as {'cosine': [0.3, 0]}; shapes: "
    + ", ".join(SHAPES)
    + "."
)
