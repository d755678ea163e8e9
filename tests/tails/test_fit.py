"""The power-law fit against its definition, truths of known exponent, and degenerate degrees."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import zeta

from nsgraph.errors import UserError
from nsgraph.tails import fit_tail, fit_tails
from nsgraph.tails.kernels import exponent, moments
from tests.graphs.networks import cases
from tests.tails import twin

pytestmark = pytest.mark.filterwarnings("error")

widths = st.sampled_from([None, 0, 3, 500])
sequences = st.lists(st.integers(0, 9) | st.integers(1, 60), min_size=3, max_size=50)


def bounded(degrees, beyond):
    """Degrees and a width that is `beyond` above the largest."""
    array = np.array(degrees)
    return array, None if beyond is None else int(array.max()) + beyond


@pytest.mark.parametrize("s", [0.0, 0.3, 1.0, 1 + 1e-9, 1.5, 2.5, 9.0, 30.0, 460.0])
@pytest.mark.parametrize(("a", "b"), [(1, 1), (1, 5), (3, 784), (20, 4608), (2304, 4608)])
def test_sums_of_finite_support(s, a, b):
    k = np.arange(a, b + 1)
    y = np.log(k / a)
    f = np.exp(-s * y)
    expected = [f.sum(), f @ y, f @ y**2]
    assert moments(s, float(a), float(b)) == pytest.approx(expected, rel=1e-11, abs=1e-300)


@pytest.mark.parametrize("s", [1.01, 1.5, 2.5, 4.5, 30.0])
@pytest.mark.parametrize("a", [1, 2, 17, 1000])
def test_infinite_sums_are_the_hurwitz_zeta_function(s, a):
    """The derivatives by what 300 terms add to the sums from there on."""
    z, z1, z2 = moments(s, float(a), math.inf)
    assert z == pytest.approx(zeta(s, a) * float(a) ** s, rel=1e-9)
    y = np.log(np.arange(a, a + 301) / a)
    f = np.exp(-s * y)
    far, far1, far2 = (f[-1] * m for m in moments(s, a + 300.0, math.inf))
    y, last, f = y[:-1], y[-1], f[:-1]
    assert z == pytest.approx(f.sum() + far, rel=1e-12)
    assert z1 == pytest.approx(f @ y + far1 + last * far, rel=1e-12)
    assert z2 == pytest.approx(f @ y**2 + far2 + 2 * last * far1 + last**2 * far, rel=1e-12)


@cases(150)
@given(sequences, widths, st.integers(3, 12))
def test_fit_equals_the_definition(degrees, beyond, min_tail):
    degrees, width = bounded(degrees, beyond)
    fit = fit_tail(degrees, width, samples=0, min_tail=min_tail)
    slow = twin.tails(degrees, width, min_tail)
    if not slow:
        assert fit.status != "ok"
        return
    s, d = slow[fit.xmin]
    tail = degrees[degrees >= fit.xmin].astype(float)
    assert fit.alpha == pytest.approx(s, abs=2e-5, rel=1e-5)  # what scipy resolves
    assert fit.log_likelihood >= twin.log_likelihood(tail, s, width) - 1e-9
    assert fit.log_likelihood == pytest.approx(twin.log_likelihood(tail, fit.alpha, width))
    assert fit.distance == pytest.approx(d, abs=1e-5)
    assert fit.distance == pytest.approx(twin.distance(tail, fit.alpha, width), abs=1e-12)
    assert fit.distance <= min(d for _, d in slow.values()) + 1e-5
    assert fit.n_tail == tail.size
    assert (fit.n, fit.n_zero) == (np.count_nonzero(degrees), np.count_nonzero(degrees == 0))
    assert fit.bic == pytest.approx(math.log(tail.size) - 2 * fit.log_likelihood)


@cases(100)
@given(sequences, widths)
def test_standard_error_is_the_observed_information(degrees, beyond):
    degrees, width = bounded(degrees, beyond)
    fit = fit_tail(degrees, width, samples=0, min_tail=3)
    if fit.alpha is None or fit.alpha < (1.01 if width is None else 0.01):
        return
    tail = degrees[degrees >= fit.xmin].astype(float)
    h = 1e-4 * fit.alpha
    around = [twin.log_likelihood(tail, fit.alpha + d, width) for d in (-h, 0, h)]
    information = -(around[0] - 2 * around[1] + around[2]) / h**2
    assert fit.standard_error == pytest.approx(information**-0.5, rel=2e-2)


@pytest.mark.parametrize("width", [None, 64, 784, 4608])
@pytest.mark.parametrize("alpha", [1.8, 2.5, 3.5, 4.5])
def test_a_truth_is_recovered_within_its_error(alpha, width, rng):
    for xmin in (1, 4):
        fit = fit_tail(twin.power_law(rng, alpha, xmin, width, 2000), width, samples=0)
        assert abs(fit.alpha - alpha) < 4 * fit.standard_error
        assert fit.xmin <= 3 * xmin


def test_without_the_width_a_bounded_truth_is_misread(rng):
    """A bounded layer of exponent 1.5: the infinite support reads the missing tail as steepness."""
    degrees = twin.power_law(rng, 1.5, 1, 64, 4000)
    alone, aware = fit_tail(degrees, min_tail=2000), fit_tail(degrees, 64, min_tail=2000)
    assert abs(aware.alpha - 1.5) < 3 * aware.standard_error
    assert alone.alpha - 1.5 > 3 * alone.standard_error
    assert alone.p < 0.1 < aware.p


def test_exponents_below_one_and_none_below_zero(rng):
    assert fit_tail(twin.power_law(rng, 0.5, 1, 100, 3000), 100).alpha == pytest.approx(
        0.5, abs=0.1
    )
    rising = np.repeat(np.arange(1, 21), np.arange(1, 21))
    assert exponent(np.log(rising).mean(), 1.0, 20.0, 2.0)[0] == 0
    fit = fit_tail(rising, 20, min_tail=rising.size)
    assert fit.alpha == 0
    assert fit.verdict == "not heavy-tailed" or fit.p < 0.1


def test_order_is_irrelevant_and_results_repeat(rng):
    degrees = np.concatenate((twin.power_law(rng, 2.5, 2, 300, 400), np.zeros(20, int)))
    first = fit_tail(degrees, 300)
    assert first == fit_tail(rng.permutation(degrees), 300) == fit_tail(degrees.tolist(), 300)
    assert repr(first) == repr(fit_tail(np.sort(degrees)[::-1].astype(float), 300))
    other = fit_tail(degrees, 300, seed=1)
    assert other.p != first.p
    same = dataclasses.replace(other, p=first.p, chance=first.chance)
    assert same == first


def test_a_batch_is_its_parts(rng):
    rows = [twin.power_law(rng, 2, 1, 50, 80), [3, 3, 3], rng.binomial(40, 0.2, 70)]
    widths = [50, None, 40]
    both = [fit_tail(r, w, samples=20, seed=5) for r, w in zip(rows, widths, strict=True)]
    assert fit_tails(rows, widths, samples=20, seed=5) == both
    assert fit_tails(rows)[1].status == "constant degrees"
    with pytest.raises(ValueError, match="zip"):
        fit_tails(rows, widths[:2])


@pytest.mark.parametrize(
    ("degrees", "width", "status", "verdict"),
    [
        ([], 5, "no links", "undecided"),
        ([0] * 60, 5, "no links", "undecided"),
        ([], None, "no links", "undecided"),
        ([7] * 60, 9, "constant degrees", "not heavy-tailed"),
        ([9] * 60, 9, "constant degrees", "not heavy-tailed"),
        ([1] * 60, 1, "constant degrees", "not heavy-tailed"),
        ([7] * 5, None, "constant degrees", "undecided"),
        ([1, 2] * 30, 2, "fewer than 3 distinct degrees", "undecided"),
        ([0, 3] * 30, 3, "fewer than 3 distinct degrees", "undecided"),
        ([1, 2, 3], 5, "no tail of 10 degrees", "undecided"),
        ([1] * 30 + [2, 3] * 4 + [0] * 40, 64, "ok", "not heavy-tailed"),
        ([1, 2, 3] * 5, 5, "ok", "undecided"),
        ([5], 5, "constant degrees", "undecided"),
    ],
)
def test_nothing_to_fit_is_a_status(degrees, width, status, verdict):
    fit = fit_tail(degrees, width)
    assert (fit.status, fit.verdict) == (status, verdict)
    assert fit.reason
    assert (fit.alpha is None) == (fit.p is None) == (status != "ok")
    assert fit.n == np.count_nonzero(degrees)
    assert fit.n_zero == len(degrees) - fit.n


def test_huge_degrees(rng):
    """Up to 1e15, and a narrow band far out, where an exponent of 1e7 hardly moves the next one."""
    spread = np.floor(10 ** rng.uniform(0, 15, 300))
    fit = fit_tail(spread, samples=20)
    assert fit.status == "ok"
    assert fit.alpha < 1.3
    narrow = 10**8 + rng.geometric(0.1, 2000)
    fit = fit_tail(narrow, samples=20)
    assert fit.alpha == pytest.approx(10**8 * -math.log(0.9), rel=0.1)
    assert fit.p > 0.05
    for test in fit.alternatives.values():
        assert math.isfinite(test.ratio)
    cluster = np.concatenate((np.arange(1, 40), 10**15 + rng.integers(0, 4, 50)))
    assert fit_tail(cluster, samples=20).n_tail >= 10  # logarithms there differ by less than 1e-15


def test_a_width_wider_than_any_layer_is_refused():
    with pytest.raises(UserError, match="does not fit the width"):
        fit_tail([1, 2], 2**40)


def test_wrong_degrees_are_refused():
    for degrees, message in (
        ([1, -1], "whole numbers from 0"),
        ([1.5, 2], "whole numbers"),
        ([math.nan], "whole numbers"),
        ([math.inf], "whole numbers"),
        ([10**30], "to 2\\^53"),
        ([[1, 2]], "2 axes"),
        ([1, 8], "does not fit the width 7"),
    ):
        with pytest.raises(UserError, match=message):
            fit_tail(degrees, 7)
