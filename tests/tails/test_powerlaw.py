"""The package powerlaw on truths of known exponent: the same start, exponent and distance.

It fits by Nelder and Mead to about 1e-4. By default it would cut the exponent off at 3, and its
distance compares P(degree < x) only, which `two_sided=False` does too.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from nsgraph.tails import fit_tail
from tests.tails import twin

powerlaw = pytest.importorskip("powerlaw")


def published(degrees, width=None):
    options = {"xmax": width} if width else {}
    least = 0 if width else 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return powerlaw.Fit(
            degrees,
            discrete=True,
            estimate_discrete=False,
            parameter_ranges={"alpha": [least, None]},
            verbose=0,
            **options,
        )


@pytest.mark.parametrize("xmin", [1, 4])
@pytest.mark.parametrize("alpha", [1.8, 2.2, 2.5, 3.0, 3.5, 4.5])
def test_same_start_exponent_and_distance(alpha, xmin, rng):
    degrees = twin.power_law(rng, alpha, xmin, None, 1000)
    theirs = published(degrees)
    ours = fit_tail(degrees, min_tail=3, two_sided=False, samples=0)
    assert ours.xmin == theirs.xmin
    assert ours.alpha == pytest.approx(theirs.alpha, abs=1e-4)
    assert ours.distance == pytest.approx(theirs.D, abs=1e-4)
    assert ours.n_tail == theirs.n_tail
    # The exact supremum is over twice as many places, and most often found at the same one.
    exact = fit_tail(degrees, min_tail=3, samples=0)
    assert ours.distance <= exact.distance < ours.distance + 5e-4
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ratio, _ = theirs.distribution_compare("power_law", "exponential", normalized_ratio=True)
    assert ours.alternatives["exponential"].ratio == pytest.approx(ratio, rel=1e-2)


def test_the_exact_distance_also_looks_above_a_step():
    """80 % at 1, then nothing up to 20: P(degree < 20) is near the curve, P(degree <= 1) is not."""
    degrees = [1] * 80 + [20] * 10 + [30] * 5 + [40] * 5
    below = fit_tail(degrees, min_tail=100, two_sided=False, samples=0)
    exact = fit_tail(degrees, min_tail=100, samples=0)
    assert below.alpha == exact.alpha
    assert below.distance < 0.16
    assert exact.distance == pytest.approx(twin.distance(np.array(degrees), exact.alpha, None))
    assert exact.distance > 0.2
