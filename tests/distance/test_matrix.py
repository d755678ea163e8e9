"""Matrices of distances and trajectories: every value is the pair's own, whatever else is asked."""

from __future__ import annotations

import json
import re
from itertools import combinations

import numpy as np
import pytest

from nsgraph.distance import chance, distance, keeping, matrix, others, pairing, trajectory
from nsgraph.errors import UserError
from nsgraph.snapshots import Album, Snapshot

from .examples import RESIDUAL, random_masks, random_mlp, relabelled_mlp, rewired


@pytest.fixture(scope="module")
def networks():
    rng = np.random.default_rng(0)
    a, b = (random_mlp(rng, [9, 8, 3], 0.3) for _ in range(2))
    near = {"b*": rewired(rng, b, 0.1), "a*": rewired(rng, a, 0.1)}
    return {"a": a, "b": b, "copy of a": relabelled_mlp(rng, a), **near}


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("tie_break", ["canonical", "none"])
def test_every_value_is_that_of_the_pair(networks, tie_break, workers):
    found = matrix(networks, tie_break=tie_break, workers=workers)
    assert found.names == tuple(networks)
    assert np.array_equal(found.values, found.values.T)
    assert not np.diag(found.values).any()
    for (i, a), (j, b) in combinations(enumerate(networks), 2):
        pair = distance(networks[a], networks[b], tie_break)
        assert found.values[i, j] == pair.value
        assert {name: of[i, j] for name, of in found.per_layer.items()} == pair.per_layer


def test_rows(networks):
    found = matrix(networks)
    rows, layer_rows = found.rows(), found.layer_rows()
    assert [(r["network_a"], r["network_b"]) for r in rows] == [*combinations(networks, 2)]
    assert rows[1]["distance.nnstd"] == 0
    assert {r["layer"] for r in layer_rows} == {"fc0", "fc1"}
    for row in rows:
        own = [r for r in layer_rows if all(r[k] == row[k] for k in ("network_a", "network_b"))]
        assert np.mean([r["distance.nnstd"] for r in own]) == pytest.approx(row["distance.nnstd"])


def test_chance_is_that_of_the_pair(networks):
    found = matrix(networks, samples=3, seed=4)
    level = chance(networks["a"], networks["b"], samples=3, seed=4)
    row = found.rows()[0]
    assert row["distance.nnstd_er_mean"] == level.mean
    assert row["distance.nnstd_er_z"] == level.z(row["distance.nnstd"])
    assert row["distance.nnstd_unaligned"] == level.unaligned
    of_layer = found.layer_rows()[0]
    assert of_layer["distance.nnstd_er_mean"] == level.per_layer["fc0"].mean()


def test_a_part_is_the_matrix_of_these_networks(networks):
    names = ["b*", "a"]
    part = matrix(networks, samples=2).part([list(networks).index(name) for name in names])
    alone = matrix({name: networks[name] for name in names}, samples=2)
    assert part.names == alone.names
    assert part.rows() == alone.rows()
    assert part.layer_rows() == alone.layer_rows()


def test_chance_at_the_same_degrees(networks, tmp_path):
    for _ in range(2):  # the second time from the store
        found = matrix(networks, samples=3, null="degree", store=tmp_path)
        level = chance(networks["a"], networks["b"], samples=3, null="degree")
        assert found.rows()[0]["distance.nnstd_degree_mean"] == level.mean
        assert found.part([1, 0]).rows()[0]["distance.nnstd_degree_sd"] == level.sd
    assert matrix(networks, samples=3, store=tmp_path).chance["a", "b"].mean != level.mean


def test_other_distances_of_a_matrix(networks, tmp_path):
    found = matrix(networks, others=["spectral", "portrait"], store=tmp_path)
    a, b = list(networks)[:2]
    beside = others.compare(networks[a], networks[b], names=["spectral", "portrait"])
    row = found.rows()[0]
    assert {f"others.{name}": value for name, value in beside.items()}.items() <= row.items()
    assert found.part([1, 0]).rows()[0]["others.spectral"] == beside["spectral"]
    assert found.rows() == matrix(networks, others=["spectral", "portrait"], store=tmp_path).rows()


