"""What the graphs tell about the networks: tables to models, scored beside trivial baselines."""

from __future__ import annotations

from nsgraph.prediction.features import feature_sets, usable_columns
from nsgraph.prediction.folds import (
    FOLDINGS,
    TRANSFER,
    assign_folds,
    configuration_groups,
    shuffle_configurations,
)
from nsgraph.prediction.layer_columns import density_columns, layer_columns, with_layers
from nsgraph.prediction.learning_curve import learning_curve
from nsgraph.prediction.models import MODELS, fit_predict
from nsgraph.prediction.null import null_table, predict_null
from nsgraph.prediction.parts import PARTS
from nsgraph.prediction.run import Prediction, predict
from nsgraph.prediction.tasks import HEADLINE, TASKS

__all__ = [
    "FOLDINGS",
    "HEADLINE",
    "MODELS",
    "PARTS",
    "TASKS",
    "TRANSFER",
    "Prediction",
    "assign_folds",
    "configuration_groups",
    "density_columns",
    "feature_sets",
    "fit_predict",
    "layer_columns",
    "learning_curve",
    "null_table",
    "predict",
    "predict_null",
    "shuffle_configurations",
    "usable_columns",
    "with_layers",
]
