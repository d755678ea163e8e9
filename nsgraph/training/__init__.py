"""Training under every method: the loop, what a method does within it, checkpoints, cohorts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsgraph.lazy import attach
from nsgraph.training.recipe import Recipe, TrainingDiverged

if TYPE_CHECKING:
    from nsgraph.training.cohort import train_cohort, train_spec, write_template
    from nsgraph.training.evaluation import accuracy
    from nsgraph.training.external import adopt_cohort, finish
    from nsgraph.training.loop import train
    from nsgraph.training.population import train_population
    from nsgraph.training.retraining import retrain, retrainings
    from nsgraph.training.trainer import Run

__all__ = [
    "Recipe",
    "Run",
    "TrainingDiverged",
    "accuracy",
    "adopt_cohort",
    "finish",
    "retrain",
    "retrainings",
    "train",
    "train_cohort",
    "train_population",
    "train_spec",
    "write_template",
]

_WHERE = {
    "Run": "trainer",
    "accuracy": "evaluation",
    "adopt_cohort": "external",
    "finish": "external",
    "retrain": "retraining",
    "retrainings": "retraining",
    "train": "loop",
    "train_cohort": "cohort",
    "train_population": "population",
    "train_spec": "cohort",
    "write_template": "cohort",
}

__getattr__ = attach(__name__, _WHERE)
