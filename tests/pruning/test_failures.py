"""What cannot be done is one sentence, and an emptied layer one warning."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nsgraph.datasets import Dataset
from nsgraph.errors import UserError
from nsgraph.models import build
from nsgraph.pruning import prune
from nsgraph.pruning.engine import prune_by
from nsgraph.pruning.gradients import weights
from nsgraph.pruning.method import algorithm


def test_a_class_with_too_few_images():
    images = np.zeros((60, 1, 4, 4), dtype=np.uint8)
    few = Dataset.from_arrays("few", (images, np.repeat([0, 1, 2], [20, 30, 10])), classes=3)
    left = int((few.train.labels == 2).sum())
    net = build("mlp-5", (1, 4, 4), 3, seed=0)
    with pytest.raises(UserError, match=rf"'grasp' draws 10 .* but class 2 has {left}; .*per_cl"):
        prune(net, "grasp", 0.5, data=few)
    assert prune(net, "grasp", 0.5, data=few, per_class=left).sparsity == pytest.approx(
        0.5, abs=0.01
    )


def by_layer(values):
    """A method that gives every weight of a layer the layer's value."""

    @algorithm("by-layer", category="pruning at initialisation")
    def score(net, batches, masks):
        return {n: torch.full(w.shape, values[n]) for n, w in weights(net).items()}

    return score


def test_an_emptied_layer_is_logged_once(caplog):
    net = build("mlp-6", (1, 2, 2), 2, seed=0)  # 24 and 12 weights
    masks = prune_by(by_layer({"fc1": 2.0, "fc2": 1.0}), net, 0.5)
    assert [int(mask.sum()) for mask in masks.values()] == [18, 0]
    assert [r.getMessage() for r in caplog.records] == [
        "by-layer at sparsity 0.5 empties the layer 'fc2'."
    ]
    caplog.clear()
    prune_by(by_layer({"fc1": 2.0, "fc2": 1.0}), net, 0.1)
    assert not caplog.records


def test_nothing_left_is_refused():
    net = build("mlp-6", (1, 2, 2), 2, seed=0)
    assert prune(net, "random", 0.98).n_kept == 1
    with pytest.raises(UserError, match=r"sparsity of 0\.99 leaves none of the network's 36 w"):
        prune(net, "random", 0.99)


def test_infinite_scores_mean_always_and_never():
    net, inf = build("mlp-6", (1, 2, 2), 2, seed=0), float("inf")
    masks = prune_by(by_layer({"fc1": 1.0, "fc2": inf}), net, 0.5)
    assert [int(mask.sum()) for mask in masks.values()] == [6, 12]
    masks = prune_by(by_layer({"fc1": -inf, "fc2": 1.0}), net, 0.7)
    assert [int(mask.sum()) for mask in masks.values()] == [0, 11]
    for values, layer in (({"fc1": 1.0, "fc2": inf}, "fc2"), ({"fc1": -inf, "fc2": 1.0}, "fc1")):
        sparsity = 0.8 if layer == "fc2" else 0.5
        with pytest.raises(UserError, match=f"so many infinite scores for layer '{layer}'"):
            prune_by(by_layer(values), net, sparsity)


@pytest.mark.parametrize("wrong", ["names", "shape", "nan", "none"])
def test_wrong_scores_are_one_sentence(wrong):
    @algorithm("wrong", category="pruning at initialisation")
    def score(net, batches, masks):
        scores = {name: weight.detach().clone() for name, weight in weights(net).items()}
        if wrong == "names":
            scores.pop("fc1")
        elif wrong == "none":
            return None
        elif wrong == "shape":
            scores["fc1"] = scores["fc1"].T
        else:
            scores["fc1"][0, 0] = float("nan")
        return scores

    with pytest.raises(UserError, match="method 'wrong'"):
        prune_by(score, build("mlp-6", (1, 2, 2), 2, seed=0), 0.5)


def test_equal_scores_are_a_warning(caplog):
    net = build("mlp-6", (1, 2, 2), 2, seed=0)
    prune_by(by_layer({"fc1": 1.0, "fc2": 1.0}), net, 0.5)
    assert "scores all weights alike" in caplog.text
    caplog.clear()
    prune_by(by_layer({"fc1": 1.0, "fc2": 2.0}), net, 0.5)
    assert "alike" not in caplog.text
