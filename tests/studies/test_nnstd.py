"""The study of topology distance on tiny networks: distances, claims, figures."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from nsgraph.distance import chance, distance
from nsgraph.masks import Masks
from nsgraph.network_file import write_network
from nsgraph.report import columns_table
from nsgraph.snapshots import Album, Snapshot, load_masks, snapshot_folder
from nsgraph.store import Entry
from nsgraph.studies.accuracy import accuracy_table
from nsgraph.studies.nnstd.claims import nnstd_claims_table
from nsgraph.studies.nnstd.distances import EXPERIMENTS, Work, evolved_rows, rows_of
from nsgraph.studies.nnstd.networks import chain, evolved_specs, random_network, which
from nsgraph.studies.nnstd.results import all_figures, headline
from nsgraph.studies.verdicts import COLUMNS
from nsgraph.topologies import move_links

SHAPES = {"fc1": (10, 12), "fc2": (10, 10), "fc3": (4, 10)}
SETTINGS = {
    "split_seed": 0,
    "recipe": {"epochs": 4},
    "options": {"set": {"fraction": 0.2}},
    "evolution": {"sparsity": 0.7, "starts": [3, 5, 8], "networks": 2, "moved": 0.02}
    | {"snapshots": [0, 1, 4]},
    "chain": {"density": 0.3, "networks": 4, "changed": 0.05, "roots": [0, 1, 2]}
    | {"densities": [0.3, 0.5, 0.9]},
    "chance_samples": 3,
    "turnover_samples": 2,
}


def entry(path, seed):
    return Entry(
        network=f"digits/mlp/set/0.7-{seed}",
        dataset="digits",
        model="mlp",
        method="set",
        category="dynamic sparse training",
        sparsity=0.7,
        sparsity_reached=0.7,
        seed=seed,
        split_seed=0,
        best_epoch=4,
        test_accuracy=0.9 + seed / 100,
        file=str(path),
        sha256="",
    )


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Networks whose links move at random, as if SET had trained them."""
    folder = tmp_path_factory.mktemp("networks")
    rng = np.random.default_rng(0)
    common = {start: random_network(SHAPES, 0.3, rng) for start in (3, 5, 8)}
    entries = []
    for seed in range(6):
        path = folder / f"{seed}.safetensors"
        masks = move_links(common[which(seed, SETTINGS["evolution"]).start], 0.05, rng)
        album = Album(snapshot_folder(path))
        for epoch in SETTINGS["evolution"]["snapshots"]:
            album.add(Snapshot(label=str(10 * epoch), epoch=epoch, steps=10 * epoch), masks)
            masks = move_links(masks, 0.2, rng)
        write_network(path, masks=masks, weights={n: m * 1.0 for n, m in masks.items()})
        entries.append(entry(path, seed))
    return Work(SETTINGS, entries[:1], entries, folder / "pairs")


@pytest.fixture(scope="module")
def distances(work):
    about = {"dataset": "digits", "model": "mlp"}
    rows = [about | row for experiment in EXPERIMENTS for row in rows_of(experiment, work)]
    return pd.DataFrame(rows)


def test_every_network_has_a_seed_and_its_group_a_start():
    specs = evolved_specs(SETTINGS, "digits", "mlp-16", "digest")
    assert [spec.seed for spec in specs] == list(range(6))
    assert len({spec.hash for spec in specs}) == 6
    starts = [spec.options["start"]["near"]["seed"] for spec in specs]
    assert starts == [3, 3, 5, 5, 8, 8]
    assert starts == [which(spec.seed, SETTINGS["evolution"]).start for spec in specs]
    assert all(spec.options["fraction"] == 0.2 and spec.snapshot_weights for spec in specs)


def test_a_chain_changes_a_part_of_the_links_at_every_step():
    networks = chain(SHAPES, 0.3, 4, 0.05, root=1)
    assert networks == chain(SHAPES, 0.3, 4, 0.05, root=1)
    assert networks[0] != chain(SHAPES, 0.3, 4, 0.05, root=2)[0]
    for one, other in pairwise(networks):
        for name, mask in one.items():
            assert other[name].sum() == mask.sum()
            assert (mask & ~other[name]).sum() == round(0.05 * mask.sum())


def test_which_pairs_there_are(distances):
    counts = distances[distances["layers"] == "all"].groupby("experiment").size().to_dict()
    assert counts == {"chain": 9, "densities": 6, "before": 15, "after": 15, "trajectory": 9}
    assert (distances.groupby("layers").size() == 54).all()


def test_rows_are_those_of_the_distance_and_of_chance(work, distances):
    a, b = (load_masks(work.evolved[i].file, "40") for i in (1, 2))
    rows = distances[distances["experiment"] == "after"]
    rows = rows[(rows["root_a"] == 3) & (rows["place_a"] == 1)]
    rows = rows[(rows["root_b"] == 5) & (rows["place_b"] == 0)].set_index("layers")
    found, level = distance(a, b), chance(a, b, samples=3)
    assert rows.loc["all", "distance"] == found.value
    assert rows.loc["first", "distance"] == found.per_layer["fc1"]
    assert rows.loc["all", "chance_mean"] == pytest.approx(level.mean)
    assert rows.loc["first", "chance_sd"] == pytest.approx(level.per_layer["fc1"].std(ddof=1))
    shared = sum(int((a[name] & b[name]).sum()) for name in a)
    assert rows.loc["all", "shared"] == pytest.approx(shared / a.n_kept)
    assert rows["turnover_mean"].isna().all()  # two starts


