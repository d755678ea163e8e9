"""`nsgraph measure`, `distance` and `export`: what needs no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from nsgraph.cli.console import print_json, print_table
from nsgraph.errors import UserError

__all__ = ["register"]

Networks = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Network files (.safetensors).")
]
Encodings = Annotated[
    str,
    typer.Option(
        "--encoding",
        "-e",
        help="Encodings, separated by commas (`nsgraph list encodings` shows them). Values of the "
        "rolled encodings are means over the layers.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def register(app: typer.Typer) -> None:
    """Add the subcommands of this file."""
    app.command()(measure)
    app.command()(distance)
    app.command()(export)


def measure(
    files: Networks,
    encoding: Encodings = "multipartite",
    families: Annotated[
        str | None,
        typer.Option(
            "--families",
            "-f",
            help="Families, separated by commas (`nsgraph list metrics` shows them); default all.",
        ),
    ] = None,
    json: Json = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write a table instead: .parquet or .csv."),
    ] = None,
) -> None:
    """Measure sparse networks as graphs.

    Prints one column a network. Networks without wiring (converted without a model) have rolled
    encodings only: use `--encoding rolled`.
    """
    from rich.progress import track

    from nsgraph.metrics import measure_network
    from nsgraph.network_file import load_network

    if output is not None and output.suffix not in (".parquet", ".csv"):
        raise UserError(f"{output}: a table is written as .parquet or .csv.")
    chosen = _words(encoding)
    rows = {}
    paths = track(files, "measuring", transient=True) if len(files) > 1 and not json else files
    for path in paths:
        saved = load_network(path)
        try:
            rows[str(path)], _ = measure_network(saved, chosen, _words(families))
        except UserError as error:
            raise UserError(f"{path}: {error}") from error
    if output is not None:
        from nsgraph.files import atomic_write
        from nsgraph.report.frames import frame_of

        table = frame_of([{"file": file, **values} for file, values in rows.items()])
        with atomic_write(output) as temporary:
            if output.suffix == ".csv":
                table.to_csv(temporary, index=False)
            else:
                table.to_parquet(temporary, index=False)
        print(f"{output}: {len(rows)} networks")
    elif json:
        print_json(rows if len(rows) > 1 else next(iter(rows.values())))
    else:
        names = list(dict.fromkeys(name for values in rows.values() for name in values))
        print_table(
            ["metric", *(Path(f).stem for f in rows)],
            [[name, *(values.get(name) for values in rows.values())] for name in names],
        )


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


def _words(text: str | None) -> list[str] | None:
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]
