"""Which pruning methods there are: one file each in `nsgraph.pruning.algorithms`.

The names come from the folder, so that a configuration is checked without importing torch. Further
folders join by being appended to `nsgraph.pruning.algorithms.__path__`.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import importlib.util
from dataclasses import replace
from pathlib import Path

from nsgraph.errors import UserError
from nsgraph.files import program_digest
from nsgraph.pruning import algorithms
from nsgraph.pruning.method import Method

__all__ = ["get", "names", "source_digest"]


def names() -> list[str]:
    """Names of all methods, sorted.

    >>> "snip" in names()
    True
    """
    return sorted(_files())


def get(name: str) -> Method:
    """The method of that name; imports its file and no other method's.

    A file holds its method under the method's own name, in any case: `snip` or `RIGL`.

    Raises
    ------
    UserError
        If there is no file of that name, or the file defines no method of that name.
    """
    file = _file(name)
    module = importlib.import_module(f"{algorithms.__name__}.{file.stem}")
    found = [
        value
        for key, value in vars(module).items()
        if isinstance(value, Method) and key.lower() == file.stem.lower()
    ]
    if not found:
        raise UserError(f"{file} defines no method {name!r}; expected a Method named {file.stem}.")
    if found[0].name not in ("", name):
        raise UserError(
            f"{file} names its method {found[0].name!r}; the file's name asks for {name!r}."
        )
    reference = found[0].reference or (module.__doc__ or "").strip().partition("\n")[0]
    return replace(found[0], name=name, reference=reference)


def source_digest(name: str) -> str:
    """Twelve hexadecimal digits that change when the method's program does.

    Its program is its file and those files of methods that it imports, directly or through others.
    Comments, docstrings and layout are not part of the program.
    """
    files = [_file(name)]
    for file in files:  # grows on the way
        imported = sorted(_imported(file))
        files += [found for found in imported if found not in files]
    return program_digest(files)


def _imported(file: Path) -> set[Path]:
    """Files of `nsgraph.pruning.algorithms` that a file there imports."""
    package = algorithms.__name__
    modules: set[str] = set()
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            modules |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    inside = (m.removeprefix(f"{package}.") for m in modules if m.startswith(f"{package}."))
    found = (_module_file(m.partition(".")[0]) for m in inside)
    return {path for path in found if path is not None}


def _module_file(stem: str) -> Path | None:
    paths = (Path(folder) / f"{stem}.py" for folder in algorithms.__path__)
    return next((path for path in paths if path.is_file()), None)


def _files() -> dict[str, Path]:
    return {
        file.stem.replace("_", "-"): file
        for folder in reversed(list(algorithms.__path__))
        for file in Path(folder).glob("[!_.]*.py")
    }


def _file(name: str) -> Path:
    files = _files()
    if name not in files:
        close = difflib.get_close_matches(name, files, n=1)
        suggestion = f" Did you mean {close[0]!r}?" if close else ""
        raise UserError(
            f"There is no pruning method {name!r}; expected one of {', '.join(sorted(files))}."
            f"{suggestion}"
        )
    return files[name]
