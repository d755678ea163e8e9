"""Names of the built-in architectures, readable without torch."""

from __future__ import annotations

import difflib
import importlib.util
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

from nsgraph.errors import UserError
from nsgraph.files import program_digest

__all__ = ["forms", "importable_from_here", "is_factory", "names", "parse", "source_digest"]

_FORMS = (
    ("mlp-<width>-<width>...", "mlp-64-64", r"mlp((?:-\d+)+)(-srelu)?"),
    ("lenet-300-100", "lenet-300-100", r"lenet((?:-\d+)+)"),
    ("conv6[-<width>]", "conv6", r"conv6(?:-(\d+))?"),
    ("resnet<depth>[-<width>][-a]", "resnet20", r"resnet(\d+)(?:-(\d+))?(-a)?"),
    ("wrn-<depth>-<factor>[-a]", "wrn-28-2", r"wrn-(\d+)-(\d+)(-a)?"),
)

_COMMON = (
    "mlp-64-64",
    "mlp-64-64-srelu",
    "lenet-300-100",
    "conv6",
    "resnet8-16",
    "resnet20",
    "resnet20-a",
    "resnet32",
    "resnet32-a",
    "wrn-28-2",
)


def names() -> list[str]:
    """Common names; widths and depths in them may be changed.

    >>> "resnet20" in names()
    True
    """
    return list(_COMMON)


def forms() -> dict[str, str]:
    """Form of a name -> an example of it."""
    return {form: example for form, example, _ in _FORMS}


def is_factory(name: str) -> bool:
    """Whether the name is of the form package.module:factory."""
    return ":" in name


@contextmanager
def importable_from_here() -> Iterator[None]:
    """Let modules in the working folder be found: a console script does not look there."""
    here = str(Path.cwd())
    added = here not in sys.path
    if added:
        sys.path.append(here)
    try:
        yield
    finally:
        if added and here in sys.path:
            sys.path.remove(here)


def source_digest(name: str) -> str:
    """Twelve hexadecimal digits that change when the program of a factory's file does.

    Nothing is imported: neither the file, nor the packages that it is in. Other files that it
    imports, comments, docstrings and layout do not count.

    Returns
    -------
    str
        "" for a built-in name, and where there is no Python source that can be read.

    Examples
    --------
    >>> source_digest("resnet20")
    ''
    """
    if not is_factory(name):
        return ""
    with importable_from_here():
        spec = _spec(name.partition(":")[0])
    if spec is None or not spec.has_location or not str(spec.origin).endswith(".py"):
        return ""
    try:
        return program_digest(Path(str(spec.origin)))
    except (OSError, SyntaxError, ValueError):
        return ""


def _spec(module: str) -> ModuleSpec | None:
    """Where a module is, without importing its parents as `importlib.util.find_spec` would."""
    top, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):  # ValueError: no name, or a program run as __main__
        return None
    path = top
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            return None
        path += f".{part}"
        spec = PathFinder.find_spec(path, list(spec.submodule_search_locations))
    return spec


def parse(name: str) -> tuple[str, dict[str, Any]]:
    """Family of an architecture's name, and its parameters.

    Raises
    ------
    UserError
        If the name has none of the known forms.

    Examples
    --------
    >>> parse("mlp-64-32")
    ('mlp', {'widths': (64, 32), 'srelu': False})
    >>> parse("resnet20-a")
    ('resnet', {'depth': 20, 'width': 16, 'option_a': True})
    """
    for form, _, pattern in _FORMS:
        match = re.fullmatch(pattern, name)
        if match is None:
            continue
        parts = match.groups()
        numbers = [int(n) for n in re.findall(r"\d+", "-".join(p for p in parts if p))]
        if 0 in numbers:
            break
        if form.startswith(("mlp", "lenet")):
            return "mlp", {"widths": tuple(numbers), "srelu": "-srelu" in parts}
        if form.startswith("conv6"):
            return "conv6", {"width": int(parts[0] or 64)}
        option_a = parts[2] is not None
        if form.startswith("wrn"):
            return "wrn", {"depth": numbers[0], "widen": numbers[1], "option_a": option_a}
        width = numbers[1] if len(numbers) > 1 else 16
        return "resnet", {"depth": numbers[0], "width": width, "option_a": option_a}
    close = difflib.get_close_matches(name, _COMMON, n=1)
    suggestion = f" Did you mean {close[0]!r}?" if close else ""
    forms = ", ".join(form for form, _, _ in _FORMS)
    raise UserError(
        f"There is no model {name!r}; expected one of {forms}, or package.module:factory."
        f"{suggestion}"
    )
