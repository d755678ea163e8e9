from __future__ import annotations

import re
from pathlib import Path

import pooch
import pytest

from nsgraph.datasets import fetch, names
from nsgraph.datasets.catalogue import SOURCES
from nsgraph.errors import UserError


def test_every_file_has_an_address_and_a_checksum() -> None:
    assert [*SOURCES] == [n for n in names() if n != "digits"]
    for source in SOURCES.values():
        assert source.downloads
        for download in source.downloads:
            assert re.fullmatch(r"https?://\S+/[\w.-]+", download.url)
            assert re.fullmatch(r"md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}", download.checksum)


def test_fetch_asks_for_the_official_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def retrieve(url: str, known_hash: str, fname: str, path: Path) -> str:
        asked.append((url, known_hash))
        return str(path / fname)

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    files = fetch("svhn", tmp_path)
    assert files == [tmp_path / "svhn" / f"{p}_32x32.mat" for p in ("train", "test")]
    assert asked == [(d.url, d.checksum) for d in SOURCES["svhn"].downloads]
    assert fetch("digits") == []


def test_offline_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(**_: object) -> str:
        raise ConnectionError("no route to host")

    monkeypatch.setattr(pooch, "retrieve", offline)
    with pytest.raises(
        UserError, match="no network, download the file elsewhere and put it"
    ) as caught:
        fetch("cifar10", tmp_path)
    assert str(tmp_path / "cifar10" / "cifar-10-python.tar.gz") in str(caught.value)


def test_wrong_checksum_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pooch itself checks the file: a local address stands in for the network."""
    from nsgraph.datasets import catalogue

    (tmp_path / "file.gz").write_bytes(b"something else")
    server = _serve(tmp_path)
    try:
        bad = catalogue.Download(
            f"http://127.0.0.1:{server.server_port}/file.gz", "md5:" + "0" * 32
        )
        source = catalogue.Source(("mnist",), lambda folder: None, (bad,))
        monkeypatch.setitem(SOURCES, "mnist", source)
        with pytest.raises(UserError, match="another checksum than the official md5:0000"):
            fetch("mnist", tmp_path / "data")
    finally:
        server.shutdown()
    assert not (tmp_path / "data" / "mnist" / "file.gz").exists()


def _serve(folder: Path):
    import functools
    import threading
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def test_unknown_name() -> None:
    with pytest.raises(UserError, match="no data set 'imagenet' to fetch"):
        fetch("imagenet")
