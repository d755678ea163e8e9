from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from nsgraph.errors import UserError
from nsgraph.masks import Masks
from nsgraph.network_file import Provenance, load_network, read_tensors, write_network
from nsgraph.wiring import ActivationSet, Link, Wiring

MASKS = {"fc": np.array([[True, False, True], [False, False, True]])}
WEIGHTS = {"fc": np.array([[0.5, 0.0, 0.0], [0.0, 0.0, -2.0]], dtype=np.float32)}
WIRING = Wiring(
    (ActivationSet("input", 3, role="input"), ActivationSet("fc", 2, role="output")),
    (Link("linear", "input", "fc", "fc"),),
)


def test_what_was_written_is_read(tmp_path):
    path = tmp_path / "net.safetensors"
    about = Provenance(dataset="digits", seed=3, recipe={"lr": 0.1}, input_shape=(3, 1, 1))
    state = {"fc.bias": np.array([1.0, 2.0], np.float32), "steps": np.array(7)}
    write_network(
        path,
        masks=MASKS,
        weights=WEIGHTS,
        initial={"fc": np.ones((2, 3))},
        state=state,
        wiring=WIRING,
        provenance=about,
    )
    saved = load_network(path)
    assert saved.masks == Masks(MASKS)
    np.testing.assert_array_equal(saved.weights["fc"], WEIGHTS["fc"])
    assert saved.masks["fc"][0, 2]  # a live weight may be exactly zero
    np.testing.assert_array_equal(saved.initial["fc"], np.ones((2, 3), np.float32))
    assert {k: v.tolist() for k, v in saved.state.items()} == {"fc.bias": [1, 2], "steps": 7}
    assert saved.wiring == WIRING
    assert saved.provenance == about


def test_the_same_network_is_the_same_bytes(tmp_path):
    state = {f"k{i}": np.full(2, i) for i in range(9)}
    for name, items in (("a", state.items()), ("b", reversed(state.items()))):
        write_network(tmp_path / name, masks=MASKS, weights=WEIGHTS, state=dict(items))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_pruned_weights_are_written_as_zero(tmp_path):
    path = tmp_path / "net.safetensors"
    write_network(path, masks=MASKS, weights={"fc": np.ones((2, 3))})
    np.testing.assert_array_equal(load_network(path).weights["fc"], MASKS["fc"])


@given(bits=st.integers(0, 2**12 - 1))
def test_a_layer_may_be_stored_by_its_kept_weights(bits, tmp_path_factory):
    path = tmp_path_factory.mktemp("sparse") / "net.safetensors"
    mask = np.array([bits >> i & 1 for i in range(12)], bool).reshape(3, 4)
    layers = {"fc": mask, "out": np.ones((2, 3), bool)}
    weights = {"fc": np.arange(12.0).reshape(3, 4), "out": np.ones((2, 3))}
    written = write_network(path, masks=layers, weights=weights, sparse=["fc"])
    saved = load_network(path)
    assert saved.masks == written.masks == layers
    np.testing.assert_array_equal(saved.weights["fc"], np.where(mask, weights["fc"], 0))
    tensors, _ = read_tensors(path)
    assert len(tensors["fc.values"]) == mask.sum()
    assert "fc.weight" not in tensors


@pytest.mark.parametrize(
    ("indices", "shape", "message"),
    [
        ([0, 7], [2, 3], "ascending positions"),
        ([3, 1], [2, 3], "ascending positions"),
        ([0, 1], [1 << 20, 1 << 20], "can be read"),
    ],
)
def test_wrong_sparse_layers_are_refused(indices, shape, message, tmp_path):
    path = tmp_path / "net.safetensors"
    tensors = {"fc.indices": np.array(indices), "fc.shape": np.array(shape)}
    save_file({**tensors, "fc.values": np.ones(2, np.float32)}, path)
    with pytest.raises(UserError, match=message):
        load_network(path)
    save_file(tensors, path)
    with pytest.raises(UserError, match="needs indices, values and shape"):
        load_network(path)


def test_the_order_of_the_layers_is_kept(tmp_path):
    path = tmp_path / "net.safetensors"
    names = ["z", "a", "layer10", "layer9"]
    layers = {name: np.ones((1, 1)) for name in names}
    write_network(path, masks=layers, weights=layers)
    assert list(load_network(path).masks) == names


def test_a_strangers_file_needs_no_metadata(tmp_path):
    path = tmp_path / "net.safetensors"
    save_file({"fc.mask": MASKS["fc"], "fc.weight": WEIGHTS["fc"]}, path)
    saved = load_network(path)
    assert saved.wiring is None
    assert saved.provenance == Provenance()


@given(cut=st.integers(0, 400))
def test_a_truncated_file_is_said_to_be_one(cut, tmp_path_factory):
    path = tmp_path_factory.mktemp("cut") / "net.safetensors"
    write_network(path, masks=MASKS, weights=WEIGHTS, wiring=WIRING)
    whole = path.read_bytes()
    path.write_bytes(whole[: min(cut, len(whole) - 1)])
    with pytest.raises(UserError, match=r"net\.safetensors is not a whole safetensors file"):
        load_network(path)


@pytest.mark.parametrize(
    ("tensors", "metadata", "message"),
    [
        ({"fc.weight": WEIGHTS["fc"]}, None, "no masks"),
        ({"fc.mask": MASKS["fc"]}, None, r"fc\.weight are missing"),
        ({"fc.mask": MASKS["fc"], "fc.weight": np.ones((3, 2))}, None, "shape"),
        ({"fc.mask": MASKS["fc"], "fc.weight": np.ones((2, 3))}, None, "other than 0 where pruned"),
        ({"fc.mask": MASKS["fc"], "fc.weight": np.full((2, 3), np.nan)}, None, "NaN"),
        ({"fc.mask": np.full((2, 3), 2), "fc.weight": WEIGHTS["fc"]}, None, "0 and 1"),
        ({"fc.mask": MASKS["fc"]}, {"nsgraph": "{"}, "not JSON"),
        ({"fc.mask": MASKS["fc"]}, {"nsgraph": '{"format": 99}'}, "format 99"),
        (
            {"fc.mask": MASKS["fc"], "fc.weight": WEIGHTS["fc"]},
            {"nsgraph": '{"format": 1, "provenance": {"seed": "x"}}'},
            "provenance",
        ),
    ],
)
def test_a_wrong_file_is_refused_by_name(tensors, metadata, message, tmp_path):
    path = tmp_path / "wrong.safetensors"
    save_file(tensors, path, metadata=metadata)
    with pytest.raises(UserError, match=message) as error:
        load_network(path)
    assert "wrong.safetensors" in str(error.value)


def test_nothing_is_written_of_a_wrong_network(tmp_path):
    for weights in ({}, {"fc": np.ones((3, 2))}, {"fc": np.full((2, 3), np.inf)}):
        with pytest.raises(UserError):
            write_network(tmp_path / "net.safetensors", masks=MASKS, weights=weights)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        load_network(tmp_path / "absent.safetensors")
