"""From a name or a path to a data set."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from nsgraph.datasets import digits
from nsgraph.datasets.catalogue import SOURCES, find_in, read_images
from nsgraph.datasets.raw import Raw
from nsgraph.datasets.variants import base_name, vary
from nsgraph.errors import UserError

if TYPE_CHECKING:
    from nsgraph.datasets.dataset import Dataset

__all__ = ["fingerprint", "load", "names", "roots"]

ENVIRONMENT = "NSGRAPH_DATA"
"""Environment variable that names a folder of data sets."""


def names() -> list[str]:
    """Names that `load` knows; a path to images is understood as well."""
    return ["digits", *SOURCES]


def load(name: str, root: str | os.PathLike[str] | None = None, split_seed: int = 0) -> Dataset:
    """A data set, divided into training, validation and test parts.

    The official test set is the test part, and a tenth of the official training images, drawn by
    `split_seed` and stratified by class, is the validation part. Sets in one piece (digits, images
    without parts) are divided 70 : 15 : 15. Archives of images are decoded once and kept in
    `$NSGRAPH_CACHE` or the user's cache folder.

    Parameters
    ----------
    name
        One of `names()`, or a path to a folder, tar or zip file of images with one folder per
        class, perhaps below `train`, `val` and `test`. A name may ask for a smaller variant:
        `cifar10@16px@10000` has 10,000 images of 16 x 16 pixels for training and validation.
    root
        Folder that holds the data sets, each in a folder of its own name; by default `data` in the
        working folder and then `$NSGRAPH_DATA`. `digits` needs no file.
    split_seed
        Seed of the division; a study has one, whatever the seeds of its networks.

    Returns
    -------
    Dataset
        8-bit images on the CPU, and mean and standard deviation of the training part.

    Raises
    ------
    UserError
        If the name is unknown, files are missing (which, where, and how to fetch them), damaged or
        truncated.

    Examples
    --------
    >>> data = load("digits")
    >>> len(data.train), len(data.validation), len(data.test), data.input_shape
    (1259, 269, 269, (1, 8, 8))
    """
    from nsgraph.datasets.dataset import Dataset

    raw = vary(name, _read(base_name(name), root), split_seed)
    return Dataset.from_raw(name, raw, split_seed)


def fingerprint(name: str) -> list[str]:
    """Names, sizes and times of a data set's files, without reading them and without torch.

    Folders are looked into two levels deep: a changed image deeper down changes its folder's time
    only if it is added or removed.
    """
    name = base_name(name)
    if name == "digits":
        return []
    if name in SOURCES:
        places = [(base, base / folder) for base in roots() for folder in SOURCES[name].folders]
        files = [p for base, folder in places for p in _below(folder, folder != base)]
    else:
        files = _below(Path(name), True)
    return [f"{p} {p.stat().st_size} {p.stat().st_mtime_ns}" for p in sorted(set(files))]


def _below(place: Path, folders: bool) -> list[Path]:
    """Files of a folder; with `folders`, its folders as well, and what is in these."""
    if not place.is_dir():
        return [place] if place.is_file() else []
    inside = list(place.iterdir())
    if not folders:
        return [p for p in inside if p.is_file()]
    return [*inside, *(p for folder in inside if folder.is_dir() for p in folder.iterdir())]


def roots(root: str | os.PathLike[str] | None = None) -> list[Path]:
    """Folders in which data sets are looked for, in this order."""
    if root is not None:
        return [Path(root)]
    given = os.environ.get(ENVIRONMENT)
    return [Path("data"), *([Path(given)] if given else [])]


def _read(name: str, root: str | os.PathLike[str] | None) -> Raw:
    if name == "digits":
        return digits.read()
    if name in SOURCES:
        for base in roots(root):
            raw = find_in(name, base)
            if raw is not None:
                return raw
        raise _missing(name, root)
    path = Path(name)
    if path.is_dir() or path.is_file():
        return read_images(path)
    close = difflib.get_close_matches(name, names(), n=1)
    suggestion = f" Did you mean {close[0]!r}?" if close else ""
    raise UserError(
        f"There is no data set {name!r}; expected one of {', '.join(names())}, or a path to a "
        f"folder, tar or zip file of images.{suggestion}"
    )


def _missing(name: str, root: str | os.PathLike[str] | None) -> UserError:
    downloads = SOURCES[name].downloads
    files = ", ".join(d.file for d in downloads)
    looked = ", ".join(str(base / SOURCES[name].folders[0]) for base in roots(root))
    unset = (
        "" if root is not None or os.environ.get(ENVIRONMENT) else f" (${ENVIRONMENT} is not set)"
    )
    return UserError(
        f"The data set {name!r} was not found: looked for {files} in {looked}{unset}. Run `nsgraph "
        f"data fetch {name}`, or download by hand from {downloads[0].url.rpartition('/')[0]}/ into "
        "that folder."
    )
