"""Counts at large sizes from counts at small ones: they are polynomials, extrapolated exactly.

Away from its borders a map looks the same everywhere, so that every local count is a quadratic in
the height of square images, from some height on and for heights of one residue modulo the total
stride. With all weights kept it is also a polynomial of degree four in the number of channels. At
the small sizes igraph enumerates the subgraphs of the unrolled graph; at the large one the counts
come from the masks alone.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import comb, prod

import pytest

from nsgraph.graphs import encode
from nsgraph.metrics import measure
from nsgraph.metrics.registry import chosen
from tests.graphs.networks import Builder
from tests.metrics import twin

OTHERS = ("size", "local", "neighbourhood", "strength")
WIDE = {"kernel": (3, 3), "padding": (1, 1)}


def stack(height, width):
    """Convolutions with stride, dilation and groups, and a pool."""
    net = Builder(2, height, width)
    here = net.conv("in", 3, **WIDE)
    here = net.pool(here, (2, 2), (2, 2))
    here = net.conv(here, 4, (3, 3), padding=(2, 2), dilation=(2, 2))
    here = net.conv(here, 4, (3, 2), stride=(2, 2), padding=(1, 0), after=(0, 1), groups=2)
    net.conv(here, 2, **WIDE)
    return net


def residual(height, width):
    """Basic blocks as in ResNet-20: identity, strided 1 x 1 convolution, option A."""
    net = Builder(2, height, width)
    here = net.conv("in", 2, **WIDE)
    for channels, stride, shortcut in ((2, 1, "identity"), (3, 2, "conv"), (4, 2, "identity")):
        inner = net.conv(here, channels, stride=(stride, stride), **WIDE)
        last = net.conv(inner, channels, **WIDE)
        if shortcut == "conv":
            net.conv(here, channels, stride=(stride, stride), into=last)
        else:
            net.identity(here, last, stride=(stride, stride))
        here = last
    return net


def bottlenecks(height, width):
    """The beginning of ResNet-50: an overlapping pool, bottleneck blocks."""
    net = Builder(1, height, width)
    first = net.conv("in", 2, stride=(2, 2), **WIDE)
    here = net.pool(first, (3, 3), (2, 2), padding=(1, 1))
    for shortcut in ("conv", "identity"):
        inner = net.conv(net.conv(here, 2), 2, **WIDE)
        last = net.conv(inner, 3)
        if shortcut == "conv":
            net.conv(here, 3, into=last)
        else:
            net.identity(here, last)
        here = last
    return net


def densely_connected(height, width):
    """Every layer reads all before it, and the last a pool of them: K4s."""
    net = Builder(1, height, width)
    maps = ["in"]
    for _ in range(3):
        here = net.concat(*maps) if len(maps) > 1 else maps[0]
        maps.append(net.conv(here, 1, **WIDE))
    net.conv(net.pool(net.concat(*maps), (2, 2), (2, 2)), 2)
    return net


NETWORKS = {
    "stack": (stack, 0.35),
    "residual": (residual, 0.5),
    "bottlenecks": (bottlenecks, 0.6),
    "dense": (densely_connected, 0.7),
}


def extrapolated(values, at):
    """The polynomial through {x: value}, of the least degree, at another x; in fractions."""
    total = Fraction(0)
    for x, value in values.items():
        others = [other for other in values if other != x]
        total += value * prod([Fraction(at - other, x - other) for other in others])
    return total


def enumerated(graph):
    """Subgraphs of three and four nodes, one by one."""
    return {f"motifs.{name}": count for name, count in twin.motifs(graph.to_igraph()).items()}


def unrolled(graph):
    """The other counts, on the edges."""
    values = {}
    for family in chosen(OTHERS):
        for part in family.parts:
            values |= {f"{family.name}.{k}": v for k, v in part.unrolled(graph).items()}
    return summed(values, graph.n_nodes)


def summed(values, n_nodes):
    """Means over nodes as sums (weights are sixteenths); without what is no sum over positions."""
    for name in ("neighbourhood.hop1", "neighbourhood.hop2", "strength.final_mean"):
        values[name] = round(16 * values[name] * n_nodes)
    left_out = ("effective_sparsity", "initial", "k_core")
    return {name: v for name, v in values.items() if not any(word in name for word in left_out)}


@pytest.mark.parametrize("start", [12, 13])
@pytest.mark.parametrize(
    ("name", "identity_skips"),
    [("stack", False), ("dense", False)]
    + [(name, skips) for name in ("residual", "bottlenecks") for skips in (False, True)],
)
def test_counts_are_quadratic_in_the_height_of_the_image(name, start, identity_skips):
    make, density = NETWORKS[name]

    def graph(size):
        return encode(make(size, size).network(density), identity_skips=identity_skips)

    small = {size: graph(size) for size in (start, start + 4, start + 8)}
    counts = {size: unrolled(g) | enumerated(g) for size, g in small.items()}
    large = graph(start + 212)
    values = summed(measure(large, [*OTHERS, "motifs"], max_edges=0), large.n_nodes)
    for metric in counts[start]:
        known = {size: found[metric] for size, found in counts.items()}
        assert values[metric] == extrapolated(known, start + 212), metric


def columns(channels, height, width):
    """Blocks that never leave a column, of one number of channels, with all weights kept."""
    net = Builder(channels, height, width)
    how = {"kernel": (3, 1), "padding": (1, 0)}
    here = net.conv("in", channels, **how)
    block = net.conv(net.conv(here, channels, **how), channels, **how)
    net.identity(here, block)
    inner = net.conv(block, channels, stride=(2, 1), **how)
    last = net.conv(inner, channels, **how)
    net.conv(block, channels, stride=(2, 1), into=last)
    return encode(net.network(density=1.0, initial=False), identity_skips=True)


def test_counts_are_polynomials_in_the_channels_too():
    """Past 2^53. Four nodes choose four channels; every column of the map counts on its own."""
    widest, heights = 4, (8, 10)
    counts = {(c, h): enumerated(columns(c, h, 1)) for c in range(1, widest + 1) for h in heights}
    channels, height, width = 256, 224, 224
    values = measure(columns(channels, height, width), "motifs")
    for metric in counts[1, heights[0]]:
        at_width = {
            h: extrapolated(
                {0: 0} | {c: counts[c, h][metric] for c in range(1, widest + 1)}, channels
            )
            for h in heights
        }
        assert values[metric] == width * extrapolated(at_width, height), metric
    assert values["motifs.size4"] > 2**53


def test_counts_past_two_to_the_63_by_closed_forms():
    """A globally pooled map of four million nodes and full layers behind it."""
    widths = (4_000_000, 1500, 1000, 700, 10)
    net = Builder(4, 1000, 1000)
    here = net.pool("in", (1000, 1000), (1, 1))
    for width in widths[1:]:
        here = net.linear(here, width)
    values = measure(encode(net.network(density=1.0, initial=False)), ["motifs", "neighbourhood"])
    pairs, triples = list(pairwise(widths)), list(zip(widths, widths[1:], widths[2:], strict=False))
    expected = {
        "motifs.fan_out": sum(n * comb(m, 2) for n, m in pairs),
        "motifs.fan_in": sum(comb(n, 2) * m for n, m in pairs),
        "motifs.chain": sum(prod(t) for t in triples),
        "motifs.star_out": sum(n * comb(m, 3) for n, m in pairs),
        "motifs.star_in": sum(comb(n, 3) * m for n, m in pairs),
        "motifs.star_1in_2out": sum(n * m * comb(k, 2) for n, m, k in triples),
        "motifs.star_2in_1out": sum(comb(n, 2) * m * k for n, m, k in triples),
        "motifs.bifan": sum(comb(n, 2) * comb(m, 2) for n, m in pairs),
        "motifs.biparallel": sum(n * comb(m, 2) * k for n, m, k in triples),
        "motifs.path_chain": sum(prod(widths[i : i + 4]) for i in range(2)),
        **{f"motifs.{name}": 0 for name in ("path_fork", "path_join", "path_zigzag", "k4")},
        **{
            f"neighbourhood.paths{k}": sum(
                prod(widths[i : i + k + 1]) for i in range(len(widths) - k)
            )
            for k in (1, 2, 3, 4)
        },
    }
    assert expected["motifs.star_in"] > expected["motifs.bifan"] > 2**62
    assert {name: values[name] for name in expected} == expected
