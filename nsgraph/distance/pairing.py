"""Distances of many pairs among some networks: in parallel, kept, each network prepared once."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from nsgraph.distance.canonical import Canonical, canonical_form
from nsgraph.distance.chance import Chance, Null, chance, kind_of
from nsgraph.distance.keeping import (
    KeptChance,
    PairDistance,
    PairStore,
    network_digest,
    procedure_digest,
)
from nsgraph.distance.network import Network, as_network, check_comparable, masks_of
from nsgraph.distance.nnstd import (
    Outputs,
    TieBreak,
    Warm,
    canonical_distance,
    check_options,
    plain_distance,
)
from nsgraph.distance.parallel import in_parallel
from nsgraph.errors import UserError
from nsgraph.wiring import Wiring

__all__ = ["Pair", "Pairing", "wirings_of"]

Pair = tuple[str, str]


class Pairing:
    """Compares pairs among some networks.

    Parameters
    ----------
    networks
        Name to network: `Masks`, a mapping of 0/1 arrays, or a saved network.
    wirings
        Name to how the layers are joined (`wirings_of`); None: a chain.
    tie_break, outputs
        As in `distance`. With `tie_break="none"` the distance of a pair is the one from its first
        network to its second.
    store
        Folder in which every finished pair is kept; what is there is not computed again.
    workers
        Processes.
    warm
        Start each pair from the solution of an earlier one that shares a network with it. Changes
        the time alone, no bit of any distance.

    Raises
    ------
    UserError
        If an option has no such value; comparing raises one if two networks cannot be compared.
    """

    def __init__(
        self,
        networks: Mapping[str, Any],
        wirings: Mapping[str, Wiring | None],
        *,
        tie_break: TieBreak = "canonical",
        outputs: Outputs = "labelled",
        store: str | os.PathLike[str] | None = None,
        workers: int = 1,
        warm: bool = True,
    ) -> None:
        check_options(tie_break, outputs)
        if workers < 1:
            raise UserError(f"workers must be at least 1, not {workers}.")
        self.tie_break, self.outputs, self.workers, self.warm = tie_break, outputs, workers, warm
        self.store = None if store is None else PairStore(store)
        self.masks = {name: masks_of(network) for name, network in networks.items()}
        self.wirings = wirings
        self.forms: dict[str, Canonical | Network] = {}
        self._prices: dict[str, Any] = {}
        self._digests: dict[str, str] = {}

    def forget_forms(self) -> None:
        """Let go of what was prepared: nothing is left to compare with the networks so far."""
        self.forms.clear()
        self._prices.clear()

    def distances(
        self, pairs: Collection[Pair], progress: Callable[[str], None] | None = None
    ) -> dict[Pair, PairDistance]:
        """The distance of each pair, in the order asked; `progress` gets a line for each."""
        keys = {pair: self._key(pair, "distance") for pair in pairs}
        found = self._kept(keys, PairDistance)
        for pair in found:
            _say(progress, pair)
        missing = [pair for pair in keys if pair not in found]
        self._prepare(dict.fromkeys(name for pair in missing for name in pair))
        tasks = (
            (self.forms[a], self.forms[b], self.outputs, self._start(a, b)) for a, b in missing
        )
        for place, (result, warm) in in_parallel(_distance, tasks, self.workers):
            pair = missing[place]
            found[pair] = result
            self._keep(keys[pair], result)
            self._learn(pair, warm)
            _say(progress, pair)
        return {pair: found[pair] for pair in keys}

    def _start(self, a: str, b: str) -> Warm | None:
        """Prices of the neurons of both networks in the latest pair that each was in."""
        if not self.warm:
            return None
        return Warm(self._prices.get(a, {}), self._prices.get(b, {}))

    def _learn(self, pair: Pair, warm: Warm | None) -> None:
        if warm is not None:
            prices = zip(pair, (warm.of_a, warm.of_b), strict=True)
            self._prices |= {name: own for name, own in prices if own}

    def chance(
        self,
        pairs: Collection[Pair],
        *,
        samples: int,
        seed: int = 0,
        null: Null = "er",
        progress: Callable[[str], None] | None = None,
    ) -> dict[Pair, Chance]:
        """What chance gives for each pair (`nsgraph.distance.chance`).

        Drawn once for each combination of shapes and numbers of links (or degrees).
        """
        names = {name for pair in pairs for name in pair}
        kinds = {name: kind_of(*self._network(name), null) for name in names}
        of_pair = {(a, b): _sorted(kinds[a], kinds[b]) for a, b in pairs}
        example = {kind: pair for pair, kind in reversed(of_pair.items())}
        drawn = {
            "samples": samples,
            "seed": seed,
            "null": null,
            "tie_break": self.tie_break,
            "outputs": self.outputs,
        }
        keys: dict[Pair, dict[str, Any]] = {
            kind: {"kinds": list(kind), **drawn, "what": "chance", "code": procedure_digest()}
            for kind in example
        }
        levels = self._kept(keys, KeptChance)
        missing = [kind for kind in keys if kind not in levels]
        tasks = [
            (*(self._network(name) for name in sorted(example[kind], key=kinds.__getitem__)), drawn)
            for kind in missing
        ]
        for place, level in in_parallel(_chance, tasks, self.workers):
            kind = missing[place]
            levels[kind] = level
            self._keep(keys[kind], level)
            if progress is not None:
                progress("chance for {} and {}".format(*example[kind]))
        by_kind = {
            kind: Chance(
                np.array(level.values),
                {name: np.array(values) for name, values in level.per_layer.items()},
                level.unaligned,
            )
            for kind, level in levels.items()
        }
        return {pair: by_kind[kind] for pair, kind in of_pair.items()}

    def others(
        self,
        pairs: Collection[Pair],
        names: Sequence[str],
        progress: Callable[[str], None] | None = None,
    ) -> dict[Pair, dict[str, Any]]:
        """Other distances of each pair (`nsgraph.distance.others`), their name to their value."""
        from nsgraph.distance.others import names_of, others_digest

        asked = {"names": names_of(names), "code": others_digest()}
        keys = {pair: self._key(pair, "others") | asked for pair in pairs if names}
        found = self._kept(keys, dict[str, Any])
        missing = [pair for pair in keys if pair not in found]
        tasks = [(*map(self._network, pair), names) for pair in missing]
        for place, values in in_parallel(_others, tasks, self.workers):
            found[missing[place]] = values
            self._keep(keys[missing[place]], values)
            if progress is not None:
                progress("other distances of {} and {}".format(*missing[place]))
        return {pair: found.get(pair, {}) for pair in pairs}

    def _network(self, name: str) -> tuple[Any, Wiring | None]:
        return self.masks[name], self.wirings[name]

    def _prepare(self, names: Iterable[str]) -> None:
        """Canonical forms and features of those networks that have none yet."""
        fresh = [name for name in names if name not in self.forms]
        labelled = self.outputs == "labelled"
        networks = [as_network(*self._network(name), labelled) for name in fresh]
        known = {**{n: _structure(f) for n, f in self.forms.items()}}
        known |= {n: network.structure for n, network in zip(fresh, networks, strict=True)}
        for name in fresh:
            reference = next(iter(known))
            try:
                check_comparable(known[reference], known[name])
            except UserError as error:
                raise UserError(f"{reference} and {name}: {error}") from error
        if self.tie_break == "none":
            self.forms |= dict(zip(fresh, networks, strict=True))
            return
        tasks = [(network,) for network in networks]
        for place, form in in_parallel(_canonical, tasks, self.workers):
            self.forms[fresh[place]] = form

    def _key(self, pair: Pair, what: str) -> dict[str, Any]:
        """What decides the result of a pair: its networks, the options and the program."""
        for name in pair:
            if name not in self._digests:
                self._digests[name] = network_digest(*self._network(name))
        networks = [self._digests[name] for name in pair]
        if self.tie_break == "canonical":
            networks.sort()  # the distance is symmetric
        return {
            "networks": networks,
            "tie_break": self.tie_break,
            "outputs": self.outputs,
            "what": what,
            "code": procedure_digest(),
        }

    def _kept(self, keys: Mapping[Any, dict[str, Any]], kind: type) -> dict[Any, Any]:
        if self.store is None:
            return {}
        kept = {name: self.store.get(key, kind) for name, key in keys.items()}
        return {name: result for name, result in kept.items() if result is not None}

    def _keep(self, key: dict[str, Any], result: Any) -> None:
        if self.store is not None:
            self.store.put(key, msgspec.to_builtins(result))


def wirings_of(
    networks: Mapping[str, Any], wiring: Wiring | None = None
) -> dict[str, Wiring | None]:
    """`wiring` if given, else each network's own, else that of the first network that has one."""
    own = {name: getattr(network, "wiring", None) for name, network in networks.items()}
    first = next((w for w in own.values() if w is not None), None)
    return {name: wiring or w or first for name, w in own.items()}


