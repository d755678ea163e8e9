"""Other distances against definitions written out plainly, and what leaves them unchanged."""

from __future__ import annotations

from itertools import permutations, product

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsgraph.distance import distance, others
from nsgraph.errors import UserError

from .examples import (
    RESIDUAL,
    random_layer,
    random_masks,
    random_mlp,
    relabelled,
    relabelled_mlp,
    residual_orders,
    rewired,
)

ALWAYS = ["degrees", "deltacon", "jaccard", "portrait", "spectral"]
seeds = st.integers(0, 2**32 - 1)


def pair(seed, widths=(5, 6, 4), density=0.3):
    rng = np.random.default_rng(seed)
    return tuple(random_mlp(rng, list(widths), density) for _ in range(2))


def graph(masks):
    """Undirected networkx graph of a chain of linear layers."""
    found = nx.Graph()
    for layer, mask in enumerate(masks.values()):
        found.add_nodes_from((layer, i) for i in range(mask.shape[1]))
        found.add_nodes_from((layer + 1, i) for i in range(mask.shape[0]))
        found.add_edges_from(((layer, j), (layer + 1, i)) for i, j in np.argwhere(mask).tolist())
    return found


def test_what_is_computed_unless_others_are_asked_for():
    a, b = pair(0)
    assert list(others.compare(a, b)) == ALWAYS
    assert list(others.compare(a, b, names=["edit", "jaccard"])) == ["edit", "jaccard"]


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_zero_and_symmetry(seed):
    a, b = pair(seed)
    assert all(value == 0 for value in others.compare(a, a).values())
    one, other = others.compare(a, b), others.compare(b, a)
    assert one == pytest.approx(other, abs=1e-12)
    assert all(0 <= one[name] <= 1 for name in ALWAYS if name != "deltacon")


@given(seeds)
@settings(max_examples=15, deadline=None)
def test_invariance_is_as_stated(seed):
    rng = np.random.default_rng(seed)
    masks = random_masks(rng, RESIDUAL, 0.4)
    copy = relabelled(masks, RESIDUAL, residual_orders(rng))
    found = others.compare(masks, copy, wiring=RESIDUAL)
    for name in ALWAYS:
        if others.DISTANCES[name].invariant:
            assert found[name] == pytest.approx(0, abs=1e-9)
    a, b = pair(seed)
    one, other = others.compare(a, b), others.compare(a, relabelled_mlp(rng, b))
    assert [one[n] for n in ("degrees", "spectral", "portrait")] == pytest.approx(
        [other[n] for n in ("degrees", "spectral", "portrait")], abs=1e-9
    )


def test_those_that_need_a_correspondence_see_a_relabelling():
    rng = np.random.default_rng(0)
    a = random_mlp(rng, [20, 30, 5], 0.2)
    found = others.compare(a, relabelled_mlp(rng, a))
    assert found["jaccard"] > 0.5
    assert found["deltacon"] > 0.1
    assert not others.DISTANCES["jaccard"].invariant
    assert not others.DISTANCES["deltacon"].invariant


def test_jaccard_by_sets():
    a, b = pair(1)
    links = [
        {(name, *place) for name, mask in masks.items() for place in np.argwhere(mask).tolist()}
        for masks in (
            {k: v for k, v in a.items()},
            {k: v for k, v in b.items()},
        )
    ]
    expected = 1 - len(links[0] & links[1]) / len(links[0] | links[1])
    assert others.compare(a, b)["jaccard"] == pytest.approx(expected)


def test_degrees_by_sorting():
    a, b = pair(2)
    values = []
    for one, other in zip(a.values(), b.values(), strict=True):
        for axis in (1, 0):  # of equally many numbers: matched in order
            gaps = np.sort(one.mean(axis)) - np.sort(other.mean(axis))
            values.append(np.abs(gaps).mean())
    assert others.compare(a, b)["degrees"] == pytest.approx(np.mean(values))


def test_degrees_of_a_convolution():
    a, b = np.zeros((2, 1, 2, 2), bool), np.zeros((2, 1, 2, 2), bool)
    a[0, 0] = True  # in-degrees 4 and 0 of 4, out-degree 4 of 8
    # in: the mean of |4 - 0| / 4 and 0; out: 4 of 8 against 0 of 8
    assert others.compare({"c": a}, {"c": b})["degrees"] == pytest.approx((0.5 + 0.5) / 2)


def test_spectral_by_the_normalised_laplacian_of_networkx():
    rng = np.random.default_rng(3)
    spectra = []
    masks = []
    while len(masks) < 2:  # networkx gives isolated nodes another eigenvalue
        mask = random_layer(rng, (6, 4), 0.5)
        if mask.any(0).all() and mask.any(1).all():
            masks.append({"fc": mask})
            eigenvalues = np.sort(nx.normalized_laplacian_spectrum(graph(masks[-1])))
            spectra.append(1 - eigenvalues[:4])  # 1 - s of the four singular values
    expected = np.abs(np.sort(spectra[0]) - np.sort(spectra[1])).mean()
    assert others.compare(*masks)["spectral"] == pytest.approx(expected)


def portrait_twin(masks):
    """P(k, l) as a dictionary, from networkx's shortest paths."""
    network = graph(masks)
    n = len(network)
    shells = [
        [list(lengths.values()).count(step) for step in range(n)]
        for _, lengths in nx.all_pairs_shortest_path_length(network)
    ]
    pairs = sum(sum(own) for own in shells)
    found = {}
    for own in shells:
        for step, count in enumerate(own):
            share = sum(other[step] for other in shells) / pairs
            found[count, step] = found.get((count, step), 0) + share / n
    return found


