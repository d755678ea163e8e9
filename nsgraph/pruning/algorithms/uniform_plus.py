"""Uniform-plus: uniform but for a dense first convolution and a denser last layer (Gale 2019)."""

from __future__ import annotations

from dataclasses import replace

from nsgraph.pruning import allocation
from nsgraph.pruning.algorithms.random import random

UNIFORM_PLUS = replace(
    random, name="uniform-plus", allocation=allocation.uniform_plus, reference=__doc__
)
