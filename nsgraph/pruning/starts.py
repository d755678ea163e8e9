"""Where training that changes its links begins: sparse topologies by name.

A start is a function `(shapes, density, generator) -> Masks` with exactly `kept(density, N)` links.
Every allocation is one, its links drawn at random within the layers. The static methods of the
same names (er, erk, uniform, random) keep such a start; from any other start, `set` with
`fraction: 0` trains statically.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from nsgraph.errors import UserError
from nsgraph.masks import Masks, as_masks
from nsgraph.pruning import allocation
from nsgraph.pruning.allocation import ALLOCATIONS, Allocation, kept, layer_counts
from nsgraph.pruning.method import plain
from nsgraph.seeds import torch_seed
from nsgraph.topologies import move_links

if TYPE_CHECKING:
    import torch

__all__ = ["STARTS", "Near", "Start", "at_random", "er", "erk", "layer_by_layer", "random"]
__all__ += ["begin", "read_start", "start_option", "uniform", "uniform_dense_linear"]

Shapes = Mapping[str, tuple[int, ...]]
Start = Callable[[Shapes, float, Any], Masks]
"""From shapes of the weights, overall density and a `torch.Generator` (on the CPU) to masks."""


def begin(start: Start, shapes: Shapes, density: float, generator: torch.Generator) -> Masks:
    """The masks of a start; a `UserError` unless they fit the layers and have as many links."""
    masks = as_masks(start(shapes, density, generator))
    wanted = kept(density, sum(prod(shape) for shape in shapes.values()))
    if {name: mask.shape for name, mask in masks.items()} != dict(shapes):
        raise UserError(
            f"The start {plain(start)!r} made other layers than the network has: "
            f"{', '.join(f'{name} {mask.shape}' for name, mask in masks.items())}."
        )
    if masks.n_kept != wanted:
        raise UserError(
            f"The start {plain(start)!r} made {masks.n_kept} links; expected {wanted}, a density "
            f"of {density:g}."
        )
    return Masks({name: masks[name] for name in shapes})


def at_random(densities: Allocation, name: str = "") -> Start:
    """The start with an allocation's number of links in each layer, drawn at random."""

    def start(shapes: Shapes, density: float, generator: torch.Generator) -> Masks:
        from nsgraph.pruning.engine import random_masks

        return random_masks(shapes, densities, density, generator)

    start.__name__ = name or densities.__name__
    return start


def layer_by_layer(
    generate: Callable[[int, int, float, np.random.Generator], Any],
    densities: Allocation = allocation.uniform,
) -> Start:
    """The start that makes each layer by a bipartite generator.

    Parameters
    ----------
    generate
        `(n_in, n_out, density, rng) -> boolean array [n_out, n_in]` with exactly
        density * n_in * n_out links. Each kernel position of a convolution is an input of its own.
    densities
        Allocation over the layers, not `overall`.
    """

    def start(shapes: Shapes, density: float, generator: torch.Generator) -> Masks:
        import torch

        of_layers = densities(shapes, density)
        if of_layers is None:
            raise UserError(
                f"The start {start.__name__!r} makes layer by layer; it needs an allocation that "
                "gives each its share."
            )
        seed = torch.randint(2**62, (1,), generator=generator)
        rng = np.random.default_rng(int(seed))
        masks = {}
        for name, count in layer_counts(shapes, of_layers, density).items():
            n_out = shapes[name][0]
            n_in = prod(shapes[name]) // n_out
            made = np.asarray(generate(n_in, n_out, count / (n_in * n_out), rng), dtype=np.bool_)
            if made.shape != (n_out, n_in) or np.count_nonzero(made) != count:
                raise UserError(
                    f"The start {start.__name__!r} made {np.count_nonzero(made)} links of shape "
                    f"{made.shape} for layer {name!r}; expected {count} of {(n_out, n_in)}."
                )
            masks[name] = made.reshape(shapes[name])
        return Masks(masks)

    start.__name__ = getattr(generate, "__name__", "generated")
    return start


