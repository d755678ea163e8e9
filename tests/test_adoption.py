from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import save_file

from nsgraph.adoption import adopt
from nsgraph.errors import UserError
from nsgraph.network_file import Provenance, write_network
from nsgraph.wiring import ActivationSet, Link, Wiring

MASK = np.array([[True, False, True], [False, False, True]])


@pytest.fixture
def template(tmp_path):
    wiring = Wiring(
        (ActivationSet("input", 3, role="input"), ActivationSet("fc", 2, role="output")),
        (Link("linear", "input", "fc", "fc"),),
    )
    path = tmp_path / "template.safetensors"
    write_network(
        path,
        masks={"fc": np.ones((2, 3), bool)},
        weights={"fc": np.full((2, 3), 2.0)},
        state={"fc.bias": np.zeros(2, np.float32)},
        wiring=wiring,
        provenance=Provenance(dataset="digits", seed=4, method="dense", test_accuracy=0.5),
    )
    return path


def written(tmp_path, **tensors):
    path = tmp_path / "theirs.safetensors"
    save_file(tensors, path)
    return path


def test_masks_alone_are_put_on_the_templates_weights(template, tmp_path):
    path = written(tmp_path, **{"fc.mask": MASK})
    saved = adopt(path, template, method="mine", category="magnitude", sparsity=0.5)
    np.testing.assert_array_equal(saved.weights["fc"], 2 * MASK)
    about = saved.provenance
    assert (about.method, about.category, about.dataset, about.seed) == (
        "mine",
        "magnitude",
        "digits",
        4,
    )
    assert (about.sparsity, about.sparsity_reached, about.test_accuracy) == (0.5, 0.5, None)
    assert saved.wiring is not None
    assert list(saved.state) == ["fc.bias"]


def test_weights_alone_are_kept_where_they_are_not_zero(template, tmp_path):
    path = written(tmp_path, **{"fc.weight": np.where(MASK, 3.0, 0.0)})
    saved = adopt(path, template, method="mine", category="magnitude")
    np.testing.assert_array_equal(saved.masks["fc"], MASK)
    np.testing.assert_array_equal(saved.weights["fc"], 3 * MASK)
    np.testing.assert_array_equal(saved.initial["fc"], np.full((2, 3), 2))


def test_weights_and_state_of_the_program_replace_the_templates(template, tmp_path):
    bias = np.ones(2, np.float32)
    path = written(
        tmp_path, **{"fc.mask": MASK, "fc.weight": np.ones((2, 3)), "state/fc.bias": bias}
    )
    saved = adopt(path, template, method="mine", category="magnitude")
    np.testing.assert_array_equal(saved.weights["fc"], MASK)
    np.testing.assert_array_equal(saved.state["fc.bias"], bias)


@pytest.mark.parametrize(
    ("tensors", "category", "message"),
    [
        ({"fc.mask": MASK}, "magic", "category"),
        ({"other": MASK}, "magnitude", "neither"),
        ({"fc2.mask": MASK}, "magnitude", "same layers"),
        ({"fc.mask": MASK.T.copy()}, "magnitude", "shape"),
    ],
)
def test_what_does_not_fit_is_refused(tensors, category, message, template, tmp_path):
    with pytest.raises(UserError, match=message):
        adopt(written(tmp_path, **tensors), template, method="mine", category=category)
