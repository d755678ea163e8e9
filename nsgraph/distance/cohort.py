"""Distance and shared links of all pairs of networks that differ in nothing but their seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

from nsgraph.distance.canonical import canonical_form
from nsgraph.distance.chance import (
    Chance,
    chance,
    chance_of,
    draw_names,
    kind_of,
    random_forms,
    unaligned_layers,
)
from nsgraph.distance.network import as_network, check_comparable
from nsgraph.distance.nnstd import (
    Distance,
    Outputs,
    TieBreak,
    canonical_distance,
    check_options,
    distance,
    plain_distance,
)
from nsgraph.distance.stability import SharedLinks, stability
from nsgraph.errors import UserError
from nsgraph.network_file import SavedNetwork

__all__ = ["PairTables", "compare", "pair_tables", "pairs"]

Row = dict[str, Any]

CONFIGURATION = ("dataset", "model", "method", "category", "sparsity", "seed")
NO_SPREAD = "chance does not vary"


@dataclass(frozen=True)
class PairTables:
    """Rows for whole networks (a row a pair) and for layers (a row a pair and layer)."""

    rows: list[Row]
    layer_rows: list[Row]


def pairs(networks: Iterable[tuple[str, SavedNetwork]], **options: Any) -> list[Row]:
    """The rows of `pair_tables`, with the same options."""
    return pair_tables(networks, **options).rows


def pair_tables(
    networks: Iterable[tuple[str, SavedNetwork]],
    *,
    differ: Literal["seed", "dataset"] = "seed",
    samples: int = 5,
    seed: int = 0,
    tie_break: TieBreak = "canonical",
    outputs: Outputs = "labelled",
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
        of one input size and number of classes).
    samples
        Pairs of Erdos-Renyi networks drawn for the level of chance, at least 2; drawn once for each
        combination of shapes and numbers of links.
    seed
        Of these draws.
    progress
        Called with a line of text after every pair.

    Returns
    -------
    Rows sorted by configuration and name; the columns are explained by `dictionary()`. What is
    undefined is `None` with a `.status` column that says why.
    """
    check_options(tie_break, outputs)
    if differ not in ("seed", "dataset"):
        raise UserError(f"differ must be 'seed' or 'dataset', not {differ!r}.")
    if samples < 2:
        raise UserError(f"samples must be at least 2, not {samples}.")
    tables = PairTables([], [])
    compare = _Comparison(samples, seed, tie_break, outputs)
    for group in _configurations(networks, differ):
        compare.forget_forms()
        for one, other in combinations(group, 2):
            row, layer_rows = compare.rows(one, other, differ)
            if progress is not None:
                progress(f"{one[0]} and {other[0]}")
            tables.rows.append(row)
            tables.layer_rows.extend(layer_rows)
    return tables


Named = tuple[str, SavedNetwork]


def _configurations(networks: Iterable[Named], differ: str) -> list[list[Named]]:
    """Networks that differ in one thing only, sorted."""
    groups: dict[tuple[Any, ...], list[Named]] = {}
    for name, network in networks:
        p = network.provenance
        key = tuple(getattr(p, field) for field in CONFIGURATION if field != differ)
        if differ == "dataset":
            key += (p.input_shape, p.classes)
        groups.setdefault(key, []).append((name, network))

    def by_difference(named: Named) -> Any:
        value = getattr(named[1].provenance, differ)
        return value is not None, value, named[0]

    ordered = sorted(groups, key=lambda key: [(v is not None, v) for v in key])
    return [sorted(groups[key], key=by_difference) for key in ordered]


