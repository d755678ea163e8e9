"""The benchmarks compare equals: every peer finds our edges and our values."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.architectures import wiring
from benchmarks.edge_lists import edge_list, to_igraph
from benchmarks.networks import random_network, small_wiring
from benchmarks.peers import PEERS
from nsgraph.graphs import Graph, encode
from nsgraph.metrics import measure

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize(
    ("name", "options"),
    [("resnet20", {"size": 10, "width": 12}), ("conv6", {})],
)
def test_edge_list_of_the_peer(name: str, options: dict[str, int]) -> None:
    network = random_network(wiring(name, **options), 0.004, kinds=())
    found, (source, target, _) = edge_list(network), encode(network).edges()
    ours = np.stack([source, target], axis=1)
    ours = ours[np.lexsort(ours.T)]
    assert np.array_equal(found.edges[np.lexsort(found.edges.T)], ours)
    assert to_igraph(found).ecount() == len(ours)


@pytest.mark.parametrize(("family", "tool"), [key for key in PEERS if key[1] != "igraph size 4"])
@pytest.mark.parametrize("density", [0.05, 0.4])
def test_values_of_the_peers(family: str, tool: str, density: float) -> None:
    graph = encode(random_network(wiring("resnet20", size=5, width=2), density))
    ours, peer = measure(graph, family), PEERS[family, tool]
    theirs = peer.measure(peer.prepare(graph))
    assert theirs == pytest.approx({name: ours[name] for name in theirs}, rel=1e-6)


@pytest.mark.parametrize(
    ("source", "target", "connected_quadruples"),
    [
        ([0, 1, 2, 3], [1, 2, 3, 4], 2),  # a path of five nodes
        ([0, 0, 0, 0], [1, 2, 3, 4], 4),  # a star with four leaves
        ([0, 0, 1, 1], [2, 3, 2, 3], 1),  # a bi-fan
    ],
)
def test_motifs_of_size_four(
    source: list[int], target: list[int], connected_quadruples: int
) -> None:
    peer = PEERS["motifs", "igraph size 4"]
    graph = Graph.from_edges(5, source, target)
    assert peer.measure(peer.prepare(graph)) == {"motifs.size4": connected_quadruples}


def test_a_case_in_its_own_process() -> None:
    work = ["encode", "edges", "motifs", "local+strength"]
    given = {"network": "resnet20", "size": 8, "width": 2, "density": 0.3, "work": work}
    command = [sys.executable, "case.py", json.dumps(given)]
    done = subprocess.run(command, cwd=FOLDER, check=True, capture_output=True)
    rows = json.loads(done.stdout)
    assert [row["work"] for row in rows] == work
    graph = encode(random_network(wiring("resnet20", size=8, width=2), 0.3))
    for row in rows:
        assert row["edges"] == graph.n_edges
        assert 0 < row["seconds"] <= row["first_seconds"]
        assert 10 < row["base_mib"] <= row["peak_mib"] < 4096
        assert row["values"].get("edges", graph.n_edges) == graph.n_edges
    assert rows[2]["values"] == measure(graph, "motifs")
    assert {step["family"] for step in rows[3]["steps"]} >= {"local", "strength"}


def test_the_small_network_has_every_kind_of_link() -> None:
    kinds = {link.kind for link in small_wiring().links}
    assert kinds == {"conv", "pool", "identity", "concat", "flatten", "linear"}
