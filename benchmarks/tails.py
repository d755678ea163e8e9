"""Heavy tails: cost beside the package powerlaw, and how often each verdict is right.

1. The same exact fit (start, exponent, distance) of 2,000 degrees, with `powerlaw.Fit`'s discrete
   approximation off and its bound on the exponent opened.
2. Milliseconds of a layer's full verdict, with 100 bootstrap samples and all alternatives.
3. Verdicts on Erdos-Renyi layers, which must be "not heavy-tailed" but for the nominal .05, and on
   layers whose degrees are drawn from known distributions.

Run with `OMP_NUM_THREADS=1 python benchmarks/tails.py [layers a row, by default 200]`.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import powerlaw

from nsgraph.tails import fit_tail
from nsgraph.tails.verdict import HEAVY, NOT_HEAVY, UNDECIDED

ALPHAS = (1.8, 2.5, 3.5, 4.5)
WIDTHS = (64, 256, 784, 4608)
REPEATS = 5


def seconds(function: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Shortest of several runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def power_law(rng: np.random.Generator, alpha: float, xmin: int, width: int, n: int) -> np.ndarray:
    """Degrees from the power law on xmin .. width."""
    k = np.arange(xmin, width + 1)
    chances = k**-alpha
    return rng.choice(k, n, p=chances / chances.sum())


def published(degrees: np.ndarray) -> Any:
    """The fit of the package powerlaw, exact."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return powerlaw.Fit(
            degrees,
            discrete=True,
            estimate_discrete=False,
            parameter_ranges={"alpha": [1, None]},
            verbose=0,
        )


def beside_powerlaw(rng: np.random.Generator) -> None:
    """Times of the same fit, and how far the results are from each other."""
    print(f"The same exact fit of 2,000 degrees, beside powerlaw {powerlaw.__version__}")
    print("  alpha xmin  distinct   powerlaw       ours  ratio  xmin  d alpha  d distance")
    for alpha in ALPHAS:
        for xmin in (1, 5):
            degrees = power_law(rng, alpha, xmin, 10**6, 2000)
            options = {"two_sided": False, "min_tail": 3, "samples": 0, "compare": False}
            theirs, ours = published(degrees), fit_tail(degrees, **options)
            slow = seconds(lambda d=degrees: published(d), 2)
            fast = seconds(lambda d=degrees, o=options: fit_tail(d, **o), 10 * REPEATS)
            same = "same" if theirs.xmin == ours.xmin else f"{theirs.xmin:.0f}/{ours.xmin}"
            print(
                f"  {alpha:5.1f} {xmin:4d} {np.unique(degrees).size:9d} {1e3 * slow:7.1f} ms "
                f"{1e3 * fast:7.3f} ms {slow / fast:6.0f}  {same:4s} "
                f"{abs(theirs.alpha - ours.alpha):8.1e} {abs(theirs.D - ours.distance):10.1e}"
            )


def cost(rng: np.random.Generator) -> None:
    """Milliseconds of a full verdict."""
    print("\nFull verdict of a layer as wide as it is high, 100 samples, ms")
    print("  width   power law 2.5   power law 1.5   Erdos-Renyi .05   Erdos-Renyi .3")
    for width in WIDTHS:
        rows = (
            power_law(rng, 2.5, 1, width, width),
            power_law(rng, 1.5, 1, width, width),
            rng.binomial(width, 0.05, width),
            rng.binomial(width, 0.3, width),
        )
        times = [1e3 * seconds(lambda d=d, w=width: fit_tail(d, w)) for d in rows]
        print(f"  {width:5d} " + " ".join(f"{t:15.1f}" for t in times))


def verdicts(name: str, layers: int, width: int, draw: Callable[[], np.ndarray]) -> None:
    """One row: fractions of each verdict, of power laws rejected, and milliseconds a layer."""
    said: Counter[str] = Counter()
    rejected = 0
    start = time.perf_counter()
    for _ in range(layers):
        fit = fit_tail(draw(), width)
        said[fit.verdict] += 1
        rejected += fit.p is not None and fit.p < 0.1
    taken = 1e3 * (time.perf_counter() - start) / layers
    fractions = " ".join(f"{said[label] / layers:9.3f}" for label in (HEAVY, NOT_HEAVY, UNDECIDED))
    print(f"  {name:34s} {fractions} {rejected / layers:9.3f} {taken:9.1f}")


def error_rates(rng: np.random.Generator, layers: int) -> None:
    """Verdicts where the truth is known."""
    error = (0.95 * 0.05 / layers) ** 0.5
    print(f"\nVerdicts on {layers} layers a row (standard error at .95: {error:.3f})")
    print(f"  {'':34s} {'heavy':>9s} {'not':>9s} {'undecided':>9s} {'p < .1':>9s} {'ms':>9s}")
    for width in WIDTHS[:3]:
        for density in (0.01, 0.03, 0.1, 0.3):
            verdicts(
                f"Erdos-Renyi {width}, density {density:.0%}",
                layers,
                width,
                lambda w=width, d=density: rng.binomial(w, d, w),
            )
    for width in WIDTHS[:3]:
        for alpha in (1.5, 2.0, 2.5, 3.0):
            verdicts(
                f"power law {width}, exponent {alpha}",
                layers,
                width,
                lambda w=width, a=alpha: power_law(rng, a, 1, w, w),
            )
    for width in WIDTHS[:3]:
        verdicts(
            f"geometric {width}, mean 10",
            layers,
            width,
            lambda w=width: np.minimum(rng.geometric(1 / 11, w) - 1, w),
        )
        verdicts(
            f"even {width}, 1 to {width // 4}",
            layers,
            width,
            lambda w=width: rng.integers(1, w // 4 + 1, w),
        )


def main(layers: int = 200) -> None:
    """Print the tables."""
    rng = np.random.default_rng(0)
    fit_tail(power_law(rng, 2.5, 1, 100, 100), 100)  # compiles
    fit_tail(power_law(rng, 2.5, 1, 100, 100))
    beside_powerlaw(rng)
    cost(rng)
    error_rates(rng, layers)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
