"""Results kept on disk, so that an interrupted or extended matrix computes only what is new.

A store is a folder with one small JSON file for each result, named by a digest of everything that
decides it. Files are written in one step: several processes, and several runs, may share a folder.
"""

from __future__ import annotations

import hashlib
import logging
import os
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from nsgraph.errors import UserError
from nsgraph.files import atomic_write, canonical_json, digest, program_digest
from nsgraph.masks import Masks
from nsgraph.wiring import Wiring

__all__ = ["KeptChance", "PairDistance", "PairStore", "network_digest", "procedure_digest"]

T = TypeVar("T")

logger = logging.getLogger(__name__)

NO_PROCEDURE = (
    "__init__.py",
    "columns.py",
    "dictionary.py",
    "keeping.py",
    "matrix.py",
    "pairing.py",
    "parallel.py",
    "stability.py",
    "tables.py",
    "trajectory.py",
)
"""Files of this folder that do not decide a distance."""


class PairDistance(msgspec.Struct, frozen=True):
    """Distance of two networks: `value` in [0, 1] and that of each layer."""

    value: float
    per_layer: dict[str, float]


class KeptChance(msgspec.Struct, frozen=True):
    """`Chance` as it is kept."""

    values: list[float]
    per_layer: dict[str, list[float]]
    unaligned: float


class PairStore:
    """Results in a folder, by key.

    A key is plain data, equal for equal results. A file that is damaged, or that holds another key,
    counts as missing, and the log says so. A folder that cannot be made or written to is a
    `UserError`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = PairStore(folder)
    ...     store.put({"of": "a"}, 0.5)
    ...     store.get({"of": "a"}, float), store.get({"of": "b"}, float)
    (0.5, None)
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._refused(error) from error

    def get(self, key: dict[str, Any], kind: type[T]) -> T | None:
        """What is kept under a key, as an object of that type; `None` if nothing is."""
        path = self._path(key)
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=dict[str, msgspec.Raw])
            if msgspec.json.decode(kept["key"]) != msgspec.json.decode(canonical_json(key)):
                raise ValueError("it belongs to other networks or options")
            return msgspec.json.decode(kept["result"], type=kind)
        except FileNotFoundError:
            return None
        except (OSError, KeyError, ValueError) as error:  # msgspec's errors are ValueErrors
            logger.warning("%s is damaged (%s); it is computed again.", path, error)
            return None

    def put(self, key: dict[str, Any], result: Any) -> None:
        """Keep a result (anything msgspec can write as JSON)."""
        try:
            with atomic_write(self._path(key)) as temporary:
                temporary.write_text(canonical_json({"key": key, "result": result}) + "\n")
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> UserError:
        return UserError(f"{self.folder}: results cannot be kept there ({error.strerror}).")

    def _path(self, key: dict[str, Any]) -> Path:
        name = digest(key, 32)
        return self.folder / name[:2] / f"{name}.json"


def network_digest(masks: Masks, wiring: Wiring | None) -> str:
    """Digest of the links of a network: equal networks have equal ones, whatever their file."""
    content = hashlib.sha256()
    for name, mask in masks.items():
        content.update(canonical_json([name, list(mask.shape)]).encode())
        content.update(np.packbits(mask).tobytes())
    content.update(canonical_json(wiring.to_json() if wiring else None).encode())
    return content.hexdigest()[:32]


@cache
def procedure_digest() -> str:
    """Digest of the program that computes distances and chance."""
    return program_digest(procedure_files())


def procedure_files() -> list[Path]:
    """Files whose program decides a distance: an edit there makes kept results stale."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return [path for path in files if path.name not in NO_PROCEDURE]
