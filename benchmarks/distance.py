"""NNSTD of one 784 x 784 layer: ours against a double loop over sets and against a floor.

The floor is one matrix product for all intersections and scipy's assignment. Run with
`OMP_NUM_THREADS=1 python benchmarks/distance.py`; the double loop runs in full at one density.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from nsgraph.distance import distance

WIDTH = 784
DENSITIES = (0.006, 0.05, 0.2)
LOOP_AT = 0.05
REPEATS = 5


def layer(rng: np.random.Generator, density: float) -> np.ndarray:
    """Erdos-Renyi layer."""
    mask = np.zeros(WIDTH * WIDTH, dtype=bool)
    mask[rng.choice(mask.size, round(density * mask.size), replace=False)] = True
    return mask.reshape(WIDTH, WIDTH)


def double_loop(a: np.ndarray, b: np.ndarray) -> float:
    """The published algorithm, neuron by neuron."""
    sets_a, sets_b = ([set(np.flatnonzero(row).tolist()) for row in m] for m in (a, b))
    cost = np.zeros((len(sets_a), len(sets_b)))
    for i, one in enumerate(sets_a):
        for j, other in enumerate(sets_b):
            union = one | other
            cost[i, j] = len(one ^ other) / len(union) if union else 0.0
    return float(cost[linear_sum_assignment(cost)].mean())


def product_and_solver(a: np.ndarray, b: np.ndarray) -> float:
    """One float32 product, the fractions, scipy's solver; nothing else."""
    common = a.astype(np.float32) @ b.T.astype(np.float32)
    union = a.sum(1)[:, None] + b.sum(1)[None, :] - common
    cost = 1 - common / np.maximum(union, 1)
    cost[union == 0] = 0
    return float(cost[linear_sum_assignment(cost)].mean())


def seconds(function: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Shortest of several runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print times and ratios."""
    rng = np.random.default_rng(0)
    for density in DENSITIES:
        a, b = layer(rng, density), layer(rng, density)
        found = {
            "product + solver": lambda a=a, b=b: product_and_solver(a, b),
            "published (tie_break none)": lambda a=a, b=b: (
                distance({"fc": a}, {"fc": b}, tie_break="none", outputs="assigned").value
            ),
            "invariant (canonical)": lambda a=a, b=b: (
                distance({"fc": a}, {"fc": b}, outputs="assigned").value
            ),
        }
        values = {name: function() for name, function in found.items()}
        times = {name: seconds(function) for name, function in found.items()}
        base = times["product + solver"]
        if density == LOOP_AT:
            start = time.perf_counter()
            values["double loop over sets"] = double_loop(a, b)
            times["double loop over sets"] = time.perf_counter() - start
        print(f"{WIDTH} x {WIDTH}, density {density:.1%}")
        for name, taken in times.items():
            print(f"  {name:28s} {taken:9.4f} s  {taken / base:8.2f} x  value {values[name]:.6f}")
        if density == LOOP_AT:
            ratio = times["double loop over sets"] / times["published (tie_break none)"]
            print(f"  the double loop takes {ratio:.0f} times as long as the published mode")


if __name__ == "__main__":
    main()
