"""Where inside the layers the kept weights may lie, by name; free of torch.

`free`
    anywhere.
`rows`
    Each output row of a layer keeps the same number up to one; the rows whose next weight scores
    highest keep one more. Layers share uniformly where the allocation is `global`.
`n:m`, such as `2:4`
    The n highest of each m consecutive inputs of a row, the input channel running fastest, then
    kernel column and row (Mishra et al. 2021, Accelerating sparse deep neural networks). Only for
    sparsity 1 - n/m, the same in every layer. Where m does not divide a row, its last, shorter
    group has r inputs; these groups of a layer keep together what is missing from the layer's
    count, which is n r / m for each on average, and they share it as rows do.
`channels`
    Whole output channels, by the sum of their scores; never the outputs of the last layer, which
    stays dense. At most the budget, and within one channel of it. The inputs that read a removed
    channel are weights of other layers and stay.
"""

from __future__ import annotations

import math
import re

from nsgraph.errors import UserError
from nsgraph.pruning.allocation import Allocation, overall, uniform

__all__ = ["check_pattern", "groups", "is_pattern", "on_the_way"]


def groups(pattern: str) -> tuple[int, int] | None:
    """(n, m) of a pattern n:m with 0 < n <= m; None for all others.

    >>> groups("2:4"), groups("rows"), groups("4:2")
    ((2, 4), None, None)
    """
    found = re.fullmatch(r"([1-9]\d*):([1-9]\d*)", pattern)
    if found is None:
        return None
    n, m = int(found[1]), int(found[2])
    return (n, m) if n <= m else None


def is_pattern(pattern: str) -> bool:
    """Whether there is such a pattern.

    >>> is_pattern("1:4"), is_pattern("columns")
    (True, False)
    """
    return pattern in ("free", "rows", "channels") or groups(pattern) is not None


def check_pattern(pattern: str, allocation: Allocation, sparsity: float) -> None:
    """A `UserError` if the pattern does not go with the allocation or the sparsity."""
    shape = groups(pattern)
    if shape is None:
        return
    n, m = shape
    if allocation not in (overall, uniform):
        raise UserError(
            f"The pattern {pattern} keeps the same part of every layer; expected the allocation "
            f"'global' or 'uniform' with it, not {allocation.__name__!r}."
        )
    if not math.isclose(sparsity, 1 - n / m, abs_tol=1e-6):
        raise UserError(
            f"The pattern {pattern} has sparsity {1 - n / m:g}, but {sparsity:g} was asked for."
        )


def on_the_way(pattern: str, density: float) -> tuple[str, float]:
    """Pattern and density of a round before the last.

    A pattern n:m comes in steps of 1/m: the smallest n for the density.

    >>> on_the_way("2:4", 0.6), on_the_way("rows", 0.6)
    (('3:4', 0.75), ('rows', 0.6))
    """
    shape = groups(pattern)
    if shape is None:
        return pattern, density
    n = math.ceil(density * shape[1] - 1e-9)
    return f"{n}:{shape[1]}", n / shape[1]
