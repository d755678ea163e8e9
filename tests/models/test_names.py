"""Digest of the program that a factory's network comes from."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from nsgraph.models.names import source_digest

PROGRAM = "import torch\n\ndef net():\n    return torch.nn.Linear(3, 2)\n"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The working folder, which holds a package of networks."""
    monkeypatch.chdir(tmp_path)
    package = tmp_path / "digested" / "inner"
    package.mkdir(parents=True)
    for path in (package.parent, package):
        (path / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (package / "nets.py").write_text(PROGRAM)
    importlib.invalidate_caches()
    return tmp_path


@pytest.mark.parametrize("name", ["resnet20", "mlp-3", "no-such-name"])
def test_names_have_none(name: str) -> None:
    assert source_digest(name) == ""


def test_it_follows_the_program(folder: Path) -> None:
    name = "digested.inner.nets:net"
    before = source_digest(name)
    assert len(before) == 12
    assert int(before, 16) >= 0
    file = folder / "digested" / "inner" / "nets.py"
    file.write_text('"""Text."""\nimport torch  # why\ndef net():\n  return torch.nn.Linear(3,2)\n')
    assert source_digest(name) == before
    file.write_text(PROGRAM.replace("3", "4"))
    assert source_digest(name) != before
    assert "digested" not in sys.modules
    assert str(folder) not in sys.path


def test_a_package_is_its_first_file(folder: Path) -> None:
    assert source_digest("digested.inner:net") == source_digest("digested:net") != ""


@pytest.mark.parametrize(
    "module", ["nowhere", "digested.nowhere", "digested.inner.nets.deeper", "math", "sys", "", ".a"]
)
def test_without_source(folder: Path, module: str) -> None:
    assert source_digest(f"{module}:net") == ""


def test_source_that_is_no_python(folder: Path) -> None:
    (folder / "torn.py").write_text("def net(:\n")
    importlib.invalidate_caches()
    assert source_digest("torn:net") == ""


def test_it_needs_no_torch() -> None:
    program = (
        "import sys; sys.modules['torch'] = None; from nsgraph.models.names import source_digest; "
        "assert len(source_digest('nsgraph.models.mlp:MLP')) == 12"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
