from __future__ import annotations

import msgspec
import pytest

from nsgraph.errors import UserError
from nsgraph.store import Entry, NetworkSpec, read_manifest, safe_name, write_manifest

SPEC = NetworkSpec(
    dataset="digits",
    model="mlp-8",
    method="snip",
    sparsity=0.9,
    seed=0,
    split_seed=0,
    recipe={"lr": 0.1, "epochs": 2},
)


def entry(seed: int, **change) -> Entry:
    fields = {
        "network": f"digits/mlp-8/snip/0.9-{seed}",
        "dataset": "digits",
        "model": "mlp-8",
        "method": "snip",
        "category": "pruning at initialisation",
        "sparsity": 0.9,
        "sparsity_reached": 0.9,
        "seed": seed,
        "split_seed": 0,
        "file": "net.safetensors",
        "sha256": "0" * 64,
        **change,
    }
    return Entry(**fields)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"sparsity": 0.8},
        {"split_seed": 1},
        {"recipe": {"lr": 0.1, "epochs": 3}},
        {"options": {"batch": 1}},
        {"method_digest": "x"},
        {"model_digest": "x"},
        {"data_digest": "x"},
        {"sparsity": 0.9000001},
        {"training_version": 99},
        {"snapshots": [0]},
    ],
)
def test_whatever_decides_a_network_decides_its_file(change):
    assert msgspec.structs.replace(SPEC, **change).path("store") != SPEC.path("store")


def test_snapshots_count_where_there_are_any():
    """Networks of a store from before there were snapshots are found again."""
    assert msgspec.structs.replace(SPEC, training_version=1).hash == "b9162c0f0af7"
    weights = msgspec.structs.replace(SPEC, snapshot_weights=True)
    assert weights.path("store") == SPEC.path("store")
    masks = msgspec.structs.replace(SPEC, snapshots=[0])
    both = msgspec.structs.replace(masks, snapshot_weights=True)
    assert masks.path("store") != both.path("store")


def test_the_order_of_a_recipe_does_not(tmp_path):
    turned = msgspec.structs.replace(SPEC, recipe={"epochs": 2, "lr": 0.1})
    assert turned.path(tmp_path) == SPEC.path(tmp_path)
    assert SPEC.path("store").as_posix().startswith("store/digits/mlp-8/snip/0.9-0-")


def test_one_is_one_however_it_is_written():
    whole = msgspec.structs.replace(SPEC, recipe={"lr": 1, "epochs": 2})
    written = msgspec.structs.replace(SPEC, recipe={"lr": 1.0, "epochs": 2.0})
    assert whole.path("store") == written.path("store")


def test_a_path_as_a_name_stays_inside_the_store():
    spec = msgspec.structs.replace(SPEC, dataset="../my images", model="package.module:net")
    store, dataset, model, *_ = spec.path("store").parts
    assert store == "store"
    assert dataset.startswith("my_images-")
    assert model == "package.module_net"


def test_two_ways_to_say_a_path_are_one_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cats = safe_name("images/cats")
    assert cats == safe_name("./images/cats") == safe_name(f"{tmp_path}/images/cats")
    assert cats != safe_name("other/cats")


def test_manifests_are_sorted_and_read_back(tmp_path):
    path = tmp_path / "cohort.json"
    write_manifest(path, [entry(2), entry(1)])
    assert [e.seed for e in read_manifest(path)] == [1, 2]


def test_a_manifest_is_held_against_its_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_manifest("cohort.json", [entry(0)])
    with pytest.raises(UserError, match="is not there"):
        read_manifest("cohort.json", verify=True)
    (tmp_path / "net.safetensors").write_bytes(b"other")
    with pytest.raises(UserError, match="has changed"):
        read_manifest("cohort.json", verify=True)
    with pytest.raises(UserError, match="no such manifest"):
        read_manifest("absent.json")
    (tmp_path / "cohort.json").write_text("[{")
    with pytest.raises(UserError, match="not a whole manifest"):
        read_manifest("cohort.json")
