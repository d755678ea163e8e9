"""Folders, tar and zip files read alike: names and bytes of files, nothing unpacked to disk."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, Any

from nsgraph.errors import UserError
from nsgraph.files import digest, file_sha256

__all__ = ["ARCHIVES", "PARTS", "Archive", "content_digest", "open_archive", "read_gzip"]

ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")
"""Endings of the file names of archives."""

Keep = Callable[[str], bool]

_DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,  # an encrypted zip
)


class Archive(ABC):
    """Files by relative name with forward slashes.

    Hidden files are left out, and folders that hold everything else (`tiny-imagenet-200/`) are not
    part of the names.
    """

    path: Path

    def __init__(self, names: list[str]) -> None:
        visible = [n for n in names if not _hidden(n)]
        top = _common_top(visible)
        self._full = {n.removeprefix(top): n for n in visible}
        self.names = sorted(self._full)

    def __contains__(self, name: str) -> bool:
        return name in self._full

    @abstractmethod
    def _bytes(self, full: str) -> bytes: ...

    def read(self, name: str) -> bytes:
        """Bytes of one file."""
        try:
            return self._bytes(self._full[name])
        except _DAMAGE as error:
            raise _damaged(self.path, error) from error


class _Folder(Archive):
    def __init__(self, path: Path, keep: Keep) -> None:
        self.path = path
        found = (p for p in path.rglob("*") if p.is_file())
        super().__init__([n for p in found if keep(n := p.relative_to(path).as_posix())])

    def _bytes(self, full: str) -> bytes:
        return (self.path / full).read_bytes()


class _Zip(Archive):
    def __init__(self, path: Path, keep: Keep) -> None:
        self.path = path
        try:
            self._file = zipfile.ZipFile(path)
        except _DAMAGE as error:
            raise _damaged(path, error) from error
        entries = (i.filename for i in self._file.infolist() if not i.is_dir())
        super().__init__([n for n in entries if keep(n)])

    def _bytes(self, full: str) -> bytes:
        return self._file.read(full)


class _Tar(Archive):
    """Kept in memory as packed files: a compressed tar can only be read from front to back."""

    def __init__(self, path: Path, keep: Keep) -> None:
        self.path = path
        self._content: dict[str, bytes] = {}
        try:
            with _unpacked(path) as stream:
                self._read_members(stream, keep)
                while stream.read(2**20):  # to the end, where the checksum is
                    pass
            if path.suffix == ".tar" and not _has_end(path):
                raise EOFError("its end mark is missing")
        except _DAMAGE as error:
            raise _damaged(path, error) from error
        super().__init__(list(self._content))

    def _read_members(self, stream: IO[bytes], keep: Keep) -> None:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                if member.isreg() and keep(member.name):
                    content = tar.extractfile(member)
                    assert content is not None
                    data = content.read()
                    if len(data) != member.size:
                        raise EOFError(f"{member.name} is cut off")
                    self._content[member.name.removeprefix("./")] = data

    def _bytes(self, full: str) -> bytes:
        return self._content[full]


def open_archive(path: Path, keep: Keep = lambda name: True) -> Archive:
    """Folder, tar (plain or compressed) or zip file as an `Archive`.

    Parameters
    ----------
    path
        What to open.
    keep
        Which names are of interest; others are skipped.

    Raises
    ------
    UserError
        If the file is damaged, truncated or of another kind.
    """
    if path.is_dir():
        return _Folder(path, keep)
    if path.name.lower().endswith(".zip"):
        return _Zip(path, keep)
    return _Tar(path, keep)


def content_digest(path: Path) -> str:
    """A word that changes when the content does, without unpacking.

    SHA-256 of a file; of a folder, the digest of the names, sizes and times of what is in it.
    """
    if path.is_file():
        return file_sha256(path)
    stats = sorted((p.relative_to(path).as_posix(), p.stat()) for p in path.rglob("*"))
    return digest([(name, s.st_size, s.st_mtime_ns) for name, s in stats], 64)


def read_gzip(path: Path, data: bytes | None = None) -> bytes:
    """Content of a file, unpacked if it is gzip.

    Parameters
    ----------
    path
        The file; names it in errors.
    data
        Its bytes, if they come from an archive.
    """
    try:
        raw = path.read_bytes() if data is None else data
        return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(
            f"{path} is damaged or truncated ({error}); expected a whole gzip file."
        ) from error


def _unpacked(path: Path) -> Any:
    """The file's content, unpacked by whichever of the common methods its first bytes show."""
    with path.open("rb") as stream:
        start = stream.read(6)
    for mark, opener in ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\0", lzma.open)):
        if start.startswith(mark):
            return opener(path, "rb")  # type: ignore[operator]
    return path.open("rb")


def _damaged(path: Path, error: BaseException) -> UserError:
    kind = "zip" if path.name.lower().endswith(".zip") else "tar"
    return UserError(
        f"{path} is damaged or truncated ({error}); expected a whole {kind} archive. Remove it and "
        "fetch it again."
    )


def _hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(p.startswith(".") or p == "__MACOSX" for p in parts)


def _common_top(names: list[str]) -> str:
    """Leading folders that all names share, as long as they are not the names of parts."""
    top = ""
    while names:
        first, slash, _ = names[0][len(top) :].partition("/")
        if not slash or first.lower() in PARTS:
            break
        if not all(n.startswith(f"{top}{first}/") for n in names):
            break
        top = f"{top}{first}/"
    return top


def _has_end(path: Path) -> bool:
    """Whether an uncompressed tar ends with a block of zeros, as every whole one does."""
    with path.open("rb") as stream:
        stream.seek(-512, 2)
        return not any(stream.read(512))


PARTS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
"""Names of folders that hold a part of a data set."""
