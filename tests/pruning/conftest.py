"""Small data and networks of several shapes."""

from __future__ import annotations

import numpy as np
import pytest
from torch import nn

from nsgraph.datasets import Dataset
from nsgraph.models import build


@pytest.fixture(scope="session")
def data() -> Dataset:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (200, 1, 8, 8), dtype=np.uint8)
    return Dataset.from_arrays("noise", (images, np.arange(200) % 10), classes=10)


ARCHITECTURES = {
    "mlp": lambda: build("mlp-20-15", (1, 8, 8), 10, seed=0),
    "resnet": lambda: build("resnet8-4", (1, 8, 8), 10, seed=0),
    "one layer": lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 10)),
    "depthwise": lambda: nn.Sequential(
        nn.Conv2d(1, 6, 3),
        nn.ReLU(),
        nn.Conv2d(6, 6, 3, groups=6),
        nn.Dropout(0.5),
        nn.Flatten(),
        nn.Linear(96, 10),
    ),
}


@pytest.fixture(params=list(ARCHITECTURES))
def net(request) -> nn.Module:
    return ARCHITECTURES[request.param]()
