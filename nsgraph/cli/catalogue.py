"""`nsgraph list` and `nsgraph data`: what there is, and where data come from."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nsgraph.cli.console import print_json, print_table
from nsgraph.errors import UserError

if TYPE_CHECKING:
    from nsgraph.pruning.method import Method

__all__ = ["register"]

data_app = typer.Typer(help="Data sets on this machine.", no_args_is_help=True)


class What(StrEnum):
    """What can be listed."""

    methods = "methods"
    models = "models"
    datasets = "datasets"
    metrics = "metrics"
    encodings = "encodings"


def register(app: typer.Typer) -> None:
    """Add the subcommands of this file."""
    app.command("list")(list_)
    app.add_typer(data_app, name="data")


def list_(
    what: Annotated[What, typer.Argument(help="What to list.")],
    name: Annotated[str | None, typer.Argument(help="One of them alone, in full.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the methods, models, data sets, metrics or encodings that are known.

    `nsgraph list methods rigl` tells a method's options and their defaults.
    """
    rows: list[dict[str, Any]] = {
        What.methods: _methods,
        What.models: _models,
        What.datasets: _datasets,
        What.metrics: _metrics,
        What.encodings: _encodings,
    }[what]()
    if name is not None:
        rows = [row for row in rows if row["name"] == name] or _single(what, name)
    if json:
        print_json(rows if name is None else rows[0])
    elif name is None:
        heads = [head for head in rows[0] if head != "options"]  # too long for a table
        print_table(heads, [[row[head] for head in heads] for row in rows])
    else:
        options = rows[0].pop("options", {})
        lines = [*rows[0].items(), *((f"option {key}", value) for key, value in options.items())]
        print_table(["", ""], [[key, "none" if value is None else value] for key, value in lines])


def _single(what: What, name: str) -> list[dict[str, Any]]:
    """The row of a name that is understood but not listed."""
    if what is What.methods:
        from nsgraph.pruning import registry

        return [_about(registry.get(name))]
    raise UserError(f"There is no {name!r} among the {what}; see `nsgraph list {what}`.")


@data_app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="A data set (`nsgraph list datasets`).")],
    root: Annotated[Path, typer.Option(help="Folder of data sets.")] = Path("data"),
) -> None:
    """Download a data set from its official place and check its sums."""
    from nsgraph import datasets

    if name == "digits":
        print("digits is built in: there is nothing to fetch.")
        return
    for path in datasets.fetch(name, root):
        print(path)


def _methods() -> list[dict[str, Any]]:
    from nsgraph.pruning import registry

    methods, broken = [], []
    for name in registry.names():
        try:
            methods.append(registry.get(name))
        except UserError as error:  # one bad file hides no other method
            broken.append(_row(name, "broken", None, {}, str(error)))
    rows = [_about(m) for m in sorted(methods, key=lambda m: (m.category, m.name))]
    redrawn = "Layer densities of a scored method, at random inside (Frankle et al. 2021)."
    ending = f"<method>{registry.REDRAWN}"
    return [*rows, *broken, _row(ending, "layer-wise random", None, {}, redrawn)]


def _about(method: Method) -> dict[str, Any]:
    about = method.needs, method.options, method.reference
    return _row(method.name, method.category, *about)


def _row(
    name: str, category: str, needs: str | None, options: dict[str, Any], reference: str
) -> dict[str, Any]:
    values = (name, category, needs, options, reference)
    return dict(zip(("name", "category", "needs", "options", "reference"), values, strict=True))


def _models() -> list[dict[str, Any]]:
    from nsgraph.models.names import forms

    rows = [{"name": form, "example": example} for form, example in forms().items()]
    return [*rows, {"name": "<package.module>:<factory>", "example": "mine.nets:build"}]


def _datasets() -> list[dict[str, Any]]:
    from nsgraph.datasets.catalogue import SOURCES

    rows = [
        {
            "name": name,
            "folder": f"data/{source.folders[0]}",
            "files": ", ".join(download.file for download in source.downloads),
        }
        for name, source in SOURCES.items()
    ]
    return [{"name": "digits", "folder": "built in", "files": ""}, *rows]


def _metrics() -> list[dict[str, Any]]:
    from nsgraph import metrics

    return [
        {
            "name": m.name,
            "meaning": m.meaning,
            "unit or range": m.unit,
            "formula": m.formula,
            "source": m.source,
        }
        for m in metrics.dictionary()
    ]


def _encodings() -> list[dict[str, Any]]:
    from nsgraph import graphs

    return [{"name": name, "meaning": text} for name, text in graphs.ENCODINGS.items()]
