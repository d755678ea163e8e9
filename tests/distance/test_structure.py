from __future__ import annotations

import msgspec
import numpy as np
import pytest

from nsgraph.distance import distance
from nsgraph.distance.structure import structure_of
from nsgraph.errors import UserError
from nsgraph.masks import Masks
from nsgraph.network_file import SavedNetwork
from nsgraph.wiring import ActivationSet, Link, Wiring

from .examples import DENSE, RESIDUAL, random_masks, relabelled


def groups(wiring, labelled=True):
    return [(g.sets, g.size, g.labelled) for g in structure_of(wiring, labelled).groups]


def test_tied_sets_are_one_group():
    assert groups(RESIDUAL) == [
        (("input",), 2, True),
        (("stem", "sum1"), 4, False),
        (("inner1",), 3, False),
        (("inner2",), 5, False),
        (("sum2", "pooled", "flat"), 6, False),
        (("output",), 3, True),
    ]
    assert groups(RESIDUAL, labelled=False)[-1] == (("output",), 3, False)


def test_concatenation_and_padding_split_groups():
    assert groups(DENSE)[1:4] == [
        (("one", "both", "wide"), 3, False),
        (("two", "both"), 2, False),
        (("wide",), 3, False),
    ]


def test_summed_links_are_one_layer():
    layers = {layer.name: layer for layer in structure_of(RESIDUAL, True).layers}
    summed = layers["block2.b+block2.skip"]
    assert [b.columns for b in summed.blocks] == [slice(0, 45), slice(45, 49)]
    assert len(layers["fc"].column_neuron) == 24
    # A flattened map is channel-major: four positions of each channel in turn.
    assert np.unique(layers["fc"].column_neuron, return_counts=True)[1].tolist() == [4] * 6


def test_networks_of_different_width_with_shortcuts():
    rng = np.random.default_rng(0)
    wide = msgspec.structs.replace(
        RESIDUAL,
        sets=tuple(
            msgspec.structs.replace(s, channels=s.channels + 2)
            if s.id in ("stem", "sum1", "inner2")
            else s
            for s in RESIDUAL.sets
        ),
    )
    networks = []
    for wiring in (RESIDUAL, wide):
        masks = random_masks(rng, wiring, 0.4)
        weights = {name: mask.astype(np.float32) for name, mask in masks.items()}
        networks.append(SavedNetwork(Masks(masks), weights, wiring=wiring))
    found = distance(*networks)
    assert found.value == distance(*networks[::-1]).value
    assert found.per_layer["stem"] >= 2 / 6
    assert (distance(*networks[::-1]).assignment["sum1"] < 0).sum() == 2


def _wiring(sets, links):
    return Wiring(tuple(ActivationSet(*s) for s in sets), tuple(links))


def test_a_module_used_twice_has_one_order_of_neurons():
    wiring = _wiring(
        [("input", 3, 1, 1, "input"), ("x", 4), ("y", 4), ("z", 4), ("out", 2, 1, 1, "output")],
        [
            Link("linear", "input", "x", "first"),
            Link("linear", "x", "y", "shared"),
            Link("linear", "y", "z", "shared"),
            Link("linear", "z", "out", "last"),
        ],
    )
    assert [g[1] for g in groups(wiring)] == [3, 4, 2]
    rng = np.random.default_rng(1)
    for _ in range(10):
        a, b = (random_masks(rng, wiring, 0.4) for _ in range(2))
        order = rng.permutation(4)
        copy = relabelled(a, wiring, dict.fromkeys("xyz", order))
        assert distance(a, copy, wiring=wiring).value == 0
        found = distance(a, b, wiring=wiring)
        assert found.value == distance(b, copy, wiring=wiring).value
        assert list(found.per_layer) == ["first", "shared@y", "shared@z", "last"]


def test_grouped_convolution_reads_its_group():
    wiring = _wiring(
        [("input", 2, 3, 3, "input"), ("x", 4, 3, 3), ("y", 4, 3, 3), ("out", 2, 3, 3, "output")],
        [
            Link("conv", "input", "x", "first"),
            Link("conv", "x", "y", "depthwise", kernel=(3, 3), padding=(1, 1), groups=4),
            Link("conv", "y", "out", "last"),
        ],
    )
    rng = np.random.default_rng(2)
    for _ in range(10):
        a = random_masks(rng, wiring, 0.5)
        order = rng.permutation(4)
        # A depthwise convolution's channels move with those it reads.
        copy = {
            "first": a["first"][order],
            "depthwise": a["depthwise"][order],
            "last": a["last"][:, order],
        }
        assert distance(a, copy, wiring=wiring).value == 0
    moved = dict(a, depthwise=a["depthwise"][[1, 2, 3, 0]])
    assert distance(a, moved, wiring=wiring).value > 0


def test_what_has_no_neurons_to_match():
    flat_and_sum = _wiring(
        [("input", 1, 2, 2, "input"), ("sum", 4, 1, 1), ("x", 4), ("out", 2, 1, 1, "output")],
        [
            Link("flatten", "input", "sum"),
            Link("conv", "input", "sum", "conv", kernel=(2, 2)),
            Link("linear", "sum", "x", "fc"),
            Link("linear", "x", "out", "last"),
        ],
    )
    with pytest.raises(UserError, match="'sum'"):
        structure_of(flat_and_sum, True)
    twice = _wiring(
        [("input", 1, 1, 1, "input"), ("x", 2), ("sum", 4), ("out", 2, 1, 1, "output")],
        [
            Link("linear", "input", "x", "fc"),
            Link("identity", "x", "sum"),
            Link("identity", "x", "sum", channel_offset=2),
            Link("linear", "x", "sum", "more"),
            Link("linear", "sum", "out", "last"),
        ],
    )
    with pytest.raises(UserError, match="tied to each other"):
        structure_of(twice, True)


def test_differently_joined_networks():
    without_skip = msgspec.structs.replace(
        RESIDUAL, links=tuple(x for x in RESIDUAL.links if x.kind != "identity")
    )
    rng = np.random.default_rng(3)
    masks = random_masks(rng, RESIDUAL, 0.5)
    weights = {name: mask.astype(np.float32) for name, mask in masks.items()}
    networks = [SavedNetwork(Masks(masks), weights, wiring=w) for w in (RESIDUAL, without_skip)]
    with pytest.raises(UserError, match="joined differently"):
        distance(*networks)
