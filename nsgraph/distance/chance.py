"""What NNSTD chance alone gives: the distance between Erdos-Renyi layers of the same densities.

Layers drawn at random are already far closer than 1 to each other once they are aligned, and how
close depends on width and density; a distance means something only beside that level.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nsgraph.distance.canonical import canonical_form
from nsgraph.distance.network import Network, as_network, as_networks, masks_of
from nsgraph.distance.nnstd import (
    Distance,
    Outputs,
    TieBreak,
    canonical_distance,
    check_options,
    plain_distance,
)
from nsgraph.errors import UserError
from nsgraph.files import canonical_json
from nsgraph.masks import Masks
from nsgraph.seeds import stream
from nsgraph.topologies import erdos_renyi
from nsgraph.wiring import Wiring

__all__ = [
    "Chance",
    "chance",
    "chance_of",
    "draw_names",
    "kind_of",
    "random_forms",
    "unaligned",
    "unaligned_layers",
]


@dataclass(frozen=True)
class Chance:
    """Distances between random networks of the same shapes and layer densities.

    Attributes
    ----------
    values : [samples] distances, in [0, 1]
    per_layer : layer name to [samples] distances
    unaligned : expected distance before any assignment (`unaligned_layers`), mean over layers
    """

    values: npt.NDArray[np.float64]
    per_layer: dict[str, npt.NDArray[np.float64]]
    unaligned: float

    @property
    def mean(self) -> float:
        """Mean over the samples."""
        return float(np.mean(self.values))

    @property
    def sd(self) -> float | None:
        """Standard deviation over the samples (n - 1), `None` for fewer than two."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else None

    def z(self, value: float) -> float | None:
        """Standard deviations between a distance and chance; `None` where chance does not vary."""
        sd = self.sd
        # Distances are sums of rounded fractions: a spread of this size is rounding.
        return None if sd is None or sd < 1e-12 else (value - self.mean) / sd


def chance(
    a: Any,
    b: Any = None,
    *,
    samples: int = 20,
    seed: int = 0,
    tie_break: TieBreak = "canonical",
    outputs: Outputs = "labelled",
    wiring: Wiring | None = None,
) -> Chance:
    """Distance between Erdos-Renyi networks like `a` and `b` (default `a`), same procedure.

    Parameters
    ----------
    a, b
        Networks as in `distance`; only the shapes and the number of links of each layer are used.
    samples
        Pairs drawn, at least 1. The standard error of the mean is `sd / sqrt(samples)`.
    seed
        Of the draws.

    Raises
    ------
    UserError
        As `distance`, and if `samples` is below 1.
    """
    check_options(tie_break, outputs)
    b = a if b is None else b
    nets = as_networks(a, b, wiring, outputs == "labelled")
    wirings = [wiring or _wiring(one) or _wiring(other) for one, other in ((a, b), (b, a))]
    masks = [masks_of(network) for network in (a, b)]
    names = draw_names(*(kind_of(m, w) for m, w in zip(masks, wirings, strict=True)))
    drawn = [
        random_forms(m, w, n, samples=samples, seed=seed, tie_break=tie_break, outputs=outputs)
        for m, w, n in zip(masks, wirings, names, strict=True)
    ]
    return chance_of(*drawn, outputs=outputs, unaligned=unaligned_layers(*nets))


def kind_of(masks: Masks, wiring: Wiring | None) -> str:
    """What a random network depends on: wiring, shapes and numbers of links, hashed."""
    layers = [[name, list(m.shape), int(np.count_nonzero(m))] for name, m in masks.items()]
    text = canonical_json([layers, wiring.to_json() if wiring else None])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def draw_names(kind_a: str, kind_b: str) -> tuple[str, str]:
    """Names of two independent series of draws; kinds that differ are independent as they are."""
    return kind_a, kind_b + "/second" if kind_a == kind_b else kind_b


def random_forms(
    masks: Masks,
    wiring: Wiring | None,
    name: str,
    *,
    samples: int,
    seed: int,
    tie_break: TieBreak = "canonical",
    outputs: Outputs = "labelled",
) -> list[Any]:
    """Random networks like the masks, ready for `chance_of`; one series of draws for each name."""
    if samples < 1:
        raise UserError(f"samples must be at least 1, not {samples}.")
    rng = stream(seed, f"distance/{name}")
    forms: list[Any] = []
    for _ in range(samples):
        network = as_network(erdos_renyi(masks, rng), wiring, outputs == "labelled")
        forms.append(canonical_form(network) if tie_break == "canonical" else network)
    return forms


def chance_of(
    of_a: Iterable[Any], of_b: Iterable[Any], *, outputs: Outputs, unaligned: float
) -> Chance:
    """Chance from random networks drawn before, paired in order."""
    found: list[Distance] = [
        plain_distance(one, other, outputs)
        if isinstance(one, Network)
        else canonical_distance(one, other, outputs)
        for one, other in zip(of_a, of_b, strict=True)
    ]
    per_layer = {
        name: np.array([each.per_layer[name] for each in found]) for name in found[0].per_layer
    }
    return Chance(np.array([each.value for each in found]), per_layer, unaligned)


def unaligned(inputs: int, density_a: float, density_b: float | None = None) -> float:
    """Expected cost between two neurons of random layers that nothing has aligned.

    With each of n possible inputs kept independently with probabilities d_a and d_b,

        (1 - ((1 - d_a)(1 - d_b))^n) (1 - d_a d_b / (d_a + d_b - d_a d_b)),

    the first factor being the chance that not both are empty. With d_a = d_b = d it is
    (1 - (1 - d)^(2n)) (1 - d / (2 - d)).

    >>> round(unaligned(784, 0.001), 2), round(unaligned(784, 0.2), 2)
    (0.79, 0.89)
    """
    b = density_a if density_b is None else density_b
    either = density_a + b - density_a * b
    if either == 0:
        return 0.0
    return (1 - (1 - either) ** inputs) * (1 - density_a * b / either)


def unaligned_layers(a: Network, b: Network) -> float:
    """Mean over the layers of `unaligned`, neurons left over where widths differ at 1.

    Where several links are summed, their densities are those of the layer as a whole.
    """
    values = []
    for one, other in zip(a.matrices, b.matrices, strict=True):
        widths = sorted((len(one), len(other)))
        columns = min(one.shape[1], other.shape[1])
        cost = unaligned(columns, float(one.mean()), float(other.mean()))
        values.append((widths[0] * cost + widths[1] - widths[0]) / widths[1])
    return float(np.mean(values))


def _wiring(network: Any) -> Wiring | None:
    return getattr(network, "wiring", None)
