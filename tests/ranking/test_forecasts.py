"""Forecasts: each on curves of which the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from nsgraph.errors import UserError
from nsgraph.ranking import Curve, predictors
from nsgraph.ranking.forecasts.capacitance import at_zero, first_epoch

TOTAL = 30


def made(limit, rate=0.8, name="a", noise=0.0, epochs=TOTAL):
    """A candidate whose accuracy is a power law, and beta_eff in proportion to what is missing."""
    epoch = np.arange(1, epochs + 1)
    missing = 0.5 * epoch**-rate
    rng = np.random.default_rng(round(1000 * limit))
    accuracy = limit - missing + noise * rng.normal(size=epochs)
    return Curve(
        candidate=name,
        loss=1 - accuracy,
        accuracy=accuracy,
        beta={"local": -3e-5 * missing, "exact": 2.0 * missing},
        scores={"logme": limit},
        architecture=(limit, 1.0),
        final=float(accuracy[-1]),
    )


def zoo():
    return [made(limit, name=f"m{limit:.2f}") for limit in np.linspace(0.6, 0.95, 12)]


def forecast(name, curve, others=(), epochs=8):
    return predictors()[name].forecast(curve.until(epochs), list(others), TOTAL)


def test_beta_reads_off_where_beta_is_zero():
    for reading in ("beta-local", "beta-exact"):
        found = forecast(reading, made(0.8))
        assert found.value == pytest.approx(0.8, abs=1e-3)
        assert found.low <= found.value <= found.high


def test_the_scale_of_beta_does_not_matter():
    curve = made(0.8, noise=0.01).until(10)
    one, other = (at_zero(scale * curve.beta["exact"], curve.accuracy) for scale in (1, -1e-7))
    assert one.value == pytest.approx(other.value)
    assert one.start == other.start


def test_noise_widens_the_interval_and_the_truth_is_mostly_inside():
    rng = np.random.default_rng(0)
    beta = np.linspace(1, 0.3, 10)
    hits, widths = 0, []
    for noise in (0.005, 0.02):
        width = []
        for _ in range(100):
            accuracy = 0.9 - 0.5 * beta + noise * rng.normal(size=10)
            found = at_zero(beta, accuracy, start=1)
            width.append(found.high - found.low)
            hits += found.low <= 0.9 <= found.high
        widths.append(np.mean(width))
    assert widths[1] > 2 * widths[0]
    assert hits / 200 >= 0.9


def test_the_first_epoch_is_where_the_line_begins():
    beta = np.array([9.0, 3.0, 8.0, 6.0, 5.0, 4.0, 3.0, 2.0])
    accuracy = 1 - beta / 10
    accuracy[:2] = 0.1, 0.2
    assert first_epoch(beta, accuracy) == 3
    assert at_zero(beta, accuracy).start == 3


def test_windows_of_equal_length_do_not_prefer_the_latest():
    """On a line with noise everywhere no start is preferred: the shortest window would be."""
    rng = np.random.default_rng(1)
    beta = np.linspace(1, 0.2, 10)
    starts = [first_epoch(beta, 1 - beta + 0.05 * rng.normal(size=10)) for _ in range(300)]
    counts = np.bincount(starts, minlength=7)[1:]
    assert counts.sum() == 300
    assert counts.max() < 150


def test_epochs_without_beta_are_passed_over():
    beta = np.array([np.nan, 4.0, np.nan, 3.0, 2.0, 1.0])
    found = at_zero(beta, np.array([0.9, 0.6, 0.9, 0.7, 0.8, 0.9]))
    assert found.value == pytest.approx(1.0, abs=1e-3)
    assert found.start in (2, 4)
    assert "fewer than 3 epochs" in at_zero(beta[:4], np.ones(4)).status


@pytest.mark.parametrize(
    ("beta", "status"),
    [(None, "was not measured"), (np.full(5, np.nan), "fewer than 3"), (np.ones(5), "not vary")],
)
def test_why_there_is_no_forecast(beta, status):
    found = at_zero(beta, np.linspace(0, 1, 5))
    assert found.value is None
    assert status in found.status


def test_an_accuracy_that_stands_still_is_the_forecast():
    assert at_zero(np.array([3.0, 2.0, 1.0]), np.full(3, 0.5)).value == 0.5


def test_seen_and_loss():
    curve = Curve("a", np.array([2.0, 1.0, 0.5]), np.array([0.5, 0.9, 0.7]))
    assert forecast("last-seen", curve).value == 0.7
    assert forecast("best-seen", curve).value == 0.9
    assert forecast("training-loss", curve).value == -3.5
    assert forecast("best-seen", curve, epochs=1).value == 0.5


def test_power_law_finds_the_law():
    curve = made(0.9)
    assert forecast("power-law", curve).value == pytest.approx(curve.final, abs=1e-4)
    assert "fewer than 4" in forecast("power-law", curve, epochs=3).status


def test_cl_takes_the_curve_that_fits():
    others = zoo()
    curve = made(0.82)  # as the others, moved up or down
    assert forecast("cl", curve, others).value == pytest.approx(curve.final, abs=5e-3)
    assert forecast("cl", curve, [other.until(8) for other in others]).value is None


def test_bgrn_learns_from_the_others():
    others = zoo()
    curve = made(0.82)
    assert forecast("bgrn", curve, others).value == pytest.approx(curve.final, abs=0.03)
    assert "runs of other candidates" in forecast("bgrn", curve, others[:2]).status
    unknown = [other.until(30) for other in others]
    assert forecast("bgrn", curve, unknown).value is None


def test_nobody_sees_what_comes_later():
    """Whatever happens after the epochs seen, and whatever the end, forecasts stay the same."""
    others = zoo()
    early = made(0.8, noise=0.01)
    late = Curve(
        early.candidate,
        np.concatenate([early.loss[:6], np.full(24, 9.0)]),
        np.concatenate([early.accuracy[:6], np.zeros(24)]),
        {r: np.concatenate([b[:6], np.full(24, 7.0)]) for r, b in early.beta.items()},
        early.scores,
        early.architecture,
        0.123,
    )
    for name in predictors():
        assert forecast(name, early, others, 6) == forecast(name, late, others, 6), name


def test_scores_are_predictors_and_an_unknown_name_is_said():
    assert forecast("logme", made(0.7)).value == pytest.approx(0.7)
    assert "no source classes" in forecast("leep", made(0.7)).status
    assert list(predictors(["cl", "bgrn"])) == ["cl", "bgrn"]
    with pytest.raises(UserError, match=r"no predictor 'last-sen'.*Did you mean 'last-seen'"):
        predictors(["last-sen"])
