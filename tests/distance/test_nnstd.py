from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsgraph.distance import distance
from nsgraph.errors import UserError
from nsgraph.network_file import SavedNetwork

from .examples import (
    DENSE,
    RESIDUAL,
    dense_orders,
    plain_twin,
    random_masks,
    random_mlp,
    relabelled,
    relabelled_mlp,
    residual_orders,
    rewired,
)

seeds = st.integers(0, 2**32 - 1)
densities = st.sampled_from([0.0, 0.02, 0.1, 0.2, 0.4, 0.7, 1.0])
outputs_options = st.sampled_from(["labelled", "assigned"])


def test_hand_drawn_pair():
    a = {"fc1": [[1, 1, 0, 0], [0, 0, 1, 1]], "fc2": [[1, 0], [1, 1]]}
    b = {"fc1": [[0, 0, 1, 0], [1, 1, 0, 0]], "fc2": [[0, 1], [0, 1]]}
    # fc1: {0, 1} = {0, 1} costs 0, {2, 3} against {2} costs 1/2: mean 1/4, hidden neurons swapped.
    # fc2: {0} renamed {1} costs 0, {0, 1} against {1} costs 1/2: mean 1/4.
    for tie_break in ("canonical", "none"):
        found = distance(a, b, tie_break=tie_break)
        assert found.per_layer == {"fc1": 0.25, "fc2": 0.25}
        assert found.value == 0.25
        assert found.assignment["fc1"].tolist() == [1, 0]
        assert found.assignment["fc2"].tolist() == [0, 1]


@given(
    seeds,
    st.lists(st.integers(1, 7), min_size=2, max_size=5),
    st.integers(1, 7),
    densities,
    outputs_options,
    st.sampled_from(["none", "canonical"]),
)
@settings(max_examples=200, deadline=None)
def test_every_layer_is_assigned_as_in_the_double_loop(
    seed, widths, hidden, density, outputs, tie_break
):
    rng = np.random.default_rng(seed)
    other = [widths[0], hidden, *widths[2:]] if len(widths) > 2 else widths
    a, b = random_mlp(rng, widths, density), random_mlp(rng, other, density)
    found = distance(a, b, tie_break=tie_break, outputs=outputs)
    twin = plain_twin(a, b, outputs == "labelled", found)
    assert found.value == pytest.approx(twin, abs=1e-12)


@pytest.mark.parametrize(
    ("density", "published"),
    [
        (0.006, (0.822, 0.821, 0.823)),  # the last layer there moves with solver and float type
        (0.05, (0.9026, 0.9032, 0.9032, 0.953)),
        (0.2, (0.8308, 0.8311, 0.8308, 0.868)),
    ],
)
def test_published_level_of_random_masks(density, published):
    rng = np.random.default_rng(1)
    a, b = (random_mlp(rng, [784, 784, 784, 784, 10], density) for _ in range(2))
    found = distance(a, b, tie_break="none", outputs="assigned")
    for value, expected, within in zip(
        found.per_layer.values(), published, (0.006, 0.006, 0.006, 0.02), strict=False
    ):
        assert value == pytest.approx(expected, abs=within)


@given(
    seeds,
    st.lists(st.integers(1, 9), min_size=2, max_size=5),
    st.lists(st.integers(1, 9), min_size=3, max_size=3),
    densities,
    outputs_options,
)
@settings(max_examples=100, deadline=None)
def test_invariant_symmetric_bounded(seed, widths, hidden, density, outputs):
    rng = np.random.default_rng(seed)
    other = [widths[0], *hidden[: len(widths) - 2], widths[-1]]
    a, b = random_mlp(rng, widths, density), random_mlp(rng, other, density)
    free = outputs == "assigned"
    found = distance(a, b, outputs=outputs)
    again = distance(relabelled_mlp(rng, b, free), relabelled_mlp(rng, a, free), outputs=outputs)
    assert found.value == again.value
    assert found.per_layer == again.per_layer
    assert 0 <= found.value <= 1
    copy = distance(a, relabelled_mlp(rng, a, free), outputs=outputs)
    assert copy.value == 0
    assert set(copy.per_layer.values()) == {0.0}


