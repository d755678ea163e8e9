"""When a degree sequence is called heavy-tailed, and when it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nsgraph.tails.fit import TailFit

__all__ = ["HEAVY", "NOT_HEAVY", "UNDECIDED", "Verdict", "decide"]

HEAVY = "heavy-tailed"
NOT_HEAVY = "not heavy-tailed"
UNDECIDED = "undecided"

LEVEL = 0.05
"""Significance of the comparisons with chance and with the alternatives."""
REJECTED = 0.1
"""Goodness of fit below which the power law is rejected (Clauset et al. 2009, section 4)."""
ENOUGH = 50
"""Degrees that a tail needs (Broido & Clauset 2019)."""
SPAN = 10
"""Largest degree over the start of a tail: one decade, as many layers are too narrow for two."""


class Verdict(NamedTuple):
    """One of "heavy-tailed", "not heavy-tailed", "undecided", and why."""

    label: str
    reason: str


def decide(fit: TailFit) -> Verdict:
    """The verdict on a fit, by the first of these rules that holds.

    1. Fewer than 50 nodes, or no links: undecided.
    2. All degrees alike, or those of an Erdos-Renyi layer as far as can be told (chance >= .05):
       not heavy-tailed. This gives Erdos-Renyi layers their nominal rate at any width and density:
       .05 of them, at most, get past it.
    3. There is no fit: undecided.
    4. The exponential or the binomial is significantly better on the tail (Vuong's test, p < .05):
       not heavy-tailed.
    5. The power law is rejected (p < .1): undecided if it still is significantly better than both,
       as then the tail is heavier than exponential but no power law; else not heavy-tailed.
    6. It is significantly better than both, on at least 50 degrees over at least a decade:
       heavy-tailed.
    7. Else undecided.
    """
    if fit.n + fit.n_zero < ENOUGH or fit.n == 0:
        return Verdict(UNDECIDED, "no links" if fit.n == 0 else f"fewer than {ENOUGH} nodes")
    if fit.status == "constant degrees":
        return Verdict(NOT_HEAVY, fit.status)
    if fit.chance is not None and fit.chance >= LEVEL:
        return Verdict(NOT_HEAVY, "an Erdos-Renyi layer has such degrees")
    if fit.n_tail is None or fit.xmin is None:
        return Verdict(UNDECIDED, fit.status)
    if fit.p is None or not fit.alternatives:
        return Verdict(UNDECIDED, "not tested")
    light = [a for a in ("exponential", "binomial", "poisson") if a in fit.alternatives]
    tests = {name: fit.alternatives[name] for name in light}
    better = [name for name, test in tests.items() if test.ratio < 0 and test.p < LEVEL]
    if better:
        return Verdict(NOT_HEAVY, f"the {better[0]} distribution is better")
    beaten = all(test.ratio > 0 and test.p < LEVEL for test in tests.values())
    if fit.p < REJECTED:
        if beaten:
            return Verdict(UNDECIDED, "heavier than exponential, but no power law")
        return Verdict(NOT_HEAVY, "the power law is rejected")
    if not beaten:
        return Verdict(UNDECIDED, "no distribution is significantly better")
    if fit.n_tail < ENOUGH:
        return Verdict(UNDECIDED, f"fewer than {ENOUGH} degrees in the tail")
    if fit.largest < SPAN * fit.xmin:
        return Verdict(UNDECIDED, "the tail spans less than a decade")
    return Verdict(HEAVY, "the power law fits, exponential and binomial do not")
