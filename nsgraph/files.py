"""Files that are never seen half-written, and text that is the same bytes for the same content."""

from __future__ import annotations

import ast
import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

__all__ = [
    "atomic_write",
    "canonical_json",
    "digest",
    "file_sha256",
    "program_digest",
    "tree_digest",
]


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` on success, remove it on failure.

    A reader sees the old file or the whole new one, also after a kill. The temporary name starts
    with a dot and keeps the suffix, since some writers choose a format by it.

    Parameters
    ----------
    path
        Where the file shall be. Missing parent folders are made.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(
        prefix=f".{target.stem}.", suffix="".join(target.suffixes[-1:]), dir=target.parent
    )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)  # mkstemp makes files that only their owner can read
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def canonical_json(content: Any) -> str:
    """Compact JSON with sorted keys: equal content gives equal text.

    >>> canonical_json({"b": 1, "a": [1.0, None]})
    '{"a":[1.0,null],"b":1}'
    """
    return msgspec.json.encode(content, order="sorted").decode()


def digest(content: Any, length: int = 12) -> str:
    """First `length` hexadecimal digits of the SHA-256 of the canonical JSON of `content`."""
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()[:length]


def file_sha256(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def tree_digest(paths: list[Path], length: int = 12) -> str:
    """One digest of several files' names and contents, in the order of their names."""
    return digest([(p.name, file_sha256(p)) for p in sorted(paths)], length)


def program_digest(paths: Path | Sequence[Path]) -> str:
    """Twelve hexadecimal digits that change when the program in some Python files does.

    Comments, docstrings and layout are not part of the program; nor are the files' names, but
    their order is.
    """
    programs = [_program(path) for path in ([paths] if isinstance(paths, Path) else paths)]
    return digest(programs[0] if len(programs) == 1 else programs)


def _program(path: Path) -> str:
    tree = ast.parse(path.read_bytes(), str(path))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            node.body = body[1:] or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.unparse(tree)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