def _canonical(network: Network) -> Canonical:
    form = canonical_form(network)
    _ = form.features  # computed here, once, and sent along
    return form


def _distance(
    a: Any, b: Any, outputs: Outputs, start: Warm | None
) -> tuple[PairDistance, Warm | None]:
    if isinstance(a, Network):
        found = plain_distance(a, b, outputs)
    else:
        found = canonical_distance(a, b, outputs, start)
    return PairDistance(found.value, found.per_layer), found.warm


def _chance(a: tuple[Any, Any], b: tuple[Any, Any], drawn: dict[str, Any]) -> KeptChance:
    level = chance(_Wired(*a), _Wired(*b), **drawn)
    per_layer = {name: values.tolist() for name, values in level.per_layer.items()}
    return KeptChance(level.values.tolist(), per_layer, level.unaligned)


def _others(a: tuple[Any, Any], b: tuple[Any, Any], names: Sequence[str]) -> dict[str, Any]:
    from nsgraph.distance.others import compare

    return compare(_Wired(*a), _Wired(*b), names=names)


class _Wired:
    """Masks with their wiring, as `chance` reads them."""

    def __init__(self, masks: Any, wiring: Wiring | None) -> None:
        self.masks, self.wiring = masks, wiring


def _sorted(one: str, other: str) -> Pair:
    return (one, other) if one <= other else (other, one)


def _structure(form: Any) -> Any:
    return (form if isinstance(form, Network) else form.network).structure


def _say(progress: Callable[[str], None] | None, pair: Pair) -> None:
    if progress is not None:
        progress(f"{pair[0]} and {pair[1]}")
