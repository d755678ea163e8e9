"""Reachability from the masks alone: maps of bits instead of edges."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.compact import Bundle, Compact, CompactLink
from nsgraph.graphs.graph import NodeSet
from nsgraph.graphs.taps import Taps, taps_of_link

__all__ = ["count_live", "count_live_weights", "reached_from", "reaching_to"]

BoolArray = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]


def reached_from(compact: Compact, inputs: BoolArray, *, skips: bool) -> BoolArray:
    """Nodes that a path from an input reaches, bool [nodes].

    `skips`: paths may use the network's identity shortcuts, whether or not they are edges.
    """
    reached = inputs.copy()
    for taps, f, g in _ways(compact, reached, skips):
        for part in taps.parts(1):
            columns = taps.read(f[part], np.logical_or)
            if taps.diagonal:
                g[part] |= (columns & taps.kernel[part, :, None]).any(axis=1)
            else:
                _pull(taps.kernel[:, part], columns, g)
    return reached


def reaching_to(compact: Compact, outputs: BoolArray, *, skips: bool) -> BoolArray:
    """Nodes with a path to an output, bool [nodes]; as `reached_from`."""
    reaching = outputs.copy()
    for taps, f, g in reversed(list(_ways(compact, reaching, skips))):
        for part in taps.parts(1):
            if taps.diagonal:
                columns = taps.kernel[part, :, None] & g[part, None]
            else:
                columns = _push(taps.kernel[:, part], g)
            taps.write(columns, f[part], np.logical_or)
    return reaching


def count_live(compact: Compact, reached: BoolArray, reaching: BoolArray) -> int:
    """Number of edges from a reached node to a reaching one."""
    count = 0
    for bundle in compact.bundles.values():
        source, target = compact.sets[bundle.source], compact.sets[bundle.target]
        taps = bundle.taps
        f = _map(reached, source).reshape(taps.source)
        g = _map(reaching, target)
        for part in taps.parts(4 if taps.windows else 1):
            for digit, columns in enumerate(_digits(taps, f[part])):
                count += _joined_pairs(taps, part, columns, g) << digit
    return count


def _digits(taps: Taps, f: BoolArray) -> Iterator[BoolArray]:
    """How many reached nodes each tap reads, in binary: the columns of every digit in turn."""
    if not taps.windows:
        yield taps.read(f, np.logical_or)
        return
    counts = taps.read(f.astype(np.int32), np.add)
    for digit in range(int(counts.max(initial=0)).bit_length()):
        yield (counts >> digit & 1).astype(np.bool_)


def _joined_pairs(taps: Taps, part: slice, columns: BoolArray, g: BoolArray) -> int:
    """Number of pairs of a marked position in the columns and one in g that taps join."""
    from nsgraph.graphs.map_kernels import count_joined

    if taps.diagonal:
        return int(np.count_nonzero(columns & taps.kernel[part, :, None] & g[part, None]))
    if taps.positions == 1:
        return int(np.count_nonzero(_joined_entries(taps, part, columns, g)))
    return int(count_joined(_flat(taps.kernel[:, part]), _words(columns), _words(g)))


def count_live_weights(compact: Compact, reached: BoolArray, reaching: BoolArray) -> int:
    """Number of weights that join a reached node to a reaching one at some position.

    A layer used twice, or one that reads a sum of maps, has a weight in several links.
    """
    layers: dict[str, list[CompactLink]] = {}
    for link in compact.links:
        if link.layer is not None:
            layers.setdefault(link.layer, []).append(link)
    count = 0
    for links in layers.values():
        numbers: list[npt.NDArray[np.int64]] = []
        for link in links:
            source, target = compact.sets[link.source], compact.sets[link.target]
            taps = taps_of_link(link)
            f = _map(reached, source).reshape(taps.source)
            g = _map(reaching, target)
            own = taps.numbers(link) if len(links) > 1 else None
            for part in taps.parts(1):
                live = _joined_entries(taps, part, taps.read(f[part], np.logical_or), g)
                if own is None:
                    count += int(np.count_nonzero(live))
                else:
                    numbers.append(own[part][live] if taps.diagonal else own[:, part][live])
        if numbers:
            count += np.unique(np.concatenate(numbers)).size
    return count


def _joined_entries(taps: Taps, part: slice, columns: BoolArray, g: BoolArray) -> BoolArray:
    """Entries of the kernel that join marked nodes, [target channels, source channels, taps]."""
    from nsgraph.graphs.map_kernels import joined

    if taps.diagonal:
        return (columns & g[part, None]).any(axis=2) & taps.kernel[part]
    own = taps.kernel[:, part]
    if taps.positions == 1:
        return own & columns[:, :, 0] & g[:, :, None]
    return np.asarray(joined(_flat(own), _words(columns), _words(g))).reshape(own.shape)


def _ways(
    compact: Compact, nodes: BoolArray, skips: bool
) -> Iterator[tuple[Taps, BoolArray, BoolArray]]:
    """Bundles, ordered by target, as taps and views of the maps of their source and target."""
    bundles = list(compact.bundles.values())
    if skips and all(link.layer is not None for link in compact.links):
        bundles += [Bundle(link.source, link.target, (link,)) for link in compact.skips]
    for bundle in sorted(bundles, key=lambda bundle: bundle.target):
        source, target = compact.sets[bundle.source], compact.sets[bundle.target]
        taps = bundle.taps
        yield taps, _map(nodes, source).reshape(taps.source), _map(nodes, target)


def _map(nodes: BoolArray, s: NodeSet) -> BoolArray:
    """The values of a set, a view [channels, positions]."""
    return nodes[s.start : s.stop].reshape(s.channels, -1)


def _pull(kernel: BoolArray, columns: BoolArray, g: BoolArray) -> None:
    """Mark in g [target channels, positions] what the columns reach."""
    from nsgraph.graphs.map_kernels import pull

    marked = _words(g)
    pull(_flat(kernel), _words(columns), marked)
    g[:] = _bools(marked, g.shape[1])


def _push(kernel: BoolArray, g: BoolArray) -> BoolArray:
    """Columns [source channels, taps, positions] that reach marked positions of g."""
    from nsgraph.graphs.map_kernels import push

    marked = _words(g)
    columns = np.zeros((kernel.shape[1] * kernel.shape[2], marked.shape[1]), np.uint64)
    push(_flat(kernel), marked, columns)
    return _bools(columns, g.shape[1]).reshape(*kernel.shape[1:], g.shape[1])


def _flat(kernel: BoolArray) -> BoolArray:
    return np.ascontiguousarray(kernel).reshape(len(kernel), -1)


def _words(flags: BoolArray) -> Words:
    """Flags [..., positions] as bits [rows, words], 64 positions a word."""
    packed = np.packbits(flags.reshape(-1, flags.shape[-1]), axis=1)
    padded = np.zeros((len(packed), -(-packed.shape[1] // 8) * 8), np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.uint64)


def _bools(words: Words, n: int) -> BoolArray:
    """The reverse of `_words`, bool [rows, n]."""
    return np.unpackbits(words.view(np.uint8), axis=1, count=n).view(np.bool_)