@given(seeds, st.sampled_from([0.05, 0.15, 0.4]))
@settings(max_examples=20, deadline=None)
def test_portrait_by_networkx(seed, density):
    a, b = pair(seed, density=density)
    one, other = portrait_twin(a), portrait_twin(b)
    divergence = 0.0
    for key in one.keys() | other.keys():
        p, q = one.get(key, 0), other.get(key, 0)
        divergence += sum(x / 2 * np.log2(2 * x / (p + q)) for x in (p, q) if x > 0)
    assert others.compare(a, b)["portrait"] == pytest.approx(divergence, abs=1e-9)


def test_portrait_in_blocks(monkeypatch):
    a, b = pair(4, density=0.1)
    whole = others.compare(a, b, names=["portrait"])
    monkeypatch.setattr(others.portrait, "BLOCK", 4)
    assert others.compare(a, b, names=["portrait"]) == pytest.approx(whole)


def test_deltacon_by_its_power_series():
    a, b = pair(5)
    roots = []
    for masks in (a, b):
        network = graph(masks)
        adjacency = nx.to_numpy_array(network)
        e = 1 / (1 + max(dict(network.degree).values()))
        step = e * adjacency - e**2 * np.diag(adjacency.sum(0))
        influence, power = np.zeros_like(step), np.eye(len(step))
        for _ in range(400):  # (I - step)^-1 = I + step + step^2 + ...
            influence, power = influence + power, power @ step
        roots.append(np.sqrt(np.maximum(influence, 0)))
    expected = np.sqrt(((roots[0] - roots[1]) ** 2).sum())
    assert others.compare(a, b)["deltacon"] == pytest.approx(expected, abs=1e-6)


def test_deltacon_by_hand():
    # One link: e = 1/2, S = [[5/4, -1/2], [-1/2, 5/4]]^-1 = [[20, 8], [8, 20]] / 21; none: S = I.
    expected = np.sqrt(2 * (np.sqrt(20 / 21) - 1) ** 2 + 2 * (8 / 21))
    assert others.compare({"fc": [[1]]}, {"fc": [[0]]})["deltacon"] == pytest.approx(expected)


def edit_twin(a, b):
    """Least number of differing links over all relabellings of hidden neurons."""
    names = list(a)
    hidden = [range(len(a[name])) for name in names[:-1]]
    least = np.inf
    for orders in product(*(permutations(each) for each in hidden)):
        before, changed = np.arange(a[names[0]].shape[1]), 0
        for name, after in zip(names, [*orders, range(len(a[names[-1]]))], strict=True):
            changed += int((a[name] ^ b[name][list(after)][:, before]).sum())
            before = list(after)
        least = min(least, changed)
    return least


@given(seeds, st.sampled_from([0.2, 0.4]))
@settings(max_examples=15, deadline=None)
def test_edit_distance_and_what_nnstd_says_of_it(seed, density):
    rng = np.random.default_rng(seed)
    a = random_mlp(rng, [3, 3, 3, 2], density)
    b = relabelled_mlp(rng, rewired(rng, a, rng.choice([0, 0.3, 1])))
    exact = others.compare(a, b, names=["edit"])["edit"]
    assert exact == edit_twin(a, b)
    found = distance(a, b)
    changed = others.changed_links(a, b, found)
    assert exact <= sum(changed.values())
    assert (exact == 0) == (found.value == 0) == (sum(changed.values()) == 0)
    for name, mask in a.items():
        total = len(mask) * found.per_layer[name]
        assert total <= changed[name] + 1e-9
        assert changed[name] <= mask.shape[1] * total + 1e-9


def test_edit_distance_of_different_widths():
    a = {"x": [[1, 1], [1, 0]], "y": [[1, 1]]}
    b = {"x": [[1, 1]], "y": [[1]]}
    assert others.compare(a, b, names=["edit"])["edit"] == 2  # the links of the second neuron
    assert others.changed_links(a, b, distance(a, b)) == {"x": 1, "y": 1}


def test_edit_distance_of_a_convolution():
    a = np.zeros((1, 2, 1, 3), bool)
    b = a.copy()
    a[0, 0, 0, :2], b[0, 0, 0, 1:] = True, True
    assert others.compare({"c": a}, {"c": b}, names=["edit"])["edit"] == 2


def test_changed_links_count_every_layer_of_a_residual_network():
    rng = np.random.default_rng(6)
    a = random_masks(rng, RESIDUAL, 0.4)
    b = {name: mask.copy() for name, mask in a.items()}
    b["fc"][0, 0] ^= True
    copy = relabelled(b, RESIDUAL, residual_orders(rng))
    found = distance(a, copy, wiring=RESIDUAL)
    changed = others.changed_links(a, copy, found, wiring=RESIDUAL)
    assert sum(changed.values()) == changed["fc"] == 1


def test_undefined_and_unknown():
    a, b = {"fc1": np.eye(3), "fc2": np.eye(2, 3)}, {"fc1": np.ones((4, 3)), "fc2": np.eye(2, 4)}
    found = others.compare(a, b)
    assert found["jaccard"] is found["deltacon"] is None
    assert "widths differ" in found["jaccard.status"]
    assert found["portrait"] > 0
    wide = {"fc1": np.eye(9), "fc2": np.eye(2, 9)}
    assert "matchings" in others.compare(wide, wide, names=["edit"])["edit.status"]
    with pytest.raises(UserError, match="no distance 'hamming'"):
        others.compare(a, a, names=["hamming"])
