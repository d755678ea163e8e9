"""Rewired masks: degrees kept at every node, every mask of these degrees equally likely."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from nsgraph.errors import UserError
from nsgraph.graphs import encode
from nsgraph.masks import Masks
from nsgraph.topologies import GRAINS, channel_masks, degree_preserving
from nsgraph.topologies.bipartite import Bipartite
from tests.graphs.networks import cases, networks


def groups_of(wiring):
    return {link.layer: link.groups for link in wiring.links if link.layer is not None}


def rewired(mask, seed=0, group=1, **options):
    rng = np.random.default_rng(seed)
    return degree_preserving(Masks({"a": mask}), rng, groups={"a": group}, **options)["a"]


def random_mask(shape, density, seed=0):
    return np.random.default_rng(seed).random(shape) < density


@cases(60)
@given(networks, st.integers(0, 10**6))
def test_rolled_graphs_keep_their_degrees(saved, seed):
    rng = np.random.default_rng(seed)
    null = degree_preserving(saved.masks, rng, grain="rolled", groups=groups_of(saved.wiring))
    before, after = (encode(saved, masks, encoding="rolled") for masks in (saved.masks, null))
    assert np.array_equal(before.in_degrees, after.in_degrees)
    assert np.array_equal(before.out_degrees, after.out_degrees)


def test_channel_masks_by_hand():
    kernels = np.zeros((2, 2, 1, 2))
    kernels[0, 1, 0, 0] = kernels[1, 0, 0] = 1
    masks = channel_masks(Masks({"conv": kernels, "fc": [[1, 0]]}))
    assert masks == {"conv": [[0, 1], [1, 0]], "fc": [[1, 0]]}


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([1, 1, 1], [1, 1, 1]),
        ([2, 1, 1], [2, 1, 1]),  # a swap of random links alone is not uniform on these
        ([2, 2, 1], [1, 2, 2]),
        ([3, 1, 1], [2, 1, 1, 1]),
        ([3, 2, 1, 1], [3, 2, 2]),
        ([2, 2], [1, 1, 1, 1]),
    ],
)
def test_all_masks_of_given_degrees_are_equally_likely(rows, columns):
    """Kernel positions are drawn independently: 6400 of them are 6400 draws from one start."""
    cells = len(rows), len(columns)
    every = [np.reshape(bits, cells) for bits in itertools.product([0, 1], repeat=np.prod(cells))]
    every = [m for m in every if list(m.sum(1)) == rows and list(m.sum(0)) == columns]
    start = np.broadcast_to(every[0][:, :, None, None], (*cells, 80, 80))
    drawn = rewired(start, seed=3).reshape(*cells, -1)
    counts = Counter(drawn[:, :, k].tobytes() for k in range(drawn.shape[2]))
    assert set(counts) == {np.asarray(m, dtype=bool).tobytes() for m in every}
    expected = drawn.shape[2] / len(every)
    statistic = sum((count - expected) ** 2 / expected for count in counts.values())
    assert statistic < chi2.ppf(0.999, len(every) - 1)


@pytest.mark.parametrize("structure", ["hubs", "nested", "blocks"])
def test_more_rounds_lead_no_further_from_the_start(structure):
    """Also where mixing is slow: hubs on both sides, sorted or clustered links."""
    rng = np.random.default_rng(1)
    if structure == "blocks":
        start = np.kron(np.eye(4), np.ones((40, 60))) * random_mask((160, 240), 0.3) > 0
    else:
        weights = [(1 - rng.random(300)) ** -0.8 for _ in range(2)]
        expected = np.minimum(1, 3000 * np.outer(*weights) / np.prod([w.sum() for w in weights]))
        start = rng.random((300, 300)) < expected
        if structure == "nested":
            start = most_nested(start)

    def overlap(rounds, seed):
        options = {} if rounds is None else {"rounds": rounds}
        return (start & rewired(start, seed, **options)).sum() / start.sum()

    shares = {r: np.mean([overlap(r, seed) for seed in range(12)]) for r in (1, None, 250)}
    assert shares[None] == pytest.approx(shares[250], abs=0.01)
    assert shares[1] > shares[250] + 0.2


def most_nested(mask):
    """Links of the same degrees, rows filled from the fullest on with the columns of most need."""
    nested = np.zeros_like(mask)
    need = mask.sum(axis=0)
    for row in np.argsort(-mask.sum(axis=1), kind="stable"):
        nested[row, np.argsort(-need, kind="stable")[: mask[row].sum()]] = True
        need = mask.sum(axis=0) - nested.sum(axis=0)
    assert np.array_equal(nested.sum(axis=0), mask.sum(axis=0))
    return nested


@pytest.mark.parametrize("grain", ["position", "rolled"])
@pytest.mark.parametrize(
    "mask",
    [
        np.zeros((3, 4)),
        np.ones((3, 4)),
        np.zeros((4, 2, 3, 3)),
        np.ones((4, 2, 3, 3)),
        random_mask((1, 9), 0.5),
        random_mask((9, 1), 0.5),
        [[1]],
        np.tri(5),  # the only mask of its degrees
    ],
)
def test_masks_that_cannot_move(mask, grain):
    assert np.array_equal(rewired(mask, grain=grain), np.asarray(mask, dtype=bool))


def test_depthwise_kernels_move_only_in_other_grains():
    mask = random_mask((6, 1, 3, 3), 0.5)
    assert np.array_equal(rewired(mask, group=6), mask)
    assert np.array_equal(rewired(mask, group=6, grain="rolled"), mask)
    assert not np.array_equal(rewired(random_mask((6, 2, 3, 3), 0.5), group=3), mask)


def test_links_stay_in_their_group():
    mask = random_mask((6, 4, 2, 1), 0.5)
    mask[:2] = False
    mask[0, 0] = True
    null = rewired(mask, group=3)
    for group in range(3):
        own, drawn = mask[2 * group : 2 * group + 2], null[2 * group : 2 * group + 2]
        assert np.array_equal(own.sum(axis=0), drawn.sum(axis=0))
        assert np.array_equal(own.sum(axis=1), drawn.sum(axis=1))


def test_same_seed_same_masks():
    mask = random_mask((20, 30, 3, 1), 0.2)
    before = mask.copy()
    assert np.array_equal(rewired(mask, 5), rewired(mask, 5))
    assert not np.array_equal(rewired(mask, 5), rewired(mask, 6))
    assert not np.array_equal(rewired(mask, 5), rewired(mask, 5, grain="rolled"))
    assert np.array_equal(mask, before)
    assert np.array_equal(rewired(mask, rounds=0), mask)


def test_outputs_keep_their_degree_from_every_class_of_channels():
    mask = random_mask((12, 6, 2, 1), 0.4)
    classes = np.array([0, 1, 1, 0, 2, 1])
    null = rewired(mask, classes={"a": classes})
    assert not np.array_equal(null, mask)
    for one in range(3):
        own, drawn = mask[:, classes == one], null[:, classes == one]
        assert np.array_equal(own.sum(axis=0), drawn.sum(axis=0))
        assert np.array_equal(own.sum(axis=1), drawn.sum(axis=1))
    assert np.array_equal(null[:, 4], mask[:, 4])  # alone in its class
    free = rewired(mask)
    assert not np.array_equal(free[:, 4], mask[:, 4])


@pytest.mark.parametrize("grain", GRAINS)
def test_links_are_where_their_ends_say(grain):
    shape, groups, classes = (6, 2, 3, 2), 2, [0, 1, 1, 0]
    layer = Bipartite("a", shape, grain, groups, classes)
    links = np.arange(np.prod(shape))
    ends = layer.ends(links)
    assert np.array_equal(layer.links(ends.rows, ends.columns), links)
    assert len(set(zip(ends.rows, ends.columns, strict=True))) == links.size
    expected = {}
    for link, graph, row, column in zip(links, *ends, strict=True):
        output, channel, ky, kx = np.unravel_index(link, shape)
        group = output // 3
        apart = (group, classes[group * 2 + channel], *((ky, kx) if grain == "position" else ()))
        assert expected.setdefault(("graph", graph), apart) == apart
        assert expected.setdefault(("row", row), (apart, output)) == (apart, output)
        place = (group, channel, ky, kx)
        assert expected.setdefault(("column", column), place) == place
        assert layer.column_starts[graph] <= column < layer.column_starts[graph + 1]
    for kind in ("graph", "row", "column"):  # and different things have different numbers
        named = [value for key, value in expected.items() if key[0] == kind]
        assert len(set(named)) == len(named)


def test_every_layer_is_drawn_anew():
    mask = random_mask((20, 20), 0.3)
    null = degree_preserving(Masks({"a": mask, "b": mask}), np.random.default_rng(0))
    assert list(null) == ["a", "b"]
    assert not np.array_equal(null["a"], null["b"])


def test_errors():
    with pytest.raises(UserError, match="Grain 'kernel' is unknown; expected one of position, r"):
        rewired(np.ones((2, 2)), grain="kernel")
    with pytest.raises(UserError, match="Layer 'a': 4 outputs cannot form 3 groups"):
        rewired(np.ones((4, 1, 1, 1)), group=3)
