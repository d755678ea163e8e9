"""Rows of the long table that need no family: sizes, densities and strengths of the layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from nsgraph.graphs import Graph
from nsgraph.graphs.compact import Bundle, Compact
from nsgraph.graphs.network import Network
from nsgraph.metrics.registry import MetricInfo
from nsgraph.wiring import Wiring

__all__ = ["LAYER_METRICS", "edge_rows", "mask_rows"]

OWN = "definition"

LAYER_METRICS = tuple(
    MetricInfo(f"layer.{name}", "layer", meaning, unit, formula, OWN)
    for name, meaning, unit, formula in (
        ("position", "place of the layer in the network", "integer, from 1", "order of the masks"),
        ("weights", "prunable weights of the layer", "weights, >= 1", "size of the mask"),
        ("kept", "weights that are not pruned", "weights, >= 0", "sum of the mask"),
        ("density", "fraction of weights that are not pruned", "[0, 1]", "kept / weights"),
        (
            "inputs",
            "input channels or features",
            "channels, >= 1",
            "groups * second axis of the mask",
        ),
        ("outputs", "output channels or features", "channels, >= 1", "first axis of the mask"),
        (
            "multiply_adds",
            "multiplications of one image's activations with kept weights, padding included; a "
            "multiplication and its addition are often counted as two floating-point operations",
            "multiply-adds per image, >= 0",
            "kept * height * width of the output",
        ),
        (
            "multiply_adds_dense",
            "the same without pruning",
            "multiply-adds per image, >= 1",
            "weights * height * width of the output",
        ),
        (
            "initial_strength",
            "mean summed absolute initial weight of an output channel, kept weights only",
            ">= 0",
            "sum |w at initialisation| / outputs",
        ),
        (
            "final_strength",
            "mean summed absolute final weight of an output channel",
            ">= 0",
            "sum |w| / outputs",
        ),
        ("edges", "edges of the layer in this encoding", "edges, >= 0", "edges with this layer"),
    )
)
"""What the rows below mean."""


def mask_rows(network: Network) -> Iterator[dict[str, Any]]:
    """One row per layer and metric, encoding "mask"; strengths only for the weights there are."""
    for position, (layer, mask) in enumerate(network.masks.items(), 1):
        kept = int(np.count_nonzero(mask))
        values: dict[str, int | float] = {
            "position": position,
            "weights": mask.size,
            "kept": kept,
            "density": kept / mask.size,
            "inputs": mask.shape[1] * network.groups(layer),
            "outputs": mask.shape[0],
        }
        if network.wiring is not None:
            applied = _applications(network.wiring, layer)
            values |= {
                "multiply_adds": kept * applied,
                "multiply_adds_dense": mask.size * applied,
            }
        for kind, arrays in network.weights.items():
            total = float(np.abs(arrays[layer][mask]).sum(dtype=np.float64))
            values[f"{kind}_strength"] = total / mask.shape[0]
        for name, value in values.items():
            yield {"encoding": "mask", "layer": layer, "metric": f"layer.{name}", "value": value}


def _applications(wiring: Wiring, layer: str) -> int:
    """How often each weight of a layer is used for one image: once a place of its output."""
    targets = [wiring.set(link.target) for link in wiring.links if link.layer == layer]
    return sum(target.height * target.width for target in targets)


def edge_rows(graph: Graph, encoding: str) -> list[dict[str, Any]]:
    """Edges per layer; a merged edge counts for its first layer, one by identity for none."""
    if graph.parts is not None:
        counts = [part.n_edges for part in graph.parts]
    elif graph.compact is not None:
        found = _edges_by_layer(graph.compact)
        counts = [found[layer] for layer in graph.layers]
    else:
        weighted = graph.edge_layers[graph.edge_layers >= 0]
        counts = np.bincount(weighted, minlength=len(graph.layers)).tolist()
    return [
        {"encoding": encoding, "layer": layer, "metric": "layer.edges", "value": count}
        for layer, count in zip(graph.layers, counts, strict=True)
    ]


def _edges_by_layer(compact: Compact) -> Counter[str | None]:
    """Edges that each link of a bundle, in the order of the network, adds to those before it."""
    counts: Counter[str | None] = Counter()
    for pair, bundle in compact.bundles.items():
        before = 0
        for number, link in enumerate(bundle.links, start=1):
            whole = number == len(bundle.links)
            first = bundle if whole else Bundle(*pair, bundle.links[:number])
            counts[link.layer] += first.n_edges - before
            before = first.n_edges
    return counts
