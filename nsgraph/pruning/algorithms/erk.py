"""Erdos-Renyi kernel: ER with kernel sizes, at random within layers (Evci et al. 2020)."""

from __future__ import annotations

from dataclasses import replace

from nsgraph.pruning import allocation
from nsgraph.pruning.algorithms.random import random

ERK = replace(random, name="erk", allocation=allocation.erk, reference=__doc__)
