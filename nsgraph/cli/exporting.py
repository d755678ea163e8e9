"""`nsgraph export`: a network in formats that other tools read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the subcommand of this file."""
    app.command()(export)


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A network file.")],
    to: Annotated[
        Path,
        typer.Option(
            help="edges.parquet (mask edge list), or a graph: .gt.zst, .graphml, .npz, "
            "or .graph.parquet (the graph's edges)."
        ),
    ],
    encoding: Annotated[str, typer.Option("--encoding", "-e", help="Encoding of a graph.")] = (
        "multipartite"
    ),
) -> None:
    """Write a network's edge list or its graph in a format that other tools read."""
    from nsgraph.graphs import encode, write_edge_list
    from nsgraph.graphs import export as export_graph
    from nsgraph.network_file import load_network

    saved = load_network(file)
    if to.name.endswith(".parquet") and not to.name.endswith(".graph.parquet"):
        write_edge_list(saved, to)
        print(f"{to}: {saved.masks.n_kept:,} unpruned weights")
        return
    graph = encode(saved, encoding=encoding)
    export_graph(graph, to)
    print(f"{to}: {graph.n_nodes:,} nodes, {graph.n_edges:,} edges")
