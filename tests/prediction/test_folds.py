from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.prediction import assign_folds, configuration_groups, shuffle_configurations


@given(st.lists(st.integers(0, 12), min_size=2, max_size=60), st.integers(2, 6), st.integers(0, 99))
def test_groups_stay_together_and_folds_are_even(groups, n_folds, seed):
    groups = np.array(groups)
    labels = groups % 3
    folds = assign_folds(groups, labels, n_folds, np.random.default_rng(seed))
    assert folds.min() >= 0
    assert folds.max() < n_folds
    homes = {g: set(folds[groups == g]) for g in set(groups)}
    assert all(len(home) == 1 for home in homes.values())
    fold_of = {g: home.pop() for g, home in homes.items()}
    in_fold = np.bincount(list(fold_of.values()), minlength=n_folds)
    assert np.ptp(in_fold) <= 1
    for label in set(labels):
        of_class = np.bincount([f for g, f in fold_of.items() if g % 3 == label], minlength=n_folds)
        assert np.ptp(of_class) <= 1


def test_every_network_its_own_group_is_stratified_k_fold():
    labels = np.repeat([0, 1], [20, 10])
    folds = assign_folds(np.arange(30), labels, 5, np.random.default_rng(0))
    for fold in range(5):
        assert np.bincount(labels[folds == fold]).tolist() == [4, 2]


def test_same_generator_same_folds_and_another_seed_other_folds():
    groups = np.arange(40)
    a, b, c = (assign_folds(groups, None, 5, np.random.default_rng(s)) for s in (1, 1, 2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_a_group_of_several_classes_counts_with_the_most_frequent():
    groups = np.array([0, 0, 0, 1, 1, 2, 2, 3])
    labels = np.array([0, 0, 1, 0, 0, 1, 1, 1])
    folds = assign_folds(groups, labels, 2, np.random.default_rng(0))
    assert folds[0] == folds[1] == folds[2]
    assert folds[0] != folds[3]


@pytest.mark.parametrize("different", ["dataset", "model", "method", "sparsity"])
def test_a_configuration_is_everything_but_the_seed(table, different):
    rows = table[table["network"].str.startswith("digits/mlp/snip/0.8")].copy()
    assert len(set(configuration_groups(rows))) == 1
    rows.loc[rows.index[0], different] = 0.5 if different == "sparsity" else "other"
    assert len(set(configuration_groups(rows))) == 2


def test_shuffling_keeps_seeds_together_and_cells_apart(table):
    rng = np.random.default_rng(4)
    mixed = table.sample(frac=1, random_state=1).reset_index(drop=True)
    drops = mixed["accuracy_drop"].to_numpy()
    shuffled = shuffle_configurations(drops, mixed, rng)
    assert not np.array_equal(shuffled, drops)
    donor = mixed.set_index("accuracy_drop").loc[shuffled].reset_index()
    for column in ("dataset", "model", "sparsity", "seed"):
        assert list(donor[column]) == list(mixed[column])
    groups = configuration_groups(mixed)
    moves = set(
        zip(groups, configuration_groups(mixed.assign(method=donor["method"])), strict=True)
    )
    assert len(moves) == len(set(groups))
    assert sorted(shuffled) == sorted(drops)


def test_configurations_of_unequally_many_seeds_can_be_shuffled(table):
    rows = table[(table["seed"] < 2) | (table["method"] == "snip")].reset_index(drop=True)
    labels = rows["method"].to_numpy()
    shuffled = shuffle_configurations(labels, rows, np.random.default_rng(0))
    of_configuration = rows.assign(shuffled=shuffled).groupby(configuration_groups(rows))
    assert (of_configuration["shuffled"].nunique() == 1).all()
    cells = rows.assign(shuffled=shuffled).groupby(["model", "sparsity"])
    assert (cells["shuffled"].nunique() == rows["method"].nunique()).all()