@pytest.mark.parametrize("outputs", ["labelled", "assigned"])
def test_warm_starts_change_no_bit(outputs):
    rng = np.random.default_rng(8)
    networks = {"0": random_mlp(rng, [12, 16, 16, 3], 0.1)}
    for i in range(3):
        networks[f"{i + 1}"] = rewired(rng, networks[f"{i}"], 0.2)
    warm, cold = (matrix(networks, outputs=outputs, warm=on) for on in (True, False))
    assert np.array_equal(warm.values, cold.values)
    assert all(np.array_equal(warm.per_layer[n], cold.per_layer[n]) for n in cold.per_layer)


def test_pairs_start_from_those_before(networks, monkeypatch):
    starts, plain = [], pairing.canonical_distance
    monkeypatch.setattr(
        pairing, "canonical_distance", lambda *task: (starts.append(task[3]), plain(*task))[1]
    )
    matrix({k: networks[k] for k in ("a", "b", "a*", "b*")})
    given = [bool(start.of_a or start.of_b) for start in starts]
    assert given[0] is False
    assert given[-1] is True  # both were compared before
    starts.clear()
    matrix(networks, warm=False)
    assert starts == [None] * 10


def test_order_puts_relatives_beside_each_other(networks):
    found = matrix(networks)
    order = found.order()
    families = [found.names[place].replace("copy of ", "")[0] for place in order]
    assert families in (["a", "a", "a", "b", "b"], ["b", "b", "a", "a", "a"])
    again = found.part(order)
    assert again.names == tuple(found.names[place] for place in order)
    places = {name: i for i, name in enumerate(again.names)}
    for i, a in enumerate(found.names):
        for j, b in enumerate(found.names):
            assert again.values[places[a], places[b]] == found.values[i, j]
    assert matrix({"a": networks["a"]}).order() == [0]
    assert matrix({k: networks[k] for k in "ab"}).order() == [0, 1]


def counted(monkeypatch, name):
    """Count the calls of a function of `pairing`."""
    calls, plain = [], getattr(pairing, name)
    monkeypatch.setattr(pairing, name, lambda *task: (calls.append(1), plain(*task))[1])
    return calls


def test_kept_pairs_are_not_computed_again(networks, tmp_path, monkeypatch):
    calls = counted(monkeypatch, "_distance")
    some = {k: networks[k] for k in ("a", "b", "a*")}
    first = matrix(some, store=tmp_path, samples=2)
    assert len(calls) == 3
    lines = []
    again = matrix(some, store=tmp_path, samples=2, progress=lines.append)
    assert len(calls) == 3
    assert len(lines) == 3
    assert np.array_equal(first.values, again.values)
    assert again.rows() == first.rows()
    more = matrix(dict(reversed(networks.items())), store=tmp_path)
    assert len(calls) == 3 + 7
    assert np.array_equal(more.values, matrix(networks).values[::-1, ::-1])


def test_options_and_networks_are_part_of_the_key(networks, tmp_path, monkeypatch):
    calls = counted(monkeypatch, "_distance")
    two = {k: networks[k] for k in "ab"}
    matrix(two, store=tmp_path)
    matrix(two, store=tmp_path, outputs="assigned")
    matrix(two, store=tmp_path, tie_break="none")
    matrix({**two, "b": networks["b*"]}, store=tmp_path)
    assert len(calls) == 4
    matrix(dict(reversed(two.items())), store=tmp_path)  # symmetric
    matrix({"x": two["a"], "y": two["b"]}, store=tmp_path)  # names do not count
    assert len(calls) == 4
    matrix(dict(reversed(two.items())), store=tmp_path, tie_break="none")  # not symmetric
    assert len(calls) == 5
    monkeypatch.setattr(pairing, "procedure_digest", lambda: "another program")
    matrix(two, store=tmp_path)
    assert len(calls) == 6


