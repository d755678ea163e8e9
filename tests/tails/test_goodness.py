"""The bootstrap against one in plain numpy, and p where the truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import zeta
from scipy.stats import binom, kstest

from nsgraph.tails import fit, fit_tail
from nsgraph.tails.chance import by_chance, largest_by_chance
from nsgraph.tails.degrees import distinct
from nsgraph.tails.kernels import best_start, reaches
from nsgraph.tails.sampling import _binomial_table, _far, binomial_distance, binomial_distances
from tests.graphs.networks import cases
from tests.tails import twin

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("body", [0, 40])
def test_bootstrap_equals_one_in_numpy(body, rng):
    """With ones below the tail, so that both are drawn, and without."""
    degrees = np.concatenate((twin.power_law(rng, 2.2, 2, 60, 80), np.ones(body, int)))
    found = fit_tail(degrees, 60, samples=6000, compare=False)
    slow = twin.bootstrap(degrees, 60, found, 3000, rng)
    assert abs(found.p - slow) < 4 * math.sqrt(slow * (1 - slow) * (1 / 3000 + 1 / 6000))
    assert 0.1 < slow < 0.9


def test_other_degrees_get_other_draws(rng):
    """Else the error of one sample would be that of all layers of a network."""
    one, other = rng.permutation(200)[:40], np.arange(1, 60)
    seeds = {
        fit._draws(distinct(degrees, 300), seed, purpose)
        for degrees in (one, other)
        for seed in (0, 1)
        for purpose in ("bootstrap", "layers")
    }
    assert len(seeds) == 8


@cases(60)
@given(st.lists(st.integers(1, 40), min_size=3, max_size=60), st.integers(1, 40))
def test_a_sample_reaches_the_distance_iff_its_best_tail_does(degrees, start):
    """Whatever tail the search begins at; the bound is between the distances of the tails."""
    values, counts = np.unique(degrees, return_counts=True)
    logs = np.log(values)
    below = np.concatenate(([0], np.cumsum(counts))).astype(float)
    log_sums = np.cumsum((counts * logs)[::-1])[::-1].copy()
    args = values.astype(float), logs, below, log_sums, 5, 40.0, True
    best, alpha, distance = best_start(*args)
    if best < 0:
        assert reaches(*args, float(start), 2.0, 0.5) == -1
        return
    for bound, expected in ((distance * 0.999, 1), (distance * 1.001, 0)):
        assert reaches(*args, float(start), alpha, bound) == expected


@pytest.mark.parametrize(
    ("alpha", "xmin", "width", "n"), [(2.5, 1, 784, 300), (1.8, 1, 128, 128), (3.0, 2, None, 200)]
)
def test_p_is_about_even_under_the_truth(alpha, xmin, width, n, rng):
    """300 truths: below q in a fraction of about q, and not above it by more than the noise."""
    p = np.array(
        [
            fit_tail(twin.power_law(rng, alpha, xmin, width, n), width, samples=50, compare=False).p
            for _ in range(300)
        ]
    )
    for q in (0.05, 0.1, 0.25, 0.5, 0.75):
        rate, noise = np.mean(p <= q), math.sqrt(q * (1 - q) / p.size)
        assert 0.3 * q - noise < rate < q + 4 * noise


def test_what_is_no_power_law_is_rejected(rng):
    """A bump, an even spread, and a tail that ends early, each without a way out by its xmin."""
    for degrees in (
        rng.binomial(784, 0.1, 2000),
        rng.integers(1, 101, 2000),
        rng.geometric(0.2, 2000),
    ):
        assert fit_tail(degrees, 784, min_tail=1000, compare=False).p < 0.05


@pytest.mark.parametrize("s", [1.5, 2.5, 4.0])
def test_draws_beyond_the_table_follow_the_power_law(s):
    x = 20.0
    for u in (0.0, 0.1, 0.5, 0.9, 0.999):
        v = _far(u, s, x, math.inf)
        assert zeta(s, v + 1) / zeta(s, x) <= (1 - u) * (1 + 1e-12)
        assert v == x or zeta(s, v) / zeta(s, x) > (1 - u) * (1 - 1e-12)
    assert _far(0.9999999, s, x, 25.0) == 25
    assert _far(0.0, s, x, 25.0) == 20


@pytest.mark.parametrize(
    ("mean", "width"), [(0.3, 64), (6.4, 64), (63.7, 64), (78.4, 784), (4000.0, 4608), (0.5, 1)]
)
def test_binomial_tables(mean, width):
    low, table = _binomial_table(mean, float(width))
    k = low + np.arange(table.size)
    assert table == pytest.approx(binom.cdf(k, width, mean / width), abs=1e-12)
    assert binom.cdf(low - 1, width, mean / width) < 1e-15
    assert table[-1] == 1


def test_distance_from_the_binomial(rng):
    for width, n in ((64, 50), (784, 300), (5, 60)):
        degrees = rng.binomial(width, 0.2, n)
        values, counts = np.unique(degrees, return_counts=True)
        mean = float(degrees.mean())
        below = np.concatenate(([0], np.cumsum(counts))).astype(float)
        k = np.arange(width + 1)
        observed = np.array([np.mean(degrees <= x) for x in k])
        expected = np.abs(observed - binom.cdf(k, width, mean / width)).max()
        found = binomial_distance(values.astype(float), below, mean, float(width))
        assert found == pytest.approx(expected, abs=1e-12)


def test_drawn_layers_are_erdos_renyi(rng):
    """Distances of drawn layers are distributed like those of numpy's binomial layers."""
    n, width, mean = 80, 64, 5.0
    drawn = binomial_distances(7, 2000, n, mean, float(width))
    other = []
    for _ in range(500):
        degrees = rng.binomial(width, mean / width, n)
        values, counts = np.unique(degrees, return_counts=True)
        below = np.concatenate(([0], np.cumsum(counts))).astype(float)
        args = values.astype(float), below, float(degrees.mean()), float(width)
        other.append(binomial_distance(*args))
    assert kstest(drawn, other).pvalue > 0.01


