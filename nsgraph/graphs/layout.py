"""Where the nodes of the multipartite graph lie, and which nodes are under a virtual set.

A set that has no nodes (pooled, flattened, concatenated, merely summed) is a 0/1 matrix
[size of the set, nodes]: entry (v, u) = 1 iff the value at v is computed from node u without
passing a weight. Matrices compose along the links, so chains of pools cost one sparse product each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from nsgraph.errors import UserError
from nsgraph.graphs.graph import Csr, NodeSet
from nsgraph.wiring import ActivationSet, Link, Wiring

__all__ = ["Layout", "link_matrix", "make_layout", "padding_after"]

MAX_NODES = 2**31 - 1


@dataclass(frozen=True)
class Layout:
    """Node sets of a wiring, and for every set the nodes under it.

    Attributes
    ----------
    wiring
        The wiring.
    sets
        Node sets by name, in topological order.
    input_padding
        Padding rows and columns (top, left) that the input's node set has.
    """

    wiring: Wiring
    sets: dict[str, NodeSet]
    input_padding: tuple[int, int]
    _under: dict[str, Any] = field(default_factory=dict, repr=False)

    def under(self, id: str) -> Any:
        """Nodes under a set: scipy CSR matrix [size of the set, nodes] of zeros and ones.

        Made when first asked for: large maps have large matrices, and the compact graph needs none.
        """
        if id not in self._under:
            if id in self.sets:
                s = self.wiring.set(id)
                self._under[id] = _own_nodes(s, self.sets[id], self.n_nodes, self.input_padding)
            else:
                parts = [self.through(link) for link in self.wiring.into(id)]
                self._under[id] = _ones(sum(parts[1:], start=parts[0]))
        return self._under[id]

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return next(reversed(self.sets.values())).stop

    def outputs(self) -> npt.NDArray[np.bool_]:
        """bool [nodes]: nodes that an output set holds or reads without passing a weight."""
        flags = np.zeros(self.n_nodes, dtype=np.bool_)
        for s in self.wiring.outputs:
            if s.id in self.sets and s.role == "output":  # its nodes, no matrix needed
                flags[self.sets[s.id].start : self.sets[s.id].stop] = True
            else:
                flags[self.under(s.id).indices] = True
        return flags

    def inputs(self) -> npt.NDArray[np.bool_]:
        """bool [nodes]: nodes of the input, padding nodes included."""
        flags = np.zeros(self.n_nodes, dtype=np.bool_)
        flags[: self.sets[self.wiring.input.id].stop] = True
        return flags

    def skips_into(self, id: str) -> Any:
        """Matrix [size of the set, nodes] of edges by identity shortcuts; None without any.

        An entry is the number of shortcuts that join the two nodes.
        """
        total = None
        for link in self.wiring.into(id):
            if not link.parametric:
                step = self.through(link)
                total = step if total is None else total + step
        return total

    def skips(self) -> Csr | None:
        """In-neighbours of every node by identity shortcuts; None without any."""
        matrices = {s.id: self.skips_into(s.id) for s in self.sets.values()}
        if all(matrix is None for matrix in matrices.values()):
            return None
        counts = [
            np.zeros(s.size, np.int64) if matrices[s.id] is None else np.diff(matrices[s.id].indptr)
            for s in self.sets.values()
        ]
        pointers = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)
        sources = [m.indices for m in matrices.values() if m is not None]
        return Csr(pointers, np.concatenate(sources).astype(np.int32))

    def through(self, link: Link) -> Any:
        """Nodes under the target of a link without weights, by that link alone."""
        step = link_matrix(link, self.wiring.set(link.source), self.wiring.set(link.target))
        return _ones(step @ self.under(link.source))


def make_layout(wiring: Wiring, input_padding: bool = False) -> Layout:
    """Number the nodes of a wiring, sets in topological order; optionally pad the input.

    Raises
    ------
    UserError
        If there are more than 2^31 - 1 nodes.
    """
    top, left, bottom, right = _input_frame(wiring) if input_padding else (0, 0, 0, 0)
    real = wiring.node_sets()
    sets: dict[str, NodeSet] = {}
    start = 0
    for s in real:
        extra = (top + bottom, left + right) if s.role == "input" else (0, 0)
        sets[s.id] = NodeSet(
            s.id, start, s.channels, s.height + extra[0], s.width + extra[1], s.role
        )
        start = sets[s.id].stop
    if start > MAX_NODES:
        raise UserError(f"The graph would have {start} nodes; at most {MAX_NODES} are supported.")
    return Layout(wiring, sets, (top, left))


def link_matrix(link: Link, source: ActivationSet, target: ActivationSet) -> Any:
    """0/1 matrix [target size, source size] of a link without weights.

    Pooling: windows y*stride - padding + k*dilation, clipped to the map. Flatten: channel-major.
    Identity and concatenation: one to one, from `channel_offset` on, every stride-th position.
    """
    if link.kind == "flatten":
        return sp.eye_array(target.size, dtype=np.int32, format="csr")
    channels = sp.eye_array(
        target.channels, source.channels, k=-link.channel_offset, dtype=np.int32, format="csr"
    )
    windows = [
        _windows(link, axis, source.shape[1 + axis], target.shape[1 + axis]) for axis in (0, 1)
    ]
    return sp.kron(channels, sp.kron(windows[0], windows[1], format="csr"), format="csr")


def padding_after(link: Link, source: ActivationSet, target: ActivationSet) -> tuple[int, int]:
    """Padding rows below and columns to the right that a convolution reads."""
    ends = [
        (out - 1) * stride + (kernel - 1) * dilation + 1 - before - size
        for out, stride, kernel, dilation, before, size in zip(
            target.shape[1:],
            link.stride,
            link.kernel,
            link.dilation,
            link.padding,
            source.shape[1:],
            strict=True,
        )
    ]
    return max(0, ends[0]), max(0, ends[1])


def _input_frame(wiring: Wiring) -> tuple[int, int, int, int]:
    frame = (0, 0, 0, 0)
    for link in wiring.out_of(wiring.input.id):
        if link.kind == "conv":
            after = padding_after(link, wiring.input, wiring.set(link.target))
            frame = tuple(map(max, frame, (*link.padding, *after)))  # type: ignore[assignment]
    return frame


def _own_nodes(s: ActivationSet, nodes: NodeSet, n_nodes: int, padding: tuple[int, int]) -> Any:
    ids = np.arange(nodes.start, nodes.stop, dtype=np.int32)
    grid = ids.reshape(nodes.channels, nodes.height, nodes.width)
    if s.role == "input":
        top, left = padding
        grid = grid[:, top : top + s.height, left : left + s.width]
    columns = np.ascontiguousarray(grid).ravel()
    pointers = np.arange(s.size + 1, dtype=np.int32)
    return sp.csr_array((np.ones(s.size, np.int32), columns, pointers), shape=(s.size, n_nodes))


def _windows(link: Link, axis: int, size: int, out: int) -> Any:
    rows = np.repeat(np.arange(out), link.kernel[axis])
    within = np.tile(np.arange(link.kernel[axis]), out)
    columns = rows * link.stride[axis] - link.padding[axis] + within * link.dilation[axis]
    inside = (columns >= 0) & (columns < size)
    ones = np.ones(int(inside.sum()), np.int32)
    return sp.csr_array((ones, (rows[inside], columns[inside])), shape=(out, size))


def _ones(matrix: Any) -> Any:
    matrix = sp.csr_array(matrix)
    matrix.sum_duplicates()
    matrix.data = np.ones(matrix.nnz, np.int32)
    return matrix
