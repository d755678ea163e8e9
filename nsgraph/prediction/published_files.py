"""The CSV tables of an archive, a folder or a single file."""

from __future__ import annotations

import io
import lzma
import os
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from nsgraph.errors import UserError

__all__ = ["read_files"]

TABLES = ("graph_metrics/", "ramanunjan_results/")
EXPECTED = "expected graph_data.tar.xz, the folder it unpacks to, or its table unrolled.csv"


def read_files(path: str | os.PathLike[str]) -> dict[str, pd.DataFrame]:
    """Name inside of the archive or folder -> table. Nothing is unpacked to disk.

    Raises
    ------
    UserError
        If there is no such file, or it is not whole, or holds no table.
    """
    source = Path(path)
    if not source.exists():
        raise UserError(f"{source}: there is no such file; {EXPECTED}.")
    if source.is_dir():
        found = dict(_of_folder(source))
    elif source.suffix == ".csv":
        found = {source.name: _table(source.read_bytes(), str(source))}
    else:
        found = dict(_of_archive(source))
    if not found:
        raise UserError(f"{source} holds none of the published tables; {EXPECTED}.")
    return found


def _wanted(name: str) -> bool:
    return name.endswith(".csv") and any(f"/{folder}" in f"/{name}" for folder in TABLES)


def _of_folder(folder: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    for file in sorted(folder.rglob("*.csv")):
        name = file.relative_to(folder).as_posix()
        if _wanted(name) or name == "unrolled.csv":
            yield name, _table(file.read_bytes(), str(file))


def _of_archive(file: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    try:
        with tarfile.open(file) as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                stream = archive.extractfile(member) if _wanted(name) else None
                if stream is not None:
                    yield name, _table(stream.read(), f"{file}: {name}")
    except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{file} is not a whole archive ({reason}); {EXPECTED}.") from error


def _table(content: bytes, source: str) -> pd.DataFrame:
    try:
        table = pd.read_csv(io.BytesIO(content), float_precision="round_trip")
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{source} is not a CSV table ({reason}).") from error
    return table
