"""What the subcommands share: tables, JSON and errors on the terminal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NoReturn

__all__ = ["fail", "print_json", "print_table", "progress_bar"]


def fail(sentence: str) -> NoReturn:
    """Print one sentence to stderr and end with exit code 2."""
    print(f"Error: {sentence}", file=sys.stderr)
    sys.exit(2)


def print_json(content: Any) -> None:
    """JSON for machines: sorted keys, no NaN, integers of any size."""
    print(json.dumps(content, indent=2, sort_keys=True, allow_nan=False, default=_plain))


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None = None
) -> None:
    """A table for people. Wide terminals show all; narrow ones wrap."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    materialised = [list(row) for row in rows]
    for position, column in enumerate(columns):
        values = [row[position] for row in materialised]
        numeric = all(value is None or isinstance(value, int | float) for value in values)
        # the first column names things: never cut it, so that it can be searched and copied
        table.add_column(
            column, justify="right" if numeric else "left", overflow="fold", no_wrap=position == 0
        )
    for row in materialised:
        table.add_row(*(_text(value) for value in row))
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 10_000  # a file or pipe has no edge to wrap at
    console.print(table)


@contextmanager
def progress_bar(doing: str, steps: int) -> Iterator[Callable[[], None]]:
    """A bar on the terminal's error stream, where there is more than one step to wait for."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeLeft()
    with Progress(
        *columns, console=console, transient=True, disable=steps < 2 or not console.is_terminal
    ) as bar:
        yield partial(bar.advance, bar.add_task(doing, total=steps))


def _text(value: Any) -> str:
    from rich.markup import escape

    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return ", ".join(f"{k}={v}" for k, v in value.items())
    return escape(str(value))
