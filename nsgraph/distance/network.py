"""The links of a network as one boolean matrix a layer, in the numbering of its `Structure`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from nsgraph.distance.chain import chain_wiring
from nsgraph.distance.structure import IntArray, Structure, structure_of
from nsgraph.errors import UserError
from nsgraph.masks import Masks, as_masks
from nsgraph.wiring import Wiring

__all__ = [
    "Compressed",
    "Network",
    "Readers",
    "as_network",
    "as_networks",
    "check_comparable",
    "masks_of",
]

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Compressed:
    """Places of the links of one layer, row by row and column by column."""

    row_start: IntArray
    columns: IntArray
    column_start: IntArray
    rows: IntArray


@dataclass(frozen=True)
class Readers:
    """Links of one layer with the neurons of one group, row by row, a row's sorted by tag."""

    row_start: IntArray
    neurons: IntArray
    tags: IntArray


@dataclass(frozen=True, eq=False)
class Network:
    """A structure and, for each of its layers, which of the columns each row reads."""

    structure: Structure
    matrices: tuple[BoolArray, ...]

    @cached_property
    def compressed(self) -> tuple[Compressed, ...]:
        """The matrices, compressed both ways."""
        return tuple(_compress(matrix) for matrix in self.matrices)

    @cached_property
    def fan_in(self) -> tuple[IntArray, ...]:
        """For each layer, [n] size of each row's input set."""
        return tuple(np.diff(c.row_start) for c in self.compressed)

    @cached_property
    def sparse(self) -> tuple[sparse.csr_array, ...]:
        """The matrices as sparse float64."""
        return tuple(
            sparse.csr_array((np.ones(len(c.columns)), c.columns, c.row_start), shape=m.shape)
            for c, m in zip(self.compressed, self.matrices, strict=True)
        )

    @cached_property
    def bits(self) -> tuple[npt.NDArray[np.uint64], ...]:
        """The matrices, 64 columns a word."""
        return tuple(_words(matrix) for matrix in self.matrices)

    def readers(self, position: int, group: int) -> Readers:
        """The links of a layer that read neurons of a group."""
        key = position, group
        if key not in self._readers:
            self._readers[key] = _select(self, position, group)
        return self._readers[key]

    @cached_property
    def _readers(self) -> dict[tuple[int, int], Readers]:
        return {}

    def permuted(self, old: IntArray) -> Network:
        """The same network with neuron `old[i]` in the place of neuron `i`."""
        matrices = []
        for layer, matrix in zip(self.structure.layers, self.matrices, strict=True):
            row_of = layer.row_of(self.structure.n_neurons)
            columns = layer.find_columns(old[layer.column_neuron], layer.column_tag)
            matrices.append(matrix[np.ix_(row_of[old[layer.rows]], columns)])
        return Network(self.structure, tuple(matrices))


def as_networks(
    a: Any, b: Any, wiring: Wiring | None, outputs_labelled: bool
) -> tuple[Network, Network]:
    """Both networks, numbered alike; a `UserError` if their layers differ in more than width."""
    if wiring is None:
        wirings = [getattr(network, "wiring", None) for network in (a, b)]
        # Masks without a wiring of their own are taken to be wired like the other network.
        of_a, of_b = wirings[0] or wirings[1], wirings[1] or wirings[0]
    else:
        of_a = of_b = wiring
    first, second = (
        as_network(network, own, outputs_labelled) for network, own in ((a, of_a), (b, of_b))
    )
    check_comparable(first.structure, second.structure)
    return first, second


def masks_of(network: Any) -> Masks:
    """Masks of `Masks`, a mapping of arrays or anything with `.masks`."""
    return as_masks(network if isinstance(network, Mapping) else getattr(network, "masks", network))


