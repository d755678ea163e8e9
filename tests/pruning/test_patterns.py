"""Patterns against plain loops, and what does not go together."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.errors import UserError
from nsgraph.models import build
from nsgraph.pruning import prune, registry
from nsgraph.pruning.allocation import erk, overall, uniform
from nsgraph.pruning.engine import prune_by
from nsgraph.pruning.gradients import weights
from nsgraph.pruning.method import algorithm
from nsgraph.pruning.selection import highest, select, within

linear = st.tuples(st.integers(1, 7), st.integers(1, 12))
conv = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 3), st.integers(1, 3))
shapes = linear | conv


def drawn(shape, seed, levels=50):
    """Random scores, some of them equal."""
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.integers(0, levels, shape).astype(float))


def best(values, k):
    """Places of the k highest, ties by position."""
    return sorted(range(len(values)), key=lambda i: (-values[i], i))[:k]


@given(shapes, st.integers(0, 99), st.data())
def test_rows_keep_the_same_number_up_to_one(shape, seed, data):
    scores = drawn(shape, seed, 6)
    count = data.draw(st.integers(0, scores.numel()))
    mask = within(scores, count, "rows").flatten(1)
    rows = scores.flatten(1).tolist()
    each, more = divmod(count, len(rows))
    following = [sorted(row, reverse=True)[each] if each < len(row) else -1 for row in rows]
    longer = best(following, more)
    for number, row in enumerate(rows):
        k = each + (number in longer)
        assert sorted(best(row, k)) == mask[number].nonzero().flatten().tolist()


@given(shapes, st.integers(0, 99), st.integers(1, 5), st.data())
def test_n_of_m_consecutive_inputs(shape, seed, m, data):
    n = data.draw(st.integers(1, m))
    scores = drawn(shape, seed, 6)
    share = scores.numel() * n / m
    count = data.draw(st.sampled_from([int(np.floor(share + 1e-9)), int(np.ceil(share - 1e-9))]))
    mask = within(scores, count, f"{n}:{m}")
    assert int(mask.sum()) == count
    last = mask.movedim(1, -1).flatten(1)
    rows = scores.movedim(1, -1).flatten(1)
    short = []
    for kept, row in zip(last.tolist(), rows.tolist(), strict=True):
        for start in range(0, len(row), m):
            group, inside = row[start : start + m], kept[start : start + m]
            if len(group) == m:
                assert sum(inside) == n
            else:
                short.append(sum(inside))
            assert [i for i, k in enumerate(inside) if k] == sorted(best(group, sum(inside)))
    assert max(short, default=0) - min(short, default=0) <= 1
    assert max(short, default=0) <= n


def test_groups_run_along_the_input_channels():
    """One output, four input channels, two places of the kernel: a group is one place."""
    scores = torch.tensor([[[[1.0, 8.0]], [[2.0, 7.0]], [[3.0, 6.0]], [[4.0, 5.0]]]])
    assert within(scores, 4, "2:4").int().tolist() == [[[[0, 1]], [[0, 1]], [[1, 0]], [[1, 0]]]]


def test_channels_by_hand():
    """Sums 6, 1, 5 of three weights each and 9, 2 of two; the last layer stays whole."""
    scores = {
        "a": torch.tensor([[3.0, 3, 0], [0, 0, 1], [5, 0, 0]]),
        "b": torch.tensor([[9.0, 0], [1, 1]]),
        "c": torch.tensor([[0.0, 0], [0, 0]]),
    }
    chosen = {
        budget: {n: m[:, 0].int().tolist() for n, m in found.items()}
        for budget in (4, 5, 6, 8, 9, 11, 12, 13, 16, 17)
        for found in [select(scores, overall, budget / 17, "channels")]
    }
    whole = [1, 1]
    assert chosen[4] == chosen[5] == {"a": [0, 0, 0], "b": [0, 0], "c": whole}
    assert chosen[6] == chosen[8] == {"a": [0, 0, 0], "b": [1, 0], "c": whole}
    assert chosen[9] == chosen[11] == {"a": [1, 0, 0], "b": [1, 0], "c": whole}
    assert chosen[12] == chosen[13] == {"a": [1, 0, 1], "b": [1, 0], "c": whole}
    assert chosen[16] == {"a": [1, 0, 1], "b": [1, 1], "c": whole}
    assert chosen[17] == {"a": [1, 1, 1], "b": [1, 1], "c": whole}
    with pytest.raises(UserError, match=r"all 4 weights of the last layer 'c'; .* leaves 3"):
        select(scores, overall, 3 / 17, "channels")


@given(st.lists(linear, min_size=1, max_size=4), st.integers(0, 99), st.data())
def test_channels_stay_within_one_of_the_budget(layers, seed, data):
    scores = {str(i): drawn(shape, seed + i) for i, shape in enumerate(layers)}
    total = sum(s.numel() for s in scores.values())
    *others, last = scores
    budget = data.draw(st.integers(scores[last].numel(), total))
    allocation = data.draw(st.sampled_from([overall, uniform, erk]))
    masks = select(scores, allocation, budget / total, "channels")
    used = sum(int(m.sum()) for m in masks.values())
    gone = [scores[n].shape[1] for n in others for channel in masks[n] if not channel.any()]
    assert used <= budget
    assert not gone or budget - used < max(gone)
    assert masks[last].all()
    for name in others:
        sums = scores[name].sum(1)
        kept = masks[name].any(1)
        assert torch.equal(masks[name].all(1), kept)
        assert torch.equal(kept, highest(sums, int(kept.sum())))


PATTERNED = [
    (method, pattern)
    for method in ("magnitude-at-init", "snip", "synflow", "er", "random-redrawn")
    for pattern in ("rows", "2:4", "channels")
    if (method, pattern) != ("er", "2:4")  # an allocation of its own
]


@pytest.mark.parametrize(("method", "pattern"), PATTERNED)
def test_any_score_takes_a_pattern(data, method, pattern):
    net = build("resnet8-4", (1, 8, 8), 10, seed=0)
    masks = prune(net, method, 0.5, data=data, pattern=pattern)
    assert masks == prune(net, method, 0.5, data=data, pattern=pattern)
    assert masks != prune(net, method, 0.5, data=data)
    per_row = [[int(row.sum()) for row in mask] for mask in masks.values()]
    if pattern == "channels":
        assert round(0.5 * masks.n_weights) - 32 * 9 < masks.n_kept <= round(0.5 * masks.n_weights)
        for mask in masks.values():
            assert all(row.all() or not row.any() for row in mask)
    else:
        assert masks.n_kept == round(0.5 * masks.n_weights)
        assert all(max(counts) - min(counts) <= 1 for counts in per_row)
    if pattern == "rows" and method != "er":
        assert list(masks.layer_densities().values()) == pytest.approx([0.5] * len(masks), abs=0.02)


def test_rows_share_by_the_allocation_where_there_is_one():
    net = build("mlp-20-15", (1, 8, 8), 10, seed=0)
    masks = prune(net, "er", 0.8, pattern="rows")
    assert masks.layer_densities() == prune(net, "er", 0.8).layer_densities()


@pytest.mark.parametrize("pattern", ["rows", "1:4", "channels", "free"])
@pytest.mark.parametrize("allocation", ["global", "uniform"])
def test_rounds_never_bring_a_weight_back(pattern, allocation):
    """With other scores every time; -inf would be chosen if counts could rise."""
    seen = []

    @algorithm("spy", category="pruning at initialisation", rounds=7)
    def spy(net, batches, masks):
        seen.append({name: mask.clone() for name, mask in masks.items()})
        return {name: torch.rand(weight.shape) for name, weight in weights(net).items()}

    method = spy.configured({"pattern": pattern, "allocation": allocation})
    net = build("mlp-9-3-7-2", (1, 3, 3), 3, seed=0)
    for seed in range(20):
        seen.clear()
        final = prune_by(method, net, 0.75, seed=seed)
        seen.append({name: torch.tensor(mask) for name, mask in final.items()})
        for before, after in itertools.pairwise(seen):
            assert all(not (after[name] & ~before[name]).any() for name in before)


@pytest.mark.parametrize(
    ("options", "sparsity", "sentence"),
    [
        ({"pattern": "2:4"}, 0.9, r"2:4 has sparsity 0\.5, but 0\.9 was asked for"),
        ({"pattern": "1:3"}, 0.5, r"1:3 has sparsity 0\.66"),
        ({"pattern": "2:4", "allocation": "erk"}, 0.5, "expected the allocation 'global'"),
        ({"pattern": "4:2"}, 0.5, "pattern is '4:2'; expected free, rows, channels"),
        ({"pattern": "columns"}, 0.5, "pattern is 'columns'"),
        ({"pattern": "channels"}, 0.99, "of the last layer 'fc3'"),
    ],
)
def test_patterns_out_of_reach(options, sparsity, sentence):
    net = build("mlp-20-15", (1, 8, 8), 10, seed=0)
    with pytest.raises(UserError, match=sentence):
        prune(net, "magnitude-at-init", sparsity, **options)


def test_two_of_four_as_yaml_reads_it():
    """Without quotes, YAML 1.1 takes 2:4 for minutes and seconds."""
    yaml = pytest.importorskip("yaml")
    options = yaml.safe_load("pattern: 2:4")
    assert options == {"pattern": 124}
    assert registry.get("snip").configured(options).options["pattern"] == "2:4"
    with pytest.raises(UserError, match="pattern"):
        registry.get("snip").configured({"pattern": 4})


def test_a_third_is_a_third():
    """1:3 with a sparsity in ten digits; rows of 64 and 20 inputs have a shorter last group."""
    net = build("mlp-20-15", (1, 8, 8), 10, seed=0)
    masks = prune(net, "magnitude-at-init", 0.6666666667, pattern="1:3")
    assert masks.n_kept == round(masks.n_weights / 3)
    for mask in masks.values():
        whole = mask.shape[1] // 3 * 3
        assert (mask[:, :whole].reshape(-1, 3).sum(1) == 1).all()
