"""The rules one by one, and how often each verdict is given where the truth is known."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from nsgraph.errors import UserError
from nsgraph.tails import Alternative, TailFit, fit_tail, heavy_by_chance
from nsgraph.tails import erdos_renyi as layers
from tests.tails import twin

pytestmark = pytest.mark.filterwarnings("error")


def against(ratio, p):
    return Alternative({}, -100.0, ratio, p, 210.0)


HEAVY = TailFit(
    status="ok",
    n=300,
    n_zero=10,
    width=784,
    largest=200,
    chance=0.001,
    alpha=2.5,
    standard_error=0.1,
    xmin=3,
    n_tail=120,
    distance=0.03,
    p=0.4,
    alternatives={
        "exponential": against(4.0, 1e-4),
        "binomial": against(5.0, 1e-6),
        "lognormal": against(-3.0, 1e-3),
    },
)


def changed(name, ratio, p):
    return {"alternatives": {**HEAVY.alternatives, name: against(ratio, p)}}


@pytest.mark.parametrize(
    ("change", "verdict", "reason"),
    [
        ({}, "heavy-tailed", "the power law fits"),
        ({"n": 30}, "undecided", "fewer than 50 nodes"),
        ({"n": 0}, "undecided", "no links"),
        ({"chance": 0.05}, "not heavy-tailed", "an Erdos-Renyi layer"),
        ({"chance": None}, "heavy-tailed", "the power law fits"),
        ({"p": 0.09}, "undecided", "no power law"),
        ({"p": 0.1}, "heavy-tailed", "the power law fits"),
        ({"p": None}, "undecided", "not tested"),
        ({"alternatives": {}}, "undecided", "not tested"),
        (changed("exponential", -2.5, 0.01), "not heavy-tailed", "the exponential"),
        (changed("binomial", -2.5, 0.01), "not heavy-tailed", "the binomial"),
        (changed("poisson", -2.5, 0.01), "not heavy-tailed", "the poisson"),
        (changed("exponential", -1.0, 0.3), "undecided", "no distribution"),
        (changed("binomial", 1.0, 0.3), "undecided", "no distribution"),
        (changed("exponential", 1.0, 0.3) | {"p": 0.09}, "not heavy-tailed", "is rejected"),
        ({"n_tail": 49}, "undecided", "fewer than 50 degrees in the tail"),
        ({"xmin": 21}, "undecided", "less than a decade"),
        ({"status": "constant degrees", "xmin": None}, "not heavy-tailed", "constant degrees"),
        ({"status": "odd", "xmin": None, "n_tail": None}, "undecided", "odd"),
    ],
)
def test_rules(change, verdict, reason):
    fit = replace(HEAVY, **change)
    assert fit.verdict == verdict
    assert reason in fit.reason


@pytest.mark.parametrize("width", [64, 256, 784])
@pytest.mark.parametrize("density", [0.01, 0.05, 0.3])
def test_erdos_renyi_layers_are_not_heavy_tailed_at_the_nominal_rate(width, density, rng):
    said = Counter(
        fit_tail(rng.binomial(width, density, width), width, samples=50).verdict for _ in range(100)
    )
    assert said["heavy-tailed"] == 0
    assert said["not heavy-tailed"] >= 100 * (0.95 - 3 * math.sqrt(0.05 * 0.95 / 100))


@pytest.mark.parametrize(("alpha", "least"), [(1.5, 0.75), (2.0, 0.75), (2.5, 0.6)])
def test_bounded_power_laws_are_found(alpha, least, rng):
    """Nine in ten at most, as a true power law is rejected in one of ten."""
    said = Counter(
        fit_tail(twin.power_law(rng, alpha, 1, 784, 784), 784, samples=50).verdict
        for _ in range(60)
    )
    assert said["heavy-tailed"] >= 60 * least
    assert said["not heavy-tailed"] <= 3


@pytest.mark.parametrize("mean", [3, 10, 30])
def test_exponential_layers_are_not_called_heavy_tailed(mean, rng):
    for _ in range(60):
        degrees = np.minimum(rng.geometric(1 / (mean + 1), 400) - 1, 784)
        assert fit_tail(degrees, 784, samples=30).verdict != "heavy-tailed"


def test_the_rate_by_chance_is_that_of_the_full_test(monkeypatch):
    """The short cuts change nothing; counted on a test that is made to say "heavy-tailed" often."""
    assert heavy_by_chance(64, 64, 400, layers=30) == 0
    real = layers.fit_tail

    def lenient(degrees, width, **options):
        light = {name: against(3.0, 0.01) for name in ("exponential", "binomial")}
        fit = real(degrees, width, **options)
        return replace(fit, alternatives=light, chance=0.0, p=fit.p and 0.5, xmin=1, n_tail=fit.n)

    monkeypatch.setattr(layers, "fit_tail", lenient)
    monkeypatch.setattr("nsgraph.tails.verdict.REJECTED", 0.0)
    found = heavy_by_chance(60, 784, 180, layers=150, samples=10)
    drawn = layers.stream(0, "tails/layers").binomial(784, 180 / (60 * 784), (150, 60))
    expected = np.mean([lenient(row, 784, samples=10).verdict == "heavy-tailed" for row in drawn])
    assert found == expected > 0


def test_rate_of_degenerate_shapes():
    for shape in ((0, 5, 0), (5, 0, 0), (80, 8, 0), (80, 8, 640), (80, 1, 40)):
        assert heavy_by_chance(*shape, layers=3) == 0
    with pytest.raises(UserError, match="641 links do not fit"):
        heavy_by_chance(80, 8, 641)
    with pytest.raises(UserError, match="0 layers"):
        heavy_by_chance(80, 8, 64, layers=0)
