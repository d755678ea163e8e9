"""Every rule that lists code lists all of it: an edit never leaves a stale result behind."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.workflow.project import ROOT

PACKAGE = ROOT / "nsgraph"
RULE = re.compile(r"^rule (\w+):\n((?:[ \t]+.*\n|\n)+)", re.M)


def rules() -> dict[str, str]:
    """Rule name -> text of the rule, of all rules that declare code."""
    rules = ROOT / "workflow" / "rules"
    found = {}
    for path in sorted([*rules.glob("*.smk"), *rules.glob("studies/*.smk")]):
        study = f"{path.stem}." if path.parent.name == "studies" else ""
        found |= {study + name: body for name, body in RULE.findall(path.read_text())}
    return {name: body for name, body in found.items() if "code=code(" in body}


def declared(body: str) -> set[Path]:
    """Files that `code=code(...)` of a rule names."""
    common = (ROOT / "workflow" / "rules" / "common.smk").read_text()
    base = ast.literal_eval(re.search(r"BASE_CODE = (\[.*?\])", common, re.S)[1])
    arguments = re.search(r"code=code\((.*?)\),\n", body, re.S)[1]
    places = re.findall(r'"([^"]+)"', arguments) + (base if "BASE_CODE" in arguments else [])
    files: set[Path] = set()
    for place in places:
        path = PACKAGE / place
        assert path.exists(), f"{place} is declared but not there"
        files |= set(path.rglob("*.py")) if path.is_dir() else {path}
    return files


def module_file(name: str) -> Path | None:
    """File that defines `nsgraph.a.b`: a module, or where a package takes the object from."""
    place = PACKAGE.joinpath(*name.split(".")[1:])
    if place.with_suffix(".py").is_file():
        return place.with_suffix(".py")
    if place.is_dir():
        return None
    package, _, item = name.rpartition(".")
    door = PACKAGE.joinpath(*package.split(".")[1:]) / "__init__.py"
    if not door.is_file():
        return PACKAGE.joinpath(*package.split(".")[1:]).with_suffix(".py")
    for node in ast.parse(door.read_text()).body:
        if isinstance(node, ast.ImportFrom) and item in {alias.name for alias in node.names}:
            return module_file(f"{node.module}.{item}")
    return None


def imported(path: Path) -> set[Path]:
    """Files of the package that a file imports, but for imports that only type checkers see."""
    found: set[Path] = set()
    tree = ast.parse(path.read_text())
    hidden = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in hidden:
            continue
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found |= {f for name in names if name.startswith("nsgraph.") and (f := module_file(name))}
    return found


@pytest.mark.parametrize("rule", sorted(rules()))
def test_a_rule_declares_all_the_code_it_runs(rule):
    script = re.search(r'"(?:\.\./)+scripts/(\w+\.py)"', rules()[rule])[1]
    seen: set[Path] = set()
    waiting = [ROOT / "workflow" / "scripts" / script]
    while waiting:
        path = waiting.pop()
        new = imported(path) - seen
        # encoding a module of torch traces it; the workflow encodes files alone
        new = {p for p in new if "models" not in p.relative_to(PACKAGE).parts}
        seen |= new
        waiting += new
    missing = seen - declared(rules()[rule])
    assert not missing, f"{rule} also runs {sorted(str(p.relative_to(PACKAGE)) for p in missing)}"
