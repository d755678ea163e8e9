"""Erdos-Renyi: layers keep (n_in + n_out) / (n_in n_out), at random (Mocanu et al. 2018)."""

from __future__ import annotations

from dataclasses import replace

from nsgraph.pruning import allocation
from nsgraph.pruning.algorithms.random import random

ER = replace(random, name="er", allocation=allocation.er, reference=__doc__)
