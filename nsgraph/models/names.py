"""Names of the built-in architectures, readable without torch."""

from __future__ import annotations

import difflib
import re
from typing import Any

from nsgraph.errors import UserError

__all__ = ["forms", "is_factory", "names", "parse"]

_FORMS = (
    ("mlp-<width>-<width>...", "mlp-64-64", r"mlp((?:-\d+)+)(-srelu)?"),
    ("lenet-300-100", "lenet-300-100", r"lenet((?:-\d+)+)"),
    ("conv6", "conv6", r"conv6"),
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
        if form == "conv6":
            return "conv6", {}
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
