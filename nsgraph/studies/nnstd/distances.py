"""Distances of the study of topology distance: a row for each pair, with chance beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from nsgraph.distance import stability, unaligned
from nsgraph.distance.chance import Chance
from nsgraph.distance.pairing import Pairing
from nsgraph.masks import Masks
from nsgraph.network_file import load_network
from nsgraph.seeds import stream
from nsgraph.snapshots import load_masks, read_snapshots
from nsgraph.store import Entry
from nsgraph.studies.nnstd.networks import chain, random_network, which
from nsgraph.topologies import move_links

__all__ = ["EXPERIMENTS", "Place", "Work", "evolved_rows", "rows_of"]

Row = dict[str, Any]
ALL, FIRST = "all", "first"


class Place(NamedTuple):
    """A network of an experiment: the seed it goes back to, and its place there.

    The place is a step of a chain, a density, a number among the networks from one start, or an
    epoch.
    """

    root: int
    place: float


@dataclass(frozen=True)
class Work:
    """What all experiments are given.

    Attributes
    ----------
    settings : one tier of the study
    dense : manifest of the dense networks, for the shapes of the layers
    evolved : manifest of the networks that SET trained
    store : folder in which finished pairs are kept
    progress : told of every pair
    """

    settings: Mapping[str, Any]
    dense: Sequence[Entry]
    evolved: Sequence[Entry]
    store: str | os.PathLike[str]
    progress: Callable[[str], None] = lambda text: None

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Layer name to the shape of its weights."""
        masks = load_network(self.dense[0].file).masks
        return {name: mask.shape for name, mask in masks.items()}

    def pairing(self, masks: Mapping[Place, Masks]) -> Pairing:
        """What compares pairs of these networks, by the names that `name` gives them."""
        networks = {name(place): network for place, network in masks.items()}
        return Pairing(networks, dict.fromkeys(networks), store=self.store)


def name(place: Place) -> str:
    """A network's name in the lines of progress."""
    return f"{place.root}/{place.place:g}"


def rows_of(experiment: str, work: Work) -> list[Row]:
    """The rows of one of `EXPERIMENTS`.

    Returns
    -------
    list of dict
        A row for each pair and for `layers` = all (the mean over the layers) and first: what they
        are (`root_a`, `place_a`, `root_b`, `place_b`), `distance`, `chance_mean`, `chance_sd`,
        `chance_z`, `chance_samples`, `unaligned`, `shared` and `shared_expected`.
    """
    return [{"experiment": experiment, **row} for row in EXPERIMENTS[experiment](work)]


def _chain(work: Work) -> list[Row]:
    asked = work.settings["chain"]
    rows = []
    for root in asked["roots"]:
        networks = chain(work.shapes, asked["density"], asked["networks"], asked["changed"], root)
        drawn = {Place(root, step): masks for step, masks in enumerate(networks)}
        rows += _pairs(work, drawn, _from_first(drawn))
    return rows


def _densities(work: Work) -> list[Row]:
    asked = work.settings["chain"]
    rows = []
    for root in asked["roots"]:
        rng = stream(root, "densities")
        drawn = {Place(root, d): random_network(work.shapes, d, rng) for d in asked["densities"]}
        rows += _pairs(work, drawn, _from_first(drawn))
    return rows


def _from_first(places: Iterable[Place]) -> list[tuple[Place, Place]]:
    first, *others = places
    return [(first, other) for other in others]


def _before(work: Work) -> list[Row]:
    return _pairs(work, _networks(work, 0))


def _after(work: Work) -> list[Row]:
    """Also what chance gives where only as many links of the start stay, see `_turnover`."""
    rows = _pairs(work, _networks(work, -1))
    turnover = _turnover(work)
    for row in rows:
        key = Place(row["root_a"], row["place_a"]), Place(row["root_b"], row["place_b"])
        if key in turnover:
            level = turnover[key]
            found = level if row["layers"] == ALL else level.of_layer(next(iter(work.shapes)))
            row |= {"turnover_mean": found.mean, "turnover_sd": found.sd}
            row |= {"turnover_z": found.z(row["distance"])}
    return rows


