"""Images as files: one folder per class, perhaps below train/, val/ and test/."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nsgraph.datasets.archive import PARTS, Archive
from nsgraph.datasets.raw import Pair, Raw, checked_pair
from nsgraph.errors import UserError

__all__ = ["decode", "is_image", "read_classes"]

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm", ".tif", ".tiff", ".webp")


def is_image(name: str) -> bool:
    """Whether the file's name ends like that of an image."""
    return name.lower().endswith(_SUFFIXES)


def read_classes(archive: Archive) -> Raw:
    """Images of a folder or archive, labelled by the folder that they are in.

    With folders `train` and `test` (or `val`) these are the parts; if there is no `test`, `val` is
    the test part. Without, everything is one part. Below that, the first folder names the class;
    classes are sorted by name.

    Raises
    ------
    UserError
        If there are no images, an image is not inside a folder of a class, a class of the test part
        has no training images, or sizes differ.
    """
    names = [n for n in archive.names if is_image(n)]
    if not names:
        raise UserError(
            f"{archive.path}: found no images; expected one folder per class with "
            f"{', '.join(_SUFFIXES[:3])} files."
        )
    parts = _by_part(names)
    if "train" not in parts:
        raise UserError(
            f"{archive.path}: found the parts {', '.join(parts)} but no folder 'train'."
        )
    if "test" not in parts and "validation" in parts:
        parts["test"] = parts.pop("validation")
    found = {
        part: [_class_of(archive, n, depth) for n in members]
        for part, (depth, members) in parts.items()
    }
    class_names = tuple(sorted(set(found["train"])))
    number = {name: i for i, name in enumerate(class_names)}
    for part, classes in found.items():
        unknown = sorted(set(classes) - set(class_names))
        if unknown:
            raise UserError(
                f"{archive.path}: the {part} part has the class {unknown[0]!r}, which the training "
                "part has not."
            )
    everything = [n for _, members in parts.values() for n in members]
    images = decode(archive, everything)
    pairs: dict[str, Pair] = {}
    start = 0
    for part, (_, members) in parts.items():
        block = images[start : start + len(members)]
        labels = [number[c] for c in found[part]]
        pairs[part] = checked_pair(str(archive.path), block, labels, len(class_names))
        start += len(members)
    return Raw(pairs["train"], pairs.get("test"), class_names, pairs.get("validation"))


def decode(archive: Archive, names: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Images `[n, channels, height, width]`; one channel if all of them are grey, else three.

    Raises
    ------
    UserError
        If an image cannot be read, has more than 8 bits, or another size than the first one.
    """
    from PIL import Image, UnidentifiedImageError

    result: npt.NDArray[np.uint8] = np.empty((0, 0, 0, 3), dtype=np.uint8)
    grey = True
    for i, name in enumerate(names):
        where = f"{archive.path}: image {name}"
        try:
            with Image.open(io.BytesIO(archive.read(name))) as image:
                if image.mode in ("I", "F") or image.mode.startswith("I;"):
                    raise UserError(f"{where} has mode {image.mode}; expected 8 bits a channel.")
                grey = grey and image.mode in ("L", "1", "LA")
                pixels = np.asarray(image.convert("RGB"))
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
            raise UserError(f"{where} cannot be decoded ({error}).") from error
        if i == 0:
            result = np.empty((len(names), *pixels.shape), dtype=np.uint8)
        if pixels.shape != result.shape[1:]:
            height, width = result.shape[1:3]
            raise UserError(
                f"{where} is {pixels.shape[1]} x {pixels.shape[0]} pixels, {names[0]} is "
                f"{width} x {height}; expected one size."
            )
        result[i] = pixels
    if grey:
        result = result[..., :1]
    return np.ascontiguousarray(result.transpose(0, 3, 1, 2))


def _by_part(names: Sequence[str]) -> dict[str, tuple[int, list[str]]]:
    """Names by part, with the number of folders above the class."""
    tops = {n.partition("/")[0].lower() for n in names}
    if not tops <= PARTS.keys():
        return {"train": (0, list(names))}
    parts: dict[str, tuple[int, list[str]]] = {}
    for part in ("train", "validation", "test"):
        members = [n for n in names if PARTS[n.partition("/")[0].lower()] == part]
        if members:
            parts[part] = (1, members)
    return parts


def _class_of(archive: Archive, name: str, depth: int) -> str:
    folders = name.split("/")[depth:-1]
    if not folders:
        raise UserError(f"{archive.path}: image {name} is not in a folder of its class.")
    return folders[0]
