"""Heavy libraries are imported by the functions that need them, not by the modules."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("nsgraph.prediction", "torch xgboost sklearn matplotlib numba igraph"),
        ("nsgraph.report", "torch xgboost sklearn matplotlib jinja2 itables numba igraph"),
        ("nsgraph.studies.multipartite.figures", "torch xgboost sklearn matplotlib numba igraph"),
        ("nsgraph.studies.methods.results", "torch xgboost sklearn matplotlib numba igraph"),
        ("nsgraph.studies.multipartite.claims", "torch xgboost sklearn matplotlib numba igraph"),
    ],
)
def test_importing_is_light(module, unwanted):
    code = f"import sys, {module}; print(*[m for m in {unwanted.split()} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
