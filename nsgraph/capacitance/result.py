"""A neural capacitance, and the reasons why there is none."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field
from typing import Literal

from nsgraph.capacitance.sums import ROUNDING, Sums

__all__ = ["Capacitance", "Reading", "judged"]

Reading = Literal["local", "exact"]
Cause = Literal["construction", "not finite", "rounding", "sign"]


@dataclass(frozen=True)
class Capacitance:
    """beta_eff of a network's weight graph.

    Attributes
    ----------
    value
        numerator / denominator; None where that would be noise, see `degenerate`.
    numerator
        delta_out . delta_in of the mean P over samples.
    denominator
        Sum of all entries of the mean P.
    denominator_error
        Standard error of the denominator over samples, 0 if there is only one (exact reading of a
        whole network: over batches).
    epsilon
        Rounding error of the denominator, estimated from the size of its terms and the arithmetic.
    reading
        `"local"` or `"exact"`.
    layers
        Names of the layers whose weights are nodes, from the input to the output.
    nodes
        Number of these weights.
    samples
        Number of samples.
    absolute, batch_norm
        As asked for.
    degenerate
        Why there is no value, in words; None if there is one.
    cause
        Kind of that reason. `"construction"`: the same for every network with such layers;
        `"not finite"`; `"rounding"`: numerator or denominator are 0 within rounding; `"sign"`: the
        sign of the denominator is not known from these samples.
    """

    value: float | None
    numerator: float
    denominator: float
    denominator_error: float
    epsilon: float
    reading: Reading
    layers: tuple[str, ...] = field(repr=False)
    nodes: int
    samples: int
    absolute: bool = False
    batch_norm: str = "fixed"
    degenerate: str | None = None
    cause: Cause | None = None

    @property
    def status(self) -> str | None:
        """The same as `degenerate`: what a table has beside an undefined value."""
        return self.degenerate


def judged(
    sums: Sums,
    *,
    reading: Reading,
    layers: tuple[str, ...],
    nodes: int,
    unit: float,
    by_construction: str | None,
    sign_errors: float,
    absolute: bool = False,
    batch_norm: str = "fixed",
) -> Capacitance:
    """The value, or why there is none.

    Parameters
    ----------
    sums
        Over all samples.
    unit
        Epsilon of the arithmetic.
    by_construction
        Why the value is the same for every network of this kind; None if it is not.
    sign_errors
        How many of its standard errors the denominator must be away from 0.
    """
    numerator, _ = sums.numerator()
    denominator, error, scale = sums.denominator()
    cause, reason = _reason(sums, unit, sign_errors)
    if by_construction is not None:
        cause, reason = "construction", by_construction
    return Capacitance(
        value=None if reason else numerator / denominator,
        numerator=numerator,
        denominator=denominator,
        denominator_error=error,
        epsilon=ROUNDING * unit * scale,
        reading=reading,
        layers=layers,
        nodes=nodes,
        samples=sums.samples,
        absolute=absolute,
        batch_norm=batch_norm,
        degenerate=reason,
        cause=cause,
    )


def _reason(sums: Sums, unit: float, sign_errors: float) -> tuple[Cause | None, str | None]:
    """Why the sums give no value."""
    numerator, numerator_scale = sums.numerator()
    denominator, error, scale = sums.denominator()
    epsilon = ROUNDING * unit * scale
    finer = (
        " In float64 (net.double()) it may have a value." if unit > sys.float_info.epsilon else ""
    )
    if not math.isfinite(numerator + denominator):
        return "not finite", "P is not finite: weights, inputs or activations are NaN or infinite."
    if abs(denominator) <= epsilon:
        return "rounding", (
            f"The denominator, {denominator:.3g}, is 0 within rounding ({epsilon:.3g}): beta_eff "
            f"would be noise.{finer}"
        )
    if abs(numerator) <= ROUNDING * unit * numerator_scale:
        return "rounding", (
            f"The numerator, {numerator:.3g}, is 0 within rounding: beta_eff would be noise.{finer}"
        )
    if abs(denominator) < sign_errors * error:
        return "sign", (
            f"The denominator, {denominator:.3g}, is less than {sign_errors:g} of its standard "
            f"errors ({error:.3g}, {sums.samples} samples) away from 0: neither sign nor size of "
            "beta_eff is known. Take more samples; sign_errors=0 gives the value nevertheless."
        )
    return None, None
