"""Settings for all tests: one thread per process, repeatable properties, markers that skip."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

# before any test imports numpy, torch or numba
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
os.environ["MPLBACKEND"] = "Agg"

# No deadlines: the first call of a compiled kernel takes seconds.
settings.register_profile(
    "local", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def has_cuda() -> bool:
    """Whether torch sees a CUDA device."""
    import torch

    return torch.cuda.is_available()


def has_graph_tool() -> bool:
    """Whether graph-tool works here; tried in a process of its own, which it can kill."""
    if importlib.util.find_spec("graph_tool") is None:
        return False
    attempt = subprocess.run([sys.executable, "-c", "import graph_tool"], capture_output=True)
    return attempt.returncode == 0


def has_chromium() -> bool:
    """Whether there is a browser, and its driver, to open the report with."""
    browsers = ("chromium", "chromium-browser", "google-chrome")
    return shutil.which("chromedriver") is not None and any(map(shutil.which, browsers))


NEEDS: dict[str, tuple[Callable[[], bool], str]] = {
    "cuda": (has_cuda, "needs a CUDA device"),
    "graph_tool": (has_graph_tool, "needs graph-tool"),
    "chromium": (has_chromium, "needs chromium and chromedriver"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine lacks; asked only if a collected test needs it."""
    for marker, (available, reason) in NEEDS.items():
        marked = [item for item in items if item.get_closest_marker(marker)]
        if marked and not available():
            for item in marked:
                item.add_marker(pytest.mark.skip(reason=reason))
