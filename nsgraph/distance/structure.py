"""What may be relabelled in a network: its neurons, in groups, and the layers that join them.

A *neuron* is a channel of an activation set (a single unit of a linear layer). Channels that
element-wise addition, pooling, concatenation or a shared module tie to one another are one neuron,
so whoever permutes one of two added maps permutes the other. A *group* holds the neurons that may
be exchanged with each other: those that appear in the same activation sets. Neurons of the input
are labelled and never exchanged; neurons of the outputs are, unless the caller says otherwise.

A *layer* here is an activation set with the links with weights into it; it has one row per neuron
of the set and one column per (link, channel read, kernel position). Where several links are summed
the input set of a neuron is the union over them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from nsgraph.errors import UserError
from nsgraph.wiring import ActivationSet, Link, Wiring

__all__ = ["Block", "Group", "Layer", "Structure", "structure_of"]

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Group:
    """Neurons `start` to `start + size` that may be exchanged unless `labelled`."""

    sets: tuple[str, ...]
    start: int
    size: int
    labelled: bool

    @property
    def neurons(self) -> slice:
        """The group's neurons as a slice of all."""
        return slice(self.start, self.start + self.size)


@dataclass(frozen=True)
class Block:
    """One link with weights: the columns `columns` of its layer, in the order of the weights."""

    name: str
    kernel: int
    groups: int
    columns: slice


@dataclass(frozen=True, eq=False)
class Layer:
    """An activation set and the links with weights into it.

    Attributes
    ----------
    rows : [n] neuron of each row (the channels of the set, in order)
    column_neuron : [f] neuron that the column reads
    column_tag : [f] link, part of a flattened map and kernel position; (neuron, tag) is unique
    """

    name: str
    set: str
    rows: IntArray
    blocks: tuple[Block, ...]
    column_neuron: IntArray
    column_tag: IntArray

    @cached_property
    def key_of_column(self) -> IntArray:
        """[f] (neuron, tag) as one number, the same numbering for every width."""
        return self.column_neuron << 32 | self.column_tag

    @cached_property
    def sorted_keys(self) -> tuple[IntArray, IntArray]:
        """The keys in ascending order, and the columns that have them."""
        order = np.argsort(self.key_of_column, kind="stable")
        return self.key_of_column[order], order

    @cached_property
    def columns_by_neuron(self) -> tuple[IntArray, IntArray, IntArray]:
        """Columns sorted by neuron, the neurons that occur, and where the columns of each begin."""
        order = np.argsort(self.column_neuron, kind="stable")
        neurons, first = np.unique(self.column_neuron[order], return_index=True)
        return order, neurons, np.append(first, len(order))

    def row_of(self, n_neurons: int) -> IntArray:
        """[n_neurons] row of each neuron, -1 for neurons that the layer does not compute."""
        row_of = np.full(n_neurons, -1)
        row_of[self.rows] = np.arange(len(self.rows))
        return row_of

    def find_columns(self, neurons: IntArray, tags: IntArray) -> IntArray:
        """Column of each (neuron, tag), -1 where there is none."""
        keys, columns = self.sorted_keys
        wanted = np.where(neurons < 0, -1, neurons << 32 | tags)
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[place] == wanted, columns[place], -1)


