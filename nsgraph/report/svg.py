"""Figures as parts of a page."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from nsgraph.errors import UserError

__all__ = ["figures_of", "inline_svg"]


def inline_svg(text: str, name: str, alt: str) -> str:
    """An SVG file as an element of a page: ids made unique by `name`, described by `alt`."""
    start = re.search(r"<svg\b", text)
    if start is None:
        raise UserError(f"Figure {name} is not an SVG file.")
    body = re.sub(r"<metadata>.*?</metadata>", "", text[start.start() :], flags=re.DOTALL)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', body)
    body = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", body)
    label = alt.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return body.replace("<svg", f'<svg role="img" aria-label="{label}"', 1).strip()


def figures_of(folder: str | os.PathLike[str]) -> list[dict[str, str]]:
    """Figures of a folder in the order of its `captions.json`, each with its SVG as `svg`."""
    place = Path(folder)
    try:
        captions = json.loads((place / "captions.json").read_text("utf-8"))
        return [
            {
                **c,
                "svg": inline_svg(
                    (place / f"{c['name']}.svg").read_text("utf-8"), c["name"], c["alt"]
                ),
            }
            for c in captions
        ]
    except FileNotFoundError as error:
        raise UserError(f"{error.filename}: no such file; make the figures first.") from error
