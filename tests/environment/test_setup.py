"""The set-up's own decisions: which Python it refuses, when it has nothing to do."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("requirements.lock", "requirements-graph-tool.lock", "pyproject.toml")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with just what the set-up reads."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup.sh", tmp_path / "scripts")
    for name in NEEDED:
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def set_up(clone: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHON"}
    return subprocess.run(
        ["bash", str(clone / "scripts" / "setup.sh")],
        env=kept | environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("found", ["exit 1", "echo 3.9 >/dev/null"], ids=["broken", "too old"])
def test_a_python_that_will_not_do_is_refused(clone: Path, found: str) -> None:
    python = executable(clone / "bin" / "python3", f"#!/bin/sh\n{found}\n")
    outcome = set_up(clone, PYTHON=str(python))
    assert outcome.returncode == 2
    assert (
        outcome.stderr
        == f"nsgraph: PYTHON={python} is not a Python 3.11 or newer that runs here.\n"
    )
    assert not (clone / ".venv").exists()


# A python that answers what the set-up asks and installs nothing: pip always succeeds, or fails.
STAND_IN = """\
#!/bin/sh
case "$*" in
    *version_info*) echo 3.12 ;;
    *"-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    *sysconfig*) echo "$PWD/.venv" ;;
    *"-m pip"*) echo "pip $*"; exit {pip} ;;
esac
"""


def test_a_finished_environment_is_left_alone(clone: Path) -> None:
    python = executable(clone / "bin" / "python", STAND_IN.format(pip=0))
    options = {"PYTHON": str(python), "NSGRAPH_GRAPH_TOOL": "no"}
    first = set_up(clone, **options)
    assert first.returncode == 0, first.stderr
    assert "Creating .venv with Python 3.12" in first.stdout
    assert "requirements.lock" in first.stdout
    again = set_up(clone, **options)
    assert (again.returncode, again.stdout) == (0, "")


def test_a_changed_lock_brings_it_up_to_date(clone: Path) -> None:
    python = executable(clone / "bin" / "python", STAND_IN.format(pip=0))
    options = {"PYTHON": str(python), "NSGRAPH_GRAPH_TOOL": "no"}
    set_up(clone, **options)
    with (clone / "requirements.lock").open("a") as lock:
        lock.write("another==1.0\n")
    outcome = set_up(clone, **options)
    assert outcome.returncode == 0
    assert "Bringing .venv up to date" in outcome.stdout


def test_an_interrupted_set_up_is_made_anew(clone: Path) -> None:
    failing = executable(clone / "bin" / "python", STAND_IN.format(pip=1))
    outcome = set_up(clone, PYTHON=str(failing), NSGRAPH_GRAPH_TOOL="no")
    assert outcome.returncode == 2
    assert "Installing the packages of requirements.lock failed" in outcome.stderr
    assert "pip -m pip install" in outcome.stderr  # the end of the log
    working = executable(clone / "bin" / "python", STAND_IN.format(pip=0))
    outcome = set_up(clone, PYTHON=str(working), NSGRAPH_GRAPH_TOOL="no")
    assert outcome.returncode == 0, outcome.stderr
    assert "Removing .venv: its set-up was interrupted" in outcome.stdout
    assert "Creating .venv" in outcome.stdout
