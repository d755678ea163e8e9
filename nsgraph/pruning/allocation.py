"""How many weights each layer keeps."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from math import prod

from nsgraph.errors import UserError

__all__ = ["ALLOCATIONS", "Allocation", "checked_sparsity", "er", "erk", "igq", "kept"]
__all__ += ["layer_counts", "overall", "uniform", "uniform_plus"]

Shapes = Mapping[str, tuple[int, ...]]
Allocation = Callable[[Shapes, float], dict[str, float] | None]
"""From shapes of the weights and overall density to densities of the layers in [0, 1]."""


def overall(shapes: Shapes, density: float) -> None:
    """No share for any layer: all weights compete in one ranking."""
    return


def uniform(shapes: Shapes, density: float) -> dict[str, float]:
    """The same density for every layer.

    >>> uniform({"a": (4, 4), "b": (2, 4)}, 0.25)
    {'a': 0.25, 'b': 0.25}
    """
    return dict.fromkeys(shapes, density)


def er(shapes: Shapes, density: float) -> dict[str, float]:
    """Densities in proportion to (n_in + n_out) / (n_in n_out), as in Erdos-Renyi graphs.

    Mocanu et al. 2018. Kernel sizes play no part.
    """
    raw = {name: (s[0] + s[1]) / (s[0] * s[1]) for name, s in shapes.items()}
    return _scaled(raw, shapes, density)


def erk(shapes: Shapes, density: float) -> dict[str, float]:
    """Densities in proportion to sum(dimensions) / product(dimensions), kernel included.

    Evci et al. 2020, Rigging the lottery, section 3.
    """
    return _scaled({name: sum(s) / prod(s) for name, s in shapes.items()}, shapes, density)


def uniform_plus(shapes: Shapes, density: float) -> dict[str, float]:
    """First convolution dense, last linear layer at least a fifth, the same density elsewhere.

    Gale, Elsen, Hooker 2019, The state of sparsity in deep neural networks. A network without a
    convolution has no dense layer. The last linear layer keeps max(density, 0.2); where these two
    are the only layers, what the convolution leaves.

    Raises
    ------
    UserError
        If the two layers need more weights than there may be.
    """
    sizes = {name: prod(shape) for name, shape in shapes.items()}
    first = next((name for name, shape in shapes.items() if len(shape) == 4), None)
    last = next((name for name in reversed(list(shapes)) if len(shapes[name]) == 2), None)
    densities = ({first: 1.0} if first else {}) | ({last: max(density, 0.2)} if last else {})
    rest = [name for name in sizes if name not in densities]
    least = 0.0
    if not rest and last is not None:
        del densities[last]
        rest, least = [last], 0.2 * sizes[last]
    budget = density * sum(sizes.values())
    spent = sum(d * sizes[name] for name, d in densities.items())
    if spent + least > budget * (1 + 1e-12):
        raise UserError(
            "The allocation uniform-plus keeps the whole first convolution and at least a fifth of "
            f"the last linear layer, here {math.ceil(spent + least)} weights; a sparsity of "
            f"{1 - density:g} leaves {round(budget)}."
        )
    share = (budget - spent) / sum(sizes[name] for name in rest) if rest else 0.0
    return {name: densities.get(name, share) for name in sizes}


def igq(shapes: Shapes, density: float) -> dict[str, float]:
    """Densities 1 / (F N + 1) of layers with N weights, the same F for all.

    Ideal gas quotas (Vysogorets, Kempe 2023, Connectivity matters): small layers stay denser than
    large ones. F is found by bisection.

    >>> igq({"a": (4, 4), "b": (2, 2)}, 1.0)
    {'a': 1.0, 'b': 1.0}
    """
    sizes = {name: prod(shape) for name, shape in shapes.items()}
    budget = density * sum(sizes.values())
    low, high = 0.0, len(sizes) / budget  # each layer keeps less than 1 / F
    while low < (middle := (low + high) / 2) < high:
        spent = sum(size / (middle * size + 1) for size in sizes.values())
        low, high = (middle, high) if spent > budget else (low, middle)
    return {name: 1 / (low * size + 1) for name, size in sizes.items()}


ALLOCATIONS: dict[str, Allocation] = {
    "global": overall,
    "uniform": uniform,
    "uniform-plus": uniform_plus,
    "er": er,
    "erk": erk,
    "igq": igq,
}
"""Allocations by the name that a configuration uses."""


def _scaled(raw: Mapping[str, float], shapes: Shapes, density: float) -> dict[str, float]:
    """Densities eps * raw; layers that would pass 1 are dense and the rest share what is left."""
    sizes = {name: prod(shape) for name, shape in shapes.items()}
    dense: set[str] = set()
    while len(dense) < len(sizes):
        sparse = [name for name in sizes if name not in dense]
        budget = density * sum(sizes.values()) - sum(sizes[name] for name in dense)
        eps = budget / sum(raw[name] * sizes[name] for name in sparse)
        highest = max(raw[name] for name in sparse)
        if highest * eps <= 1:
            return {name: 1.0 if name in dense else eps * raw[name] for name in sizes}
        dense |= {name for name in sparse if raw[name] == highest}
    return dict.fromkeys(sizes, 1.0)


def checked_sparsity(sparsity: float) -> float:
    """`sparsity` as a float; a `UserError` if it is not in [0, 1)."""
    number = isinstance(sparsity, int | float) and not isinstance(sparsity, bool)
    if not number or not 0 <= sparsity < 1:
        raise UserError(f"A sparsity must be in [0, 1), but {sparsity!r} was given.")
    return float(sparsity)


def kept(density: float, weights: int) -> int:
    """Number of weights to keep: density * weights, rounded.

    >>> kept(1 - 0.98, 268336)
    5367
    """
    return round(density * weights)


def layer_counts(
    shapes: Shapes,
    densities: Mapping[str, float],
    density: float,
    room: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Whole numbers of weights per layer whose sum is exactly `kept(density, all weights)`.

    Every layer gets the whole part of its share; what is left goes to the largest remainders
    (ties: the earlier layer), never beyond a layer's size, or its `room` where that is given.

    >>> layer_counts({"a": (3, 3), "b": (2, 2)}, {"a": 0.5, "b": 0.5}, 0.5)
    {'a': 4, 'b': 2}
    """
    sizes = {name: prod(shape) for name, shape in shapes.items()}
    most = sizes if room is None else room
    shares = {name: min(densities[name] * sizes[name], most[name]) for name in sizes}
    # A share of 11.999999999999998 is 12 that went through floating point.
    counts = {name: math.floor(share + 1e-9) for name, share in shares.items()}
    left = kept(density, sum(sizes.values())) - sum(counts.values())
    order = sorted(sizes, key=lambda name: counts[name] - shares[name])
    while left:
        step = 1 if left > 0 else -1
        able = [n for n in order if (counts[n] < most[n] if left > 0 else counts[n] > 0)]
        if not able:
            raise UserError(
                f"{sum(most.values())} weights can be kept, but the density {density:g} asks for "
                f"{kept(density, sum(sizes.values()))}."
            )
        for name in able[: abs(left)] if left > 0 else able[::-1][: abs(left)]:
            counts[name] += step
            left -= step
    return counts
