"""Sparse networks as graphs: encodings, the `Graph` itself, exports, flow along its edges."""

from __future__ import annotations

from nsgraph.graphs.edge_list import read_edge_list, write_edge_list
from nsgraph.graphs.encode import ENCODINGS, encode
from nsgraph.graphs.export import FORMATS, export
from nsgraph.graphs.graph import Graph, NodeSet
from nsgraph.graphs.reduction import Reduction, reduction

__all__ = [
    "ENCODINGS",
    "FORMATS",
    "Graph",
    "NodeSet",
    "Reduction",
    "encode",
    "export",
    "read_edge_list",
    "reduction",
    "write_edge_list",
]
