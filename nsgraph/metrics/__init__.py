"""Topological metrics of sparse networks. One family of metrics is one file of this folder."""

from __future__ import annotations

from nsgraph.metrics.evaluation import MAX_EDGES, Step
from nsgraph.metrics.measure import (
    dictionary,
    explain,
    families,
    measure,
    measure_layers,
    measure_network,
    network_graphs,
)
from nsgraph.metrics.registry import MetricInfo

__all__ = [
    "MAX_EDGES",
    "MetricInfo",
    "Step",
    "dictionary",
    "explain",
    "families",
    "measure",
    "measure_layers",
    "measure_network",
    "network_graphs",
]
