"""Decoded images, kept so that the second load of an archive of JPEGs takes no time."""

from __future__ import annotations

import contextlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from nsgraph.datasets.raw import Raw
from nsgraph.files import atomic_write

__all__ = ["cache_folder", "cached"]

VERSION = 1
"""Raised when the readers of images change what they return."""


def cache_folder() -> Path:
    """`$NSGRAPH_CACHE`, or the user's cache folder."""
    given = os.environ.get("NSGRAPH_CACHE")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_cache_dir("nsgraph"))


def cached(key: str, read: Callable[[], Raw]) -> Raw:
    """What `read` returns, from the cache if it is there.

    Parameters
    ----------
    key
        Hexadecimal digest of what `read` reads.
    read
        Called if the cache has no whole file of that key. A cache that cannot be written is no
        reason to fail.
    """
    path = cache_folder() / f"images-{VERSION}-{key[:32]}.npz"
    raw = _load(path)
    if raw is None:
        raw = read()
        with contextlib.suppress(OSError):
            _store(path, raw)
    return raw


def _load(path: Path) -> Raw | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            parts = {p: (file[p], file[f"{p}_labels"]) for p in _PARTS if p in file}
            names = tuple(str(n) for n in file["class_names"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return Raw(parts["train"], parts.get("test"), names, parts.get("validation"))


def _store(path: Path, raw: Raw) -> None:
    arrays: dict[str, np.ndarray] = {"class_names": np.array(raw.class_names)}
    for part, pair in zip(_PARTS, (raw.train, raw.validation, raw.test), strict=True):
        if pair is not None:
            arrays[part], arrays[f"{part}_labels"] = pair
    with atomic_write(path) as temporary:
        np.savez(temporary, **arrays)  # type: ignore[arg-type]


_PARTS = ("train", "validation", "test")
