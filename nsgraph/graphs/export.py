"""Graphs as files; the suffix chooses the format."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from nsgraph.errors import UserError
from nsgraph.files import atomic_write, canonical_json
from nsgraph.graphs.convert import edge_labels, to_graph_tool, to_networkx, to_scipy
from nsgraph.graphs.graph import Graph

__all__ = ["FORMATS", "export"]


def export(graph: Graph, path: str | os.PathLike[str]) -> Path:
    """Write a graph to a file, atomically.

    Parameters
    ----------
    graph
        Any graph.
    path
        Ends in one of the suffixes of `FORMATS`.

    Raises
    ------
    UserError
        On another suffix; for `.gt` and `.gt.zst` without graph-tool.
    """
    target = Path(path)
    for suffix, (write, _) in FORMATS.items():
        if target.name.endswith(suffix):
            with atomic_write(target) as temporary:
                write(graph, temporary)
            return target
    raise UserError(f"{path}: cannot export to this suffix; expected one of {', '.join(FORMATS)}.")


def _parquet(graph: Graph, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    source, target, weight = graph.edges()
    layers = pa.DictionaryArray.from_arrays(
        pa.array(np.where(graph.edge_layers < 0, len(graph.layers), graph.edge_layers), pa.int16()),
        pa.array(edge_labels(graph)),
    )
    about = canonical_json(
        {
            "encoding": graph.encoding,
            "n_nodes": graph.n_nodes,
            "sets": [s._asdict() for s in graph.sets],
        }
    )
    table = pa.table({"source": source, "target": target, "layer": layers, "weight": weight})
    pq.write_table(
        table.replace_schema_metadata({"nsgraph": about}),
        path,
        compression="zstd",
        use_dictionary=["layer"],
        column_encoding={"source": "DELTA_BINARY_PACKED", "target": "DELTA_BINARY_PACKED"},
    )


def _graph_tool(graph: Graph, path: Path) -> None:
    to_graph_tool(graph).save(str(path), fmt="gt")


def _graph_tool_zst(graph: Graph, path: Path) -> None:
    import pyarrow as pa

    plain = path.with_name(path.name + ".gt")
    try:
        _graph_tool(graph, plain)
        # Arrow's compressor: graph-tool's own needs one more package and is slow at its level
        with pa.CompressedOutputStream(str(path), "zstd") as out, plain.open("rb") as source:
            shutil.copyfileobj(source, out, 2**20)
    finally:
        plain.unlink(missing_ok=True)


def _graphml(graph: Graph, path: Path) -> None:
    import networkx as nx

    nx.write_graphml(to_networkx(graph), path)


def _npz(graph: Graph, path: Path) -> None:
    import scipy.sparse as sp

    sp.save_npz(path, to_scipy(graph), compressed=False)


FORMATS: dict[str, tuple[Callable[[Graph, Path], None], str]] = {
    ".parquet": (_parquet, "columns source, target, layer, weight"),
    ".gt.zst": (_graph_tool_zst, "graph-tool, compressed (needs graph-tool)"),
    ".gt": (_graph_tool, "graph-tool (needs graph-tool)"),
    ".graphml": (_graphml, "GraphML, for small graphs"),
    ".npz": (_npz, "scipy sparse matrix; row = source, column = target"),
}
"""Suffix -> (writer, what the file holds)."""
