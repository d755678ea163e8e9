"""Independent random streams: what draws the data split never disturbs what draws the weights."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from nsgraph.errors import UserError

__all__ = ["stream", "torch_seed"]


def _sequence(seed: int, name: str) -> np.random.SeedSequence:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise UserError(f"A seed must be a whole number of at least 0, but {seed!r} was given.")
    words = np.frombuffer(hashlib.sha256(name.encode()).digest()[:16], dtype="<u4")
    return np.random.SeedSequence([int(seed), *(int(w) for w in words)])


def stream(seed: int, name: str) -> np.random.Generator:
    """Random generator for one purpose of one seed.

    Parameters
    ----------
    seed
        At least 0.
    name
        The purpose: `"split"`, `"weights"`, `"batches"`, `"method"` or any other word. Streams of
        different names are independent, and adding one leaves the others as they were.
    """
    return np.random.Generator(np.random.PCG64(_sequence(seed, name)))


def torch_seed(seed: int, name: str) -> int:
    """Seed in [0, 2^63) for a `torch.Generator` that is independent of the other streams."""
    state: Any = _sequence(seed, name).generate_state(1, np.uint64)[0]
    return int(state) >> 1
