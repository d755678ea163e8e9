"""Moments of training as a configuration writes them: parts of it, steps, or epochs."""

from __future__ import annotations

import math

__all__ = ["Moment", "step_of"]

Moment = int | float | str
"""A part of the training in [0, 1]; a whole number of steps above 1; or `"2 epochs"`."""


def step_of(moment: Moment, steps: int, steps_per_epoch: int) -> int | None:
    """How many steps are done at a moment; None where it is not one.

    1 is the whole training, also when it is written without a point: a number means the same in
    either form. A single step is `"1 step"`.

    Examples
    --------
    >>> [step_of(m, 200, 10) for m in (0.25, 1, 30, "2 epochs", "1 step", "soon", -1)]
    [50, 200, 30, 20, 1, None, None]
    """
    if isinstance(moment, str):
        words = moment.split()
        count = words[0] if len(words) == 2 else "1" if len(words) == 1 else ""
        unit = words[-1].removesuffix("s") if words else ""
        if not (count.isascii() and count.isdigit()) or unit not in ("epoch", "step"):
            return None
        return int(count) * (steps_per_epoch if unit == "epoch" else 1)
    if isinstance(moment, bool) or not math.isfinite(moment) or moment < 0:
        return None
    if moment <= 1:
        return round(moment * steps)
    return int(moment) if float(moment).is_integer() else None
