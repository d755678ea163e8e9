"""What the stages hand over for a small study: manifests, metric rows, layer rows, pair rows."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

CATEGORIES = {
    "dense": "dense",
    "uniform": "layer-wise random",
    "er": "layer-wise random",
    "erk": "layer-wise random",
    "snip": "pruning at initialisation",
    "synflow": "pruning at initialisation",
    "set": "dynamic sparse training",
    "rigl": "dynamic sparse training",
    "magnitude": "magnitude",
}
METRICS = {
    "layer.edges": "edges of the layer",
    "size.nodes": "nodes",
    "size.edges": "edges",
    "local.effective_sparsity": "share of weights on no path",
    "local.sources_per_node": "share of nodes that nothing reaches",
    "connectivity.components": "connected components",
    "motifs.chain": "chains a -> b -> c",
    "motifs.chain_per_edge": "chains per edge",
    "neighbourhood.hop2_per_node": "nodes within two steps",
    "strength.final_mean": "mean strength, final weights",
    "strength.initial_mean": "mean strength, initial weights",
}


def info(name: str, meaning: str) -> SimpleNamespace:
    return SimpleNamespace(
        name=name, family=name.split(".")[0], meaning=meaning, unit="", formula="", source="a test"
    )


@pytest.fixture(scope="session")
def metrics_dictionary() -> list[Any]:
    return [info(name, meaning) for name, meaning in METRICS.items()]


@pytest.fixture(scope="session")
def rows() -> SimpleNamespace:
    """Rows of 2 models x 9 methods x 3 sparsities x 3 seeds."""
    rng = np.random.default_rng(11)
    manifests, metrics, layers, nulls, pairs = [], [], [], [], []
    for model, (m, method) in itertools.product(("mlp-64-64", "resnet8-16"), enumerate(CATEGORIES)):
        for sparsity in [0.0] if method == "dense" else [0.8, 0.9, 0.95]:
            for seed in range(3):
                name = f"digits/{model}/{method}/{sparsity:g}-{seed}"
                lost = 0.01 * m * (sparsity**8) + rng.normal(scale=0.004)
                manifests.append(
                    {
                        "network": name,
                        "dataset": "digits",
                        "model": model,
                        "method": method,
                        "category": CATEGORIES[method],
                        "sparsity": sparsity,
                        "sparsity_reached": sparsity,
                        "seed": seed,
                        "split_seed": 0,
                        "epochs": 12,
                        "epochs_before": None if m % 2 else 3,
                        "best_epoch": 11,
                        "validation_accuracy": 0.95 - lost,
                        "test_accuracy": 0.96 - lost,
                        "file": f"results/networks/{name}.safetensors",
                        "sha256": f"{m:064x}",
                        "device": "cpu",
                    }
                )
                kept = 1 - sparsity
                row: dict[str, Any] = {"network": name}
                for encoding in ("multipartite", "rolled"):
                    row |= {
                        f"{encoding}.size.nodes": 202,
                        f"{encoding}.size.edges": int(8832 * kept),
                        f"{encoding}.local.effective_sparsity": sparsity + 0.001 * m,
                        f"{encoding}.local.sources_per_node": 0.02 * m * sparsity,
                        f"{encoding}.connectivity.components": 1 + int(m * sparsity * 5),
                        f"{encoding}.motifs.chain": 2**60 + m,
                        f"{encoding}.motifs.chain_per_edge": (8 + m + rng.normal()) * kept,
                        f"{encoding}.neighbourhood.hop2_per_node": kept * (1 + 0.1 * m),
                        f"{encoding}.strength.final_mean": rng.normal(3 + m, 0.3),
                        f"{encoding}.strength.initial_mean": None if m == 2 else rng.normal(2),
                    }
                    if m == 2:
                        row[f"{encoding}.strength.initial_mean.status"] = "no initial weights"
                metrics.append(row)
                layers += [
                    {
                        "network": name,
                        "encoding": "rolled",
                        "layer": f"fc{k}",
                        "metric": "layer.edges",
                        "value": k + 1 if k else None,
                    }
                    for k in range(3)
                ]
                nulls += [
                    {
                        "network": name,
                        "encoding": "multipartite",
                        "metric": f"motifs.{motif}",
                        "null_model": null,
                        "samples": 5,
                        "value": 2**60,
                        "mean": 2.0**60 - m,
                        "sd": None if motif == "chain" else 0.5,
                        "z": None if motif == "chain" else 2.0 * m,
                        "status": "the null does not vary" if motif == "chain" else None,
                    }
                    for motif in ("chain", "bifan", "biparallel")
                    for null in ("er", "degree")
                ]
            if method != "dense":
                for a, b in ((0, 1), (0, 2), (1, 2)):
                    pairs.append(
                        {
                            "dataset": "digits",
                            "model": model,
                            "method": method,
                            "category": CATEGORIES[method],
                            "sparsity": sparsity,
                            "differ": "seed",
                            "dataset_b": "digits",
                            "seed_a": a,
                            "seed_b": b,
                            "distance.nnstd": min(1, sparsity - 0.02 * m + rng.normal(scale=0.01)),
                            "distance.nnstd_er_mean": sparsity - 0.03,
                            "distance.nnstd_er_sd": 0.01,
                            "distance.nnstd_er_z": float(m),
                            "stability.jaccard": 0.1,
                            "stability.jaccard_expected": 0.08,
                            "stability.fraction": 0.2,
                        }
                    )
    return SimpleNamespace(
        manifests=manifests, metrics=metrics, layers=layers, nulls=nulls, pairs=pairs
    )