@dataclass(frozen=True, eq=False)
class Structure:
    """Groups and layers of a wiring, layers in topological order."""

    n_neurons: int
    groups: tuple[Group, ...]
    layers: tuple[Layer, ...]

    @cached_property
    def group_of(self) -> IntArray:
        """[n_neurons] index of each neuron's group."""
        return np.repeat(np.arange(len(self.groups)), [g.size for g in self.groups])

    @cached_property
    def labelled(self) -> npt.NDArray[np.bool_]:
        """[n_neurons] whether the neuron may not be exchanged."""
        return np.repeat([g.labelled for g in self.groups], [g.size for g in self.groups])

    @cached_property
    def index_in_group(self) -> IntArray:
        """[n_neurons] place of each neuron in its group."""
        return np.concatenate([np.arange(g.size) for g in self.groups])

    def rows_in(self, layer: int, group: int) -> IntArray:
        """Row, in a layer, of each neuron of a group that the layer computes."""
        row_of = self.layers[layer].row_of(self.n_neurons)
        return row_of[self.groups[group].neurons]

    @cached_property
    def read_by(self) -> tuple[tuple[int, ...], ...]:
        """For each group, the layers that read it."""
        groups = [np.unique(self.group_of[layer.column_neuron]) for layer in self.layers]
        return tuple(
            tuple(position for position, read in enumerate(groups) if group in read)
            for group in range(len(self.groups))
        )

    def decided_at(self, layer: int) -> list[int]:
        """Unlabelled groups whose first layer, in topological order, is this one."""
        return [g for g, first in self._first_layer.items() if first == layer]

    @cached_property
    def _first_layer(self) -> dict[int, int]:
        first: dict[int, int] = {}
        for position, layer in enumerate(self.layers):
            for group in np.unique(self.group_of[layer.rows]).tolist():
                if not self.groups[group].labelled:
                    first.setdefault(group, position)
        return first


@lru_cache(maxsize=64)
def structure_of(wiring: Wiring, outputs_labelled: bool) -> Structure:
    """Groups and layers of a wiring.

    Raises
    ------
    UserError
        If a set that a layer computes has one channel twice under the ties of the wiring, or is
        added to a flattened map: such networks have no neurons in the sense of this module.
    """
    slots, ties, size = _slots(wiring)
    neuron = _tied(size, ties)
    membership = _memberships(wiring, slots, neuron)
    labelled_sets = {s.id for s in wiring.sets if _is_labelled(s, outputs_labelled)}
    groups, renumber = _groups(wiring, slots, neuron, membership, labelled_sets)
    neuron = renumber[neuron]
    into = {s.id: [link for link in wiring.into(s.id) if link.parametric] for s in wiring.sets}
    layers = [_layer(s, into[s.id], slots, neuron) for s in wiring.sets if into[s.id]]
    return Structure(len(membership), groups, _distinct_names(layers))


def _is_labelled(s: ActivationSet, outputs_labelled: bool) -> bool:
    return s.role == "input" or (s.role == "output" and outputs_labelled)


# A slot says what a channel of a set is: a number to be tied to others, and which position of a
# flattened map it holds (0 of 1 unless flattened).
Slots = dict[str, tuple[IntArray, IntArray, int]]


def _slots(wiring: Wiring) -> tuple[Slots, list[tuple[IntArray, IntArray]], int]:
    slots: Slots = {}
    ties: list[tuple[IntArray, IntArray]] = []
    size = 0
    for s in wiring.sets:
        ids, part, parts = np.full(s.channels, -1), np.zeros(s.channels, dtype=np.int64), 1
        links = wiring.into(s.id)
        for link in links:
            if link.parametric:
                continue
            source = wiring.set(link.source)
            from_ids, from_part, from_parts = slots[source.id]
            if link.kind == "flatten" and (area := source.height * source.width) > 1:
                from_ids = np.repeat(from_ids, area)
                from_part = (from_part[:, None] * area + np.arange(area)).ravel()
                from_parts *= area
            lands = slice(link.channel_offset, link.channel_offset + len(from_ids))
            taken = ids[lands] >= 0
            if taken.any() and not np.array_equal(part[lands][taken], from_part[taken]):
                raise _not_comparable(s.id)
            ties.append((ids[lands][taken], from_ids[taken]))
            ids[lands] = np.where(taken, ids[lands], from_ids)
            part[lands], parts = from_part, max(parts, from_parts)
        if parts > 1 and any(link.parametric for link in links):
            raise _not_comparable(s.id)
        fresh = ids < 0
        ids[fresh] = size + np.arange(int(fresh.sum()))
        size += int(fresh.sum())
        slots[s.id] = ids, part, parts
    first: dict[str, Link] = {}
    for link in wiring.links:
        if link.layer is not None:
            other = first.setdefault(link.layer, link)
            for end, end_of_other in ((link.source, other.source), (link.target, other.target)):
                ties.append((slots[end][0], slots[end_of_other][0]))
    return slots, ties, size


