"""Distance and shared links of all pairs of networks that differ in one thing only.

Pairs that differ in their seed alone tell how stable a method is against its initialisation
(SaInit), pairs that differ in their data set alone how much of the topology is the data's (SaData;
Cunegatti et al. 2024).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any, Literal

from nsgraph.distance.chance import Chance, Null, chance
from nsgraph.distance.columns import Row, distance_columns, link_columns, other_columns
from nsgraph.distance.keeping import PairDistance
from nsgraph.distance.nnstd import Outputs, TieBreak, check_options, distance
from nsgraph.distance.pairing import Pairing, wirings_of
from nsgraph.distance.stability import Stability, stability
from nsgraph.errors import UserError
from nsgraph.network_file import SavedNetwork

__all__ = ["PairTables", "compare", "pair_tables"]

CONFIGURATION = ("dataset", "model", "method", "category", "sparsity", "seed")
DIFFER = ("seed", "dataset")


@dataclass(frozen=True)
class PairTables:
    """Rows for whole networks (a row a pair) and for layers (a row a pair and layer)."""

    rows: list[Row]
    layer_rows: list[Row]


def pair_tables(
    networks: Iterable[tuple[str, SavedNetwork]],
    *,
    differ: Literal["seed", "dataset"] = "seed",
    samples: int = 5,
    seed: int = 0,
    nulls: Sequence[Null] = ("er",),
    tie_break: TieBreak = "canonical",
    outputs: Outputs = "labelled",
    others: Sequence[str] = (),
    store: str | os.PathLike[str] | None = None,
    workers: int = 1,
    progress: Callable[[str], None] | None = None,
) -> PairTables:
    """NNSTD and stability of all pairs within each configuration, beside chance.

    Parameters
    ----------
    networks
        (name, network); the name goes into the tables. Data set, model, method, sparsity and seed
        are read from the provenance.
    differ
        What two networks of a pair differ in: `"seed"` (SaInit), or `"dataset"` (SaData: data sets
        of one input shape and number of classes; the seeds are the same).
    samples
        Pairs of random networks drawn for the level of chance, at least 2; drawn once for each
        combination of shapes and numbers of links (or degrees).
    seed
        Of these draws.
    nulls
        Null models of chance, as in `nsgraph.distance.chance`; columns for each.
    others, store, workers, progress
        As in `matrix`.

    Returns
    -------
    Rows sorted by configuration and name; the columns are explained by `dictionary()`. What is
    undefined is `None` with a `.status` column that says why.
    """
    check_options(tie_break, outputs)
    if differ not in DIFFER:
        raise UserError(f"differ must be 'seed' or 'dataset', not {differ!r}.")
    if samples < 2:
        raise UserError(f"samples must be at least 2, not {samples}.")
    groups = _configurations(networks, differ)
    asked = [list(combinations(group, 2)) for group in groups]
    pairing = Pairing(
        {name: network for group in groups for name, network in group.items()},
        {name: w for group in groups for name, w in wirings_of(group).items()},
        tie_break=tie_break,
        outputs=outputs,
        store=store,
        workers=workers,
    )
    every = list(chain(*asked))
    levels = {null: pairing.chance(every, samples=samples, seed=seed, null=null) for null in nulls}
    beside = pairing.others(every, others)
    tables = PairTables([], [])
    for group, of_group in zip(groups, asked, strict=True):
        for pair, found in pairing.distances(of_group, progress).items():
            keys = _keys(pair, group, differ)
            shared = stability(*(group[name].masks for name in pair))
            by_chance = {null: of_pairs[pair] for null, of_pairs in levels.items()}
            row, layer_rows = _rows(keys, found, by_chance, shared)
            tables.rows.append(row | other_columns(beside[pair]))
            tables.layer_rows.extend(layer_rows)
        pairing.forget_forms()
    return tables


def _configurations(
    networks: Iterable[tuple[str, SavedNetwork]], differ: str
) -> list[dict[str, SavedNetwork]]:
    """Networks that differ in one thing only, sorted."""
    groups: dict[tuple[Any, ...], list[tuple[str, SavedNetwork]]] = {}
    for name, network in networks:
        p = network.provenance
        key = tuple(getattr(p, field) for field in CONFIGURATION if field != differ)
        if differ == "dataset":
            key += (p.input_shape, p.classes)
        groups.setdefault(key, []).append((name, network))

    def by_difference(named: tuple[str, SavedNetwork]) -> Any:
        value = getattr(named[1].provenance, differ)
        return value is not None, value, named[0]

    ordered = sorted(groups, key=lambda key: [(v is not None, v) for v in key])
    return [dict(sorted(groups[key], key=by_difference)) for key in ordered]


def _rows(
    keys: Row, found: PairDistance, by_chance: Mapping[Null, Chance], shared: Stability
) -> tuple[Row, list[Row]]:
    """The row of a pair, and those of its layers."""
    row = keys | distance_columns(found.value, by_chance) | link_columns(shared.total)
    row["distance.nnstd_unaligned"] = next(iter(by_chance.values())).unaligned
    layers = {}
    for name, value in found.per_layer.items():
        of_layer = {null: level.of_layer(name) for null, level in by_chance.items()}
        layers[name] = keys | {"layer": name} | distance_columns(value, of_layer)
    for name, links in shared.per_layer.items():
        # Links summed into one set are one layer of NNSTD but several here.
        layers.setdefault(name, keys | {"layer": name}).update(link_columns(links))
    return row, list(layers.values())


def _keys(pair: tuple[str, str], group: dict[str, SavedNetwork], differ: str) -> Row:
    """What a pair is: its configuration, and the two values of what it differs in."""
    a, b = (group[name].provenance for name in pair)
    configuration = {name: getattr(a, name) for name in CONFIGURATION if name != "seed"}
    return {
        "differ": differ,
        **configuration,
        "dataset_b": b.dataset,
        "seed_a": a.seed,
        "seed_b": b.seed,
        "network_a": pair[0],
        "network_b": pair[1],
    }


def compare(
    a: SavedNetwork,
    b: SavedNetwork,
    *,
    samples: int = 20,
    seed: int = 0,
    null: Null = "er",
    tie_break: TieBreak = "canonical",
    outputs: Outputs = "labelled",
    others: Sequence[str] = (),
) -> Row:
    """Distance and shared links of two networks with chance beside them, whatever they differ in.

    Options as in `pair_tables`, but that `samples` may be 0: then chance is left out. Shared links
    are None where the shapes differ. `per_layer` maps the layers to their distances.
    """
    check_options(tie_break, outputs)
    found = distance(a, b, tie_break, outputs)
    row = distance_columns(found.value, {})
    if samples:
        drawn: dict[str, Any] = {"samples": samples, "seed": seed, "null": null}
        level = chance(a, b, **drawn, tie_break=tie_break, outputs=outputs)
        row = distance_columns(found.value, {null: level})
        row["distance.nnstd_unaligned"] = level.unaligned
    if others:
        from nsgraph.distance.others import compare as compare_otherwise

        row |= other_columns(compare_otherwise(a, b, names=others))
    same = [m.shape for m in a.masks.values()] == [m.shape for m in b.masks.values()]
    row |= link_columns(stability(a, b).total if same else None)
    return row | {"per_layer": found.per_layer}
