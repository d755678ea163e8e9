"""Moments of training as a configuration writes them: steps, epochs, parts of it."""

from __future__ import annotations

import math

__all__ = ["Moment", "Span", "moment_of", "steps_of"]

Span = int | str
"""A number of steps, or a text: `"100 steps"`, `"epoch"`, `"2 epochs"`."""

Moment = int | float | str
"""A part of the training in [0, 1]; a number of steps above 1; or a text as above."""


def steps_of(span: Span, steps_per_epoch: int) -> int | None:
    """How many steps; None for what is no number of steps.

    Examples
    --------
    >>> [steps_of(s, 10) for s in (30, "2 epochs", "epoch", "1 step", "soon", -1)]
    [30, 20, 10, 1, None, None]
    """
    if not isinstance(span, str):
        return None if isinstance(span, bool) or span < 0 else span
    words = span.split()
    count = words[0] if len(words) == 2 else "1" if len(words) == 1 else ""
    unit = words[-1].removesuffix("s") if words else ""
    if not (count.isascii() and count.isdigit()) or unit not in ("epoch", "step"):
        return None
    return int(count) * (steps_per_epoch if unit == "epoch" else 1)


def moment_of(moment: Moment, steps: int, steps_per_epoch: int) -> int | None:
    """How many steps of the training are done at a moment; None for what is none.

    1 is the whole training, with or without a point: configurations do not tell 1 from 1.0.

    Examples
    --------
    >>> [moment_of(m, 200, 10) for m in (0.25, 1, 30, "2 epochs", "1 step", 2.5)]
    [50, 200, 30, 20, 1, None]
    """
    if isinstance(moment, str):
        return steps_of(moment, steps_per_epoch)
    if isinstance(moment, bool) or not math.isfinite(moment) or moment < 0:
        return None
    if moment <= 1:
        return round(moment * steps)
    return int(moment) if float(moment).is_integer() else None
