"""The other distributions against full sums and a general optimiser, and Vuong's test by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import gammaln
from scipy.stats import chi2

from nsgraph.tails import fit_tail
from nsgraph.tails.families import gauss_points, grid
from tests.graphs.networks import cases
from tests.tails import twin

pytestmark = pytest.mark.filterwarnings("error")

STARTS = {
    "exponential": {"rate": 0.1},
    "lognormal": {"mu": 1.0, "sigma": 1.0},
    "stretched exponential": {"shape": 0.8, "rate": 0.3},
    "truncated power law": {"alpha": 1.0, "rate": 0.05},
    "binomial": {"probability": 0.1},
    "poisson": {"mean": 4.0},
}
FREE = {"exponential": 1, "binomial": 1, "poisson": 1}


def sample(kind, width, n, seed):
    rng = np.random.default_rng(seed)
    drawn = {
        "power law": lambda: twin.power_law(rng, 2.3, 1, width, n),
        "geometric": lambda: rng.geometric(0.15, n),
        "lognormal": lambda: np.ceil(rng.lognormal(1.5, 0.8, n)).astype(int),
        "binomial": lambda: rng.binomial(width, 0.12, n),
        "even": lambda: rng.integers(1, width + 1, n),
    }[kind]()
    return np.clip(drawn, 0, width)


@pytest.mark.parametrize(("a", "b"), [(1, 1), (1, 15), (3, 200), (1, 4608), (700, 4608)])
def test_grid_sums_like_all_integers(a, b):
    x = np.arange(a, b + 1, dtype=float)
    offsets, weights = grid(float(a), float(b), *gauss_points())
    assert len(offsets) <= min(x.size, 300)
    mean = min(0.5 * (a + b), a + 12 * math.sqrt(a))  # a bump is near the start of a tail
    for f in (
        lambda x: x**0,
        lambda x: x**-1.1,
        lambda x: x**-3.0 * np.log(x),
        lambda x: np.exp(-0.03 * (x - a)),
        lambda x: np.exp(-0.5 * (x - a)) * x**3,
        lambda x: np.exp(-((np.log(x) - 2) ** 2)) / x,
        lambda x: np.exp(-((x - mean) ** 2) / (2 * mean)),
    ):
        assert weights @ f(a + offsets) == pytest.approx(f(x).sum(), rel=1e-8)


def test_grid_without_an_end_sums_like_the_zeta_function():
    from scipy.special import zeta

    offsets, weights = grid(3.0, math.inf, *gauss_points())
    for s in (1.05, 1.5, 3.0):
        assert weights @ (3 + offsets) ** -s == pytest.approx(zeta(s, 3), rel=1e-9)


@cases(25)
@given(
    st.sampled_from(["power law", "geometric", "lognormal", "binomial", "even"]),
    st.sampled_from([30, 150, 900]),
    st.integers(20, 300),
    st.integers(0, 10**6),
    st.booleans(),
)
@example("even", 30, 116, 0, True)  # the power law ends at exponent 0
@example("binomial", 900, 20, 14695, True)  # the stretched exponential ends at its largest shape
@example("binomial", 900, 297, 457, True)  # an optimum near the bound of two parameters
@example("power law", 30, 300, 184, True)
def test_alternatives_are_normalised_and_most_likely(kind, width, n, seed, bounded):
    degrees = sample(kind, width, n, seed)
    bound = width if bounded else None
    fit = fit_tail(degrees, bound, samples=0)
    if fit.status != "ok":
        return
    tail = degrees[degrees >= fit.xmin].astype(float)
    log_power = -fit.alpha * np.log(tail) - twin.log_sum(fit.alpha, fit.xmin, bound)
    expected = {"exponential", "lognormal", "stretched exponential", "truncated power law"}
    assert set(fit.alternatives) == expected | {"binomial" if bounded else "poisson"}
    for name, found in fit.alternatives.items():
        far = not bounded and name in ("lognormal", "stretched exponential", "truncated power law")
        exact = found.parameters.get("sigma", 0) < 1e3  # else mu and sigma^2 cancel all digits
        if found.parameters and exact and not (far and slow(name, found.parameters)):
            log_p = twin.log_p(name, tail, fit.xmin, bound, **found.parameters)
            assert found.log_likelihood == pytest.approx(log_p.sum(), rel=1e-7, abs=1e-6)
            check_vuong(name, found, log_power - log_p, fit)
        if bounded:
            start = found.parameters if found.parameters and exact else STARTS[name]
            assert found.log_likelihood >= twin.best_likelihood(name, tail, bound, start) - 1e-5
        assert found.bic == pytest.approx(
            FREE.get(name, 2) * math.log(tail.size) - 2 * found.log_likelihood
        )


def slow(name, parameters):
    """Whether the distribution has not vanished where the twin's sum ends."""
    end = float(twin.LONG)
    h = twin.DENSITIES[name](np.array([1.0, end]), None, **parameters)
    return h[1] + math.log(end) > h[0] - 25


