"""The masks of all bundles as bits: 64 channels a word, so that products count 64 pairs at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.compact import Bundle, Compact, Diagonal

__all__ = ["Bits", "Slices", "packed"]

WORD = 64


class Slices(NamedTuple):
    """Matrices M(a, b) of one bundle, or their transposes, within `Bits.words`.

    Word w of channel c in the matrix of classes a, b is at
    `start + ((a * n_columns + b) * n_words + w) * channels + c`; its bit k is channel 64 w + k of
    the other side, which has `across` channels.
    """

    start: int
    n_columns: int
    n_words: int
    channels: int
    across: int

    @property
    def step(self) -> int:
        """Words of one matrix."""
        return self.n_words * self.channels


@dataclass(frozen=True)
class Bits:
    """All matrices of a compact graph, each from both sides.

    Attributes
    ----------
    words
        uint64 [words].
    by_source, by_target
        Bundle -> its matrices; channels are those of the source (bits: target), or the reverse.
    filled
        Bundle -> mean number of ones of its matrices.
    """

    words: npt.NDArray[np.uint64]
    by_source: Mapping[tuple[int, int], Slices]
    by_target: Mapping[tuple[int, int], Slices]
    filled: Mapping[tuple[int, int], float]


def packed(compact: Compact) -> Bits:
    """Pack the masks of all bundles, one bit a weight and side."""
    by_source: dict[tuple[int, int], Slices] = {}
    by_target: dict[tuple[int, int], Slices] = {}
    start = 0
    for pair, bundle in compact.bundles.items():
        n_in, n_out = (compact.sets[position].channels for position in pair)
        n_matrices = len(bundle.rows) * len(bundle.columns)
        for found, channels, across in ((by_source, n_in, n_out), (by_target, n_out, n_in)):
            n_words = -(-across // WORD)
            found[pair] = Slices(start, len(bundle.columns), n_words, channels, across)
            start += n_matrices * n_words * channels
    words = np.zeros(start, np.uint64)
    filled = {
        pair: _pack(bundle, words, by_source[pair], by_target[pair])
        / max(len(bundle.rows) * len(bundle.columns), 1)
        for pair, bundle in compact.bundles.items()
    }
    return Bits(words, by_source, by_target, filled)


def _pack(
    bundle: Bundle, words: npt.NDArray[np.uint64], by_source: Slices, by_target: Slices
) -> int:
    """Write the matrices of one bundle; returns the number of ones."""
    from nsgraph.metrics.census.bit_kernels import pack

    def write(kernel: npt.NDArray[np.bool_], rows: list[int], columns: list[int]) -> int:
        """Kernel [out, in, i, j], and the class of each kernel row and column, -1 for none."""
        kernel = np.ascontiguousarray(kernel).view()
        kernel.flags.writeable = False
        numbers = np.array(rows), np.array(columns)
        return int(pack(kernel, *numbers, diagonal, words, tuple(by_source), tuple(by_target)))

    diagonal = bundle.diagonal
    if bundle.plain:
        kernel = bundle.links[0].kernel
        kernel = kernel[:, None] if diagonal else kernel
        places = [
            [numbers.get(index, -1) for index in range(size)]
            for numbers, size in (
                ({m[0][0]: a for a, m in enumerate(bundle.rows.members)}, kernel.shape[2]),
                ({m[0][0]: b for b, m in enumerate(bundle.columns.members)}, kernel.shape[3]),
            )
        ]
        return write(kernel, *places)
    joined = 0
    for a in range(len(bundle.rows)):
        for b in range(len(bundle.columns)):
            matrix = bundle.matrix(a, b)
            if isinstance(matrix, Diagonal) and not diagonal:
                matrix = np.diag(matrix.values)
            if matrix is not None:
                values = matrix.values[:, None] if isinstance(matrix, Diagonal) else matrix
                joined += write(values[:, :, None, None], [a], [b])
    return joined
