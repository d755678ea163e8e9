"""Small data that can be learnt, and a fast recipe."""

from __future__ import annotations

import numpy as np
import pytest

from nsgraph.datasets import Dataset
from nsgraph.models import build


@pytest.fixture(scope="session")
def data() -> Dataset:
    """Ten noisy patterns of 4 x 4 pixels; 96 training images."""
    rng = np.random.default_rng(0)
    patterns = rng.integers(60, 196, (10, 1, 4, 4))

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        labels = np.arange(n) % 10
        noise = rng.integers(-60, 60, (n, 1, 4, 4))
        return (patterns[labels] + noise).astype(np.uint8), labels

    return Dataset.from_arrays("patterns", draw(96), draw(50), draw(50), classes=10)


@pytest.fixture
def mlp():
    return build("mlp-24-16", (1, 4, 4), 10, seed=0)


@pytest.fixture
def resnet():
    return build("resnet8-4", (1, 4, 4), 10, seed=0)


@pytest.fixture
def recipe() -> dict:
    return {"epochs": 4, "batch": 32, "lr": 0.1, "weight_decay": 5e-4}
