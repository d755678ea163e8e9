"""Uniform random pruning: every layer keeps the same part of its weights."""

from __future__ import annotations

from dataclasses import replace

from nsgraph.pruning import allocation
from nsgraph.pruning.algorithms.random import random

UNIFORM = replace(random, name="uniform", allocation=allocation.uniform, reference=__doc__)
