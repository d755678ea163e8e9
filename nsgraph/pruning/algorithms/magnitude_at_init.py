"""Magnitude pruning before any training: a baseline of Frankle et al. 2021."""

from __future__ import annotations

from dataclasses import replace

from nsgraph.pruning.algorithms.magnitude import magnitude

MAGNITUDE_AT_INIT = replace(
    magnitude,
    name="magnitude-at-init",
    category="pruning at initialisation",
    after=0.0,
    reference="|w| over all layers at initialisation (baseline of Frankle et al. 2021).",
)
