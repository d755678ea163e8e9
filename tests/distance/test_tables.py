from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from nsgraph.distance import (
    chance,
    compare,
    dictionary,
    distance,
    others,
    pair_tables,
    stability,
)
from nsgraph.errors import UserError
from nsgraph.masks import Masks
from nsgraph.network_file import Provenance, SavedNetwork

from .examples import RESIDUAL, random_masks, random_mlp


def saved(masks, wiring=None, **provenance):
    return SavedNetwork(
        Masks(masks),
        {name: np.asarray(mask, dtype=np.float32) for name, mask in masks.items()},
        wiring=wiring,
        provenance=Provenance(dataset="digits", model="m", **provenance),
    )


def pairs(networks, **options):
    """The rows of whole networks."""
    return pair_tables(networks, **options).rows


@pytest.fixture
def cohort():
    rng = np.random.default_rng(0)
    return [
        (
            f"{method}-{sparsity}-{seed}",
            saved(
                random_mlp(rng, [12, 10, 4], 1 - sparsity),
                method=method,
                sparsity=sparsity,
                seed=seed,
            ),
        )
        for method in ("set", "er")
        for sparsity in (0.8, 0.5)
        for seed in (2, 0, 1)
    ]


def test_pairs_within_each_configuration(cohort):
    rows = pairs(cohort, samples=3)
    keys = [(r["method"], r["sparsity"], r["seed_a"], r["seed_b"]) for r in rows]
    assert keys == [
        (method, sparsity, *seeds)
        for method in ("er", "set")
        for sparsity in (0.5, 0.8)
        for seeds in ((0, 1), (0, 2), (1, 2))
    ]
    json.dumps(rows, allow_nan=False)


def test_rows_hold_what_the_functions_give(cohort):
    networks = dict(cohort)
    row = pairs(cohort, samples=3, seed=5)[0]
    a, b = networks[row["network_a"]], networks[row["network_b"]]
    assert (row["network_a"], row["network_b"]) == ("er-0.5-0", "er-0.5-1")
    assert row["distance.nnstd"] == distance(a, b).value
    level = chance(a, b, samples=3, seed=5)
    assert row["distance.nnstd_er_mean"] == level.mean
    assert row["distance.nnstd_er_sd"] == level.sd
    assert row["distance.nnstd_er_z"] == level.z(distance(a, b).value)
    assert row["distance.nnstd_unaligned"] == level.unaligned
    assert row["stability.jaccard"] == stability(a, b).total.jaccard
    both = compare(a, b, samples=3, seed=5)
    assert both.pop("per_layer") == distance(a, b).per_layer
    assert both.items() <= row.items()


def test_chance_at_the_same_degrees(cohort):
    networks = dict(cohort)
    row = pairs(cohort, samples=3, seed=5, nulls=["er", "degree"])[0]
    a, b = networks[row["network_a"]], networks[row["network_b"]]
    level = chance(a, b, samples=3, seed=5, null="degree")
    assert row["distance.nnstd_degree_mean"] == level.mean
    assert row["distance.nnstd_degree_z"] == level.z(row["distance.nnstd"])
    assert row["distance.nnstd_er_mean"] == chance(a, b, samples=3, seed=5).mean
    alone = compare(a, b, samples=3, seed=5, null="degree")
    assert alone["distance.nnstd_degree_mean"] == level.mean
    assert "distance.nnstd_er_mean" not in alone


def test_order_of_the_networks_does_not_matter(cohort):
    assert pairs(cohort, samples=2) == pairs(cohort[::-1], samples=2)


def test_dictionary_explains_every_column(cohort):
    row = pairs(cohort, samples=2)[0]
    entries = dictionary()
    assert {c for c in row if "." in c} < {e.name for e in entries}
    beside = pairs(cohort[:2], samples=2, nulls=["er", "degree"], others=[*others.DISTANCES])[0]
    assert {c for c in beside if not c.endswith("status")} >= {
        e.name for e in entries if not e.name.endswith("status")
    }
    for e in entries:
        assert e.family == e.name.split(".")[0]
        assert all((e.meaning, e.unit, e.formula, e.source))


def test_other_distances_stand_beside(cohort, tmp_path):
    networks = dict(cohort)
    for row in pairs(cohort, samples=2, others=["degrees", "jaccard"], store=tmp_path):
        a, b = networks[row["network_a"]], networks[row["network_b"]]
        assert row["others.jaccard"] == pytest.approx(1 - row["stability.jaccard"])
        assert row["others.degrees"] == others.compare(a, b)["degrees"]
    again = pairs(cohort, samples=2, others=["degrees", "jaccard"], store=tmp_path)
    assert again == pairs(cohort, samples=2, others=["degrees", "jaccard"])


def test_layers_of_a_residual_network():
    rng = np.random.default_rng(1)
    networks = [
        (str(seed), saved(random_masks(rng, RESIDUAL, 0.4), RESIDUAL, seed=seed))
        for seed in range(2)
    ]
    tables = pair_tables(networks, samples=2)
    rows = {r["layer"]: r for r in tables.layer_rows}
    # Summed links are one layer of the distance, and layers of their own for shared links.
    assert "stability.jaccard" not in rows["block2.b+block2.skip"]
    assert "distance.nnstd" not in rows["block2.skip"]
    assert rows["fc"].keys() >= {"distance.nnstd", "stability.jaccard"}
    values = [r["distance.nnstd"] for r in tables.layer_rows if "distance.nnstd" in r]
    assert np.mean(values) == pytest.approx(tables.rows[0]["distance.nnstd"])


def test_dense_networks_have_no_z_score():
    networks = [(str(s), saved({"fc": np.ones((3, 4))}, seed=s)) for s in range(2)]
    row = pairs(networks, samples=2)[0]
    assert row["distance.nnstd"] == 0
    assert row["distance.nnstd_er_z"] is None
    assert row["distance.nnstd_er_z.status"]
    assert row["stability.shared_er_z"] is None
    assert row["stability.jaccard"] == row["stability.jaccard_expected"] == 1


def test_pairs_across_data_sets():
    rng = np.random.default_rng(2)
    networks = []
    for data in ("mnist", "fashion-mnist"):
        for seed in range(2):
            net = saved(random_mlp(rng, [6, 5, 2], 0.5), method="set", seed=seed)
            net.provenance.dataset = data
            networks.append((f"{data}-{seed}", net))
    rows = pairs(networks, differ="dataset", samples=2)
    assert [(r["dataset"], r["dataset_b"], r["seed_a"], r["seed_b"]) for r in rows] == [
        ("fashion-mnist", "mnist", 0, 0),
        ("fashion-mnist", "mnist", 1, 1),
    ]


def test_progress_and_bad_options(cohort):
    lines = []
    pairs(cohort[:3], samples=2, progress=lines.append)
    assert len(lines) == 3
    with pytest.raises(UserError, match="samples"):
        pairs(cohort, samples=1)
    with pytest.raises(UserError, match="differ"):
        pairs(cohort, differ="method")


def test_torch_is_not_imported():
    code = (
        "import sys, nsgraph.distance; assert not {'torch', 'numba', 'igraph'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_layers_of_other_shapes_share_no_places():
    rng = np.random.default_rng(0)
    a, b = (saved(random_mlp(rng, [4, width, 3], 0.4)) for width in (5, 6))
    row = compare(a, b, samples=0)
    assert row["stability.jaccard"] is row["stability.shared_er_z"] is None
    assert "different shapes" in row["stability.shared_er_z.status"]
    assert row.keys() == compare(a, a, samples=0).keys()
