"""Distances between all pairs of some networks."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from nsgraph.distance.chance import Chance, Null
from nsgraph.distance.columns import Row, distance_columns, other_columns
from nsgraph.distance.nnstd import Outputs, TieBreak
from nsgraph.distance.pairing import Pair, Pairing, wirings_of
from nsgraph.errors import UserError
from nsgraph.wiring import Wiring

__all__ = ["Matrix", "clustering", "matrix"]

FloatArray = npt.NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Matrix:
    """Distances of all pairs of n networks.

    Attributes
    ----------
    names : [n] the networks
    values : [n, n] NNSTD in [0, 1], symmetric, 0 on the diagonal
    per_layer : layer name to [n, n] distances of that layer
    chance : for each pair (names in the order of `names`) what chance gives; empty if not asked for
    null : the null model of that chance
    others : for each pair its other distances by name; empty if not asked for
    """

    names: tuple[str, ...]
    values: FloatArray
    per_layer: dict[str, FloatArray]
    chance: dict[Pair, Chance] = field(default_factory=dict)
    null: Null = "er"
    others: dict[Pair, dict[str, Any]] = field(default_factory=dict)

    def clustering(self) -> FloatArray:
        """[n - 1, 4] the hierarchical clustering (`clustering`)."""
        return clustering(self.values)

    def order(self) -> list[int]:
        """[n] places of the networks along the dendrogram, most alike beside each other."""
        if len(self.names) < 3:
            return list(range(len(self.names)))
        from scipy.cluster.hierarchy import leaves_list

        return [int(place) for place in leaves_list(self.clustering())]

    def part(self, places: Sequence[int]) -> Matrix:
        """The distances among some (or all) of the networks, in the order of these places."""
        grid = np.ix_(places, places)
        names = tuple(self.names[place] for place in places)
        return replace(
            self,
            names=names,
            values=self.values[grid],
            per_layer={name: values[grid] for name, values in self.per_layer.items()},
            chance=_of_pairs(self.chance, names),
            others=_of_pairs(self.others, names),
        )

    def rows(self) -> list[Row]:
        """One row a pair: `network_a`, `network_b`, `distance.nnstd`, and chance if asked for."""
        found = []
        for (i, a), (j, b) in combinations(enumerate(self.names), 2):
            row: Row = {"network_a": a, "network_b": b}
            row |= distance_columns(float(self.values[i, j]), self._chance_of(a, b))
            if (a, b) in self.chance:
                row["distance.nnstd_unaligned"] = self.chance[a, b].unaligned
            found.append(row | other_columns(self.others.get((a, b), {})))
        return found

    def layer_rows(self) -> list[Row]:
        """One row a pair and layer: as `rows`, with `layer`."""
        found = []
        for (i, a), (j, b) in combinations(enumerate(self.names), 2):
            for layer, values in self.per_layer.items():
                row: Row = {"network_a": a, "network_b": b, "layer": layer}
                level = self._chance_of(a, b, layer)
                found.append(row | distance_columns(float(values[i, j]), level))
        return found

    def _chance_of(self, a: str, b: str, layer: str | None = None) -> dict[Null, Chance]:
        """Chance of a pair, or of a layer of it, by null model; empty if not asked for."""
        level = self.chance.get((a, b))
        if level is None:
            return {}
        return {self.null: level if layer is None else level.of_layer(layer)}


def matrix(
    networks: Mapping[str, Any],
    *,
    tie_break: TieBreak = "canonical",
    outputs: Outputs = "labelled",
    wiring: Wiring | None = None,
    samples: int = 0,
    seed: int = 0,
    null: Null = "er",
    others: Sequence[str] = (),
    store: str | os.PathLike[str] | None = None,
    workers: int = 1,
    warm: bool = True,
    progress: Callable[[str], None] | None = None,
) -> Matrix:
    """NNSTD of all pairs of some networks of the same layers.

    Parameters
    ----------
    networks
        Name to network: `Masks`, a mapping of 0/1 arrays, or a saved network. At least one.
    tie_break, outputs, wiring
        As in `nsgraph.distance.distance`. With `tie_break="none"`, which is not symmetric, the
        distance is the one from the network that comes first.
    samples
        Pairs of random networks drawn for the level of chance (at least 2), once for each
        combination of shapes and numbers of links (`"degree"`: of degrees); 0: no level of chance.
    seed
        Of these draws.
    null
        What the random networks keep: `"er"` or `"degree"`, as in `nsgraph.distance.chance`.
    others
        Names of other distances (`nsgraph.distance.others`) to be computed beside NNSTD.
    store
        A folder in which every finished pair is kept. A matrix that was interrupted goes on where
        it was, one with more networks computes the new pairs alone, and matrices may share it.
    workers
        Processes that compare pairs.
    warm
        Start each pair from the solution of an earlier one; changes the time alone.
    progress
        Called with a line of text after every pair.

    Raises
    ------
    UserError
        If there is no network, two cannot be compared, or an option has another value.

    Examples
    --------
    >>> one, two = {"fc": [[1, 1, 0, 0]]}, {"fc": [[1, 0, 1, 0]]}
    >>> matrix({"one": one, "two": two, "copy": one}).values.round(3).tolist()
    [[0.0, 0.667, 0.0], [0.667, 0.0, 0.667], [0.0, 0.667, 0.0]]
    """
    if not networks:
        raise UserError("A matrix of distances needs at least one network.")
    if samples == 1 or samples < 0:
        raise UserError(f"samples must be 0 (no level of chance) or at least 2, not {samples}.")
    pairing = Pairing(
        networks,
        wirings_of(networks, wiring),
        tie_break=tie_break,
        outputs=outputs,
        store=store,
        workers=workers,
        warm=warm,
    )
    pairs = list(combinations(networks, 2))
    found = pairing.distances(pairs, progress)
    place = {name: i for i, name in enumerate(networks)}
    layers = list(next(iter(found.values())).per_layer) if found else []
    arrays = {name: np.zeros((len(place), len(place))) for name in ["", *layers]}
    for (a, b), each in found.items():
        for name, value in {"": each.value, **each.per_layer}.items():
            arrays[name][place[a], place[b]] = arrays[name][place[b], place[a]] = value
    by_chance = {}
    if samples:
        drawn: dict[str, Any] = {"samples": samples, "seed": seed, "null": null}
        by_chance = pairing.chance(pairs, **drawn, progress=progress)
    beside = pairing.others(pairs, others, progress) if others else {}
    return Matrix(tuple(networks), arrays.pop(""), arrays, by_chance, null, beside)


def clustering(values: FloatArray) -> FloatArray:
    """Hierarchical clustering of a matrix of distances, [n - 1, 4] as scipy has it.

    Average linkage (Sokal and Michener 1958): two clusters are as far apart as their members on
    average. Branches are turned so that neighbouring leaves are as near as can be (optimal leaf
    ordering, Bar-Joseph et al. 2001).
    """
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    condensed = squareform(np.asarray(values, dtype=np.float64), checks=False)
    return np.asarray(linkage(condensed, "average", optimal_ordering=True))


def _of_pairs(values: dict[Pair, T], names: Sequence[str]) -> dict[Pair, T]:
    """Those of the pairs among some networks, in the order of the names."""
    both = {**{(b, a): value for (a, b), value in values.items()}, **values}
    return {pair: both[pair] for pair in combinations(names, 2) if pair in both}
