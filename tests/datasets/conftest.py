from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the user's data or fills the user's cache."""
    monkeypatch.setenv("NSGRAPH_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("NSGRAPH_DATA", raising=False)
    monkeypatch.chdir(tmp_path_factory.mktemp("work"))


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("NSGRAPH_CACHE", str(folder))
    return folder