def _not_comparable(set_id: str) -> UserError:
    return UserError(
        f"Set {set_id!r} of the wiring adds a flattened map to something else; the neurons of such "
        "a network cannot be matched."
    )


def _tied(size: int, ties: Sequence[tuple[IntArray, IntArray]]) -> IntArray:
    one = np.concatenate([a for a, _ in ties] or [np.empty(0, dtype=np.int64)])
    two = np.concatenate([b for _, b in ties] or [np.empty(0, dtype=np.int64)])
    graph = sparse.coo_array((np.ones(len(one)), (one, two)), shape=(size, size))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _memberships(wiring: Wiring, slots: Slots, neuron: IntArray) -> list[tuple[int, ...]]:
    members: list[list[int]] = [[] for _ in range(int(neuron.max()) + 1)]
    for position, s in enumerate(wiring.sets):
        ids, part, _ = slots[s.id]
        for one in neuron[ids[part == 0]].tolist():
            members[one].append(position)
    return [tuple(m) for m in members]


def _groups(
    wiring: Wiring,
    slots: Slots,
    neuron: IntArray,
    membership: list[tuple[int, ...]],
    labelled_sets: set[str],
) -> tuple[tuple[Group, ...], IntArray]:
    ordered: dict[tuple[int, ...], list[int]] = {}
    seen: set[int] = set()
    for s in wiring.sets:
        for one in neuron[slots[s.id][0]].tolist():
            if one not in seen:
                seen.add(one)
                ordered.setdefault(membership[one], []).append(one)
    groups, renumber, start = [], np.empty(len(membership), dtype=np.int64), 0
    for sets, neurons in ordered.items():
        ids = tuple(dict.fromkeys(wiring.sets[position].id for position in sets))
        labelled = not labelled_sets.isdisjoint(ids)
        groups.append(Group(ids, start, len(neurons), labelled))
        renumber[neurons] = start + np.arange(len(neurons))
        start += len(neurons)
    return tuple(groups), renumber


def _layer(s: ActivationSet, links: Sequence[Link], slots: Slots, neuron: IntArray) -> Layer:
    rows = neuron[slots[s.id][0]]
    if len(np.unique(rows)) != len(rows):
        raise UserError(
            f"Two channels of set {s.id!r} of the wiring are tied to each other; the neurons of "
            "such a network cannot be matched."
        )
    blocks, neurons, tags, start, next_tag = [], [], [], 0, 0
    for link in links:
        ids, part, parts = slots[link.source]
        kernel = link.kernel[0] * link.kernel[1] if link.kind == "conv" else 1
        # A channel that a concatenation repeats is told apart by its occurrence.
        place = _occurrence(neuron[ids] * parts + part) * parts + part
        tag = next_tag + place[:, None] * kernel + np.arange(kernel)
        neurons.append(np.repeat(neuron[ids], kernel))
        tags.append(tag.ravel())
        columns = slice(start, start + tag.size)
        blocks.append(Block(str(link.layer), kernel, link.groups, columns))
        start, next_tag = columns.stop, int(tag.max()) + 1
    name = "+".join(block.name for block in blocks)
    return Layer(name, s.id, rows, tuple(blocks), np.concatenate(neurons), np.concatenate(tags))


def _occurrence(values: IntArray) -> IntArray:
    order = np.argsort(values, kind="stable")
    _, first, counts = np.unique(values[order], return_index=True, return_counts=True)
    occurrence = np.empty(len(values), dtype=np.int64)
    occurrence[order] = np.arange(len(values)) - np.repeat(first, counts)
    return occurrence


def _distinct_names(layers: list[Layer]) -> tuple[Layer, ...]:
    names = [layer.name for layer in layers]
    twice: Mapping[str, bool] = {name: names.count(name) > 1 for name in names}
    return tuple(
        Layer(f"{x.name}@{x.set}", x.set, x.rows, x.blocks, x.column_neuron, x.column_tag)
        if twice[x.name]
        else x
        for x in layers
    )
