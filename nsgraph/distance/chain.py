"""The wiring of networks that come without one: a plain chain of layers."""

from __future__ import annotations

from typing import Any

from nsgraph.errors import UserError
from nsgraph.masks import Masks
from nsgraph.wiring import ActivationSet, Link, Wiring

__all__ = ["chain_wiring"]


def chain_wiring(masks: Masks) -> Wiring:
    """The wiring of a plain chain of layers, read off the shapes of the masks.

    Each layer reads the one before. A linear layer may have H*W times as many inputs as the
    convolution before it has channels: the map is then flattened, channel-major.

    Raises
    ------
    UserError
        If the shapes do not chain.
    """
    shapes = {name: mask.shape for name, mask in masks.items()}
    names = list(shapes)
    sets = [ActivationSet("input", shapes[names[0]][1], role="input")]
    links: list[Link] = []
    for position, name in enumerate(names):
        shape, source = shapes[name], sets[-1]
        before = names[position - 1] if position else None
        factor, rest = divmod(shape[1], source.channels)
        flattens = before is not None and len(shape) == 2 and len(shapes[before]) == 4
        if rest or factor == 0 or (factor > 1 and not flattens):
            raise UserError(
                f"Layer {name!r} reads {shape[1]} channels, but layer {before!r} before it has "
                f"{source.channels}: the layers are not a chain. Give the network's wiring."
            )
        if factor > 1:
            sets[-1] = source = ActivationSet(source.id, source.channels, factor)
            sets.append(ActivationSet(f"{source.id}.flat", shape[1]))
            links.append(Link("flatten", source.id, sets[-1].id))
        role: Any = "output" if position == len(names) - 1 else "hidden"
        sets.append(ActivationSet(name if name != "input" else "input.out", shape[0], role=role))
        source_id = sets[-2].id
        if len(shape) == 4:
            kernel = (shape[2], shape[3])
            links.append(Link("conv", source_id, sets[-1].id, layer=name, kernel=kernel))
        else:
            links.append(Link("linear", source_id, sets[-1].id, layer=name))
    return Wiring(tuple(sets), tuple(links))
