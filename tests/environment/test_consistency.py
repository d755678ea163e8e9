"""pyproject.toml, the lock files and environment.yml agree; what is imported is declared."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

import nsgraph

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-graph-tool.lock")

# the same thing under another name
CONDA_NAMES = {
    "igraph": "python-igraph",
    "matplotlib": "matplotlib-base",
    "snakemake": "snakemake-minimal",
    "torch": "pytorch",
    "xgboost": "py-xgboost",
}
IMPORT_NAMES = {"sklearn": "scikit-learn", "yaml": "pyyaml", "PIL": "pillow"}
# not on the package index: linked in by the set-up, or from conda
WITHOUT_WHEEL = {"graph_tool"}


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def requirements(entries: list[str]) -> dict[str, SpecifierSet]:
    parsed = [Requirement(entry) for entry in entries]
    return {canonicalize_name(one.name): one.specifier for one in parsed}


RUNTIME = requirements(project()["dependencies"])
DEVELOPMENT = requirements(project()["optional-dependencies"]["dev"])


def pins(lock: str) -> dict[str, Version]:
    lines = (ROOT / lock).read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {name: Version(version) for name, version in pairs}


def conda() -> dict[str, SpecifierSet]:
    """Conda package -> range; conda and pip write these ranges alike."""
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    split = [entry.split(maxsplit=1) for entry in listed]
    return {name: SpecifierSet(bounds[0] if bounds else "") for name, *bounds in split}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_every_dependency_in_its_range(lock: str) -> None:
    pinned = pins(lock)
    for name, allowed in (RUNTIME | DEVELOPMENT).items():
        assert name in pinned, f"{name} is missing in {lock}: make lock"
        assert pinned[name] in allowed, f"{lock} pins {name} {pinned[name]}, outside {allowed}"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_nothing_but_pins(lock: str) -> None:
    lines = [line for line in (ROOT / lock).read_text().splitlines() if not line.startswith("#")]
    names = [line.split("==")[0] for line in lines]
    assert names == sorted(set(names))
    for line in lines:
        # no address, hash, option or build of one kind (+cpu)
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line), line
        # pip takes what the build of torch at hand needs
        assert not line.startswith(("nvidia-", "cuda-", "triton")), line


def test_the_locks_differ_in_numpy_alone() -> None:
    first, second = (pins(lock) for lock in LOCKS)
    assert {name for name in first | second if first.get(name) != second.get(name)} == {"numpy"}
    assert first["numpy"].major == 2
    assert second["numpy"] == Version("1.26.4")
    assert second["pyarrow"].major < 26  # 26 refuses numpy 1 when it is imported


def test_conda_has_every_dependency_in_the_same_range() -> None:
    expected = {CONDA_NAMES.get(name, name): allowed for name, allowed in RUNTIME.items()}
    listed = conda()
    assert listed.pop("graph-tool-base") == SpecifierSet()
    python = listed.pop("python")
    assert listed == expected
    oldest = Version(project()["requires-python"].removeprefix(">="))
    assert oldest in python
    assert Version("3.13.9") in python
    assert Version("3.10") not in python


def test_conda_uses_free_channels_only() -> None:
    channels = yaml.safe_load((ROOT / "environment.yml").read_text())["channels"]
    assert channels == ["conda-forge", "bioconda", "nodefaults"]


def imported(path: Path) -> set[str]:
    """Top-level names of everything a file imports, also inside its functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module or "")
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize(
    ("folder", "declared"),
    [("nsgraph", RUNTIME), ("workflow", RUNTIME), ("tests", RUNTIME | DEVELOPMENT)],
)
def test_what_is_imported_is_declared(folder: str, declared: dict[str, SpecifierSet]) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    own = (
        {"nsgraph", "tests"} | {path.stem for path in files} | {path.parent.name for path in files}
    )
    for path in files:
        foreign = imported(path) - set(sys.stdlib_module_names) - own - WITHOUT_WHEEL
        unknown = {name for name in foreign if IMPORT_NAMES.get(name, name) not in declared}
        assert not unknown, f"{path.relative_to(ROOT)} imports what pyproject.toml lacks: {unknown}"


def test_versions_agree() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == nsgraph.__version__
    assert citation["license"] == project()["license"] == "BSD-3-Clause"
