"""Networks of a study of methods with accuracies that a test chooses."""

from __future__ import annotations

import pandas as pd

CATEGORIES = {
    "dense": "dense",
    "er": "layer-wise random",
    "uniform": "layer-wise random",
    "snip-redrawn": "layer-wise random",
    "snip": "pruning at initialisation",
    "synflow": "pruning at initialisation",
    "rigl": "dynamic sparse training",
    "set": "dynamic sparse training",
    "lottery-ticket": "magnitude",
    "magnitude": "magnitude",
}
NEEDS = {"snip": "batches", "snip-redrawn": "batches", "synflow": "shape"}


def networks(accuracies, sparsities=(0.9,), models=("mlp",), epochs=10, **longer):
    """One row a network; `accuracies`: method -> accuracies of seeds 0, 1, ... (None: missing)."""
    rows = [
        {
            "network": f"{model}/{method}/{sparsity}-{seed}",
            "dataset": "digits",
            "model": model,
            "method": method,
            "category": CATEGORIES[method],
            "sparsity": sparsity,
            "seed": seed,
            "epochs": longer.get(method.replace("-", "_"), epochs),
            "epochs_before": 0,
            "test_accuracy": accuracy,
        }
        for model in models
        for method, values in accuracies.items()
        for sparsity in ([0.0] if method == "dense" else sparsities)
        for seed, accuracy in enumerate(values)
    ]
    return pd.DataFrame(rows).astype({"test_accuracy": "float64"})


def methods(names):
    """The table of methods for some of the names above."""
    rows = [
        {"method": name, "category": CATEGORIES[name], "needs": NEEDS.get(name, "nothing")}
        for name in names
    ]
    return pd.DataFrame(rows, dtype="string")
