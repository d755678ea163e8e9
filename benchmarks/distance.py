"""NNSTD against a double loop over sets and against one matrix product with a solver.

`OMP_NUM_THREADS=1 python benchmarks/distance.py [layer | wide | pairs]`; all without a name. The
solver of the floor is the faster of scipy's and, where it is installed (`pip install lap`),
`lap.lapjv`. Compiled loops are warmed up; times are the shortest of several runs. The double loops
run over all columns of some rows and are scaled up to all.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from nsgraph.distance import distance
from nsgraph.distance.canonical import canonical_form
from nsgraph.distance.network import as_network
from nsgraph.distance.nnstd import canonical_distance

try:
    from lap import lapjv
except ImportError:
    lapjv = None

WIDTH = 784
DENSITIES = (0.006, 0.05, 0.2)
LOOP_ROWS = 4
REPEATS = 5
NETWORKS = 10

Mask = np.ndarray


def layer(rng: np.random.Generator, density: float, shape: tuple[int, int]) -> Mask:
    """Erdos-Renyi layer."""
    mask = np.zeros(shape[0] * shape[1], dtype=bool)
    mask[rng.choice(mask.size, round(density * mask.size), replace=False)] = True
    return mask.reshape(shape)


def mlp(rng: np.random.Generator, density: float) -> dict[str, Mask]:
    """784-784-784-784-10, layers of one density."""
    widths = [WIDTH] * 4 + [10]
    shapes = zip(widths[1:], widths[:-1], strict=True)
    return {f"fc{i}": layer(rng, density, shape) for i, shape in enumerate(shapes)}


def rewired(rng: np.random.Generator, masks: dict[str, Mask], share: float) -> dict[str, Mask]:
    """A share of the links of each layer moved to empty places."""
    moved = {}
    for name, mask in masks.items():
        flat = mask.ravel().copy()
        links, empty = np.flatnonzero(flat), np.flatnonzero(~flat)
        count = round(share * len(links))
        flat[rng.choice(links, count, replace=False)] = False
        flat[rng.choice(empty, count, replace=False)] = True
        moved[name] = flat.reshape(mask.shape)
    return moved


def loop_as_published(a: Mask, b: Mask, rows: int) -> Mask:
    """Costs of some rows: for every pair both input sets are formed from the masks' columns."""
    weights_a, weights_b = a.T.astype(float), b.T.astype(float)  # [inputs, neurons], as stored
    cost = np.zeros((rows, weights_b.shape[1]))
    for i in range(rows):
        for j in range(weights_b.shape[1]):
            one = set(np.where(weights_a[:, i] != 0)[0])
            other = set(np.where(weights_b[:, j] != 0)[0])
            union = len(one.union(other))
            if union:
                cost[i, j] = len(one.symmetric_difference(other)) / union
    return cost


def loop_over_ready_sets(a: Mask, b: Mask, rows: int) -> Mask:
    """The same with the input sets formed once."""
    sets_a, sets_b = ([set(np.flatnonzero(row).tolist()) for row in m] for m in (a, b))
    cost = np.zeros((rows, len(sets_b)))
    for i, one in enumerate(sets_a[:rows]):
        for j, other in enumerate(sets_b):
            union = one | other
            cost[i, j] = len(one ^ other) / len(union) if union else 0.0
    return cost


def by_product(a: Mask, b: Mask) -> Mask:
    """All costs by one float32 matrix product."""
    common = a.astype(np.float32) @ b.T.astype(np.float32)
    union = a.sum(1)[:, None] + b.sum(1)[None, :] - common
    cost = (union - common) / np.maximum(union, 1)
    return np.asarray(cost, dtype=np.float64)


def seconds(function: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Shortest of several runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def floor(a: Mask, b: Mask, repeats: int) -> dict[str, float]:
    """Seconds of the product and of each solver."""
    cost = by_product(a, b)
    found = {
        "product": seconds(lambda: by_product(a, b), repeats),
        "scipy": seconds(lambda: linear_sum_assignment(cost), repeats),
    }
    if lapjv is not None:
        found["lapjv"] = seconds(lambda: lapjv(cost), repeats)
    return found


def one_layer(width: int, densities: tuple[float, ...], repeats: int, loops: bool) -> None:
    """Table of one layer at some densities."""
    rng = np.random.default_rng(0)
    print(f"one layer {width} x {width}; seconds, in brackets the ratio to product + faster solver")
    for density in densities:
        a, b = (layer(rng, density, (width, width)) for _ in range(2))
        parts = floor(a, b, repeats)
        base = parts["product"] + min(t for name, t in parts.items() if name != "product")
        print(f"  density {density:.1%}:", ", ".join(f"{n} {t:.4f}" for n, t in parts.items()))
        for name, options in (("published", {"tie_break": "none"}), ("invariant", {})):
            value = distance({"fc": a}, {"fc": b}, outputs="assigned", **options).value  # type: ignore[arg-type]
            taken = seconds(
                lambda a=a, b=b, o=options: distance({"fc": a}, {"fc": b}, outputs="assigned", **o),
                repeats,
            )
            print(f"    {name:10s} {taken:8.4f} ({taken / base:.2f})  value {value:.6f}")
            if loops and name == "published":
                for loop in (loop_as_published, loop_over_ready_sets):
                    start = time.perf_counter()
                    cost = loop(a, b, LOOP_ROWS)
                    whole = (time.perf_counter() - start) * width / LOOP_ROWS
                    assert np.allclose(cost, by_product(a, b)[:LOOP_ROWS])
                    print(f"      {loop.__name__}: {whole:.1f} s, {whole / taken:.0f} times")


def pairs() -> None:
    """All pairs of ten MLPs, forms once; cold and warm."""
    print(f"{NETWORKS * (NETWORKS - 1) // 2} pairs of {NETWORKS} MLPs 784-784-784-784-10; seconds")
    rng = np.random.default_rng(1)
    for density in DENSITIES:
        for kind in ("independent", "1 % rewired step by step"):
            networks = [mlp(rng, density)]
            while len(networks) < NETWORKS:
                independent = kind == "independent"
                fresh = mlp(rng, density) if independent else rewired(rng, networks[-1], 0.01)
                networks.append(fresh)
            start = time.perf_counter()
            forms = [canonical_form(as_network(n, None, True)) for n in networks]
            for form in forms:
                assert len(form.features) == form.network.structure.n_neurons
            ready = time.perf_counter() - start
            start = time.perf_counter()
            cold = [canonical_distance(a, b, "labelled").value for a, b in combinations(forms, 2)]
            of_cold = time.perf_counter() - start
            start, last, warm = time.perf_counter(), {}, []
            for i, j in combinations(range(NETWORKS), 2):
                found = canonical_distance(forms[i], forms[j], "labelled", last.get(j))
                last[j] = found.warm
                warm.append(found.value)
            of_warm = time.perf_counter() - start
            assert warm == cold
            print(
                f"  density {density:.1%}, {kind}: forms {ready:.2f}, pairs {of_cold:.2f}, "
                f"warm {of_warm:.2f}; mean value {np.mean(cold):.4f}"
            )


PARTS = {
    "layer": lambda: one_layer(WIDTH, DENSITIES, REPEATS, loops=True),
    "wide": lambda: one_layer(4000, (0.01, 0.05), 1, loops=False),
    "pairs": pairs,
}


def main() -> None:
    """Print the tables asked for."""
    small = {"fc": np.ones((3, 3))}
    for tie_break in ("none", "canonical"):
        distance(small, {"fc": np.eye(3)}, tie_break=tie_break)  # type: ignore[arg-type]
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main()