def test_largest_degree_by_chance(rng):
    n, width, mean = 40, 30, 6.0
    largest = rng.binomial(width, mean / width, (20000, n)).max(axis=1)
    for d in (10, 12, 14):
        expected = np.mean(largest >= d)
        assert largest_by_chance(n, mean, d, width) == pytest.approx(expected, abs=0.012)
    assert largest_by_chance(n, mean, 0, width) == 1
    assert largest_by_chance(n, mean, 30, width) < 1e-15


def test_chance_is_twice_the_smaller_p(rng):
    """Once for the distance, on an even spread, and once for the largest degree, on one hub."""
    spread, hub = rng.integers(0, 8, 60), np.append(rng.binomial(30, 0.2, 60), 17)
    for degrees, which in ((spread, 0), (hub, 1)):
        values, counts = np.unique(degrees, return_counts=True)
        mean, n = float(degrees.mean()), degrees.size
        below = np.concatenate(([0], np.cumsum(counts))).astype(float)
        distance = binomial_distance(values.astype(float), below, mean, 30.0)
        drawn = binomial_distances(5, 400, n, mean, 30.0)
        p = (1 + np.sum(drawn >= distance)) / 401, largest_by_chance(n, mean, values[-1], 30)
        assert np.argmin(p) == which
        found = by_chance(values.astype(float), counts.astype(float), 30, 400, 5)
        assert found == pytest.approx(min(1, 2 * min(p)))


@pytest.mark.parametrize(("n", "width", "p"), [(64, 64, 0.05), (300, 100, 0.5), (64, 64, 0.01)])
def test_chance_rejects_erdos_renyi_layers_at_its_level(n, width, p, rng):
    found = []
    for seed in range(600):
        values, counts = np.unique(rng.binomial(width, p, n), return_counts=True)
        found.append(by_chance(values.astype(float), counts.astype(float), width, 50, seed))
    assert np.mean(np.array(found) < 0.05) < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 600)
    assert np.mean(np.array(found) < 0.5) > 0.2  # and it is not merely never rejecting
