"""Ideal gas quotas: densities 1 / (F N + 1), at random within layers (Vysogorets & Kempe 2023)."""

from __future__ import annotations

from dataclasses import replace

from nsgraph.pruning import allocation
from nsgraph.pruning.algorithms.random import random

IGQ = replace(random, name="igq", allocation=allocation.igq, reference=__doc__)
