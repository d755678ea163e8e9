"""The command `nsgraph`. Every subcommand's `--help` is its documentation."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from nsgraph import __version__
from nsgraph.cli import catalogue, comparing, exporting, learning, measuring
from nsgraph.cli.console import fail
from nsgraph.errors import UserError

__all__ = ["app", "main"]

INTERRUPTED = 130

app = typer.Typer(
    name="nsgraph",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (measuring, comparing, exporting, learning, catalogue):
    module.register(app)


def _version(show: bool) -> None:
    if show:
        print(f"nsgraph {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Sparse neural networks as graphs: prune, train, encode, measure, compare.

    The whole workflow, from data to report, is `snakemake --cores all` in the project's folder.
    """


def main() -> None:
    """Entry point: bad input is one sentence on stderr and exit code 2."""
    try:
        app()
    except UserError as error:
        fail(str(error))
    except SystemExit as done:
        if done.code == INTERRUPTED:  # typer ends so, without a word, on Ctrl-C
            print("Interrupted.", file=sys.stderr)
        raise