class _Comparison:
    """Compares pairs, keeping canonical forms for one configuration and chance for all."""

    def __init__(self, samples: int, seed: int, tie_break: TieBreak, outputs: Outputs) -> None:
        self.samples, self.seed = samples, seed
        self.tie_break, self.outputs = tie_break, outputs
        self.chances: dict[tuple[str, str], Chance] = {}
        self.forget_forms()

    def forget_forms(self) -> None:
        self.networks: dict[str, tuple[Any, Any]] = {}
        self.random: dict[str, list[Any]] = {}

    def rows(self, one: Named, other: Named, differ: str) -> tuple[Row, list[Row]]:
        found, by_chance = self.distance(one, other), self.chance(one, other)
        shared = stability(one[1].masks, other[1].masks)
        p, q = one[1].provenance, other[1].provenance
        keys: Row = {field: getattr(p, field) for field in CONFIGURATION if field != differ}
        keys |= {f"{differ}_a": getattr(p, differ), f"{differ}_b": getattr(q, differ)}
        keys |= {"network_a": one[0], "network_b": other[0]}
        row = keys | _distance_columns(found.value, by_chance) | _link_columns(shared.total)
        row["distance.nnstd_unaligned"] = by_chance.unaligned
        layer_rows = []
        for name, value in found.per_layer.items():
            of_layer = Chance(by_chance.per_layer[name], {}, by_chance.unaligned)
            layer_rows.append(keys | {"layer": name} | _distance_columns(value, of_layer))
        for name, links in shared.per_layer.items():
            match = next((r for r in layer_rows if r["layer"] == name), None)
            if match is None:
                # Links summed into one set are one layer of NNSTD but several here.
                match = keys | {"layer": name}
                layer_rows.append(match)
            match |= _link_columns(links)
        return row, layer_rows

    def distance(self, one: Named, other: Named) -> Distance:
        first, second = self.form(one), self.form(other)
        check_comparable(first[0].structure, second[0].structure)
        if self.tie_break == "none":
            return plain_distance(first[0], second[0], self.outputs)
        return canonical_distance(first[1], second[1], self.outputs)

    def form(self, named: Named) -> tuple[Any, Any]:
        name, saved = named
        if name not in self.networks:
            network = as_network(saved, None, self.outputs == "labelled")
            canonical = canonical_form(network) if self.tie_break == "canonical" else None
            self.networks[name] = network, canonical
        return self.networks[name]

    def chance(self, one: Named, other: Named) -> Chance:
        kinds = [kind_of(network.masks, network.wiring) for _, network in (one, other)]
        key = min(kinds), max(kinds)
        if key not in self.chances:
            names = draw_names(*kinds)
            for name, (_, network) in zip(names, (one, other), strict=True):
                if name not in self.random:
                    self.random[name] = random_forms(
                        network.masks,
                        network.wiring,
                        name,
                        samples=self.samples,
                        seed=self.seed,
                        tie_break=self.tie_break,
                        outputs=self.outputs,
                    )
            level = unaligned_layers(self.form(one)[0], self.form(other)[0])
            drawn = (self.random[name] for name in names)
            self.chances[key] = chance_of(*drawn, outputs=self.outputs, unaligned=level)
        return self.chances[key]


def compare(
    a: SavedNetwork,
    b: SavedNetwork,
    *,
    samples: int = 20,
    seed: int = 0,
    tie_break: TieBreak = "canonical",
    outputs: Outputs = "labelled",
) -> Row:
    """Distance and shared links of two networks with chance beside them, whatever they differ in.

    Options as in `pair_tables`; shared links are left out where the shapes differ. `per_layer` maps
    the layers to their distances.
    """
    check_options(tie_break, outputs)
    found = distance(a, b, tie_break, outputs)
    by_chance = chance(a, b, samples=samples, seed=seed, tie_break=tie_break, outputs=outputs)
    row = _distance_columns(found.value, by_chance)
    row["distance.nnstd_unaligned"] = by_chance.unaligned
    if [m.shape for m in a.masks.values()] == [m.shape for m in b.masks.values()]:
        row |= _link_columns(stability(a, b).total)
    return row | {"per_layer": found.per_layer}


def _distance_columns(value: float, by_chance: Chance) -> Row:
    z = by_chance.z(value)
    return {
        "distance.nnstd": value,
        "distance.nnstd_er_mean": by_chance.mean,
        "distance.nnstd_er_sd": by_chance.sd,
        "distance.nnstd_er_z": z,
        "distance.nnstd_er_z.status": None if z is not None else NO_SPREAD,
        "distance.nnstd_er_samples": len(by_chance.values),
    }


def _link_columns(links: SharedLinks) -> Row:
    return {
        "stability.shared": links.shared,
        "stability.jaccard": links.jaccard,
        "stability.jaccard_expected": links.jaccard_expected,
        "stability.fraction": links.fraction,
        "stability.fraction_expected": links.fraction_expected,
        "stability.shared_er_z": links.z,
        "stability.shared_er_z.status": None if links.z is not None else NO_SPREAD,
    }
