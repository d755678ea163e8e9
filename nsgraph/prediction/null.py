"""What the same models score on shuffled labels: the level that a score has to beat.

No formula gives it. Under random folds a model recognises the other seeds of a configuration and
names whatever label they have, so shuffled labels score far above 1 / classes; under grouped folds
the class that is left out is the rarer one in training, so they score below. Labels (or accuracy
drops) are therefore shuffled among the configurations of each data set, model and sparsity, seeds
kept together, and asked for again with new folds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd

from nsgraph.prediction.features import feature_sets, flat_within, usable_columns
from nsgraph.prediction.folds import FOLDINGS, TRANSFER
from nsgraph.prediction.frames import NULL, NULL_SAMPLES, frame
from nsgraph.prediction.parts import WHOLE
from nsgraph.prediction.run import RANKING, sparse_networks
from nsgraph.prediction.scores import interval, spearman_of_cells
from nsgraph.prediction.tasks import HEADLINE, TASKS, Asked, check_names
from nsgraph.seeds import stream

__all__ = ["null_table", "predict_null"]


def predict_null(
    table: pd.DataFrame,
    *,
    encodings: list[str] | None = None,
    tasks: Sequence[str] = HEADLINE,
    foldings: Sequence[str] = FOLDINGS,
    samples: int = 20,
    folds: int = 5,
    seed: int = 0,
    weights: str = "final",
    without: Sequence[str] = (),
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Scores of the first encoding's features on shuffled labels: a row a task, folding, sample.

    Arguments as in `predict`; `samples` is the number of shuffles. Every sample has one repeat,
    with folds of its own. A task that cannot be scored has one row with its status.
    """
    check_names("task", tasks, TASKS)
    check_names("folding", foldings, (*FOLDINGS, *TRANSFER))
    table = sparse_networks(table)
    encoding, columns = next(iter(feature_sets(table, encodings, weights, without).items()))
    matrix, names, _ = usable_columns(table, columns)
    rows: list[dict] = []
    for name in tasks:
        for folding in foldings:
            for sample in range(samples):
                if progress is not None:
                    progress(f"{name}, {folding} folds, shuffle {sample + 1} of {samples}")
                shuffle = stream(seed, f"null-{sample}")
                asked = Asked(TASKS[name], folding, table, folds, [sample], seed, shuffle)
                described = asked.describe(encoding, "xgboost", len(names))
                about = {"part": WHOLE, **described, "sample": sample}
                status = asked.status or (None if names else "no usable column")
                if status is not None:
                    rows.append({**about, "score.status": status})
                    break
                rows += _sample(asked, about, matrix[asked.rows])
    return frame(rows, NULL_SAMPLES)


def _sample(asked: Asked, about: dict, matrix: np.ndarray) -> Iterator[dict]:
    predicted = asked.predictions("xgboost", matrix)
    yield {**about, "score": float(asked.each(predicted)[0])}
    if asked.task.ranks:
        flat = flat_within(asked.cells, matrix)
        cells = spearman_of_cells(asked.table, asked.target, predicted, flat)
        if cells.shape[1]:
            score = float(cells.mean())
            yield {**about, "task": RANKING, "metric": "Spearman", "score": score}


def null_table(scores: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Scores beside what shuffled labels give: a row a task and folding.

    Parameters
    ----------
    scores
        Of `predict`.
    samples
        Of `predict_null`.

    Returns
    -------
    frame
        The score with its interval, mean, standard deviation and 95 % range of the null samples,
        and `null_p` = (1 + samples that score at least as much) / (1 + samples). The score is a
        mean over repeats, a sample has one repeat and therefore spreads more: p errs upwards.
    """
    rows = []
    keys = ["part", "task", "folding", "features", "model"]
    null = {k: own["score"].dropna().to_numpy() for k, own in samples.groupby(keys)}
    asked = set(samples[keys].itertuples(index=False, name=None))
    for row in scores.to_dict("records"):
        if tuple(row[k] for k in keys) not in asked:
            continue
        drawn = null.get(tuple(row[k] for k in keys), np.empty(0))
        row["null_samples"] = len(drawn)
        if pd.isna(row["score"]):
            row["null_p.status"] = row["score.status"]
        elif not len(drawn):
            row["null_p.status"] = "no null sample could be scored"
        else:
            row["null_mean"] = float(drawn.mean())
            row["null_sd"] = float(drawn.std(ddof=1)) if len(drawn) > 1 else None
            row["null_low"], row["null_high"] = interval(drawn)
            beaten = int((drawn < row["score"] - 1e-12).sum())
            row["null_p"] = (1 + len(drawn) - beaten) / (1 + len(drawn))
        rows.append(row)
    return frame(rows, NULL)
