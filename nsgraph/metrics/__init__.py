"""Topological metrics of sparse networks. One family of metrics is one file of this folder."""

from __future__ import annotations

from nsgraph.metrics.measure import dictionary, families, measure, measure_layers, measure_network
from nsgraph.metrics.registry import MetricInfo

__all__ = [
    "MetricInfo",
    "dictionary",
    "families",
    "measure",
    "measure_layers",
    "measure_network",
]
