"""Runs of a zoo with accuracies that a test chooses."""

from __future__ import annotations

import numpy as np

EPOCHS = 12


def made_up_runs(limits, seeds=2, shares=(0.5, 1), noise=0.0, trained=False):
    """Runs whose accuracies end at `limits` (candidate -> limit); beta_eff falls with what misses.

    The exact reading is proportional to what is missing; the local one has no value in epoch 2.
    """
    rng = np.random.default_rng(0)
    runs = []
    for name, limit in limits.items():
        for share in shares:
            for seed in range(seeds):
                epoch = np.arange(1, (EPOCHS if share == 1 else 6) + 1)
                missing = 0.5 * epoch**-0.8 / share**0.2
                accuracy = limit + 0.01 * seed - missing + noise * rng.normal(size=len(epoch))
                rows = [
                    {
                        "epoch": int(e),
                        "loss": float(1 - a),
                        "validation_accuracy": float(a),
                        "test_accuracy": float(a) - 0.02,
                        "local_beta": None if e == 2 else float(-0.1 * m),
                        "local_beta.status": "no sign" if e == 2 else None,
                        "local_numerator": 1.0,
                        "local_denominator": -10.0,
                        "exact_beta": float(m),
                        "exact_beta.status": None,
                        "exact_numerator": 1.0,
                        "exact_denominator": 1.0,
                        "seconds": 0.1,
                        "capacitance_seconds": 0.05,
                    }
                    for e, a, m in zip(epoch, accuracy, missing, strict=True)
                ]
                source = limit - 1 if trained else None
                scores = {"h-score": limit, "logme": -limit, "leep": source, "nce": source}
                about = {"candidate": name, "model": name, "method": "dense", "sparsity": 0.0}
                size = {"n_weights": 100 + int(100 * limit), "n_layers": 2, "features": 8}
                run = {**about, "share": share, "seed": seed, **size, "scores": scores}
                runs.append({**run, "epochs": rows})
    return runs
