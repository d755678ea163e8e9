"""IDX files, plain or gzip: MNIST, Fashion-MNIST, EMNIST.

Format: two zero bytes, a byte for the type (8: unsigned bytes), a byte for the number of
dimensions, the sizes as 32-bit big-endian numbers, then the values (LeCun, Cortes, Burges).
"""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nsgraph.datasets.archive import open_archive, read_gzip
from nsgraph.datasets.raw import Pair, Raw, checked_pair
from nsgraph.errors import UserError

__all__ = ["find", "find_emnist", "read_idx"]

_EMNIST_CLASSES = tuple("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt")


def read_idx(path: Path, dimensions: int, data: bytes | None = None) -> npt.NDArray[np.uint8]:
    """Array of an IDX file.

    Parameters
    ----------
    path
        The file; names it in errors.
    dimensions
        How many the file must have: 3 for images, 1 for labels.
    data
        Its bytes, if they come from an archive.

    Raises
    ------
    UserError
        If the file is damaged or truncated, or not of that many dimensions.
    """
    content = read_gzip(path, data)
    header = 4 + 4 * dimensions
    expected = bytes((0, 0, 8, dimensions))
    if content[:4] != expected:
        raise UserError(
            f"{path} starts with the bytes {content[:4].hex(' ') or '(nothing)'}; expected an IDX "
            f"file of unsigned bytes in {dimensions} dimensions ({expected.hex(' ')})."
        )
    if len(content) < header:
        raise UserError(
            f"{path} is truncated: found {len(content)} bytes; expected a header of {header}."
        )
    shape = tuple(int(n) for n in np.frombuffer(content[4:header], dtype=">u4"))
    if len(content) - header != prod(shape):
        raise UserError(
            f"{path} is damaged or truncated: found {len(content) - header} bytes of "
            f"values; expected {' x '.join(map(str, shape))} = {prod(shape)}."
        )
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape)


def find(folder: Path, class_names: tuple[str, ...]) -> Raw | None:
    """MNIST or Fashion-MNIST in a folder; None if none of its four files is there."""
    parts = [(f"{p}-images-idx3-ubyte", f"{p}-labels-idx1-ubyte") for p in ("train", "t10k")]
    pairs = _find_pairs(folder, parts, class_names)
    return None if pairs is None else Raw(pairs[0], pairs[1], class_names)


def find_emnist(folder: Path) -> Raw | None:
    """EMNIST (balanced) in a folder, as files or inside gzip.zip; None if it is not there.

    The files hold every image with rows and columns exchanged; here they are put right.
    """
    stems = [f"emnist-balanced-{p}" for p in ("train", "test")]
    parts = [(f"{s}-images-idx3-ubyte", f"{s}-labels-idx1-ubyte") for s in stems]
    pairs = _find_pairs(folder, parts, _EMNIST_CLASSES)
    if pairs is None and (folder / "gzip.zip").is_file():
        pairs = _pairs_in_zip(folder / "gzip.zip", parts)
    if pairs is None:
        return None
    train, test = ((np.ascontiguousarray(x.swapaxes(2, 3)), y) for x, y in pairs)
    return Raw(train, test, _EMNIST_CLASSES)


def _find_pairs(
    folder: Path, parts: list[tuple[str, str]], class_names: tuple[str, ...]
) -> list[Pair] | None:
    paths = [[_variant(folder, name) for name in pair] for pair in parts]
    if all(path is None for pair in paths for path in pair):
        return None
    pairs = []
    for (images, labels), names in zip(paths, parts, strict=True):
        if images is None or labels is None:
            absent = names[0] if images is None else names[1]
            raise UserError(f"{folder}: the file {absent} (or {absent}.gz) is missing.")
        x, y = read_idx(images, 3), read_idx(labels, 1)
        pairs.append(checked_pair(str(images), x[:, None], y, len(class_names)))
    return pairs


def _variant(folder: Path, name: str) -> Path | None:
    dotted = name.replace("-idx", ".idx")  # as some mirrors write it
    names = (f"{name}.gz", name, f"{dotted}.gz", dotted)
    return next((folder / n for n in names if (folder / n).is_file()), None)


def _pairs_in_zip(path: Path, parts: list[tuple[str, str]]) -> list[Pair]:
    archive = open_archive(path, lambda name: "emnist-balanced" in name)
    found = {Path(n).name.removesuffix(".gz"): n for n in archive.names}
    pairs = []
    for names in parts:
        for name in names:
            if name not in found:
                raise UserError(f"{path}: the file {name}.gz is missing in it.")
        x, y = (
            read_idx(path / found[name], dimensions, archive.read(found[name]))
            for name, dimensions in zip(names, (3, 1), strict=True)
        )
        pairs.append(checked_pair(str(path), x[:, None], y, len(_EMNIST_CLASSES)))
    return pairs
