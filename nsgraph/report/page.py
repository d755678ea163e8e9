"""One HTML page that holds everything: text, figures, tables, and what makes them sortable."""

from __future__ import annotations

import math
import os
from base64 import b64encode
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import pandas as pd

from nsgraph.files import atomic_write
from nsgraph.report.contents import ON_PAGE
from nsgraph.report.frames import python_values
from nsgraph.report.svg import figures_of

__all__ = ["write_page"]

MOST_ROWS = 2500
"""A longer table would make the page slow; it is linked alone."""

ENCODING = "multipartite"  # whose metrics the networks table shows


def _bundle() -> tuple[str, str]:
    """DataTables as one script (in base64, for it speaks of script tags) and one style sheet.

    Both are files of the package itables, which does not have to be imported for them.
    """
    folder = files("itables") / "html"
    script = b64encode((folder / "dt_bundle.js").read_bytes()).decode()
    return script, (folder / "dt_bundle.css").read_text("utf-8")


def _two_places(value: float) -> str:
    """Two decimals; three where two would be a zero that hides the sign."""
    return f"{value:.3f}" if 0 < abs(value) < 0.005 else f"{value:.2f}"


def shown(value: Any) -> str:
    """A value as a reader wants it: four significant digits, a narrow space between thousands.

    >>> shown(0.123456), shown(None), shown(1.5e-9), shown(1234567).split()
    ('0.1235', '', '1.5e-09', ['1', '234', '567'])
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f")
    if isinstance(value, float):
        if math.isinf(value):
            return "∞" if value > 0 else "-∞"
        return f"{value:.4g}" if abs(value) < 1e4 or abs(value) >= 1e15 else f"{value:.4e}"
    return str(value)


def _tooltip(about: Mapping[str, Any] | None) -> str:
    if about is None:
        return ""
    parts = [about["meaning"]]
    parts += [
        f"{label}: {about[key]}"
        for label, key in (("Unit", "unit"), ("Formula", "formula"), ("Source", "source"))
        if about[key]
    ]
    return ". ".join(parts)


def _select(frame: pd.DataFrame, wanted: Sequence[str] | None) -> list[str]:
    if wanted is None:
        return list(frame.columns)
    names = [w.replace("*", ENCODING) for w in wanted]
    return [n for n in names if n in frame.columns]


def _on_page(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    return [name for name in ON_PAGE if name in tables and len(tables[name]) <= MOST_ROWS]


def _table(name: str, frame: pd.DataFrame, about: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    title, intro, wanted = ON_PAGE[name]
    chosen = _select(frame, wanted)
    columns = {c: python_values(frame[c]) for c in chosen}
    heads = [
        {
            "name": c.removeprefix(f"{ENCODING}."),
            "tooltip": _tooltip(about.get((name, c))),
            "number": not isinstance(frame[c].dtype, pd.StringDtype),
        }
        for c in chosen
    ]
    rows = [
        [{"text": shown(v), "order": "" if v is None else v} for v in row]
        for row in zip(*columns.values(), strict=True)
    ]
    return {
        "name": name,
        "title": title,
        "intro": intro,
        "heads": heads,
        "rows": rows,
        "n_columns": len(frame.columns),
    }


def _claims(claims: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {c: python_values(claims[c]) for c in claims.columns}
    rows = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    for row in rows:
        row["number"] = "–" if row["ours"] is None else _two_places(row["ours"])
        known = row["low"] is not None and row["high"] is not None
        row["interval"] = ""
        if known:
            row["interval"] = f"[{_two_places(row['low'])}, {_two_places(row['high'])}]"
        row["kind"] = {"holds": "yes", "does not hold": "no"}.get(row["verdict"], "open")
    return rows


def _glance(networks: pd.DataFrame) -> dict[str, str]:
    """Counts that say how large the study is."""
    sparse = networks[(networks["sparsity"] > 0).to_numpy(dtype=bool)]
    counts = {
        "sparse network": len(sparse),
        "dense reference": len(networks) - len(sparse),
        "data set": networks["dataset"].nunique(),
        "model": networks["model"].nunique(),
        "pruning method": sparse["method"].nunique(),
        "sparsity": sparse["sparsity"].nunique(),
        "seed": networks["seed"].nunique(),
    }
    plural = {"sparsity": "sparsities"}
    return {k if n == 1 else plural.get(k, f"{k}s"): shown(n) for k, n in counts.items()}


def write_page(
    path: str | os.PathLike[str],
    *,
    title: str,
    headline: str,
    facts: Mapping[str, Any],
    versions: Mapping[str, str],
    claims: pd.DataFrame,
    figures: str | os.PathLike[str],
    tables: Mapping[str, pd.DataFrame],
    columns: pd.DataFrame,
    tables_at: str = "tables",
    about_claims: str = "",
) -> None:
    """Write the report: one file that asks nothing of a network.

    Parameters
    ----------
    path
        The page.
    title, headline
        Its heading, and what came out in a sentence or two.
    facts
        What was run: label -> value (a list is joined by commas).
    versions
        Package -> version.
    claims
        `nsgraph.studies.multipartite.claims.claims_table`.
    figures
        Folder with `captions.json` and the SVG files that it names, as
        `nsgraph.studies.figures.save_figures` writes them.
    tables
        Name -> table, `networks` among them; those of `ON_PAGE` are shown unless they are long,
        all are linked.
    columns
        Data dictionary of these tables (`columns_table`).
    tables_at
        Folder of the CSV files as seen from the page.
    about_claims
        What a reader has to know of the study's claims.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("nsgraph.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    described = columns.fillna("").to_dict("records")
    about = {(row["table"], row["column"]): row for row in described}
    script, sheet = _bundle()
    text = environment.get_template("page.html.j2").render(
        title=title,
        headline=headline,
        glance=_glance(tables["networks"]),
        facts={
            k: ", ".join(map(str, v)) if isinstance(v, list | tuple) else v
            for k, v in facts.items()
        },
        versions=versions,
        claims=_claims(claims),
        figures=figures_of(figures),
        tables=[_table(name, tables[name], about) for name in _on_page(tables)],
        files=[(n, len(t), len(t.columns)) for n, t in sorted(tables.items())],
        tables_at=tables_at,
        about_claims=about_claims,
        columns=described,
        script=script,
        sheet=sheet,
    )
    with atomic_write(path) as temporary:
        temporary.write_text(text, "utf-8")
