"""`nsgraph measure`: values, values beside null models, and how they were computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from nsgraph.cli.console import print_json, print_table, progress_bar
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
Families = Annotated[
    str | None,
    typer.Option(
        "--families",
        "-f",
        help="Families, separated by commas (`nsgraph list metrics` shows them); default all.",
    ),
]
Null = Annotated[
    Literal["er", "degree", "strength"] | None,
    typer.Option(
        help="Also measure random networks: adds _mean, _sd and _z. er keeps every layer's number "
        "of links, degree every node's degrees (before coinciding edges merge), both with the "
        "weights shuffled within layers; strength keeps degrees and nearly the strengths."
    ),
]
MaxEdges = Annotated[
    int,
    typer.Option(
        min=0, help="Larger graphs are not unrolled: metrics that need single edges get a status."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the subcommand of this file."""
    app.command()(measure)


def measure(
    files: Networks,
    encoding: Encodings = "multipartite",
    families: Families = None,
    null: Null = None,
    samples: Annotated[int, typer.Option(min=2, help="Random networks of the null.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the null.")] = 0,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Show how families were computed (implicit: from the masks alone; streamed: edge "
            "by edge, none stored; unrolled: on all edges) and its seconds, instead of the values.",
        ),
    ] = False,
    max_edges: MaxEdges = 100_000_000,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write a table instead: .parquet or .csv."),
    ] = None,
) -> None:
    """Measure sparse networks as graphs.

    Prints one column a network. Networks without wiring (converted without a model) have rolled
    encodings only: use `--encoding rolled`.
    """
    if output is not None and output.suffix.lower() not in (".parquet", ".csv"):
        raise UserError(f"{output}: a table is written as .parquet or .csv.")
    encodings, wanted = _words(encoding), None if families is None else _words(families)
    if explain:
        if null is not None or output is not None:
            raise UserError("--explain shows how things are computed; drop --null and --output.")
        steps = [row for path in files for row in _steps(path, encodings, wanted, max_edges)]
        _show_steps(steps, json)
        return
    waits = len(files) * (1 + (samples * len(encodings) if null else 0))
    with progress_bar("measuring", waits) as advance:
        rows = {}
        for path in files:
            rows[str(path)] = _row(path, encodings, wanted, max_edges, advance)
            if null is not None:
                drawn = {"null": null, "samples": samples, "seed": seed, "max_edges": max_edges}
                rows[str(path)] |= _beside_null(path, encodings, wanted, advance, **drawn)
    if output is not None:
        _write(rows, output)
    elif json:
        print_json(rows if len(rows) > 1 else next(iter(rows.values())))
    else:
        names = list(dict.fromkeys(name for values in rows.values() for name in values))
        print_table(
            ["metric", *(Path(f).stem for f in rows)],
            [[name, *(values.get(name) for values in rows.values())] for name in names],
        )


def _row(
    path: Path,
    encodings: list[str],
    families: list[str] | None,
    max_edges: int,
    advance: Callable[[], None],
) -> dict[str, Any]:
    from nsgraph.metrics import measure_network
    from nsgraph.network_file import load_network

    saved = load_network(path)
    with _naming(path):
        values, _ = measure_network(saved, encodings, families, max_edges=max_edges)
    advance()
    return values


def _beside_null(
    path: Path,
    encodings: list[str],
    families: list[str] | None,
    advance: Callable[[], None],
    **drawn: Any,
) -> dict[str, Any]:
    """Means, standard deviations and z-scores by column name."""
    from nsgraph.metrics import measure as measure_graph
    from nsgraph.metrics import network_graphs
    from nsgraph.network_file import load_network

    values: dict[str, Any] = {}
    with _naming(path):
        for name, graph in network_graphs(load_network(path), encodings).items():
            found = measure_graph(graph, families, progress=lambda done: advance(), **drawn)
            values |= {f"{name}.{metric}": value for metric, value in found.items()}
    return values


def _steps(
    path: Path, encodings: list[str], families: list[str] | None, max_edges: int
) -> Iterator[dict[str, Any]]:
    """How each part of each family was computed; seconds without loading compiled code."""
    from nsgraph.metrics import explain, network_graphs
    from nsgraph.network_file import load_network
    from nsgraph.studies.measuring import compile_kernels

    saved = load_network(path)
    compile_kernels()
    with _naming(path):
        for encoding, graph in network_graphs(saved, encodings).items():
            for step in explain(graph, families, max_edges=max_edges)[1]:
                yield {"file": str(path), "encoding": encoding, **step._asdict()}


def _show_steps(steps: list[dict[str, Any]], json: bool) -> None:
    if json:
        print_json(steps)
        return
    columns = ["encoding", "family", "metrics", "path", "seconds", "note"]
    for file in dict.fromkeys(step["file"] for step in steps):
        own = [step for step in steps if step["file"] == file]
        rows = [[_shown(step[column]) for column in columns] for step in own]
        print_table(columns, rows, title=file)
        print(f"{sum(step['seconds'] for step in own):.3f} s in all\n")


def _shown(value: Any) -> Any:
    if isinstance(value, tuple):
        return ", ".join(value) if len(value) <= 4 else f"{value[0]} and {len(value) - 1} more"
    return round(value, 4) if isinstance(value, float) else value


def _write(rows: dict[str, dict[str, Any]], output: Path) -> None:
    from nsgraph.report.frames import frame_of
    from nsgraph.report.tables import write_file

    write_file(frame_of([{"file": file, **values} for file, values in rows.items()]), output)
    print(f"{output}: {len(rows)} networks")


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Errors that say which file they are about."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
