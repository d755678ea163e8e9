"""What NNSTD chance alone gives: the distance between random networks that are alike in the rest.

Layers drawn at random are already far closer than 1 to each other once they are aligned, and how
close depends on width and density, and on degrees where these differ much; a distance means
something only beside that level.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

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
from nsgraph.topologies import degree_preserving, erdos_renyi
from nsgraph.wiring import Wiring

__all__ = ["Chance", "Null", "chance", "kind_of", "unaligned", "unaligned_layers"]

Null = Literal["er", "degree"]
"""Random layers that keep shape and number of links, or the degrees of all neurons as well."""


@dataclass(frozen=True)
class Chance:
    """Distances between random networks that keep what the null model says.

    Attributes
    ----------
    values : [samples] distances, in [0, 1]
    per_layer : layer name to [samples] distances
    unaligned : expected distance before any assignment (`unaligned_layers`), mean over layers
    """

    values: npt.NDArray[np.float64]
    per_layer: dict[str, npt.NDArray[np.float64]]
    unaligned: float

    def of_layer(self, name: str) -> Chance:
        """The distances of one layer."""
        return Chance(self.per_layer[name], {}, self.unaligned)

    @property
    def mean(self) -> float:
        """Mean over the samples."""
        return float(np.mean(self.values))

    @property
    def sd(self) -> float | None:
        """Standard deviation over the samples (n - 1), `None` for fewer than two."""
        if len(self.values) < 2:
            return None
        spread = float(np.std(self.values, ddof=1))
        # Distances are sums of rounded fractions: a spread of this size is rounding.
        return spread if spread > 1e-12 else 0.0

    def z(self, value: float) -> float | None:
        """Standard deviations between a distance and chance; `None` where chance does not vary."""
        return (value - self.mean) / self.sd if self.sd else None


def chance(
    a: Any,
    b: Any = None,
    *,
    samples: int = 20,
    seed: int = 0,
    tie_break: TieBreak = "canonical",
    outputs: Outputs = "labelled",
    wiring: Wiring | None = None,
    null: Null = "er",
) -> Chance:
    """Distance between random networks like `a` and `b` (default `a`), by the same procedure.

    Parameters
    ----------
    a, b
        Networks as in `distance`.
    samples
        Pairs drawn, at least 1. The standard error of the mean is `sd / sqrt(samples)`.
    seed
        Of the draws.
    null
        `"er"`: Erdos-Renyi layers of the same shapes and numbers of links. `"degree"`: in each
        layer every output neuron keeps its fan-in and every input (of a convolution: channel and
        kernel position) its fan-out (`nsgraph.topologies.degree_preserving`, grain "rolled").

    Raises
    ------
    UserError
        As `distance`, if `samples` is below 1 or `null` has another value.
    """
    check_options(tie_break, outputs)
    if null not in ("er", "degree"):
        raise UserError(f"null must be 'er' or 'degree', not {null!r}.")
    if samples < 1:
        raise UserError(f"samples must be at least 1, not {samples}.")
    b = a if b is None else b
    nets = as_networks(a, b, wiring, outputs == "labelled")
    wirings = [wiring or _wiring(one) or _wiring(other) for one, other in ((a, b), (b, a))]
    likes = [(masks_of(network), own) for network, own in zip((a, b), wirings, strict=True)]
    kinds = [kind_of(*like, null) for like in likes]
    # Two series of draws; networks of different kinds have different ones as it is.
    names = kinds[0], kinds[1] + "/second" if kinds[0] == kinds[1] else kinds[1]
    streams = [stream(seed, f"distance/{name}") for name in names]
    found: list[Distance] = []
    for _ in range(samples):
        one, other = (
            as_network(_drawn(*like, null, rng), like[1], outputs == "labelled")
            for like, rng in zip(likes, streams, strict=True)
        )
        found.append(
            canonical_distance(canonical_form(one), canonical_form(other), outputs)
            if tie_break == "canonical"
            else plain_distance(one, other, outputs)
        )
    per_layer = {
        name: np.array([each.per_layer[name] for each in found]) for name in found[0].per_layer
    }
    values = np.array([each.value for each in found])
    return Chance(values, per_layer, unaligned_layers(*nets))


def kind_of(masks: Masks, wiring: Wiring | None, null: Null = "er") -> str:
    """What a random network depends on, hashed: wiring, shapes and numbers of links, or degrees."""
    if null == "er":
        layers = [[name, list(m.shape), int(np.count_nonzero(m))] for name, m in masks.items()]
    else:
        layers = [
            [name, list(m.shape), *(m.sum(axis=axis).tolist() for axis in (0, _behind(m)))]
            for name, m in masks.items()
        ]
    text = canonical_json([layers, wiring.to_json() if wiring else None])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _behind(mask: npt.NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(range(1, mask.ndim))


def _drawn(masks: Masks, wiring: Wiring | None, null: Null, rng: np.random.Generator) -> Masks:
    if null == "er":
        return erdos_renyi(masks, rng)
    links = wiring.links if wiring else ()
    groups = {link.layer: link.groups for link in links if link.layer is not None}
    return degree_preserving(masks, rng, grain="rolled", groups=groups)


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
