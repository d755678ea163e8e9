"""Compiled loops over masks and edges. Private: callers are the modules of this folder.

Shapes in the docstrings; n nodes, e edges, k kinds of weights (0, 1 or 2).
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = [
    "backward",
    "fill",
    "forward",
    "live_edges",
    "merge",
    "node_sums",
    "path_counts",
    "transpose",
]


@njit(cache=True)
def transpose(pointers, neighbours, out, reverse):  # type: ignore[no-untyped-def]
    """Reverse all edges: write the neighbours `reverse` to the pointers `out`; rows come ascending.

    The arrays are the caller's, as numpy asks for large pages, which numba does not.
    """
    place = out[:-1].copy()
    for v in range(pointers.size - 1):
        for u in neighbours[pointers[v] : pointers[v + 1]].view(np.uint32):
            reverse[place[u]] = v
            place[u] += 1


@njit(cache=True)
def _settle(sources, weights, start, end):  # type: ignore[no-untyped-def]
    """Sort a row by source and merge equal sources, adding weights; returns the row's new end."""
    ordered = True
    for e in range(start + 1, end):
        if sources[e] <= sources[e - 1]:
            ordered = False
            break
    if ordered:
        return end
    order = np.argsort(sources[start:end])
    row = sources[start:end][order]
    values = weights[:, start:end].copy()
    last = start - 1
    for i in range(row.size):
        if last >= start and sources[last] == row[i]:
            for k in range(weights.shape[0]):
                weights[k, last] += values[k, order[i]]
        else:
            last += 1
            sources[last] = row[i]
            for k in range(weights.shape[0]):
                weights[k, last] = values[k, order[i]]
    return last + 1


@njit(cache=True)
def fill(  # type: ignore[no-untyped-def]
    mask,
    magnitudes,
    shape,
    stride,
    padding,
    dilation,
    base,
    under,
    nodes,
    pointers,
    sources,
    weights,
):
    """Unroll one convolution (or linear layer) into in-neighbours of its target's nodes.

    mask        bool [out, in per group, kernel height, kernel width]
    magnitudes  float [k, out, in per group, kernel height, kernel width]
    shape       (groups, source height, source width, target height, target width)
    base        first node of the source if its nodes are consecutive, else -1, and then
    under       int64 [source size + 1] and
    nodes       int32: nodes under every position of the source
    pointers    int64 [target size + 1], written except for pointers[0], which says where to start
    sources     int32 [e], weights float [k, e]: written from there on

    Returns the number of edges that merged with another one of this layer.
    """
    groups, height, width, out_height, out_width = shape
    n_out, n_in, rows, columns = mask.shape
    ci = np.empty(n_in * rows * columns, np.int64)
    ky = np.empty(ci.size, np.int64)
    kx = np.empty(ci.size, np.int64)
    position = pointers[0]
    merged = 0
    t = 0
    for co in range(n_out):
        kept = 0
        for i in range(n_in):
            for a in range(rows):
                for b in range(columns):
                    if mask[co, i, a, b]:
                        ci[kept] = i
                        ky[kept] = a
                        kx[kept] = b
                        kept += 1
        first = co // (n_out // groups) * n_in
        for oy in range(out_height):
            for ox in range(out_width):
                start = position
                for q in range(kept):
                    y = oy * stride[0] - padding[0] + ky[q] * dilation[0]
                    x = ox * stride[1] - padding[1] + kx[q] * dilation[1]
                    if y < 0 or y >= height or x < 0 or x >= width:
                        continue
                    s = ((first + ci[q]) * height + y) * width + x
                    if base >= 0:
                        sources[position] = base + s
                        for k in range(weights.shape[0]):
                            weights[k, position] = magnitudes[k, co, ci[q], ky[q], kx[q]]
                        position += 1
                    else:
                        for m in range(under[s], under[s + 1]):
                            sources[position] = nodes[m]
                            for k in range(weights.shape[0]):
                                weights[k, position] = magnitudes[k, co, ci[q], ky[q], kx[q]]
                            position += 1
                end = _settle(sources, weights, start, position)
                merged += position - end
                position = end
                t += 1
                pointers[t] = position
    return merged


