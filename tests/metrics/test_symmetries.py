"""What must not change a value: the order of channels and nodes, rows for columns."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.graphs import ENCODINGS, Graph, encode
from nsgraph.masks import Masks
from nsgraph.metrics import families, measure
from nsgraph.network_file import SavedNetwork
from nsgraph.wiring import ActivationSet, Wiring
from tests.graphs.networks import cases, networks

FAMILIES = [name for name in families() if name not in ("communities", "tails")]
"""All but those that draw random numbers node by node."""


def same_values(one, other):
    """Hold all values of two graphs to each other."""
    values, others = (measure(graph, FAMILIES) for graph in (one, other))
    assert values.keys() == others.keys()
    for name, value in values.items():
        if isinstance(value, float):
            value = pytest.approx(value, rel=1e-7, abs=1e-9)
        assert others[name] == value, name


def with_arrays(saved, wiring, change):
    """The network with masks and weights changed by `change(layer, values)`."""

    def changed(arrays):
        return {layer: change(layer, np.asarray(values)) for layer, values in arrays.items()}

    return SavedNetwork(
        Masks(changed(saved.masks)),
        changed(saved.weights),
        initial=changed(saved.initial),
        wiring=wiring,
    )


def relabelled(saved, seed):
    """The same network with channels in another order, consistently through all layers."""
    wiring = saved.wiring
    order = channel_orders(wiring, np.random.default_rng(seed))
    links = {link.layer: link for link in wiring.links}

    def permuted(layer, values):
        link = links[layer]
        values = values[order[link.target]]
        return values if link.groups > 1 else values[:, order[link.source]]

    return with_arrays(saved, wiring, permuted)


def channel_orders(wiring, rng):
    """Old channel of every new one, for all sets; channels that are joined one to one go along."""
    kept = fixed_sets(wiring)
    order = {}
    for s in wiring.sets:
        links = wiring.into(s.id)
        if s.id in kept:
            order[s.id] = np.arange(s.channels)
            continue
        found = np.full(s.channels, -1)
        for link in links:
            if not link.parametric:
                own, offset = order[link.source], link.channel_offset
                if link.kind == "flatten":
                    area = wiring.set(link.source).height * wiring.set(link.source).width
                    own = (own[:, None] * area + np.arange(area)).ravel()
                found[offset : offset + len(own)] = offset + own
        free = np.flatnonzero(found < 0)
        found[free] = rng.permutation(free)
        for link in links:
            if link.groups > 1:  # channels stay within their group
                found = rng.permuted(np.arange(s.channels).reshape(link.groups, -1), axis=1).ravel()
        order[s.id] = found
    return order


def fixed_sets(wiring):
    """Sets whose channels have to stay: read by groups, or summed channel by channel."""
    kept = {link.source for link in wiring.links if link.groups > 1}
    for s in wiring.sets:
        into = [k for k in wiring.into(s.id) if not k.parametric and k.kind != "concat"]
        grouped = any(k.groups > 1 for k in wiring.into(s.id))
        if len(into) > 1 or (into and grouped):
            kept |= {s.id, *(k.source for k in into)}
    while True:
        more = {k.source for k in wiring.links if not k.parametric and k.target in kept} - kept
        if not more:
            return kept
        kept |= more


def exchanged(saved):
    """The same network for images with rows and columns exchanged."""
    wiring = saved.wiring
    turned = Wiring(
        tuple(ActivationSet(s.id, s.channels, s.width, s.height, s.role) for s in wiring.sets),
        tuple(
            msgspec.structs.replace(
                link,
                kernel=link.kernel[::-1],
                stride=link.stride[::-1],
                padding=link.padding[::-1],
                dilation=link.dilation[::-1],
            )
            for link in wiring.links
        ),
    )
    flattened = {k.target: wiring.set(k.source).shape for k in wiring.links if k.kind == "flatten"}
    source = {link.layer: link.source for link in wiring.links}

    def change(layer, values):
        if values.ndim == 4:
            return np.ascontiguousarray(values.swapaxes(2, 3))
        if source[layer] not in flattened:
            return values
        maps = values.reshape(len(values), *flattened[source[layer]])
        return np.ascontiguousarray(maps.swapaxes(2, 3)).reshape(values.shape)

    return with_arrays(saved, turned, change)


@cases(40)
@given(networks, st.integers(0, 10**6), st.sampled_from(sorted(ENCODINGS)))
def test_order_of_the_channels(saved, seed, encoding):
    same_values(
        *(encode(n, encoding=encoding, weights="both") for n in (saved, relabelled(saved, seed)))
    )


@cases(40)
@given(networks, st.sampled_from(sorted(ENCODINGS)))
def test_rows_for_columns(saved, encoding):
    same_values(*(encode(n, encoding=encoding, weights="both") for n in (saved, exchanged(saved))))


@cases(40)
@given(st.integers(1, 40), st.floats(0, 0.5), st.integers(0, 10**6))
def test_order_of_the_nodes(n, density, seed):
    """A random graph and the same in another topological order."""
    rng = np.random.default_rng(seed)
    joined = np.triu(rng.random((n, n)) < density, 1)
    source, target = np.nonzero(joined)
    weights = rng.integers(1, 9, source.size) / 8
    depth = np.zeros(n, int)
    for v in range(n):
        depth[v] = max((depth[u] + 1 for u in np.flatnonzero(joined[:, v])), default=0)
    number = np.empty(n, int)
    number[np.lexsort((rng.random(n), depth))] = np.arange(n)
    same_values(
        Graph.from_edges(n, source, target, weights),
        Graph.from_edges(n, number[source], number[target], weights),
    )
