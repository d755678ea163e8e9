"""`nsgraph distance`: two networks, all pairs of several, or the snapshots of one."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from nsgraph.cli.console import print_json, print_table, progress_bar
from nsgraph.errors import UserError

__all__ = ["register"]

SQUARE = 12  # networks; the distances of more are printed pair by pair


def register(app: typer.Typer) -> None:
    """Add the subcommand of this file."""
    app.command()(distance)


def distance(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Network files (.safetensors) of the same layers."),
    ],
    tie_break: Annotated[
        Literal["canonical", "none"],
        typer.Option(help="canonical: invariant under relabelling, symmetric. none: as published."),
    ] = "canonical",
    outputs: Annotated[
        Literal["labelled", "assigned"],
        typer.Option(help="labelled: outputs stay. assigned: matched like other neurons."),
    ] = "labelled",
    samples: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Pairs of random networks drawn for the level of chance, at least 2; 0: none. "
            "Default 20 for two networks, 5 for more.",
        ),
    ] = None,
    null: Annotated[
        Literal["er", "degree"],
        typer.Option(
            help="What random networks keep. er: the links of each layer; degree: those of each "
            "neuron."
        ),
    ] = "er",
    seed: Annotated[int, typer.Option(min=0, help="Seed of these draws.")] = 0,
    others: Annotated[
        str | None,
        typer.Option(
            help="Other distances beside NNSTD, separated by commas, or `all`: degrees, deltacon, "
            "edit, jaccard, portrait, spectral.",
        ),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            help="Folder in which every finished pair is kept: what was interrupted goes on there, "
            "and with more files only new pairs are computed."
        ),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes.")] = 1,
    layers: Annotated[
        bool, typer.Option("--layers", help="With --output: a row for each pair and layer.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write a table of the pairs: .parquet or .csv."),
    ] = None,
    figure: Annotated[
        Path | None, typer.Option(help="Draw the matrix as a heat map: .svg, .png or .pdf.")
    ] = None,
) -> None:
    """Topology distance (NNSTD) of sparse networks, with chance beside it.

    **Two files**: their distance, that of each layer, and their shared edges.
    **More**: the distances of all pairs, networks in the order of a hierarchical clustering.
    **One**: the trajectory of its training, all its snapshots against each other.
    """
    _check_suffix(output, (".parquet", ".csv"), "a table")
    _check_suffix(figure, (".svg", ".png", ".pdf"), "a figure")
    if samples == 1:
        raise UserError("--samples must be 0 (no level of chance) or at least 2, not 1.")
    if layers and output is None:
        raise UserError("--layers chooses the rows of a table: add --output.")
    options: dict[str, Any] = {"tie_break": tie_break, "outputs": outputs, "seed": seed}
    options["null"] = null
    options["others"] = _names_of_others(others)
    if len(files) == 2 and output is None and figure is None:
        if store is not None or jobs > 1:
            raise UserError(
                "--store and --jobs are for the pairs of several networks: two alone are compared "
                "at once (add --output or --figure to treat them as a matrix)."
            )
        _pair(files, json, samples=20 if samples is None else samples, **options)
        return
    options |= {"samples": 5 if samples is None else samples, "store": store, "workers": jobs}
    found = _matrix(files, options)
    if figure is not None:
        _draw(found, figure, trajectory=len(files) == 1)
    if output is not None:
        _write(found, output, layers)
    if json:
        print_json(_as_json(found))
    elif figure is None and output is None:
        _print(found, trajectory=len(files) == 1)


def _pair(files: list[Path], json: bool, **options: Any) -> None:
    from nsgraph.distance import compare
    from nsgraph.network_file import load_network

    values = compare(*(load_network(file) for file in files), **options)
    if json:
        print_json(values)
        return
    layers = values.pop("per_layer")
    print_table(["quantity", "value"], list(values.items()))
    print()
    print_table(["layer", "nnstd"], list(layers.items()))


def _matrix(files: list[Path], options: dict[str, Any]) -> Any:
    """The matrix of several files, or the trajectory of one."""
    from nsgraph.distance import matrix
    from nsgraph.distance.trajectory import snapshot_networks
    from nsgraph.network_file import load_network

    networks: dict[str, Any]
    if len(files) == 1:
        networks, options["wiring"] = snapshot_networks(files[0])
        if len(networks) < 2:
            raise UserError(f"{files[0]} has a single snapshot; a trajectory needs two.")
    else:
        networks = {name: load_network(file) for name, file in _named(files).items()}
    # Ctrl-C ends it all; that joblib had further pairs in hand is no news then.
    warnings.filterwarnings("ignore", "\\d+ tasks which were still", module="joblib")
    n = len(networks)
    with progress_bar("comparing", n * (n - 1) // 2) as advance:
        return matrix(networks, progress=_counting(advance), **options)


def _counting(advance: Callable[[], None]) -> Callable[[str], None]:
    """Only pairs count: how often chance is drawn is not known before."""

    def progress(text: str) -> None:
        if not text.startswith(("chance", "other")):
            advance()

    return progress


def _named(files: list[Path]) -> dict[str, Path]:
    """Files by their short names, or by their paths where two have one name."""
    stems = [file.stem for file in files]
    names = stems if len(set(stems)) == len(files) else [str(file) for file in files]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UserError(f"{twice} is named twice.")
    return dict(zip(names, files, strict=True))


def _print(found: Any, trajectory: bool) -> None:
    if len(found.names) > SQUARE:
        rows = found.rows()
        columns = [name for name in rows[0] if not name.endswith(".status")]
        shown = [name.removeprefix("distance.") for name in columns]
        print_table(shown, [[row[name] for name in columns] for row in rows])
        return
    ordered = found if trajectory else found.part(found.order())
    rows = zip(ordered.names, ordered.values.round(4).tolist(), strict=True)
    print_table(["nnstd", *ordered.names], [[name, *values] for name, values in rows])
    levels = [level.mean for level in found.chance.values()]
    if levels:
        low, high = f"{min(levels):.4f}", f"{max(levels):.4f}"
        print(f"\nchance: {low if low == high else f'{low} to {high}'}")


def _as_json(found: Any) -> dict[str, Any]:
    return {
        "names": list(found.names),
        "nnstd": found.values,
        "order": found.order(),
        "pairs": found.rows(),
        "layers": found.layer_rows(),
    }


def _write(found: Any, output: Path, layers: bool) -> None:
    from nsgraph.report.frames import frame_of
    from nsgraph.report.tables import write_file

    rows = found.layer_rows() if layers else found.rows()
    write_file(frame_of(rows), output)
    print(f"{output}: {len(rows):,} rows", file=_stderr())


def _draw(found: Any, path: Path, trajectory: bool) -> None:
    from nsgraph.report.frames import frame_of
    from nsgraph.studies.figures import save_figure
    from nsgraph.studies.heat_maps import matrix_figure

    order: dict[str, Any] = {"order": "given", "axis": "epoch"} if trajectory else {}
    save_figure(matrix_figure(frame_of(found.rows()), **order), path)
    print(f"{path}: {len(found.names)} networks", file=_stderr())


def _stderr() -> Any:
    import sys

    return sys.stderr


def _names_of_others(text: str | None) -> list[str]:
    if text is None:
        return []
    from nsgraph.distance.others import names_of

    words = [word.strip() for word in text.split(",") if word.strip()]
    return names_of(None if words == ["all"] else words)


def _check_suffix(path: Path | None, allowed: tuple[str, ...], what: str) -> None:
    if path is not None and path.suffix.lower() not in allowed:
        *others, last = allowed
        raise UserError(f"{path}: {what} is written as {', '.join(others)} or {last}.")
