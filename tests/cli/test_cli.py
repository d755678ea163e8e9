"""The command line as its users meet it: what it prints, what it writes, how it fails."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nsgraph.cli import main
from nsgraph.network_file import load_network

MODEL = ["--model", "mlp-12-8"]


@pytest.fixture
def nsgraph(monkeypatch, capsys, tmp_path):
    """Run the command in an empty folder; returns (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NSGRAPH_DATA", raising=False)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["nsgraph", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def two_networks(nsgraph):
    """Two pruned networks of one configuration, a.safetensors and b.safetensors."""
    for name, seed in (("a", 0), ("b", 1)):
        arguments = ["--method", "erk", "--sparsity", 0.8, "--seed", seed]
        code, out, err = nsgraph("prune", *MODEL, *arguments, "--output", f"{name}.safetensors")
        assert code == 0, err
        assert "of 944 weights kept" in out


def test_an_interrupted_command_says_so(nsgraph, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("nsgraph.cli.catalogue.print_table", stop)
    code, out, err = nsgraph("list", "models")
    assert (code, out, err) == (130, "", "Interrupted.\n")


def test_prune_writes_a_network_with_its_history(nsgraph, two_networks):
    saved = load_network("a.safetensors")
    about = saved.provenance
    assert (about.method, about.sparsity, about.seed) == ("erk", 0.8, 0)
    assert saved.masks.n_kept == 189  # round(0.2 * 944)
    assert saved.wiring is not None
    assert about.test_accuracy is None


@pytest.mark.usefixtures("two_networks")
def test_measure_prints_numbers_for_people_and_machines(nsgraph):
    code, out, _ = nsgraph("measure", "a.safetensors", "--families", "local")
    assert code == 0
    assert "multipartite.local.sources" in out
    code, out, _ = nsgraph(
        "measure", "a.safetensors", "--encoding", "multipartite,rolled", "--json"
    )
    values = json.loads(out)
    assert values["multipartite.size.edges"] == 189
    assert any(name.startswith("rolled.") for name in values)
    code, out, _ = nsgraph("measure", "a.safetensors", "b.safetensors", "--output", "t.parquet")
    assert code == 0
    table = pd.read_parquet("t.parquet")
    assert list(table["file"]) == ["a.safetensors", "b.safetensors"]
    assert table["multipartite.size.edges"].tolist() == [189, 189]


@pytest.mark.usefixtures("two_networks")
def test_measure_beside_a_null(nsgraph):
    arguments = ["--families", "motifs", "--null", "degree", "--samples", 3, "--json"]
    code, out, err = nsgraph("measure", "a.safetensors", *arguments)
    assert (code, err) == (0, "")
    values = json.loads(out)
    assert values["multipartite.motifs.chain_degree_mean"] == values["multipartite.motifs.chain"]
    assert values["multipartite.motifs.chain_degree_z"] is None
    assert values["multipartite.motifs.chain_degree_z.status"] == "the null does not vary"
    assert nsgraph("measure", "a.safetensors", *arguments)[1] == out
    other = nsgraph("measure", "a.safetensors", *arguments, "--seed", 1)[1]
    assert json.loads(other).keys() == values.keys()


@pytest.mark.usefixtures("two_networks")
def test_measure_explains_how_it_measures(nsgraph):
    code, out, _ = nsgraph("measure", "a.safetensors", "b.safetensors", "--explain")
    assert code == 0
    assert out.count("s in all") == 2
    code, out, _ = nsgraph("measure", "a.safetensors", "--explain", "--json", "--max-edges", 0)
    steps = json.loads(out)
    assert {step["path"] for step in steps} == {"implicit", "left out"}
    assert {"connectivity", "motifs", "strength"} <= {step["family"] for step in steps}


@pytest.mark.usefixtures("two_networks")
def test_distance_stands_beside_chance(nsgraph):
    code, out, _ = nsgraph("distance", "a.safetensors", "b.safetensors", "--json")
    assert code == 0
    values = json.loads(out)
    assert 0 < values["distance.nnstd"] <= 1
    assert 0 < values["distance.nnstd_er_mean"] <= 1
    assert set(values["per_layer"]) == set(load_network("a.safetensors").masks)
    code, out, _ = nsgraph("distance", "a.safetensors", "a.safetensors", "--json")
    assert json.loads(out)["distance.nnstd"] == 0


@pytest.mark.usefixtures("two_networks")
@pytest.mark.parametrize(
    "name", ["edges.parquet", "graph.graphml", "adjacency.npz", "g.graph.parquet"]
)
def test_export_writes_every_format(nsgraph, name, tmp_path):
    code, out, err = nsgraph("export", "a.safetensors", "--to", name)
    assert code == 0, err
    assert "189" in out
    assert (tmp_path / name).stat().st_size > 0


def test_train_says_what_it_reached(nsgraph):
    arguments = ["--method", "snip", "--sparsity", 0.5, "--epochs", 2, "--option", "batch=64"]
    code, out, err = nsgraph("train", *MODEL, *arguments, "--output", "net.safetensors")
    assert code == 0, err
    about = load_network("net.safetensors").provenance
    assert f"test accuracy {about.test_accuracy:.4f}" in out
    assert about.options == {"batch": 64}
    assert about.epochs == 2


def test_train_keeps_snapshots_that_can_be_measured(nsgraph):
    arguments = ["--epochs", 2, "--batch", 512, "-p", "snip", "-s", 0.8, "--snapshots", "2,0"]
    code, _, err = nsgraph(
        "train", *MODEL, *arguments, "--snapshot-weights", "--output", "net.safetensors"
    )
    assert code == 0, err
    index = json.loads(Path("net.snapshots/index.json").read_text())
    assert [snapshot.get("epoch") for snapshot in index] == [0, 2]
    code, out, err = nsgraph(
        "measure", "net.snapshots/0.safetensors", "--families", "size", "--json"
    )
    assert code == 0, err
    assert json.loads(out)["multipartite.size.edges"] == 189  # round(0.2 * 944)
    code, _, err = nsgraph("train", *MODEL, "--snapshots", "0,x", "-o", "other.safetensors")
    assert (code, err.count("\n")) == (2, 1)
    assert "--snapshots '0,x': expected whole numbers with commas between" in err


def test_convert_reads_a_plain_checkpoint(nsgraph):
    import torch

    from nsgraph import models

    net = models.build("mlp-12-8", (1, 8, 8), 10, seed=0)
    state = {f"module.{key}": value.clone() for key, value in net.state_dict().items()}
    first = next(key for key in state if key.endswith("weight"))
    state[first][:6] = 0
    torch.save(state, "checkpoint.pt")
    shape = ["--input-shape", "1,8,8"]
    code, _, err = nsgraph("convert", "checkpoint.pt", *MODEL, *shape, "-o", "net.safetensors")
    assert code == 0, err
    saved = load_network("net.safetensors")
    assert saved.masks.n_weights - saved.masks.n_kept == 6 * 64
    assert saved.wiring is not None
    code, _, err = nsgraph("convert", "checkpoint.pt", "--output", "rolled.safetensors")
    assert code == 0, err
    code, _, err = nsgraph("measure", "rolled.safetensors")
    assert code == 2
    assert "rolled" in err
    code, _, err = nsgraph("measure", "rolled.safetensors", "--encoding", "rolled")
    assert code == 0, err


@pytest.mark.usefixtures("two_networks")
def test_adopt_stamps_trains_and_evaluates(nsgraph):
    from safetensors.numpy import save_file

    arguments = ["--method", "dense", "--sparsity", 0, "--output", "dense.safetensors"]
    code, _, err = nsgraph("train", *MODEL, "--epochs", 2, *arguments)
    assert code == 0, err
    dense = load_network("dense.safetensors")
    masks = {f"{n}.mask": np.abs(w) > 0.1 for n, w in dense.initial.items()}
    save_file(masks, "masks.safetensors")
    common = ["adopt", "masks.safetensors", "--like", "dense.safetensors", "--method", "cut"]
    common += ["--category", "magnitude", "--output", "cut.safetensors"]
    code, _, err = nsgraph(*common)
    assert code == 0, err
    assert load_network("cut.safetensors").provenance.test_accuracy is None
    for finish in ("evaluate", "train"):
        code, out, err = nsgraph(*common, "--finish", finish)
        assert code == 0, err
        saved = load_network("cut.safetensors")
        assert saved.provenance.method == "cut"
        assert saved.masks == {n: masks[f"{n}.mask"] for n in dense.masks}
        assert f"test accuracy {saved.provenance.test_accuracy:.4f}" in out


@pytest.mark.parametrize("what", ["methods", "models", "datasets", "metrics", "encodings"])
def test_everything_is_listed(nsgraph, what):
    code, _out, err = nsgraph("list", what)
    assert code == 0, err
    code, listed, _ = nsgraph("list", what, "--json")
    rows = json.loads(listed)
    assert len(rows) >= 4
    assert all(row["name"] for row in rows)
    name = rows[1]["name"]
    assert name in nsgraph("list", what, name)[1]
    assert json.loads(nsgraph("list", what, name, "--json")[1]) == rows[1]


def test_one_method_is_listed_with_its_options(nsgraph):
    _, table, _ = nsgraph("list", "methods")
    assert "option" not in table
    _, one, _ = nsgraph("list", "methods", "rigl")
    assert "option until" in one
    code, _, err = nsgraph("list", "methods", "none-such")
    assert code == 2
    assert "no pruning method 'none-such'" in err
    assert "layer-wise random" in nsgraph("list", "methods", "snip-redrawn")[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["measure", "absent.safetensors"], "no such file"),
        (["measure", "a.safetensors", "--encoding", "round"], "round"),
        (["measure", "a.safetensors", "--families", "size,none"], "none"),
        (["measure", "a.safetensors", "--output", "t.xlsx"], ".parquet or .csv"),
        (["distance", "a.safetensors", "other.safetensors"], "layer"),
        (["export", "a.safetensors", "--to", "graph.doc"], "graph.doc"),
        (
            ["prune", *MODEL, "-p", "snap", "-s", "0.5", "-o", "x.safetensors"],
            "Did you mean 'snip'",
        ),
        (["prune", *MODEL, "-p", "snip", "-s", "1.5", "-o", "x.safetensors"], "1.5"),
        (["prune", "-m", "mpl-8", "-p", "er", "-s", "0.5", "-o", "x.safetensors"], "mpl-8"),
        (["prune", *MODEL, "-p", "rigl", "-s", "0.5", "-o", "x.safetensors"], "nsgraph train"),
        (
            ["prune", *MODEL, "-d", "mnist", "-p", "er", "-s", "0.5", "-o", "x.safetensors"],
            "nsgraph data fetch mnist",
        ),
        (
            ["train", *MODEL, "-p", "snip", "-s", "0.5", "--option", "btch=3", "-o", "x"],
            "has no option 'btch'",
        ),
        (["train", *MODEL, "--lr", "1e30", "--epochs", "1", "-o", "x.safetensors"], "loss"),
        (["convert", "a.txt", "-o", "x.safetensors"], "a.txt"),
        (["convert", "a.safetensors", "--input-shape", "3x3", "-o", "x"], "3,32,32"),
    ],
)
@pytest.mark.usefixtures("two_networks")
def test_bad_input_is_one_sentence_and_exit_code_2(nsgraph, arguments, sentence, tmp_path):
    nsgraph("prune", "-m", "mlp-5", "-p", "er", "-s", "0.5", "-o", "other.safetensors")
    before = sorted(tmp_path.iterdir())
    code, _, err = nsgraph(*arguments)
    assert code == 2
    assert sentence in err
    assert len(err.strip().splitlines()) == 1, err
    assert sorted(tmp_path.iterdir()) == before


def test_help_is_documentation(nsgraph):
    for command in ([], ["measure"], ["train"], ["adopt"], ["data", "fetch"]):
        code, out, _ = nsgraph(*command, "--help")
        assert code == 0
        assert "Usage" in out
    code, out, _ = nsgraph("--version")
    assert out.startswith("nsgraph 0.")