@pytest.mark.parametrize("density", [0.001, 0.002, 0.006, 0.05, 0.5])
def test_relabelled_copy_of_a_real_size_network_is_at_zero(density):
    rng = np.random.default_rng(2)
    a = random_mlp(rng, [784, 784, 784, 784, 10], density)
    assert distance(a, relabelled_mlp(rng, a)).value == 0
    if density < 0.01:
        # What the published algorithm gets wrong.
        assert distance(a, relabelled_mlp(rng, a), tie_break="none").value > 0.001


@pytest.mark.parametrize("density", [0.002, 0.006, 0.014])
def test_sparse_networks_are_no_farther_than_by_the_published_algorithm(density):
    # Not a theorem: a lucky choice among ties may beat a long search where ties hardly matter.
    rng = np.random.default_rng(3)
    a, b = (random_mlp(rng, [400, 400, 400, 10], density) for _ in range(2))
    found = distance(a, b).value
    for _ in range(4):
        copies = relabelled_mlp(rng, a), relabelled_mlp(rng, b)
        assert found <= distance(*copies, tie_break="none").value + 1e-12


def test_rewired_copy_is_at_its_true_distance():
    rng = np.random.default_rng(4)
    a = random_mlp(rng, [784, 784, 784, 10], 0.006)
    b = rewired(rng, a, 0.01)
    true = np.mean([np.mean((a[k] ^ b[k]).sum(1) / np.maximum((a[k] | b[k]).sum(1), 1)) for k in a])
    assert distance(a, relabelled_mlp(rng, b)).value == pytest.approx(true, abs=1e-3)


@given(seeds, st.sampled_from([0.1, 0.3, 0.5, 0.8]), outputs_options)
@settings(max_examples=60, deadline=None)
def test_residual_network(seed, density, outputs):
    rng = np.random.default_rng(seed)
    a, b = (random_masks(rng, RESIDUAL, density) for _ in range(2))
    copy_a, copy_b = (relabelled(m, RESIDUAL, residual_orders(rng)) for m in (a, b))
    found = distance(a, b, outputs=outputs, wiring=RESIDUAL)
    again = distance(copy_b, copy_a, outputs=outputs, wiring=RESIDUAL)
    assert found.value == again.value
    assert 0 <= found.value <= 1
    assert distance(a, copy_a, outputs=outputs, wiring=RESIDUAL).value == 0
    assert list(found.per_layer) == [
        "stem", "block1.a", "block1.b", "block2.a", "block2.b+block2.skip", "fc",
    ]  # fmt: skip
    assert found.assignment["stem"].tolist() == found.assignment["sum1"].tolist()


@given(seeds, st.sampled_from([0.1, 0.3, 0.5, 0.8]))
@settings(max_examples=60, deadline=None)
def test_concatenation_and_padded_shortcut(seed, density):
    rng = np.random.default_rng(seed)
    a, b = (random_masks(rng, DENSE, density) for _ in range(2))
    copy_a, copy_b = (relabelled(m, DENSE, dense_orders(rng)) for m in (a, b))
    found = distance(a, b, wiring=DENSE)
    assert found.value == distance(copy_b, copy_a, wiring=DENSE).value
    assert distance(a, copy_a, wiring=DENSE).value == 0
    # The padded shortcut ties channels 1 to 3 of `wide` to `one`.
    assert (found.assignment["wide"][1:4] - 1).tolist() == found.assignment["one"].tolist()


def test_channels_of_one_added_map_alone_may_not_move():
    rng = np.random.default_rng(5)
    a = random_masks(rng, RESIDUAL, 0.5)
    order = np.array([1, 2, 3, 0])
    moved = relabelled(a, RESIDUAL, {"sum1": order})  # without `stem`, to which it is tied
    assert distance(a, moved, wiring=RESIDUAL).value > 0
    assert distance(a, relabelled(a, RESIDUAL, dict.fromkeys(("stem", "sum1"), order)),
                    wiring=RESIDUAL).value == 0  # fmt: skip


@given(seeds, st.sampled_from([[1, 2, 2, 1], [2, 2, 2, 1], [2, 3, 3, 2]]))
@settings(max_examples=120, deadline=None)
def test_against_all_relabellings(seed, widths):
    rng = np.random.default_rng(seed)
    a, b = (random_mlp(rng, widths, 0.4) for _ in range(2))
    values = []
    for first in itertools.permutations(range(widths[1])):
        for second in itertools.permutations(range(widths[2])):
            one, two = list(first), list(second)
            copy = a["fc0"][one], a["fc1"][two][:, one], a["fc2"][:, two]
            values.append(
                np.mean(
                    [
                        np.mean((x ^ y).sum(1) / np.maximum((x | y).sum(1), 1))
                        for x, y in zip(copy, b.values(), strict=True)
                    ]
                )
            )
    found = distance(a, b).value
    assert found >= min(values) - 1e-12
    # Identity of indiscernibles.
    assert (found == 0) == (min(values) == 0)


