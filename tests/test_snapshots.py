"""The folder of snapshots: written as a whole, read without torch, damaged with a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nsgraph
from nsgraph.errors import UserError
from nsgraph.masks import Masks
from nsgraph.network_file import Provenance, load_network
from nsgraph.snapshots import (
    Album,
    Snapshot,
    load_masks,
    load_snapshot,
    missing,
    read_snapshots,
    snapshot_folder,
)

MASKS = Masks({"b": [[1, 0, 1]], "a": np.ones((2, 1, 1, 1), dtype=bool)})
WEIGHTS = {"b": np.array([[0.5, 9.0, -1.0]]), "a": np.full((2, 1, 1, 1), 2.0)}


def at(epoch: int, label: str = "") -> Snapshot:
    return Snapshot(label=label or str(10 * epoch), epoch=epoch, steps=10 * epoch)


@pytest.fixture
def network(tmp_path) -> Path:
    """Where a network file would be; beside it three snapshots, of which one has weights."""
    path = tmp_path / "0.9-0-abc.safetensors"
    album = Album(snapshot_folder(path))
    album.add(at(2), MASKS)
    album.add(at(2, "round-1"), MASKS, WEIGHTS, {"bias": np.ones(2)}, None, Provenance(seed=3))
    album.add(at(0), Masks({"b": [[1, 1, 1]], "a": MASKS["a"]}))
    return path


def test_the_folder_stands_beside_the_network(network):
    folder = network.parent / "0.9-0-abc.snapshots"
    assert snapshot_folder(network) == folder
    assert sorted(file.name for file in folder.iterdir()) == [
        "0.safetensors",
        "20.safetensors",
        "index.json",
        "round-1.safetensors",
    ]


@pytest.mark.parametrize("by", ["network", "folder"])
def test_snapshots_come_back_in_order(network, by):
    path = network if by == "network" else snapshot_folder(network)
    found = read_snapshots(path)
    assert [s.label for s in found] == ["0", "20", "round-1"]
    assert [s.weights for s in found] == [False, False, True]
    assert [s.sparsity for s in found] == [0.0, 0.2, 0.2]
    assert load_masks(path, "20") == MASKS
    assert list(load_masks(path, "20")) == ["b", "a"]  # in the order of the network
    assert load_masks(path, "round-1") == MASKS
    saved = load_snapshot(path, "round-1")
    assert saved.masks == MASKS
    assert saved.weights["b"].tolist() == [[0.5, 0.0, -1.0]]
    assert saved.state["bias"].tolist() == [1, 1]
    assert saved.provenance.seed == 3
    assert load_network(snapshot_folder(network) / "round-1.safetensors").masks == MASKS


def test_a_snapshot_is_replaced_by_a_later_one_of_its_name(network):
    album = Album(snapshot_folder(network))
    other = Masks({"b": [[0, 0, 1]], "a": MASKS["a"]})
    album.add(at(2), other)
    assert [s.label for s in read_snapshots(network)] == ["0", "20", "round-1"]
    assert load_masks(network, "20") == other


def test_same_snapshots_same_bytes(network, tmp_path):
    folder = snapshot_folder(network)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    album = Album(folder)
    album.clear()
    assert not folder.exists()
    album.add(at(0), Masks({"b": [[1, 1, 1]], "a": MASKS["a"]}))
    album.add(at(2, "round-1"), MASKS, WEIGHTS, {"bias": np.ones(2)}, None, Provenance(seed=3))
    album.add(at(2), MASKS)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_clearing_leaves_what_is_not_a_snapshot(network):
    folder = snapshot_folder(network)
    mine = folder / "mine.safetensors"
    mine.write_text("mine")
    Album(folder).clear()
    assert [file.name for file in folder.iterdir()] == ["mine.safetensors"]
    Album(folder).clear()
    assert mine.exists()
    (folder / "index.json").write_text("[{")
    Album(folder).clear()
    assert [file.name for file in folder.iterdir()] == ["mine.safetensors"]
    Album(folder / "nowhere").clear()


def test_missing_snapshots(network):
    folder = snapshot_folder(network)
    assert missing(network, [0, 2]) == []
    assert missing(network, [0, 1, 2]) == [1]
    assert missing(network, [0, 2], weights=True) == [0]
    (folder / "0.safetensors").unlink()
    (folder / "20.safetensors").unlink()
    assert missing(network, [0, 2]) == [0]  # the round has those masks too
    file = folder / "round-1.safetensors"
    file.write_bytes(file.read_bytes()[:-20])
    assert missing(network, [0, 2]) == [0, 2]
    (folder / "index.json").write_text("[{")
    assert missing(network, [2]) == [2]
    assert missing(network.parent / "other.safetensors", [0]) == [0]
    assert missing(network.parent / "other.safetensors", []) == []


def test_wrong_requests(network, tmp_path):
    with pytest.raises(UserError, match=r"other.safetensors has no snapshots: there is no .*index"):
        read_snapshots(tmp_path / "other.safetensors")
    with pytest.raises(UserError, match="has no snapshot '30'; there are 0, 20, round-1"):
        load_masks(network, "30")
    with pytest.raises(UserError, match=r"20.safetensors holds masks alone; use load_masks"):
        load_snapshot(network, "20")
    (snapshot_folder(network) / "index.json").write_text('[{"label": 3}]')
    with pytest.raises(UserError, match="not a whole index"):
        read_snapshots(network)
    outside = '[{"label": "../0.9-0-abc", "epoch": 0, "steps": 0}]'
    (snapshot_folder(network) / "index.json").write_text(outside)
    with pytest.raises(UserError, match="not a whole index"):
        read_snapshots(network)


def test_reading_needs_no_torch(network):
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "from nsgraph import snapshots\n"
        "found = snapshots.read_snapshots(sys.argv[1])\n"
        "print([s.label for s in found], snapshots.load_masks(sys.argv[1], '20').n_kept,\n"
        "      snapshots.load_snapshot(sys.argv[1], 'round-1').weights['b'].sum())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(network)],
        capture_output=True,
        text=True,
        cwd=Path(nsgraph.__file__).parents[1],
    )
    assert done.stdout.strip() == "['0', '20', 'round-1'] 4 -0.5", done.stderr
