"""Seconds for encoding and for each family of metrics, beside igraph and scipy in the same run.

    python benchmarks/measuring.py [resnet20|mlp] [--density 0.1]

On one core of a server, resnet20 (blocks of 3 x 3 with 1 x 1 shortcuts, 32 x 32 pixels) at density
0.1 has 3.7 million edges and is encoded and measured in 0.6 s; mlp (25 million weights in three
layers) in 0.4 s at density 0.1 and 1.6 s at density 1. Ratios are the peer's seconds over ours.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nsgraph.graphs import Graph, encode
from nsgraph.masks import Masks
from nsgraph.metrics import measure
from nsgraph.metrics.registry import chosen
from nsgraph.network_file import SavedNetwork
from nsgraph.wiring import ActivationSet, Link, Wiring


def mlp(width: int = 2900) -> Wiring:
    """Three square layers."""
    sets = [ActivationSet("input", width, role="input")]
    links = []
    for number in range(3):
        role = "output" if number == 2 else "hidden"
        sets.append(ActivationSet(f"s{number}", width, role=role))
        links.append(Link("linear", sets[-2].id, sets[-1].id, f"fc{number}"))
    return Wiring(tuple(sets), tuple(links))


def resnet20() -> Wiring:
    """Nine blocks of two 3 x 3 convolutions, 1 x 1 shortcuts where the shape changes."""
    sets = [ActivationSet("input", 3, 32, 32, "input"), ActivationSet("stem", 16, 32, 32)]
    how: dict[str, Any] = {"kernel": (3, 3), "padding": (1, 1)}
    links = [Link("conv", "input", "stem", "stem", **how)]
    for block in range(9):
        before = sets[-1]
        channels, size = 16 * 2 ** (block // 3), 32 // 2 ** (block // 3)
        names = f"b{block}.conv1", f"b{block}.conv2"
        sets += [ActivationSet(name, channels, size, size) for name in names]
        stride = (before.height // size,) * 2
        links.append(Link("conv", before.id, names[0], names[0], stride=stride, **how))
        links.append(Link("conv", *names, names[1], **how))
        if stride != (1, 1):
            links.append(Link("conv", before.id, names[1], f"b{block}.short", stride=stride))
        else:
            links.append(Link("identity", before.id, names[1]))
    sets += [ActivationSet("pooled", 64), ActivationSet("logits", 10, role="output")]
    links.append(Link("pool", sets[-3].id, "pooled", kernel=(8, 8)))
    links.append(Link("linear", "pooled", "logits", "fc"))
    return Wiring(tuple(sets), tuple(links))


def sparse(wiring: Wiring, density: float) -> SavedNetwork:
    """Random masks of one density, normal weights."""
    rng = np.random.default_rng(0)
    masks, weights = {}, {}
    for link in wiring.links:
        if link.layer is not None:
            shape = wiring.weight_shape(link)
            masks[link.layer] = rng.random(shape, dtype=np.float32) < density
            weights[link.layer] = rng.standard_normal(shape, dtype=np.float32) * masks[link.layer]
    return SavedNetwork(Masks(masks), weights, initial=weights, wiring=wiring)


def peers(graph: Graph) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """(family, peer, what it computes); the conversion to the peer is not timed."""
    directed = graph.to_igraph()
    undirected = directed.as_undirected(mode="each")
    ones = graph.to_scipy().astype(bool).astype(np.int32)
    yield (
        "connectivity",
        "igraph components, bridges, articulation points",
        lambda: (
            undirected.connected_components(),
            undirected.bridges(),
            undirected.articulation_points(),
        ),
    )
    yield (
        "strength",
        "igraph strength, coreness",
        lambda: (undirected.strength(weights="weight"), undirected.coreness()),
    )
    yield "neighbourhood", "scipy A @ A", lambda: (ones @ ones + ones).nnz


def seconds(action: Callable[[], Any]) -> float:
    """Wall seconds of one run."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main() -> None:
    """Print one line a step."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", nargs="?", default="resnet20", choices=("resnet20", "mlp"))
    parser.add_argument("--density", type=float, default=0.1)
    parser.add_argument("--no-peers", action="store_true", help="ours alone")
    options = parser.parse_args()
    wiring = {"resnet20": resnet20, "mlp": mlp}[options.network]()
    saved = sparse(wiring, options.density)
    for family in chosen():  # compiles, the first time
        measure(encode(saved, weights="both"), family.name)
    ours = {"encode": seconds(lambda: encode(saved, weights="both"))}
    graph = encode(saved, weights="both")
    for family in chosen():
        ours[family.name] = seconds(lambda f=family.name: measure(graph, f))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{options.network}, density {options.density}: {graph}")
    for name, value in ours.items():
        print(f"{name:15} {value:8.3f} s")
    print(f"{'total':15} {sum(ours.values()):8.3f} s, peak memory of the process {memory:.0f} MiB")
    if not options.no_peers:
        for family, peer, action in peers(graph):
            theirs = seconds(action)
            print(f"{family:15} {theirs:8.3f} s  {peer}: {theirs / ours[family]:.1f} times ours")


if __name__ == "__main__":
    main()
