"""CIFAR-10 and CIFAR-100: the python version (pickles) and the binary version, packed or not.

Source: A. Krizhevsky, Learning multiple layers of features from tiny images, 2009.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nsgraph.datasets.archive import Archive, open_archive
from nsgraph.datasets.raw import Pair, Raw, checked_pair
from nsgraph.errors import UserError

__all__ = ["find_cifar10", "find_cifar100", "safe_pickle"]

_TEN = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_PIXELS = 3 * 32 * 32
_TRAIN = [f"data_batch_{i}" for i in range(1, 6)]


class _PlainUnpickler(pickle.Unpickler):
    """Rebuilds numpy arrays and plain containers, and nothing that could run code."""

    _ALLOWED = frozenset(
        (module, name)
        for module in ("numpy.core.multiarray", "numpy._core.multiarray", "numpy", "_codecs")
        for name in ("_reconstruct", "ndarray", "dtype", "scalar", "encode")
        if (module == "_codecs") == (name == "encode")
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def safe_pickle(where: str, data: bytes) -> Any:
    """Content of a pickle of arrays, strings, numbers and containers.

    Raises
    ------
    UserError
        If it is damaged, truncated or asks for anything else.
    """
    try:
        return _PlainUnpickler(io.BytesIO(data), encoding="bytes").load()
    except Exception as error:  # a damaged pickle may raise anything
        raise UserError(
            f"{where} cannot be read ({error}); expected a batch of the official python version."
        ) from error


def find_cifar10(folder: Path) -> Raw | None:
    """CIFAR-10 in a folder; None if none of the official files is there."""
    archive = _python_version(folder, "cifar-10-python.tar.gz", "cifar-10-batches-py")
    if archive is not None:
        train, test = (_pickled(archive, n, b"labels", 10) for n in (_TRAIN, ["test_batch"]))
        return Raw(train, test, _TEN)
    archive = _python_version(folder, "cifar-10-binary.tar.gz", "cifar-10-batches-bin")
    if archive is not None:
        train, test = (
            _binary(archive, [f"{n}.bin" for n in names], 1, 10)
            for names in (_TRAIN, ["test_batch"])
        )
        return Raw(train, test, _TEN)
    return None


def find_cifar100(folder: Path) -> Raw | None:
    """CIFAR-100 (100 fine labels) in a folder; None if none of the official files is there."""
    archive = _python_version(folder, "cifar-100-python.tar.gz", "cifar-100-python")
    if archive is not None:
        train, test = (_pickled(archive, [n], b"fine_labels", 100) for n in ("train", "test"))
        return Raw(train, test, _fine_names(archive))
    archive = _python_version(folder, "cifar-100-binary.tar.gz", "cifar-100-binary")
    if archive is not None:
        train, test = (_binary(archive, [f"{n}.bin"], 2, 100) for n in ("train", "test"))
        return Raw(train, test, _fine_names(archive))
    return None


def _python_version(folder: Path, packed: str, unpacked: str) -> Archive | None:
    inside = folder / unpacked
    if inside.is_dir():
        return open_archive(inside)
    if (folder / packed).is_file():
        return open_archive(folder / packed)
    return None


def _read(archive: Archive, name: str) -> tuple[str, bytes]:
    if name not in archive:
        raise UserError(f"{archive.path}: the file {name} is missing in it.")
    return f"{archive.path}/{name}", archive.read(name)


def _pickled(archive: Archive, names: Sequence[str], key: bytes, classes: int) -> Pair:
    images, labels = [], []
    for name in names:
        where, data = _read(archive, name)
        batch = safe_pickle(where, data)
        if not isinstance(batch, dict) or b"data" not in batch or key not in batch:
            raise UserError(f"{where} does not hold 'data' and {key.decode()!r}.")
        pixels = np.asarray(batch[b"data"])
        if pixels.ndim != 2 or pixels.shape[1] != _PIXELS or pixels.dtype != np.uint8:
            raise UserError(
                f"{where} holds {pixels.dtype} data of shape {pixels.shape}; expected uint8 "
                f"[n, {_PIXELS}]."
            )
        x, y = checked_pair(where, pixels.reshape(-1, 3, 32, 32), batch[key], classes)
        images.append(x)
        labels.append(y)
    return np.concatenate(images), np.concatenate(labels)


def _binary(archive: Archive, names: Sequence[str], label_bytes: int, classes: int) -> Pair:
    """Records of `label_bytes` labels (the last one is the finest) and 3 x 32 x 32 values."""
    record = label_bytes + _PIXELS
    images, labels = [], []
    for name in names:
        where, data = _read(archive, name)
        if not data or len(data) % record:
            raise UserError(
                f"{where} has {len(data)} bytes; expected whole records of {record} bytes."
            )
        table = np.frombuffer(data, dtype=np.uint8).reshape(-1, record)
        pixels = table[:, label_bytes:].reshape(-1, 3, 32, 32)
        x, y = checked_pair(where, pixels, table[:, label_bytes - 1], classes)
        images.append(x)
        labels.append(y)
    return np.concatenate(images), np.concatenate(labels)


def _fine_names(archive: Archive) -> tuple[str, ...]:
    if "meta" in archive:
        where, data = _read(archive, "meta")
        names = safe_pickle(where, data).get(b"fine_label_names", [])
        names = [n.decode() if isinstance(n, bytes) else str(n) for n in names]
    elif "fine_label_names.txt" in archive:
        names = archive.read("fine_label_names.txt").decode().split()
    else:
        names = []
    return tuple(names) if len(names) == 100 else tuple(str(i) for i in range(100))