def _dense_linear(shapes: Shapes, density: float) -> dict[str, float]:
    sizes = {name: prod(shape) for name, shape in shapes.items()}
    linear = {name for name, shape in shapes.items() if len(shape) == 2}
    budget = density * sum(sizes.values())
    cost = sum(sizes[name] for name in linear)
    if len(linear) == len(shapes) or cost > budget / 2:
        return allocation.uniform(shapes, density)
    rest = (budget - cost) / (sum(sizes.values()) - cost)
    return {name: 1.0 if name in linear else rest for name in shapes}


er = at_random(allocation.er)
erk = at_random(allocation.erk)
uniform = at_random(allocation.uniform)
random = at_random(allocation.overall, "random")
uniform_dense_linear = at_random(_dense_linear, "uniform-dense-linear")
"""Dense linear layers behind uniform convolutions (Mostafa & Wang 2019).

Uniform throughout where there is no convolution, or where the linear layers alone would take more
than half of all links.
"""

STARTS: dict[str, Start] = {
    **{name: at_random(found, name) for name, found in ALLOCATIONS.items() if name != "global"},
    "er": er,
    "erk": erk,
    "uniform": uniform,
    "random": random,
    "uniform-dense-linear": uniform_dense_linear,
}
"""Starts by the name that a configuration uses."""


@dataclass(frozen=True)
class Near:
    """A start near another one: the same links for all trainings, a few of them moved in each.

    Where most starts draw all links by the training's seed, this one draws a topology by a seed of
    its own and then moves a part of each layer's links by the training's. Trainings that differ in
    their seed alone begin about twice that part apart (`nsgraph.topologies.move_links`).

    Attributes
    ----------
    start
        The start that the common topology is drawn by, one of `STARTS`.
    seed
        Of the common topology.
    moved
        Part of each layer's links that is moved, in [0, 1], rounded to whole links.
    """

    start: str
    seed: int
    moved: float

    def __call__(self, shapes: Shapes, density: float, generator: torch.Generator) -> Masks:
        import torch

        own = torch.Generator().manual_seed(torch_seed(self.seed, "start"))
        common = begin(STARTS[self.start], shapes, density, own)
        seed = torch.randint(2**62, (1,), generator=generator)
        return move_links(common, self.moved, np.random.default_rng(int(seed)))

    def plain(self) -> dict[str, Any]:
        """As `read_start` takes it."""
        return {"near": asdict(self)}


def read_start(value: Any) -> Start:
    """A start of plain data.

    Parameters
    ----------
    value
        A key of `STARTS`, or `{"near": {"start": "er", "seed": 0, "moved": 0.01}}`.

    Raises
    ------
    UserError
        On anything else.

    Examples
    --------
    >>> read_start({"near": {"start": "er", "seed": 3, "moved": 0.01}})
    Near(start='er', seed=3, moved=0.01)
    """
    if isinstance(value, str) and value in STARTS:
        return STARTS[value]
    if isinstance(value, Mapping) and set(value) == {"near"}:
        try:
            near = msgspec.convert(value["near"], Near, strict=False)
        except msgspec.ValidationError as error:
            raise UserError(f"{dict(value)!r} is no start: {error}.") from error
        if near.start in STARTS and near.seed >= 0 and 0 <= near.moved <= 1:
            return near
    raise UserError(
        f"{value!r} is no start; expected one of {', '.join(STARTS)}, or one near such a start: "
        "{'near': {'start': 'er', 'seed': 0, 'moved': 0.01}}, moved in [0, 1]."
    )


def start_option(value: Any, current: Start, method: str) -> Start:
    """The start that an option of a method asks for; `current` is the one that it has."""
    if value == plain(current):
        return current  # a method's own function need not be a known one
    try:
        return read_start(value)
    except UserError as error:
        raise UserError(f"Option 'start' of method {method!r}: {error}") from error
