"""A small networks table whose graphs tell the algorithm, and something of the accuracy drop."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

CATEGORIES = {
    "uniform": "layer-wise random",
    "er": "layer-wise random",
    "snip": "pruning at initialisation",
    "synflow": "pruning at initialisation",
    "set": "dynamic sparse training",
    "rigl": "dynamic sparse training",
    "magnitude": "magnitude",
}


def make_table(
    seeds: int = 3,
    sparsities: tuple[float, ...] = (0.8, 0.9, 0.95),
    models: tuple[str, ...] = ("mlp", "resnet"),
    n_metrics: int = 6,
    signal: float = 1.0,
) -> pd.DataFrame:
    """Networks whose metrics are a number per method, one per configuration, and a little noise."""
    rng = np.random.default_rng(7)
    rows = []
    for model in models:
        for m, (method, category) in enumerate(CATEGORIES.items()):
            for sparsity in sparsities:
                of_configuration = rng.normal(size=n_metrics)
                drop_of_configuration = rng.normal(scale=0.02)
                for seed in range(seeds):
                    row = {
                        "network": f"digits/{model}/{method}/{sparsity}-{seed}",
                        "dataset": "digits",
                        "model": model,
                        "method": method,
                        "category": category,
                        "sparsity": sparsity,
                        "density": 1 - sparsity,
                        "seed": seed,
                        "accuracy_drop": 0.02 * m * signal
                        + drop_of_configuration
                        + rng.normal(scale=0.001),
                        "multipartite.size.nodes": 100 + len(model),
                        "multipartite.size.edges": int(1000 * (1 - sparsity)) + len(model),
                        "multipartite.strength.initial_mean": 1.0 + m,
                        "multipartite.strength.final_mean": rng.normal(),
                        "rolled.size.nodes": 50,
                        "rolled.local.sources": rng.integers(0, 50),
                    }
                    row["test_accuracy"] = 0.9 * (1 - row["accuracy_drop"])
                    for k in range(n_metrics):
                        family = ("local", "motifs", "connectivity")[k % 3]
                        row[f"multipartite.{family}.m{k}"] = (
                            signal * m * (k == 0) + of_configuration[k] + rng.normal(scale=0.01)
                        )
                    rows.append(row)
    return pd.DataFrame(rows)


@pytest.fixture(scope="session")
def table() -> pd.DataFrame:
    return make_table()


@pytest.fixture(scope="session")
def table_without_signal() -> pd.DataFrame:
    return make_table(signal=0.0)