def test_assignment_gives_the_value():
    rng = np.random.default_rng(6)
    a, b = (random_mlp(rng, [6, 8, 8, 3], 0.3) for _ in range(2))
    found = distance(a, b)
    before = np.arange(6)
    for name in a:
        aligned = np.zeros_like(a[name])
        aligned[np.ix_(found.assignment[name], before)] = a[name]
        cost = (aligned ^ b[name]).sum(1) / np.maximum((aligned | b[name]).sum(1), 1)
        assert cost.mean() == pytest.approx(found.per_layer[name])
        before = found.assignment[name]


def test_left_over_neurons_cost_one():
    a = {"fc1": [[1, 0], [0, 1], [1, 1]], "fc2": [[1, 1, 0]]}
    b = {"fc1": [[0, 1]], "fc2": [[1]]}
    found = distance(a, b)
    assert found.per_layer == {"fc1": pytest.approx(2 / 3), "fc2": 0.5}
    assert found.assignment["fc1"].tolist() == [-1, 0, -1]
    assert distance(b, a).value == found.value


def test_degenerate_networks():
    empty = {"fc1": np.zeros((3, 4)), "fc2": np.zeros((2, 3))}
    full = {"fc1": np.ones((3, 4)), "fc2": np.ones((2, 3))}
    single = {"fc": [[1]]}
    for tie_break in ("canonical", "none"):
        assert distance(empty, empty, tie_break=tie_break).value == 0
        assert distance(full, full, tie_break=tie_break).value == 0
        assert distance(empty, full, tie_break=tie_break).value == 1
        assert distance(single, single, tie_break=tie_break).value == 0
        assert distance(single, {"fc": [[0]]}, tie_break=tie_break).value == 1


def test_chain_with_convolutions_and_flattened_map():
    rng = np.random.default_rng(7)
    a = {"conv": rng.random((4, 2, 3, 3)) < 0.4, "fc": rng.random((3, 4 * 6)) < 0.3}
    order = rng.permutation(4)
    copy = {
        "conv": a["conv"][order],
        "fc": a["fc"].reshape(3, 4, 6)[:, order].reshape(3, 24),
    }
    assert distance(a, copy).value == 0
    assert distance(a, {"conv": copy["conv"], "fc": a["fc"]}).value > 0


def test_saved_networks_bring_their_wiring():
    rng = np.random.default_rng(8)
    a = random_masks(rng, RESIDUAL, 0.5)
    copy = relabelled(a, RESIDUAL, residual_orders(rng))
    saved = [
        SavedNetwork(_masks(m), {k: v.astype(np.float32) for k, v in m.items()}, wiring=RESIDUAL)
        for m in (a, copy)
    ]
    assert distance(*saved).value == 0
    assert distance(saved[0], copy).value == 0


def _masks(arrays):
    from nsgraph.masks import Masks

    return Masks(arrays)


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ({"x": np.ones((3, 4)), "y": np.ones((2, 5))}, None, "not a chain"),
        ({"x": np.ones((3, 4, 3, 3)), "y": np.ones((2, 5))}, None, "not a chain"),
        ({"x": np.ones((3, 4))}, {"x": np.ones((3, 4)), "y": np.ones((2, 3))}, "1 layers"),
        ({"x": np.ones((3, 4))}, {"y": np.ones((3, 4))}, "'y'"),
        ({"x": np.ones((3, 4))}, {"x": np.ones((3, 5))}, "'input' has 4"),
        ({"x": np.ones((3, 4))}, {"x": np.ones((2, 4))}, "outputs='assigned'"),
        ({"x": np.ones((3, 2, 3, 3))}, {"x": np.ones((3, 2, 1, 1))}, "kernels"),
    ],
)
def test_what_cannot_be_compared(a, b, words):
    with pytest.raises(UserError, match=words):
        distance(a, a if b is None else b)


def test_unknown_options():
    a = {"x": np.ones((3, 4))}
    with pytest.raises(UserError, match="tie_break"):
        distance(a, a, tie_break="random")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="outputs"):
        distance(a, a, outputs="free")  # type: ignore[arg-type]