def as_network(network: Any, wiring: Wiring | None, outputs_labelled: bool) -> Network:
    """Network of `Masks`, a mapping of arrays or anything with `.masks` (and `.wiring`)."""
    masks = masks_of(network)
    wiring = wiring or getattr(network, "wiring", None) or chain_wiring(masks)
    wiring.check_masks(masks)
    structure = structure_of(wiring, outputs_labelled)
    return Network(structure, tuple(_matrix(masks, layer.blocks) for layer in structure.layers))


def check_comparable(a: Structure, b: Structure) -> None:
    """Raise a `UserError` unless the structures differ in nothing but the width of their groups."""
    if len(a.layers) != len(b.layers):
        raise UserError(
            f"The networks cannot be compared: one has {len(a.layers)} layers, the other "
            f"{len(b.layers)}."
        )
    for one, other in zip(a.layers, b.layers, strict=True):
        if one.name != other.name:
            raise UserError(
                f"The networks cannot be compared: layer {one.name!r} of one stands where the "
                f"other has {other.name!r}."
            )
        kernels = [[block.kernel for block in layer.blocks] for layer in (one, other)]
        if kernels[0] != kernels[1]:
            raise UserError(
                f"The networks cannot be compared: the kernels of layer {one.name!r} have "
                f"{kernels[0]} weights in one and {kernels[1]} in the other."
            )
    reads = [[_reads(s, position) for position in range(len(s.layers))] for s in (a, b)]
    if [g.labelled for g in a.groups] != [g.labelled for g in b.groups] or reads[0] != reads[1]:
        raise UserError("The networks cannot be compared: their layers are joined differently.")
    for mine, theirs in zip(a.groups, b.groups, strict=True):
        if mine.labelled and mine.size != theirs.size:
            raise UserError(
                f"Set {mine.sets[0]!r} has {mine.size} neurons in one network and {theirs.size} in "
                "the other; neurons that carry a label cannot be matched across different numbers "
                "(outputs need not be labelled: outputs='assigned')."
            )


def _reads(structure: Structure, position: int) -> tuple[list[int], list[int]]:
    layer = structure.layers[position]
    return tuple(
        np.unique(structure.group_of[neurons]).tolist()
        for neurons in (layer.rows, layer.column_neuron)
    )  # type: ignore[return-value]


def _matrix(masks: Masks, blocks: tuple[Any, ...]) -> BoolArray:
    parts = []
    for block in blocks:
        mask = masks[block.name]
        flat = mask.reshape(len(mask), -1)
        if block.groups > 1:
            grouped = flat.reshape(block.groups, -1, flat.shape[1])
            full = np.zeros((*grouped.shape[:2], block.groups, flat.shape[1]), dtype=np.bool_)
            each = np.arange(block.groups)
            full[each, :, each] = grouped
            flat = full.reshape(len(mask), -1)
        parts.append(flat)
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def _compress(matrix: BoolArray) -> Compressed:
    by_row = sparse.csr_array(matrix)
    by_column = by_row.tocsc()
    return Compressed(
        *(
            array.astype(np.int64)
            for array in (by_row.indptr, by_row.indices, by_column.indptr, by_column.indices)
        )
    )


def _words(matrix: BoolArray) -> npt.NDArray[np.uint64]:
    packed = np.packbits(matrix, axis=1, bitorder="little")
    words = np.zeros((len(matrix), -(-matrix.shape[1] // 64) * 8), dtype=np.uint8)
    words[:, : packed.shape[1]] = packed
    return words.view(np.uint64)


def _select(network: Network, position: int, group: int) -> Readers:
    layer, links = network.structure.layers[position], network.compressed[position]
    of_group = network.structure.groups[group]
    neuron = layer.column_neuron[links.columns] - of_group.start
    tag = layer.column_tag[links.columns]
    row = np.repeat(np.arange(len(layer.rows)), np.diff(links.row_start))
    kept = np.flatnonzero((neuron >= 0) & (neuron < of_group.size))
    kept = kept[np.lexsort((tag[kept], row[kept]))]
    start = np.append(0, np.cumsum(np.bincount(row[kept], minlength=len(layer.rows))))
    return Readers(start, neuron[kept], tag[kept])
