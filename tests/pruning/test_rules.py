"""One update of dynamic sparse training, on hand-made layers."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.errors import UserError
from nsgraph.pruning.dynamic import Dynamic
from nsgraph.pruning.rewiring import rewire, spread
from nsgraph.pruning.rules import (
    RULES,
    SHARES,
    Links,
    gradient,
    importance,
    keeps_momentum,
    live_weights,
    magnitude,
    mean_momentum,
    momentum,
    random,
)
from nsgraph.pruning.starts import uniform

PLAIN = Dynamic(start=uniform, drop=magnitude, grow=random)


def links(weight, mask, grad=None, seed=0, name="fc", moving=None):
    weight = torch.as_tensor(weight)
    mask = torch.as_tensor(mask, dtype=torch.bool)
    zero = torch.zeros_like(weight)
    grad = zero if grad is None else torch.as_tensor(grad)
    moving = zero if moving is None else torch.as_tensor(moving)
    generator = torch.Generator().manual_seed(seed)
    return Links(name, weight * mask, mask, grad, moving, generator, 0.0)


def update(layer, fraction, drop=magnitude, grow=random, **settings):
    """Of a single layer: mask, what grew, what was dropped."""
    method = replace(PLAIN, drop=drop, grow=grow, **settings)
    found = rewire({"fc": layer}, {"fc": int(layer.mask.sum())}, method, fraction)
    assert found.counts == {"fc": int(layer.mask.sum())}
    change = found.changes["fc"]
    return change.mask, change.grown, change.dropped


def test_rigl_drops_the_smallest_and_grows_the_largest_gradient():
    layer = links(
        [[0.1, -3.0, 0.0], [0.0, -0.2, 2.0]],
        [[1, 1, 0], [0, 1, 1]],
        [[9.0, 0.0, -5.0], [1.0, 7.0, 0.0]],
    )
    mask, grown, dropped = update(layer, 0.25, magnitude, gradient, may_return=False)
    assert mask.tolist() == [[False, True, True], [False, True, True]]
    assert grown.tolist() == [[False, False, True], [False, False, False]]
    assert dropped.tolist() == [[True, False, False], [False, False, False]]


def test_dropped_links_may_return():
    layer = links([[0.1, 3.0, 0.0]], [[1, 1, 0]], [[9.0, 0.0, 5.0]])
    mask, grown, dropped = update(layer, 0.5, magnitude, gradient)
    assert mask.tolist() == [[True, True, False]]
    assert grown.tolist() == dropped.tolist() == [[True, False, False]]  # back, but from zero


def test_set_drops_each_sign_separately():
    weight = [[5.0, 6.0, 7.0, 8.0, -0.1, -0.2, -0.3, -0.4, 0.0, 0.0]]
    layer = links(weight, [[1, 1, 1, 1, 1, 1, 1, 1, 0, 0]])
    mask, grown, _ = update(layer, 0.5, within="sign")
    # two of each sign go, though all positive weights are larger than all negative ones
    stayed = mask & ~grown
    assert stayed.tolist() == [[False, False, True, True, False, False, True, True, False, False]]
    assert int(mask.sum()) == 8


def test_plain_magnitude_drops_the_smallest_of_both_signs():
    layer = links([[5.0, 6.0, -0.1, -0.2, 0.0, 0.0]], [[1, 1, 1, 1, 0, 0]])
    mask, grown, _ = update(layer, 0.5)
    assert (mask & ~grown).tolist() == [[True, True, False, False, False, False]]


def test_importance_weighs_the_gradient():
    layer = links([[1.0, -2.0, 0.0]], [[1, 1, 0]], [[-30.0, 1.0, 5.0]])
    assert importance(0.1)(layer).tolist() == [[4.0, pytest.approx(2.1), 0.5]]
    assert RULES["magnitude-and-gradient"](layer)[0, 0] == pytest.approx(1.3)
    mask, _, _ = update(layer, 0.5, importance(0.1), gradient, may_return=False)
    assert mask.tolist() == [[True, False, True]]


def test_momentum_grows_where_it_is_largest():
    layer = links([[1.0, 2.0, 0.0, 0.0]], [[1, 1, 0, 0]], moving=[[0.0, 0.0, 1.0, -2.0]])
    mask, _, _ = update(layer, 0.5, magnitude, momentum)
    assert mask.tolist() == [[False, True, False, True]]
    assert keeps_momentum(magnitude, momentum, None)
    assert keeps_momentum(magnitude, random, mean_momentum)
    assert not keeps_momentum(magnitude, gradient, live_weights)


def test_alpha_at_both_ends():
    layer = links([[1.0, -2.0, 3.0, 0.0, 0.0]], [[1, 1, 1, 0, 0]])
    mask, grown, dropped = update(layer, 0.0)
    assert torch.equal(mask, layer.mask)
    assert not grown.any()
    assert not dropped.any()
    mask, grown, dropped = update(layer, 1.0)
    assert torch.equal(dropped, layer.mask)
    assert torch.equal(mask, grown)
    assert int(mask.sum()) == 3


@given(
    st.integers(0, 1000),
    st.floats(0, 1),
    st.sampled_from(["layer", "sign", "network", "threshold"]),
    st.booleans(),
    st.integers(0, 24),
)
def test_number_of_links_never_changes(seed, fraction, within, may_return, n_live):
    generator = torch.Generator().manual_seed(seed)
    mask = torch.zeros(24, dtype=torch.bool)
    mask[torch.randperm(24, generator=generator)[:n_live]] = True
    weight = torch.randn(24, generator=generator).round(decimals=1)
    layer = links(weight.view(4, 6), mask.view(4, 6), seed=seed)
    after, grown, dropped = update(layer, fraction, within=within, may_return=may_return)
    assert int(after.sum()) == n_live
    assert not (grown & ~after).any()
    assert torch.equal(layer.mask & ~dropped, after & ~grown)
    if fraction == 0:
        assert torch.equal(after, layer.mask)
    if not may_return:
        assert not (grown & layer.mask).any()


def test_random_growth_is_uniform():
    mask = torch.zeros(1, 8, dtype=torch.bool)
    mask[0, :4] = True
    counts = torch.zeros(8)
    for seed in range(2000):
        layer = links(torch.arange(1.0, 9.0)[None], mask, seed=seed)
        counts += update(layer, 0.25)[1][0]
    # one link (the first) goes each time and five places are free: 400 each, sd 18
    assert counts[1:4].tolist() == [0, 0, 0]
    assert counts[[0, 4, 5, 6, 7]].tolist() == pytest.approx([400] * 5, abs=90)


# several layers


def two_layers(seed=0):
    """Large weights in `a` (4 of 8 alive), small ones in `b` (8 of 16 alive)."""
    alive = [1, 0] * 4
    a = links([[5.0, 0, 6, 0, 7, 0, 8, 0]], [alive], seed=seed, name="a")
    small = [[0.1, 0, 0.2, 0, 0.3, 0, 0.4, 0], [0.5, 0, 0.6, 0, 0.7, 0, 9.0, 0]]
    b = links(small, [alive, alive], seed=seed, name="b")
    return {"a": a, "b": b}


COUNTS = {"a": 4, "b": 8}


def test_network_drops_one_ranking():
    method = replace(PLAIN, within="network", redistribute=live_weights, may_return=False)
    found = rewire(two_layers(), COUNTS, method, 0.5)
    dropped = {name: int(change.dropped.sum()) for name, change in found.changes.items()}
    assert dropped == {"a": 0, "b": 6}
    # 4 and 2 stay: 4 of the 6 go to a and 2 to b
    assert found.counts == {"a": 8, "b": 4}
    assert {n: int(c.mask.sum()) for n, c in found.changes.items()} == found.counts


def test_threshold_drops_what_is_below_and_adapts():
    method = replace(PLAIN, within="threshold", redistribute=live_weights, may_return=False)
    found = rewire(two_layers(), COUNTS, method, 0.25, threshold=0.35)
    assert int(found.changes["b"].dropped.sum()) == 3  # .1, .2 and .3
    assert found.threshold == 0.35  # 3 are a quarter of 12
    assert found.counts == {"a": 4 + 1, "b": 5 + 2}  # 3 in the ratio 4 : 5
    assert rewire(two_layers(), COUNTS, method, 0.25, threshold=0.25).threshold == 0.5
    assert rewire(two_layers(), COUNTS, method, 0.25, threshold=0.45).threshold == 0.225
    still = rewire(two_layers(), COUNTS, method, 0.0, threshold=0.45)
    assert still.threshold == 0.45
    assert still.counts == COUNTS
    assert not still.changes["b"].dropped.any()


def test_threshold_never_drops_more_than_can_grow():
    method = replace(PLAIN, within="threshold", redistribute=live_weights, may_return=False)
    layers = {"a": links([[1.0, 2.0, 3.0, 0.0]], [[1, 1, 1, 0]], name="a")}
    found = rewire(layers, {"a": 3}, method, 0.5, threshold=100.0)
    assert found.changes["a"].mask.tolist() == [[False, True, True, True]]


def test_mean_momentum_shares_what_grows():
    layers = two_layers()
    a = replace(layers["a"], momentum=torch.full((1, 8), -3.0))
    b = replace(layers["b"], momentum=torch.where(layers["b"].mask, 1.0, 50.0))
    assert float(mean_momentum(a, a.mask)) == 3
    assert float(mean_momentum(b, b.mask)) == 1  # of the live weights only
    method = replace(PLAIN, redistribute=mean_momentum)
    found = rewire({"a": a, "b": b}, COUNTS, method, 0.5)
    # 2 + 4 links go; 3 : 1 would be 4.5 and 1.5, and the earlier gets the half
    assert found.counts == {"a": 4 - 2 + 5, "b": 8 - 4 + 1}


def test_surplus_grows_last_and_goes_first():
    method = replace(PLAIN, drop=magnitude, surplus=lambda p: 0.25)
    layers = two_layers()
    found = rewire(layers, COUNTS, method, 0.0, surplus=0.25)
    after = {name: int(change.mask.sum()) for name, change in found.changes.items()}
    assert found.counts == COUNTS
    assert after == {"a": 4 + 2, "b": 8 + 4}
    assert not any(change.dropped.any() for change in found.changes.values())
    larger = {}
    for name, change in found.changes.items():
        weight = torch.where(change.grown, 20.0, layers[name].weight)
        larger[name] = replace(layers[name], mask=change.mask, weight=weight)
    trimmed = rewire(larger, COUNTS, method, 0.0, surplus=0.0)
    assert trimmed.changes["a"].dropped.tolist() == [[True, False, True] + [False] * 5]  # 5 and 6
    assert trimmed.changes["b"].dropped.flatten().nonzero()[:, 0].tolist() == [0, 2, 4, 6]
    assert {n: int(c.mask.sum()) for n, c in trimmed.changes.items()} == COUNTS


@given(
    st.integers(0, 10_000),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from(["layer", "sign", "network", "threshold"]),
    st.sampled_from([None, *SHARES.values()]),
    st.booleans(),
)
def test_total_is_exact_whatever_the_composition(
    seed, fraction, surplus, within, redistribute, may_return
):
    generator = torch.Generator().manual_seed(seed)
    layers, counts = {}, {}
    for name, shape in {"a": (3, 4), "b": (2, 3, 2, 2), "c": (1, 5)}.items():
        mask = torch.rand(shape, generator=generator) < torch.rand(1, generator=generator)
        moving = torch.randn(shape, generator=generator)
        layers[name] = links(
            torch.randn(shape, generator=generator), mask, seed=seed, moving=moving
        )
        extra = int(torch.randint(int(mask.sum()) + 1, (1,), generator=generator))
        counts[name] = int(mask.sum()) - extra
    method = replace(PLAIN, within=within, redistribute=redistribute, may_return=may_return)
    found = rewire(layers, counts, method, fraction, surplus, threshold=0.5)
    total, size = sum(counts.values()), 41
    assert sum(found.counts.values()) == total
    after = {name: int(change.mask.sum()) for name, change in found.changes.items()}
    assert all(after[name] >= found.counts[name] for name in layers)
    if may_return:
        assert sum(after.values()) == min(total + round(surplus * size), size)
    if surplus == 0:
        assert after == found.counts
    for name, change in found.changes.items():
        before = layers[name].mask
        assert torch.equal(before & ~change.dropped, change.mask & ~change.grown)
        assert not (change.dropped & ~before).any()
        assert may_return or not (change.grown & before).any()
    if redistribute is None and may_return:
        assert found.counts == counts


@given(st.data())
def test_spread_is_exact_and_within_its_room(data):
    names = "abcdef"[: data.draw(st.integers(1, 6))]
    room = {name: data.draw(st.integers(0, 20)) for name in names}
    kinds = st.one_of(st.just(0.0), st.floats(0, 1e6), st.just(float("nan")))
    shares = {name: data.draw(kinds) for name in names}
    total = data.draw(st.integers(0, sum(room.values())))
    found = spread(total, shares, room)
    assert sum(found.values()) == total
    assert all(0 <= found[name] <= room[name] for name in names)


def test_spread_by_hand():
    assert spread(7, {"a": 1.0, "b": 1.0}, {"a": 9, "b": 9}) == {"a": 4, "b": 3}
    assert spread(10, {"a": 6.0, "b": 3.0, "c": 1.0}, {"a": 9, "b": 9, "c": 9}) == {
        "a": 6,
        "b": 3,
        "c": 1,
    }
    # what a cannot take, b and c share 3 : 1
    assert spread(10, {"a": 6.0, "b": 3.0, "c": 1.0}, {"a": 2, "b": 9, "c": 9}) == {
        "a": 2,
        "b": 6,
        "c": 2,
    }
    assert spread(3, {"a": 0.0, "b": 0.0}, {"a": 2, "b": 4}) == {"a": 1, "b": 2}
    assert spread(4, {"a": 1.0, "b": 0.0}, {"a": 1, "b": 4}) == {"a": 1, "b": 3}


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (lambda links: links.weight * torch.nan, "NaN scores for layer 'fc'"),
        (lambda links: links.weight[0], r"gave \(3,\) for layer 'fc'; expected a tensor of shape"),
        (lambda links: None, "gave NoneType"),
    ],
)
@pytest.mark.parametrize("place", ["drop", "grow"])
def test_wrong_rules_are_one_sentence(rule, sentence, place):
    layer = links(torch.randn(4, 3), torch.rand(4, 3) < 0.5)
    with pytest.raises(UserError, match=sentence):
        update(layer, 0.5, **{place: rule})


@pytest.mark.parametrize("value", [-torch.inf, torch.inf, 0.0])
@pytest.mark.parametrize("place", ["drop", "grow"])
def test_infinite_scores_never_change_the_number_of_links(value, place):
    """Where no link is, or one, is said by infinity: scores must not be mistaken for it."""
    generator = torch.Generator().manual_seed(0)
    layer = links(torch.randn(6, 5), torch.rand(6, 5, generator=generator) < 0.4)
    for may_return in (True, False):
        rules = {place: lambda links: torch.full_like(links.weight, value)}
        mask, grown, dropped = update(layer, 0.5, may_return=may_return, **rules)
        assert mask.sum() == layer.mask.sum()
        assert grown.sum() == dropped.sum() == layer.mask.sum() // 2
        assert not (dropped & ~layer.mask).any()
