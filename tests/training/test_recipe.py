"""Recipes: what is refused, and the learning rate of every step."""

from __future__ import annotations

import pytest

from nsgraph.errors import UserError
from nsgraph.training.recipe import Recipe, learning_rate, read_recipe


def test_unknown_key_names_the_allowed_ones():
    with pytest.raises(UserError, match=r"no key 'epoch'.*epochs, batch, optimizer, lr"):
        read_recipe({"epoch": 3})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("epochs", 0),
        ("epochs", 1.5),
        ("batch", -1),
        ("optimizer", "adam"),
        ("lr", 0),
        ("lr", "fast"),
        ("momentum", 1.0),
        ("schedule", "triangle"),
        ("weight_decay", -1e-4),
        ("augment", "mirror"),
        ("label_smoothing", 1),
        ("milestones", [3, 2]),
        ("milestones", [0]),
        ("warmup", 13),
        ("warmup", None),
    ],
)
def test_bad_value_names_its_key(key, value):
    with pytest.raises(UserError, match=key):
        read_recipe({key: value})


def test_numbers_that_yaml_reads_as_text():
    assert read_recipe({"weight_decay": "1e-4", "lr": 1}).weight_decay == 1e-4


def test_round_trip():
    recipe = read_recipe({"epochs": 5, "schedule": "step", "milestones": [2, 4], "amp": False})
    assert read_recipe(recipe.as_dict()) == recipe
    assert recipe.as_dict()["milestones"] == [2, 4]


def rates(recipe, steps_per_epoch):
    steps = range(recipe.epochs * steps_per_epoch)
    return [learning_rate(recipe, step, steps_per_epoch) for step in steps]


def test_step_schedule_changes_after_the_milestones():
    recipe = Recipe(epochs=4, lr=1.0, schedule="step", milestones=(1, 3), gamma=0.5)
    assert rates(recipe, 2) == [1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_cosine_and_linear_start_at_lr_and_head_for_the_end():
    assert rates(Recipe(epochs=4, lr=1.0, schedule="linear"), 1) == [1, 0.75, 0.5, 0.25]
    to_end = rates(Recipe(epochs=2, lr=1.0, lr_end=0.5, schedule="linear"), 2)
    assert to_end == [1, 0.875, 0.75, 0.625]
    cosine = rates(Recipe(epochs=4, lr=1.0, schedule="cosine"), 1)
    assert cosine == pytest.approx([1, 0.8535533905932737, 0.5, 0.14644660940672627])


def test_warmup_rises_to_lr():
    recipe = Recipe(epochs=4, lr=1.0, schedule="constant", warmup=2)
    assert rates(recipe, 2) == [0.25, 0.5, 0.75, 1, 1, 1, 1, 1]


def test_a_recipe_as_data_is_the_recipe_and_as_it_was_before_sparse_initial_weights():
    plain, sparse = Recipe(), Recipe(sparse_init=True)
    assert "sparse_init" not in plain.as_dict()
    assert read_recipe(plain.as_dict()) == plain
    assert read_recipe(sparse.as_dict()) == sparse