def test_turnover_keeps_as_many_links_of_the_start(work, distances, monkeypatch):
    drawn = []

    def watched(masks, moved, rng):
        drawn.append((masks, move_links(masks, moved, rng)))
        return drawn[-1][1]

    monkeypatch.setattr("nsgraph.studies.nnstd.distances.move_links", watched)
    rows_of("after", work)
    assert len(drawn) == 6 * SETTINGS["turnover_samples"]
    ends = [(load_masks(e.file, "0"), load_masks(e.file, "40")) for e in work.evolved]
    for start, moved in drawn:
        after = next(end for begin, end in ends if begin == start)
        for name, mask in start.items():
            assert (mask & moved[name]).sum() == (mask & after[name]).sum()
    same = distances[(distances["experiment"] == "after")]
    same = same[same["root_a"] == same["root_b"]]
    assert same["turnover_mean"].between(0, 1).all()
    z = (same["distance"] - same["turnover_mean"]) / same["turnover_sd"]
    assert same["turnover_z"].to_numpy() == pytest.approx(z.to_numpy())


def test_what_stayed_of_the_start(work):
    for row, each in zip(evolved_rows(work), work.evolved, strict=True):
        start, after = (load_masks(each.file, label) for label in ("0", "40"))
        stayed = {name: int((mask & after[name]).sum()) for name, mask in start.items()}
        assert row["start_kept"] == pytest.approx(sum(stayed.values()) / start.n_kept)
        assert row["start_kept_first"] == pytest.approx(stayed["fc1"] / start["fc1"].sum())
        assert (row["start"], row["number"]) == which(each.seed, SETTINGS["evolution"])


@pytest.fixture(scope="module")
def tables(work, distances):
    networks = pd.DataFrame(
        [
            {"dataset": "digits", "model": "mlp", "method": method, "category": "dense"}
            | {"sparsity": sparsity, "seed": seed, "epochs": 4, "epochs_before": 0}
            | {"test_accuracy": 0.9 - sparsity / 5 + seed / 100}
            for method, sparsities in (("dense", [0.0]), ("er", [0.5, 0.9]), ("set", [0.5, 0.9]))
            for sparsity in sparsities
            for seed in range(3)
        ]
    )
    retrained = pd.DataFrame(
        [
            {"dataset": "digits", "model": "mlp", "network": "n", "seed": seed, "epoch": epoch}
            | {"topology": topology, "weights": weights, "best_epoch": 3, "file": "f"}
            | {"validation_accuracy": 0.8, "test_accuracy": 0.8 + seed / 100 + epoch / 50}
            for seed in (0, 2, 4)
            for epoch, topology, weights in (
                *((0, "evolved", "own"), (0, "evolved", "fresh"), (4, "evolved", "own")),
                *((4, "evolved", "fresh"), (0, "random", "fresh")),
            )
        ]
    )
    return {
        "networks": networks,
        "accuracy": accuracy_table(networks),
        "distances": distances,
        "evolved": pd.DataFrame(evolved_rows(work)),
        "retrained": retrained,
    }


def test_claims(tables):
    claims = nnstd_claims_table(tables)
    assert list(claims.columns) == list(COLUMNS)
    assert claims["ours"].notna().all()
    assert claims["low"].notna().all()
    by_words = claims.set_index("statement")
    growth = by_words[by_words.index.str.contains("grows with every")].iloc[0]
    assert growth["verdict"] == "holds"
    assert "Page's L, 3 roots" in growth["note"]
    turnover = by_words[by_words.index.str.contains("as many links at random")].iloc[0]
    assert turnover["verdict"] == "undecided"  # links did move at random here
    fresh = by_words[by_words.index.str.contains("from fresh weights, is more")].iloc[0]
    assert fresh["ours"] == pytest.approx(8.0)
    assert "apart after training by SET" in headline(tables["distances"], tables["evolved"], claims)


def test_every_figure_is_drawn_and_every_column_described(tables, tmp_path):
    figures = all_figures(tables)
    assert [figure.name for figure in figures] == [
        *("accuracy", "chain", "evolution", "heat_maps", "trajectory", "retraining")
    ]
    for figure in figures:
        assert "n = " in figure.caption
        figure.figure.savefig(tmp_path / "figure.png")
    own = {name: tables[name] for name in ("distances", "evolved", "retrained")}
    described = columns_table(own)
    assert (described["meaning"].str.len() > 0).all()


def test_masks_of_random_networks_are_masks():
    drawn = random_network(SHAPES, 0.3, np.random.default_rng(0))
    assert isinstance(drawn, Masks)
    assert drawn.n_kept == round(0.3 * (120 + 100 + 40))
