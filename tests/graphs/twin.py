"""Graphs by plain Python loops over masks, which know nothing but the fields of a wiring."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np


def node_sets(wiring):
    real = {link.target for link in wiring.links if link.kind in ("conv", "linear")}
    return [s for s in wiring.sets if s.role == "input" or s.id in real]


def positions(s):
    return itertools.product(range(s.channels), range(s.height), range(s.width))


def steps(wiring, link, c, y, x):
    """Positions of the source that a link without weights reads for one position of the target."""
    s = wiring.set(link.source)
    if link.kind == "flatten":
        return [(c // (s.height * s.width), c // s.width % s.height, c % s.width)]
    found = []
    for ky in range(link.kernel[0]):
        for kx in range(link.kernel[1]):
            at = (
                c - link.channel_offset,
                y * link.stride[0] - link.padding[0] + ky * link.dilation[0],
                x * link.stride[1] - link.padding[1] + kx * link.dilation[1],
            )
            if all(
                0 <= i < size for i, size in zip(at, (s.channels, s.height, s.width), strict=True)
            ):
                found.append(at)
    return found


def under(wiring, id, c, y, x):
    """Nodes, as (set, channel, row, column), that a position of any set consists of."""
    if id in {s.id for s in node_sets(wiring)}:
        return {(id, c, y, x)}
    found = set()
    for link in wiring.links:
        if link.target == id:
            for at in steps(wiring, link, c, y, x):
                found |= under(wiring, link.source, *at)
    return found


def weight_edges(wiring, masks):
    """(layer, index of the weight, source node, target node) for every kept weight and position."""
    for link in wiring.links:
        if link.kind not in ("conv", "linear"):
            continue
        s, t = wiring.set(link.source), wiring.set(link.target)
        mask = masks[link.layer]
        for index in zip(*np.nonzero(mask), strict=True):
            co, ci, ky, kx = (*map(int, index), 0, 0)[:4]
            ci += co // (t.channels // link.groups) * mask.shape[1]
            for oy in range(t.height):
                for ox in range(t.width):
                    y = oy * link.stride[0] - link.padding[0] + ky * link.dilation[0]
                    x = ox * link.stride[1] - link.padding[1] + kx * link.dilation[1]
                    if 0 <= y < s.height and 0 <= x < s.width:
                        for u in under(wiring, s.id, ci, y, x):
                            yield link.layer, index, u, (t.id, co, oy, ox)


def skip_edges(wiring):
    """(source node, target node) for every identity shortcut into a node set."""
    real = {s.id for s in node_sets(wiring)}
    for link in wiring.links:
        if link.target in real and link.kind not in ("conv", "linear"):
            for at in positions(wiring.set(link.target)):
                nodes = set()
                for source in steps(wiring, link, *at):
                    nodes |= under(wiring, link.source, *source)
                for u in nodes:
                    yield u, (link.target, *at)


def multipartite_twin(saved, identity_skips=False, kind="weights"):
    """networkx graph with nodes numbered as the package numbers them, edges with summed weights."""
    wiring, graph = saved.wiring, nx.DiGraph()
    for s in node_sets(wiring):
        for c, y, x in positions(s):
            graph.add_node((s.id, c, y, x), input=s.role == "input", output=False)
    for s in wiring.sets:
        if s.role == "output":
            for at in positions(s):
                for u in under(wiring, s.id, *at):
                    graph.nodes[u]["output"] = True
    edges = [
        (u, v, abs(float(getattr(saved, kind)[layer][index])), layer)
        for layer, index, u, v in weight_edges(wiring, saved.masks)
    ]
    if identity_skips:
        edges += [(u, v, 1.0, "identity") for u, v in skip_edges(wiring)]
    for u, v, w, layer in edges:
        if graph.has_edge(u, v):
            graph[u][v]["weight"] += w
            graph[u][v]["merged"] += 1
        else:
            graph.add_edge(u, v, weight=w, merged=0, layer=layer)
    return nx.convert_node_labels_to_integers(graph, label_attribute="name")


def edge_dict(graph):
    """{(source, target): weight} of a graph of the package."""
    source, target, weight = (a.tolist() for a in graph.edges())
    return dict(zip(zip(source, target, strict=True), weight, strict=True))