def _turnover(work: Work) -> dict[tuple[Place, Place], Chance]:
    """Distances of networks from one start if training had moved as many links at random.

    Of every layer as many links of the network's own start stay as stayed in training, but which,
    and where the others went, is drawn.
    """
    before, after = _networks(work, 0), _networks(work, -1)
    found: dict[tuple[Place, Place], list[Row]] = {}
    for start in dict.fromkeys(place.root for place in before):
        own = [place for place in before if place.root == start]
        for sample in range(work.settings["turnover_samples"]):
            drawn = {p: _moved(before[p], after[p], p, sample) for p in own}
            pairs = {(name(a), name(b)): (a, b) for a, b in combinations(own, 2)}
            for pair, each in work.pairing(drawn).distances(pairs, work.progress).items():
                found.setdefault(pairs[pair], []).append({ALL: each.value, **each.per_layer})
    return {pair: _level(rows) for pair, rows in found.items()}


def _moved(before: Masks, after: Masks, place: Place, sample: int) -> Masks:
    rng = stream(sample, f"turnover/{place.root}/{place.place:g}")
    return move_links(before, {n: int((m & ~after[n]).sum()) for n, m in before.items()}, rng)


def _level(rows: Sequence[Row]) -> Chance:
    arrays = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return Chance(arrays.pop(ALL), arrays, float("nan"))


def _trajectory(work: Work) -> list[Row]:
    """Snapshots of the first network of each start."""
    rows = []
    for entry in work.evolved:
        start, number = which(entry.seed, work.settings["evolution"])
        if number == 0:
            found = read_snapshots(entry.file)
            rows += _pairs(
                work, {Place(start, s.epoch): load_masks(entry.file, s.label) for s in found}
            )
    return rows


EXPERIMENTS: dict[str, Callable[[Work], list[Row]]] = {
    "chain": _chain,
    "densities": _densities,
    "before": _before,
    "after": _after,
    "trajectory": _trajectory,
}
"""Experiments by name."""


def evolved_rows(work: Work) -> list[Row]:
    """A row for each network that SET trained: accuracy, and how much of its start stayed."""
    rows = []
    before, after = _networks(work, 0), _networks(work, -1)
    for entry, (place, start) in zip(work.evolved, before.items(), strict=True):
        first = next(iter(start))
        row: Row = {name: getattr(entry, name) for name in ("dataset", "model", "sparsity")}
        row |= {"start": place.root, "number": int(place.place), "seed": entry.seed}
        row |= {name: getattr(entry, name) for name in ("best_epoch", "test_accuracy", "file")}
        stayed = {name: float((mask & after[place][name]).sum()) for name, mask in start.items()}
        row["start_kept"] = sum(stayed.values()) / start.n_kept
        row["start_kept_first"] = stayed[first] / float(start[first].sum())
        rows.append(row)
    return rows


def _networks(work: Work, snapshot: int) -> dict[Place, Masks]:
    """A snapshot of every trained network: 0 the start, -1 the last one."""
    found = {}
    for entry in work.evolved:
        place = Place(*which(entry.seed, work.settings["evolution"]))
        found[place] = load_masks(entry.file, read_snapshots(entry.file)[snapshot].label)
    return found


def _pairs(
    work: Work,
    masks: Mapping[Place, Masks],
    chosen: Iterable[tuple[Place, Place]] | None = None,
) -> list[Row]:
    """Rows of the chosen pairs (default: of all)."""
    pairs = list(combinations(masks, 2) if chosen is None else chosen)
    names = [(name(a), name(b)) for a, b in pairs]
    pairing, samples = work.pairing(masks), work.settings["chance_samples"]
    distances = pairing.distances(names, work.progress)
    chances = pairing.chance(names, samples=samples, progress=work.progress)
    rows = []
    for (a, b), pair in zip(pairs, names, strict=True):
        value, level = distances[pair], chances[pair]
        shared = stability(masks[a], masks[b])
        first = next(iter(masks[a]))
        one, other = masks[a][first], masks[b][first]
        expected = unaligned(one.shape[1], float(one.mean()), float(other.mean()))
        about = {"root_a": a.root, "place_a": a.place, "root_b": b.root, "place_b": b.place}
        of_all = _columns(ALL, value.value, level, level.unaligned, shared.total)
        of_first = _columns(
            FIRST,
            value.per_layer[first],
            level.of_layer(first),
            expected,
            shared.per_layer[first],
        )
        rows += [about | of_all, about | of_first]
    return rows


def _columns(layers: str, value: float, level: Chance, expected: float, shared: Any) -> Row:
    return {
        "layers": layers,
        "distance": value,
        "chance_mean": level.mean,
        "chance_sd": level.sd,
        "chance_z": level.z(value),
        "chance_samples": len(level.values),
        "unaligned": expected,
        "shared": shared.fraction,
        "shared_expected": shared.fraction_expected,
    }
