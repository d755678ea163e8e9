"""The architecture: a module imports only from floors below, and the two halves stay apart."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nsgraph
from nsgraph.network_file import write_network
from nsgraph.wiring import ActivationSet, Link, Wiring

PACKAGE = Path(nsgraph.__file__).parent
FLOORS = {
    1: {"errors", "files", "masks", "wiring", "network_file", "store", "schedules", "seeds"}
    | {"adoption", "lazy", "snapshots"},
    2: {"graphs", "tails", "topologies", "datasets", "models"},
    3: {"metrics", "distance", "pruning", "ranking"},
    4: {"training"},
    5: {"capacitance", "prediction", "information"},
    6: {"studies", "report"},
    7: {"cli"},
    8: {"__main__"},
}
FLOOR = {room: floor for floor, rooms in FLOORS.items() for room in rooms}

# `ns.encode` takes a module too: it traces it, and only then torch is loaded.
ALLOWED = {("graphs", "models")}

MEASURING = FLOORS[1] | {
    "graphs",
    "tails",
    "topologies",
    "metrics",
    "distance",
    "prediction",
    "studies",
}
MEASURING |= {"report", "ranking"}
LEARNING = {"datasets", "models", "pruning", "training", "capacitance"}
GRAPH_LIBRARIES = {"networkx", "igraph", "graph_tool", "numba", "leidenalg", "powerlaw"}


def sources() -> list[tuple[str, Path]]:
    """(room, file) of every module of the package."""
    files = [p for p in PACKAGE.rglob("*.py") if p != PACKAGE / "__init__.py"]
    return [(p.relative_to(PACKAGE).parts[0].removesuffix(".py"), p) for p in sorted(files)]


def imports(path: Path) -> set[str]:
    """Dotted names of all that a file imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_every_room_stands_on_a_floor():
    assert {room for room, _ in sources()} <= set(FLOOR)


@pytest.mark.parametrize(("room", "path"), sources(), ids=lambda v: str(v).split("nsgraph/")[-1])
def test_imports_come_from_floors_below(room, path):
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "nsgraph" or len(parts) == 1 or parts[1] not in FLOOR:
            continue
        other = parts[1]
        inside = other == room or (room, other) in ALLOWED
        assert inside or FLOOR[other] < FLOOR[room] or FLOOR[room] == FLOOR[other] == 1, (
            f"{path} (floor {FLOOR[room]}) imports {name} (floor {FLOOR[other]})"
        )


@pytest.mark.parametrize(("room", "path"), sources(), ids=lambda v: str(v).split("nsgraph/")[-1])
def test_the_halves_stay_apart(room, path):
    libraries = {name.split(".")[0] for name in imports(path)}
    if room in MEASURING:
        assert "torch" not in libraries, f"{path} imports torch"
    if room in LEARNING:
        assert not libraries & GRAPH_LIBRARIES, f"{path} imports {libraries & GRAPH_LIBRARIES}"


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None  # importing it raises
import nsgraph as ns
from nsgraph.cli import app
import nsgraph.graphs, nsgraph.metrics, nsgraph.distance, nsgraph.prediction, nsgraph.report
import nsgraph.studies.configuration, nsgraph.studies.measuring
from nsgraph.pruning import registry
registry.names()
saved = ns.load_network(sys.argv[1])
graph = ns.encode(saved)
values = ns.measure(graph)
assert values["local.sources"] >= 0
assert ns.distance(saved, saved).value == 0
sys.argv = ["nsgraph", "measure", sys.argv[1], "--json"]
app()
"""


def test_measuring_works_without_torch(tmp_path):
    wiring = Wiring(
        (
            ActivationSet("input", 3, role="input"),
            ActivationSet("hidden", 4),
            ActivationSet("output", 2, role="output"),
        ),
        (Link("linear", "input", "hidden", "0"), Link("linear", "hidden", "output", "1")),
    )
    layers = {"0": np.eye(4, 3), "1": np.eye(2, 4)}
    small_network = tmp_path / "net.safetensors"
    write_network(small_network, masks=layers, weights=layers, wiring=wiring)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, str(small_network)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(PACKAGE.parent), "PATH": "", "HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert '"multipartite.local.sources"' in done.stdout


def test_training_needs_no_graph_library(tmp_path):
    blocked = ";".join(f"sys.modules[{name!r}] = None" for name in sorted(GRAPH_LIBRARIES))
    program = f"import sys; {blocked}; import nsgraph.training, nsgraph.pruning, nsgraph.models"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=PACKAGE.parent
    )
    assert done.returncode == 0, done.stderr


def test_importing_nsgraph_imports_next_to_nothing():
    program = (
        "import sys, nsgraph; print([m for m in ('torch', 'numpy', 'numba') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=PACKAGE.parent
    )
    assert done.stdout.strip() == "[]", done.stderr
