"""The two ways to add a method, taken from the README word by word."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from tests.workflow.project import ROOT, Project

pytestmark = pytest.mark.workflow

EXAMPLE = re.compile(r"<!-- (\S+\.(?:py|smk)) -->\n```python\n(.*?)```", re.S)
README = dict(EXAMPLE.findall((ROOT / "README.md").read_text()))


def methods_in(project: Project) -> pd.DataFrame:
    table = project.folder / "results" / "multipartite-test" / "tables" / "networks.csv"
    return pd.read_csv(table).groupby("method").size()


def put(project: Project, folder: str) -> list[str]:
    """Write the README's examples of that folder into the project; their names."""
    names = [name for name in README if name.startswith(folder)]
    for name in names:
        (project.folder / name).write_text(README[name])
    return names


def test_a_method_is_one_file(project):
    names = put(project, "nsgraph/pruning/algorithms")
    assert len(names) == 2  # a score, a composition
    assert all(len(README[name].splitlines()) <= 30 for name in names)
    before = project.networks()
    methods = [name.split("/")[-1].removesuffix(".py").replace("_", "-") for name in names]
    done = project.run(methods=f"[dense,uniform,{','.join(methods)}]")
    assert done.returncode == 0, done.stdout
    counts = methods_in(project)
    assert all(counts[method] == counts["uniform"] > 0 for method in methods)
    new = set(project.networks()) - set(before)
    assert new
    assert all(any(f"/{method}/" in path for method in methods) for path in new)


def test_a_method_is_one_rule_around_any_program(project):
    assert len(put(project, "workflow/rules/methods")) == 2
    assert "nsgraph" not in README["workflow/rules/methods/keep_large.py"]
    before = project.networks()
    done = project.run(methods="[dense,uniform,keep-large]")
    assert done.returncode == 0, done.stdout
    table = project.folder / "results" / "multipartite-test" / "tables" / "networks.csv"
    networks = pd.read_csv(table)
    ours = networks[networks["method"] == "keep-large"]
    assert len(ours) == (networks["method"] == "uniform").sum() > 0
    assert set(ours["category"]) == {"pruning at initialisation"}
    assert (ours["sparsity_reached"] - ours["sparsity"]).abs().max() < 0.01
    assert ours["test_accuracy"].notna().all()
    assert ours["accuracy_drop"].notna().all()
    assert {name: project.networks()[name] for name in before} == before
    assert project.planned(methods="[dense,uniform,keep-large]") == {}
    program = project.folder / "workflow" / "rules" / "methods" / "keep_large.py"
    program.write_text(program.read_text() + "\n# an edit\n")
    assert project.planned(methods="[dense,uniform,keep-large]")["keep_large"] == len(ours)


def test_a_rule_may_not_take_the_name_of_a_method(project):
    put(project, "workflow/rules/methods")
    path = project.folder / "workflow" / "rules" / "methods" / "keep_large.smk"
    path.write_text(path.read_text().replace('"keep-large"', '"snip"'))
    done = project.run("-n")
    assert done.returncode != 0
    assert "has the name of a built-in method" in done.stdout


def test_a_category_is_checked_before_anything_runs(project):
    put(project, "workflow/rules/methods")
    path = project.folder / "workflow" / "rules" / "methods" / "keep_large.smk"
    path.write_text(path.read_text().replace("pruning at initialisation", "magic"))
    done = project.run("-n")
    assert done.returncode != 0
    assert "has the category 'magic'; expected one of" in done.stdout
