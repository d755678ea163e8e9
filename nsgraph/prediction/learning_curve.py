"""How many networks does it take? Scores against the number of networks in training."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from nsgraph.prediction.comparisons import Bootstrap
from nsgraph.prediction.features import BASELINES, feature_sets, flat_within, usable_columns
from nsgraph.prediction.folds import FOLDINGS, TRANSFER
from nsgraph.prediction.frames import CURVE, frame
from nsgraph.prediction.models import MODELS
from nsgraph.prediction.parts import WHOLE
from nsgraph.prediction.run import sparse_networks
from nsgraph.prediction.tasks import HEADLINE, TASKS, Asked, check_names

__all__ = ["SHARES", "learning_curve"]

SHARES = (0.125, 0.25, 0.5, 0.75, 1.0)


def learning_curve(
    table: pd.DataFrame,
    *,
    encodings: list[str] | None = None,
    tasks: Sequence[str] = HEADLINE,
    foldings: Sequence[str] = FOLDINGS,
    model: str = "xgboost",
    shares: Sequence[float] = SHARES,
    repeats: int = 10,
    folds: int = 5,
    seed: int = 0,
    resamples: int = 1000,
    weights: str = "final",
    without: Sequence[str] = (),
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Scores of every encoding when models learn from a share of the training folds.

    What is left out of training are whole configurations under grouped folds, networks under random
    ones; a larger share holds all of a smaller one, and all shares are tested on the same networks.
    A curve that still rises at its end says that more networks would help.

    Parameters
    ----------
    shares
        Of the training folds, each above 0 and at most 1.
    table, encodings, tasks, foldings, model, repeats, folds, seed, resamples, weights, without
        As in `predict`.
    progress
        Called with one line before each share.

    Returns
    -------
    frame
        A row a task, folding, encoding and share.
    """
    check_names("task", tasks, TASKS)
    check_names("folding", foldings, (*FOLDINGS, *TRANSFER))
    check_names("model", [model], MODELS)
    table = sparse_networks(table)
    rows: list[dict] = []
    for features, columns in feature_sets(table, encodings, weights, without).items():
        if features in BASELINES:
            continue
        matrix, names, _ = usable_columns(table, columns)
        for task in tasks:
            for folding in foldings:
                asked = Asked(TASKS[task], folding, table, folds, range(repeats), seed)
                about = {"part": WHOLE, **asked.describe(features, model, len(names))}
                status = asked.status or (None if names else "no usable column")
                if status is not None:
                    rows += [{**about, "share": s, "score.status": status} for s in shares]
                    continue
                own = matrix[asked.rows]
                flat = bool(flat_within(asked.cells, own).all())
                bootstrap = Bootstrap(asked, resamples)
                for share in shares:
                    if progress is not None:
                        progress(f"{features}: {task}, {folding} folds, {share:.0%} of training")
                    scored = bootstrap.scored(asked.predictions(model, own, share), flat)
                    trained = {"share": share, "n_training": asked.n_training(share)}
                    rows.append({**about, **trained, **scored.row()})
    return frame(rows, CURVE)