def test_an_interrupted_matrix_goes_on(networks, tmp_path, monkeypatch):
    done = []

    def stop(line):
        done.append(line)
        if len(done) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        matrix(networks, store=tmp_path, progress=stop)
    calls = counted(monkeypatch, "_distance")
    found = matrix(networks, store=tmp_path)
    assert len(calls) == 10 - 4
    assert np.array_equal(found.values, matrix(networks).values)


@pytest.mark.parametrize("how", ["cut", "empty", "of another pair", "without layers"])
def test_damaged_results_are_computed_again(networks, tmp_path, how, caplog):
    some = {k: networks[k] for k in ("a", "b", "a*")}
    whole = matrix(some, store=tmp_path)
    one, other = sorted(tmp_path.rglob("*.json"))[:2]
    text = one.read_text()
    if how == "cut":
        one.write_text(text[: len(text) // 2])
    elif how == "empty":
        one.write_text("")
    elif how == "of another pair":
        one.write_text(other.read_text())
    else:
        kept = json.loads(text)
        del kept["result"]["per_layer"]
        one.write_text(json.dumps(kept))
    again = matrix(some, store=tmp_path)
    assert re.search("damaged.*computed again", caplog.text)
    assert np.array_equal(whole.values, again.values)
    assert one.read_text() == text


def test_the_procedure_digest_covers_all_that_decides_a_distance():
    import ast
    from pathlib import Path

    folder = Path(keeping.__file__).parent
    waiting, seen = ["nnstd", "chance"], set()
    while waiting:
        name = waiting.pop()
        seen.add(f"{name}.py")
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text())):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("nsgraph.distance."):
                inner = node.module.split(".")[2]
                if f"{inner}.py" not in seen:
                    waiting.append(inner)
    assert seen <= {path.name for path in keeping.procedure_files()}
    assert all((folder / name).is_file() for name in keeping.NO_PROCEDURE)


def test_residual_networks_with_one_wiring():
    rng = np.random.default_rng(1)
    networks = {str(i): random_masks(rng, RESIDUAL, 0.4) for i in range(3)}
    found = matrix(networks, wiring=RESIDUAL)
    assert found.values[0, 1] == distance(networks["0"], networks["1"], wiring=RESIDUAL).value
    assert "block2.b+block2.skip" in found.per_layer


def test_bad_input(networks):
    with pytest.raises(UserError, match="at least one network"):
        matrix({})
    with pytest.raises(UserError, match="samples"):
        matrix(networks, samples=1)
    with pytest.raises(UserError, match="workers"):
        matrix(networks, workers=0)
    with pytest.raises(UserError, match="tie_break"):
        matrix(networks, tie_break="other")
    with pytest.raises(UserError, match=r"a and short: .*layers"):
        matrix({**networks, "short": {"fc0": np.ones((3, 9))}})


@pytest.fixture
def run(tmp_path):
    """Snapshots of a run: each has a tenth of the links of the one before rewired."""
    rng = np.random.default_rng(3)
    masks = random_mlp(rng, [9, 8, 3], 0.3)
    album = Album(tmp_path / "net.snapshots")
    for epoch in (0, 5, 10):
        album.add(Snapshot(label=f"s{epoch}", epoch=epoch, steps=epoch), masks)
        masks = rewired(rng, masks, 0.1)
    return album


def test_trajectory(run):
    found = trajectory(run.folder)
    assert found.names == ("0", "5", "10")
    assert found.values[0, 1] > 0
    beside = trajectory(run.folder.with_name("net.safetensors"))
    assert np.array_equal(beside.values, found.values)


def test_trajectory_of_rounds_that_share_an_epoch(run):
    run.add(Snapshot(label="again", epoch=5, steps=9), random_mlp(np.random, [9, 8, 3], 0.3))
    assert trajectory(run.folder).names == ("s0", "again", "s5", "s10")


def test_a_run_without_snapshots(tmp_path):
    with pytest.raises(UserError, match="no snapshots"):
        trajectory(tmp_path / "net.safetensors")
