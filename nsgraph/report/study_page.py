"""The report of a study: data dictionary and page, with what was run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from nsgraph import __version__
from nsgraph.report.dictionary import columns_table
from nsgraph.report.page import write_page
from nsgraph.report.tables import write_table

__all__ = ["facts_of", "write_study_page"]


def facts_of(study: str, tier: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What was run, label -> value, from the settings of a study."""
    return {
        "study": f"{study}, tier {tier}",
        "data sets": settings["datasets"],
        "models": settings["models"],
        "methods": settings["methods"],
        **{f"left out for {name}": methods for name, methods in settings.get("skip", {}).items()},
        "sparsities": settings["sparsities"],
        "seeds": settings["seeds"],
        "recipe": _in_words(settings["recipe"]),
        **{
            f"recipe of {name}": _in_words(changes)
            for name, changes in settings.get("recipe_overrides", {}).items()
        },
        **{f"options of {name}": str(given) for name, given in settings.get("options", {}).items()},
        **({"encodings": settings["encodings"]} if "encodings" in settings else {}),
    }


def _in_words(recipe: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in recipe.items())


def write_study_page(
    page: str | os.PathLike[str],
    columns: str | os.PathLike[str],
    *,
    title: str,
    headline: str,
    about_claims: str,
    facts: Mapping[str, Any],
    packages: Sequence[str],
    figures: str | os.PathLike[str],
    tables: Mapping[str, pd.DataFrame],
    metrics: Any = None,
) -> None:
    """Write the data dictionary `columns` and the report `page` of a study.

    Parameters
    ----------
    title, headline, about_claims, facts, figures
        See `nsgraph.report.write_page`.
    packages
        Whose versions are named.
    tables
        Name -> table; `claims` and `networks` among them. Their files are in the folder of
        `columns`, which is beside the page.
    metrics
        Descriptions of the metrics of the networks table, if they are not our own
        (`columns_table`).
    """
    dictionary = columns_table(
        tables,
        metrics=metrics if metrics is not None else None if "layers" in tables else (),
        distances=None if "pairs" in tables else (),
    )
    write_table(dictionary, columns)
    write_page(
        page,
        title=title,
        headline=headline,
        about_claims=about_claims,
        facts=facts,
        versions={"nsgraph": __version__, **{name: version(name) for name in packages}},
        claims=tables["claims"],
        figures=figures,
        tables={**tables, "columns": dictionary},
        columns=dictionary,
        tables_at=Path(columns).parent.name,
    )
