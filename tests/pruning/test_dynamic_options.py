"""Options of dynamic methods: schedules by shape, and what is refused."""

from __future__ import annotations

import pytest

from nsgraph.errors import UserError
from nsgraph.pruning import registry


@pytest.mark.parametrize(
    ("method", "options", "found"),
    [
        ("top-kast", {"backward": 0.5}, "backward is 0.5"),
        ("top-kast", {"every": 0}, "every is 0"),
        ("top-kast", {"allocation": "fair"}, "'fair'; expected one of"),
        ("deepr", {"l1": -1}, "l1 is -1"),
        ("deepr", {"noise": float("inf")}, "noise is inf"),
        ("deepr", {"within": "house"}, "within"),
        ("dsr", {"threshold": 0}, "threshold is 0"),
        ("dsr", {"redistribute": "fairly"}, "'fairly'; expected one of live-weights"),
        ("mest", {"surplus": {"linear": [0.5, -0.1]}}, "surplus reaches"),
        ("set", {"fraction": {"linear": [0.3, 1.2]}}, "fraction reaches"),
        ("set", {"fraction": {"slope": 1}}, "'fraction' of method 'set'.*no schedule"),
    ],
)
def test_impossible_options_are_refused(method, options, found):
    with pytest.raises(UserError, match=found):
        registry.get(method).configured(options)


def test_schedules_are_options():
    found = registry.get("rigl").configured({"fraction": {"linear": [0.5, 0.1]}})
    assert found.fraction(0.5) == pytest.approx(0.3)
    assert found.options["fraction"] == {"linear": [0.5, 0.1]}
    assert registry.get("set").options["fraction"] == 0.3
    assert registry.get("rigl").options["fraction"] == {"cosine": [0.3, 0.0]}
    itop = registry.get("rigl-itop")
    assert itop.fraction(0) == 0.5
    assert itop.fraction(1) == pytest.approx(0.005)
    snfs = registry.get("snfs").configured({"redistribute": None})
    assert snfs.redistribute is None
    assert registry.get("dsr").options["redistribute"] == "live-weights"
