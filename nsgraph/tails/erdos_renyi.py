"""What the same test says of Erdos-Renyi layers, which have no heavy tail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nsgraph.errors import UserError
from nsgraph.seeds import stream
from nsgraph.tails.fit import fit_tail
from nsgraph.tails.verdict import ENOUGH, HEAVY, SPAN

__all__ = ["heavy_by_chance"]


def heavy_by_chance(
    n_nodes: int, width: int, links: int, *, layers: int = 100, seed: int = 0, **options: Any
) -> float:
    """Fraction of Erdos-Renyi layers of a shape that `fit_tail` calls heavy-tailed, [0, 1].

    The level beside which a verdict is to be read: at most .05 by construction.

    Parameters
    ----------
    n_nodes
        Nodes whose degrees are looked at.
    width
        Nodes on the other side.
    links
        Number of links on average; all n_nodes * width are equally likely.
    layers
        Number of layers drawn.
    seed
        Of the layers, and of the fits.
    options
        As in `fit_tail`.

    Raises
    ------
    UserError
        If there are no layers, or more links than n_nodes * width.

    Examples
    --------
    >>> heavy_by_chance(300, 784, 2000)
    0.0
    """
    if layers < 1:
        raise UserError(f"A fraction of {layers} layers is not defined.")
    if not 0 <= links <= n_nodes * width:
        raise UserError(f"{links} links do not fit {n_nodes} x {width} nodes.")
    density = links / max(1, n_nodes * width)
    drawn = stream(seed, "tails/layers").binomial(width, density, (layers, n_nodes))
    return sum(_is_heavy(row, width, seed, options) for row in drawn) / layers


def _is_heavy(degrees: Any, width: int, seed: int, options: dict[str, Any]) -> bool:
    """Whether the verdict is "heavy-tailed"; without samples where it cannot be, whatever p is."""
    linked = degrees[degrees > 0]
    if linked.size < ENOUGH or linked.max() < SPAN * linked.min():
        return False
    quick = fit_tail(degrees, width, **{**options, "samples": 0})
    if replace(quick, p=1.0, chance=0.0).verdict != HEAVY:
        return False
    return fit_tail(degrees, width, seed=seed, **options).verdict == HEAVY