def check_vuong(name, found, gap, fit):
    spread = gap.std()
    if spread < 1e-6:
        return
    ratio = gap.sum() / (math.sqrt(gap.size) * spread)
    assert found.ratio == pytest.approx(ratio, rel=1e-4, abs=1e-4)
    if name == "truncated power law":
        assert found.p == pytest.approx(chi2.sf(2 * max(0, -gap.sum()), 1), abs=1e-3)
    else:
        assert found.p == pytest.approx(math.erfc(abs(ratio) / math.sqrt(2)), abs=1e-4)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("geometric", "exponential"),
        ("lognormal", "lognormal"),
        ("binomial", "binomial"),
    ],
)
def test_the_true_distribution_is_recovered_and_preferred(kind, name):
    degrees = sample(kind, 784, 3000, 1)
    fit = fit_tail(degrees, 784, min_tail=2500, samples=0)
    found = fit.alternatives[name]
    truth = {
        "exponential": {"rate": -math.log(0.85)},
        "lognormal": {"mu": 1.5, "sigma": 0.8},
        "binomial": {"probability": 0.12},
    }[name]
    for key, value in truth.items():
        # Rounding up shifts the lognormal by half a degree.
        assert found.parameters[key] == pytest.approx(value, rel=0.15)
    assert found.ratio < -5
    assert found.p < 1e-6
    assert found.bic < fit.bic


def test_on_a_power_law_the_wider_families_end_at_it(rng):
    fit = fit_tail(twin.power_law(rng, 2.0, 1, 784, 3000), 784, samples=0)
    for name in ("lognormal", "stretched exponential", "truncated power law"):
        found = fit.alternatives[name]
        assert abs(found.log_likelihood - fit.log_likelihood) < 3
        assert found.p > 0.01
        assert found.bic > fit.bic
    for name in ("exponential", "binomial"):
        assert fit.alternatives[name].ratio > 5


def test_a_binomial_far_above_the_start_of_the_tail_is_not_cut_off(rng):
    """Mean 2000 and a tail from 1: nothing of the binomial is below, and it is the plain one."""
    degrees = np.concatenate(([1], rng.binomial(4608, 0.43, 500)))
    fit = fit_tail(degrees, 4608, min_tail=501, samples=0)
    found = fit.alternatives["binomial"]
    p = found.parameters["probability"]
    assert p == pytest.approx(degrees.mean() / 4608, rel=1e-12)
    x = degrees.astype(float)
    plain = gammaln(4609) - gammaln(x + 1) - gammaln(4609 - x)
    plain += x * math.log(p) + (4608 - x) * math.log1p(-p)
    assert found.log_likelihood == pytest.approx(plain.sum(), rel=1e-10)


def test_a_lognormal_may_rise_where_a_power_law_may_not():
    """More at 20 than at 1 and little between: the lognormal's limit, a power law that rises."""
    degrees = np.repeat([1.0, 10.0, 20.0], [20, 2, 78])
    fit = fit_tail(degrees, 20, min_tail=100, samples=0)
    best = minimize_scalar(
        lambda rise: -twin.log_likelihood(degrees, -rise, 20), bounds=(0, 9), method="bounded"
    )
    assert fit.alpha == 0
    assert best.x > 0.1
    assert fit.alternatives["lognormal"].parameters == {}
    assert fit.alternatives["lognormal"].log_likelihood == pytest.approx(-best.fun, abs=1e-6)


def test_the_truncated_power_law_contains_power_law_and_exponential():
    for kind in ("geometric", "even", "binomial", "power law"):
        fit = fit_tail(sample(kind, 200, 500, 3), 200, samples=0)
        least = max(fit.log_likelihood, fit.alternatives["exponential"].log_likelihood)
        found = fit.alternatives["truncated power law"]
        assert found.log_likelihood >= least - 1e-8
        assert found.ratio <= 1e-6
        assert all(value >= 0 for value in found.parameters.values())
