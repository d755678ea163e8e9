"""`nsgraph distance` as its users meet it: pairs, matrices, trajectories."""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd
import pytest

from nsgraph.cli import main
from nsgraph.distance import distance, matrix, others
from nsgraph.network_file import Provenance, load_network, write_network
from nsgraph.snapshots import Album, Snapshot

NAMES = ("a", "b", "c")


def masks(seed):
    rng = np.random.default_rng(seed)
    return {"fc1": rng.random((8, 6)) < 0.4, "fc2": rng.random((3, 8)) < 0.4}


@pytest.fixture
def nsgraph(monkeypatch, capsys, tmp_path):
    """Run the command beside three networks, the first with snapshots; (code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(NAMES):
        layers = masks(seed)
        write_network(
            f"{name}.safetensors", masks=layers, weights=layers, provenance=Provenance(seed=seed)
        )
    album = Album("a.snapshots")
    for epoch in (0, 3, 9):
        album.add(Snapshot(label=str(epoch), epoch=epoch, steps=epoch), masks(10 + epoch))

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["nsgraph", "distance", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        return (code, *capsys.readouterr())

    return run


FILES = [f"{name}.safetensors" for name in NAMES]


def test_two_networks(nsgraph):
    code, out, _ = nsgraph(*FILES[:2], "--json", "--samples", 3, "--others", "jaccard,edit")
    assert code == 0
    values = json.loads(out)
    a, b = (load_network(file) for file in FILES[:2])
    assert values["distance.nnstd"] == distance(a, b).value
    assert values["distance.nnstd_er_samples"] == 3
    assert values["others.jaccard"] == others.compare(a, b)["jaccard"]
    assert values["others.edit"] is None
    assert "matchings" in values["others.edit.status"]
    code, out, _ = nsgraph(*FILES[:2], "--json", "--samples", 3, "--null", "degree")
    assert json.loads(out)["distance.nnstd_degree_samples"] == 3
    code, out, _ = nsgraph(*FILES[:2], "--samples", 0)
    assert code == 0
    assert "er_mean" not in out
    assert "stability.jaccard" in out


def test_a_matrix_in_the_terminal(nsgraph):
    code, out, err = nsgraph(*FILES, "--samples", 2)
    assert (code, err) == (0, "")
    assert {line.split()[0] for line in out.splitlines() if line} == {"nnstd", *NAMES, "chance:"}
    found = matrix({name: load_network(f"{name}.safetensors") for name in NAMES})
    head = out.splitlines()[0].split()[1:]
    assert head == [NAMES[place] for place in found.order()]
    values = {line.split()[0]: line.split()[1:] for line in out.splitlines()[1:4]}
    assert float(values["a"][head.index("b")]) == pytest.approx(found.values[0, 1], abs=1e-4)


def test_a_matrix_for_machines(nsgraph):
    code, out, _ = nsgraph(*FILES, "--json", "--samples", 2, "--others", "all")
    assert code == 0
    found = json.loads(out)
    expected = matrix({name: load_network(f"{name}.safetensors") for name in NAMES})
    assert found["names"] == list(NAMES)
    assert found["nnstd"] == expected.values.tolist()
    assert found["order"] == expected.order()
    assert len(found["pairs"]) == 3
    assert len(found["layers"]) == 6
    assert {"others.portrait", "distance.nnstd_er_z"} <= found["pairs"][0].keys()


def test_tables_and_figures(nsgraph, tmp_path):
    code, out, err = nsgraph(*FILES, "-o", "t.parquet", "--figure", "m.svg")
    assert (code, out) == (0, "")
    assert "t.parquet: 3 rows" in err
    assert list(pd.read_parquet("t.parquet")["network_b"]) == ["b", "c", "c"]
    assert (tmp_path / "m.svg").read_text().lstrip().startswith("<?xml")
    assert nsgraph(*FILES, "-o", "t.csv", "--layers", "--samples", 0)[0] == 0
    table = pd.read_csv("t.csv")
    assert list(table) == ["network_a", "network_b", "layer", "distance.nnstd"]
    assert len(table) == 6
    assert nsgraph(*FILES[:2], "--figure", "m.png")[0] == 0  # also of two
    assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG")


def test_pairs_are_kept(nsgraph, tmp_path):
    def kept():
        return {path: path.stat().st_mtime_ns for path in (tmp_path / "store").rglob("*.json")}

    assert nsgraph(*FILES[:2], "--store", "store", "-o", "t.csv", "--samples", 0)[0] == 0
    before = kept()
    assert len(before) == 1
    assert nsgraph(*FILES, "--store", "store", "--samples", 0)[0] == 0
    assert len(kept()) == 3
    assert before.items() <= kept().items()


@pytest.mark.parametrize("file", ["a.safetensors", "a.snapshots"])
def test_a_trajectory(nsgraph, file):
    code, out, err = nsgraph(file, "--json", "--samples", 0)
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["names"] == ["0", "3", "9"]
    assert found["nnstd"][0][2] == distance(masks(10), masks(19)).value
    code, out, _ = nsgraph(file, "--samples", 0)
    assert out.splitlines()[0].split() == ["nnstd", "0", "3", "9"]


def test_networks_of_one_name_in_two_folders(nsgraph, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.safetensors").write_bytes((tmp_path / FILES[0]).read_bytes())
    code, out, _ = nsgraph(FILES[0], "other/a.safetensors", FILES[1], "--json", "--samples", 0)
    assert code == 0
    found = json.loads(out)
    assert found["names"] == ["a.safetensors", "other/a.safetensors", "b.safetensors"]
    assert found["nnstd"][0][1] == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["b.safetensors"], "no snapshots"),
        (["missing.safetensors", *FILES], "missing.safetensors: no such file"),
        ([*FILES, "-o", "t.xlsx"], ".parquet or .csv"),
        ([*FILES, "--figure", "m.jpg"], ".svg, .png or .pdf"),
        ([*FILES, "--layers"], "add --output"),
        ([*FILES, "--others", "hamming"], "no distance 'hamming'"),
        ([*FILES, FILES[0]], "named twice"),
        ([*FILES, "--samples", "1"], "at least 2"),
        ([*FILES[:2], "--store", "store"], "for the pairs of several"),
        ([*FILES[:2], "--jobs", "2"], "for the pairs of several"),
        ([*FILES, "--store", FILES[0]], "results cannot be kept there"),
        ([*FILES, "wide.safetensors"], "a and wide"),
    ],
)
def test_bad_input_is_one_sentence(nsgraph, tmp_path, arguments, told):
    layers = {"fc1": np.ones((8, 7)), "fc2": np.ones((3, 8))}
    write_network("wide.safetensors", masks=layers, weights=layers)
    code, out, err = nsgraph(*arguments)
    assert (code, out) == (2, "")
    assert told in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "t.xlsx").exists()