@njit(cache=True)
def merge(first, second, pointers, sources, weights, layers):  # type: ignore[no-untyped-def]
    """Merge two pieces (pointers, sources, weights, layers) with equal targets, row by row.

    Rows are ascending. Where both have an edge, weights add and the first piece's layer stays.
    `pointers[0]` says where to start writing. Returns the number of merged edges.
    """
    pa, sa, wa, la = first
    pb, sb, wb, lb = second
    position = pointers[0]
    merged = 0
    for t in range(pointers.size - 1):
        i, j = pa[t], pb[t]
        while i < pa[t + 1] or j < pb[t + 1]:
            in_first = i < pa[t + 1] and (j == pb[t + 1] or sa[i] <= sb[j])
            in_second = j < pb[t + 1] and (i == pa[t + 1] or sb[j] <= sa[i])
            sources[position] = sa[i] if in_first else sb[j]
            layers[position] = la[i] if in_first else lb[j]
            for k in range(weights.shape[0]):
                total = weights.dtype.type(0)
                if in_first:
                    total += wa[k, i]
                if in_second:
                    total += wb[k, j]
                weights[k, position] = total
            i += in_first
            j += in_second
            merged += in_first and in_second
            position += 1
        pointers[t + 1] = position
    return merged


@njit(cache=True)
def forward(incoming, skips, layers, inputs, parametric):  # type: ignore[no-untyped-def]
    """bool [n]: nodes that a path from an input reaches. Relies on edges going upward.

    `skips` is a second CSR; `parametric` leaves it and all identity edges out.
    """
    pointers, neighbours = incoming
    skip_pointers, skip_neighbours = skips
    reached = inputs.copy()
    for v in range(reached.size):
        for e in range(pointers[v], pointers[v + 1]):
            if reached[v]:
                break
            if reached[neighbours[e]] and not (parametric and layers[e] < 0):
                reached[v] = True
        if not parametric:
            for e in range(skip_pointers[v], skip_pointers[v + 1]):
                if reached[skip_neighbours[e]]:
                    reached[v] = True
    return reached


@njit(cache=True)
def backward(incoming, skips, layers, outputs, parametric):  # type: ignore[no-untyped-def]
    """bool [n]: nodes with a path to an output; arguments as in `forward`."""
    pointers, neighbours = incoming
    skip_pointers, skip_neighbours = skips
    reaching = outputs.copy()
    for v in range(reaching.size - 1, -1, -1):
        if not reaching[v]:
            continue
        for e in range(pointers[v], pointers[v + 1]):
            if not (parametric and layers[e] < 0):
                reaching[neighbours[e]] = True
        if not parametric:
            for e in range(skip_pointers[v], skip_pointers[v + 1]):
                reaching[skip_neighbours[e]] = True
    return reaching


@njit(cache=True)
def live_edges(incoming, layers, reached, reaching, parametric):  # type: ignore[no-untyped-def]
    """Number of edges from a reached node to a reaching one, and number of all edges considered."""
    pointers, neighbours = incoming
    live = 0
    considered = 0
    for v in range(reached.size):
        for e in range(pointers[v], pointers[v + 1]):
            if parametric and layers[e] < 0:
                continue
            considered += 1
            live += reaching[v] and reached[neighbours[e]]
    return live, considered


@njit(cache=True)
def path_counts(incoming, counts):  # type: ignore[no-untyped-def]
    """Sum of int64 counts [n] over the in-neighbours of every node."""
    pointers, neighbours = incoming
    out = np.zeros(counts.size, np.int64)
    for v in range(counts.size):
        for e in range(pointers[v], pointers[v + 1]):
            out[v] += counts[neighbours[e]]
    return out


@njit(cache=True)
def node_sums(incoming, weights):  # type: ignore[no-untyped-def]
    """Sum of the weights [e] of all edges at every node, in float64 [n]."""
    pointers, neighbours = incoming
    sums = np.zeros(pointers.size - 1)
    for v in range(sums.size):
        for e in range(pointers[v], pointers[v + 1]):
            sums[v] += weights[e]
            sums[neighbours[e]] += weights[e]
    return sums
