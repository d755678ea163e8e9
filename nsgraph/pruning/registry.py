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
from nsgraph.pruning.method import REDRAWN, Method, Scored

__all__ = ["REDRAWN", "exists", "get", "names", "source_digest"]


def names() -> list[str]:
    """Names of all methods, sorted; `<name>-redrawn` is not listed.

    >>> "snip" in names()
    True
    """
    return sorted(_files())


def exists(name: str) -> bool:
    """Whether there is a file for the method; nothing is imported.

    >>> exists("snip"), exists("snip-redrawn"), exists("snipe")
    (True, True, False)
    """
    files = _files()
    return name in files or name.removesuffix(REDRAWN) in files


def get(name: str) -> Method:
    """The method of that name; imports its file and no other method's.

    A file holds its method under the method's own name, in any case: `snip` or `RIGL`. With the
    ending `-redrawn`, a method that prunes by a score keeps its numbers of weights per layer, at
    random places in each (Frankle et al. 2021, Pruning neural networks at initialization).

    Raises
    ------
    UserError
        If there is no file of that name, the file defines no method of that name, or the method
        cannot be redrawn.
    """
    file = _file(name)
    if file.stem.replace("_", "-") != name:
        return _redrawn(get(name.removesuffix(REDRAWN)))
    try:
        module = importlib.import_module(f"{algorithms.__name__}.{file.stem}")
    except (SyntaxError, ImportError, NameError) as error:
        raise UserError(f"{file} cannot be imported: {error}.") from error
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


def _redrawn(method: Method) -> Method:
    if type(method) is not Scored:
        raise UserError(
            f"The method {method.name!r} cannot be redrawn; expected one that prunes by a score."
        )
    return replace(
        method,
        name=method.name + REDRAWN,
        category="layer-wise random",
        redrawn=True,
        reference=f"Layer densities of {method.name}, random within layers (Frankle et al. 2021).",
    )


def source_digest(name: str) -> str:
    """Twelve hexadecimal digits that change when the method's program does.

    Its program is its file and those files of methods that it imports, directly or through others.
    Comments, docstrings and layout are not part of the program.
    """
    files = [_file(name)]
    try:
        for file in files:  # grows on the way
            imported = sorted(_imported(file))
            files += [found for found in imported if found not in files]
        return program_digest(files)
    except SyntaxError as error:
        raise UserError(f"{error.filename} cannot be read: {error}.") from error


def _imported(file: Path) -> set[Path]:
    """Files of `nsgraph.pruning.algorithms` that a file there imports."""
    package = algorithms.__name__
    modules: set[str] = set()
    for node in ast.walk(ast.parse(file.read_bytes(), str(file))):
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
    plain = name if name in files else name.removesuffix(REDRAWN)
    if plain not in files:
        close = difflib.get_close_matches(plain, files, n=1)
        ending = REDRAWN if plain != name else ""
        suggestion = f" Did you mean {close[0] + ending!r}?" if close else ""
        raise UserError(
            f"There is no pruning method {name!r}; expected one of {', '.join(sorted(files))}, or "
            f"one that prunes by a score with the ending {REDRAWN}.{suggestion}"
        )
    return files[plain]
