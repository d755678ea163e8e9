"""Fetching data sets from their official places."""

from __future__ import annotations

import os
from pathlib import Path

from nsgraph.datasets.catalogue import SOURCES
from nsgraph.datasets.loading import names, roots
from nsgraph.errors import UserError

__all__ = ["fetch"]


def fetch(name: str, root: str | os.PathLike[str] | None = None) -> list[Path]:
    """Download a data set's official files and check their checksums.

    Parameters
    ----------
    name
        One of `names()`. `digits` is part of the installation: nothing is fetched.
    root
        Folder of data sets, by default `data`; the files go into `root/<name>/`. Files that are
        there with the right checksum are left alone.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    UserError
        If the name is unknown, there is no network, or a file has another checksum than the
        official one.
    """
    if name == "digits":
        return []
    if name not in SOURCES:
        raise UserError(
            f"There is no data set {name!r} to fetch; expected one of {', '.join(names())}."
        )
    import pooch

    folder = (Path(root) if root is not None else roots()[0]) / SOURCES[name].folders[0]
    fetched = []
    for download in SOURCES[name].downloads:
        target = folder / download.file
        try:
            pooch.get_logger().setLevel("WARNING")
            found = pooch.retrieve(
                url=download.url, known_hash=download.checksum, fname=download.file, path=folder
            )
        except ValueError as error:  # pooch's sign of another checksum
            raise UserError(
                f"{download.url} gave a file with another checksum than the official "
                f"{download.checksum}; nothing was kept. Try again, or put the right file at "
                f"{target}."
            ) from error
        except (OSError, RuntimeError) as error:  # requests' exceptions are OSErrors
            raise UserError(
                f"{download.url} could not be downloaded ({type(error).__name__}): if this machine "
                f"has no network, download the file elsewhere and put it at {target}."
            ) from error
        fetched.append(Path(found))
    return fetched
