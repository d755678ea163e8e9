"""Random sparse networks of the architectures, without torch in the process that asks for them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.network import Network
from nsgraph.masks import Masks
from nsgraph.wiring import ActivationSet, Link, Wiring

__all__ = ["plain_wiring", "random_network", "small_wiring", "wiring_of"]

CHUNK = 2**20
"""Numbers drawn at a time: the memory that is measured later holds masks and weights, no waste."""


def wiring_of(name: str, **options: int) -> Wiring:
    """Wiring of an architecture, traced in another process; options as `size` and `width`."""
    script = str(Path(__file__).with_name("architectures.py"))
    flags = [f"--{key}={value}" for key, value in options.items()]
    done = subprocess.run([sys.executable, script, name, *flags], check=True, capture_output=True)
    return Wiring.from_json(done.stdout)


def small_wiring() -> Wiring:
    """A few nodes with every kind of link that the architectures have, to warm up on."""
    same = {"kernel": (3, 3), "padding": (1, 1)}
    maps = ("stem", 4, 8), ("pooled", 4, 4), ("block", 4, 4), ("deep", 4, 4), ("sum", 4, 4)
    sets = [
        ActivationSet("input", 3, 8, 8, "input"),
        *(ActivationSet(name, channels, size, size) for name, channels, size in maps),
        ActivationSet("both", 8, 4, 4),
        ActivationSet("flat", 128),
        ActivationSet("output", 5, role="output"),
    ]
    links = [
        Link("conv", "input", "stem", "a", **same),
        Link("pool", "stem", "pooled", kernel=(3, 3), stride=(2, 2), padding=(1, 1)),
        Link("conv", "pooled", "block", "b", **same),
        Link("conv", "block", "deep", "c", groups=4, **same),
        Link("conv", "deep", "sum", "d", **same),
        Link("conv", "stem", "sum", "e", stride=(2, 2)),
        Link("identity", "block", "sum"),
        Link("concat", "sum", "both"),
        Link("concat", "deep", "both", channel_offset=4),
        Link("flatten", "both", "flat"),
        Link("linear", "flat", "output", "f"),
    ]
    return Wiring(tuple(sets), tuple(links))


def plain_wiring() -> Wiring:
    """Two convolutions: no two weights join the same nodes, and the edges are written directly."""
    sets = ("input", 3, 8, 8, "input"), ("map", 4, 8, 8), ("output", 5, 4, 4, "output")
    links = (
        Link("conv", "input", "map", "a", kernel=(3, 3), padding=(1, 1)),
        Link("conv", "map", "output", "b", kernel=(3, 3), padding=(1, 1), stride=(2, 2)),
    )
    return Wiring(tuple(ActivationSet(*s) for s in sets), links)


def random_network(
    wiring: Wiring, density: float, kinds: Sequence[str] = ("final",), seed: int = 0
) -> Network:
    """Masks of independent coin flips of one density; float32 weights uniform on (-1, 1).

    `kinds` are the weights to make, of "final" and "initial"; () for none.
    """
    rng = np.random.default_rng(seed)
    masks: dict[str, npt.NDArray[np.bool_]] = {}
    weights: dict[str, dict[str, npt.NDArray[np.float32]]] = {kind: {} for kind in kinds}
    for link in wiring.links:
        if link.layer is None or link.layer in masks:
            continue
        shape = wiring.weight_shape(link)
        mask = masks[link.layer] = np.empty(shape, dtype=np.bool_)
        for part in _chunks(mask):
            part[:] = rng.random(part.size, dtype=np.float32) < density
        mask.flags.writeable = False  # so that `Masks` needs no copy
        for arrays in weights.values():
            values = arrays[link.layer] = np.empty(shape, dtype=np.float32)
            for part, kept in zip(_chunks(values), _chunks(mask), strict=True):
                part[:] = (2 * rng.random(part.size, dtype=np.float32) - 1) * kept
    return Network(Masks(masks), weights, wiring)


def _chunks(array: npt.NDArray) -> list[npt.NDArray]:
    """Views of consecutive parts of an array."""
    flat = array.reshape(-1)
    return [flat[start : start + CHUNK] for start in range(0, flat.size, CHUNK)]
