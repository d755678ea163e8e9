"""`nsgraph distance` and `export`: what needs no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from nsgraph.cli.console import print_json, print_table

__all__ = ["register"]

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def register(app: typer.Typer) -> None:
    """Add the subcommands of this file."""
    app.command()(distance)
    app.command()(export)


def distance(
    first: Annotated[Path, typer.Argument(metavar="A", help="A network file.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another, of the same layers.")],
    tie_break: Annotated[
        Literal["canonical", "none"],
        typer.Option(help="canonical: invariant under relabelling, symmetric. none: as published."),
    ] = "canonical",
    outputs: Annotated[
        Literal["labelled", "assigned"],
        typer.Option(help="labelled: outputs stay. assigned: matched like other neurons."),
    ] = "labelled",
    json: Json = False,
) -> None:
    """Topology distance (NNSTD) of two networks and their shared edges, with chance beside them."""
    from nsgraph.distance import compare
    from nsgraph.network_file import load_network

    values = compare(
        load_network(first), load_network(second), tie_break=tie_break, outputs=outputs
    )
    if json:
        print_json(values)
        return
    layers = values.pop("per_layer")
    print_table(["quantity", "value"], list(values.items()))
    print()
    print_table(["layer", "nnstd"], list(layers.items()))


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
