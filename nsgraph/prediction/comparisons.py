"""Scores with what they would be for other configurations and folds, and differences of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsgraph.errors import UserError
from nsgraph.prediction.folds import TRANSFER
from nsgraph.prediction.scores import fold_scores, group_weights, interval
from nsgraph.prediction.significance import Tested, corrected_test, holm
from nsgraph.prediction.tasks import Asked
from nsgraph.seeds import stream

__all__ = ["Bootstrap", "Scored", "compare"]


@dataclass(frozen=True)
class Scored:
    """Scores of one feature set and model."""

    each: np.ndarray  # [repeats]
    drawn: np.ndarray  # [resamples]
    by_fold: np.ndarray  # [repeats, folds]
    flat: bool  # whether no cell has networks that differ

    @property
    def mean(self) -> float:
        """Mean over repeats."""
        return float(self.each.mean())

    def row(self) -> dict:
        """Score, interval, and how far repeats are apart."""
        low, high = interval(self.drawn)
        spread = float(self.each.std(ddof=1)) if len(self.each) > 1 else None
        return {"score": self.mean, "low": low, "high": high, "sd_repeats": spread}


class Bootstrap:
    """The same configurations and repeats for every score of a task, so that pairs are paired."""

    def __init__(self, asked: Asked, resamples: int) -> None:
        if resamples < 1:
            raise UserError(f"{resamples} resamples were asked for; expected at least 1.")
        seed = asked.seed
        self.asked = asked
        self.weights = group_weights(
            asked.groups, asked.strata, resamples, stream(seed, "bootstrap")
        )
        repeats = stream(seed, "bootstrap-repeats")
        self.repeats = repeats.integers(len(asked.repeats), size=resamples)
        self.folds = np.stack(list(asked.folds.values()))

    def scored(self, predicted: np.ndarray, flat: bool) -> Scored:
        """Scores of predictions [repeats, networks]."""
        asked = self.asked
        drawn = asked.score(asked.target, predicted[self.repeats], self.weights)
        by_fold = fold_scores(asked.task.kind, asked.target, predicted, self.folds)
        return Scored(asked.each(predicted), drawn, by_fold, flat)


Key = tuple[str, str]  # features, model


def compare(
    found: dict[str, dict[Key, Scored]], encodings: list[str], classify: bool
) -> list[dict]:
    """Differences between feature sets on the same folds, and between the foldings.

    Every encoding is held against every other feature set of the same model, and against nothing at
    all. What does not differ within a cell is below chance by construction in classification:
    beating it says nothing, and it is left out. p values are of the corrected resampled test; those
    of one folding are one family (`holm`).
    """
    rows = []
    for folding, scored in found.items():
        own = [
            _row(folding, key, folding, other, scored[key], scored[other])
            for key in scored
            for other in scored
            if _pair(key, other, encodings) and not (classify and scored[other].flat)
        ]
        _adjust(own)
        rows += own
        rows += [
            _row(folding, key, later, key, scored[key], found[later][key])
            for key in scored
            for later in list(found)[list(found).index(folding) + 1 :]
            if key[0] in encodings and key in found[later]
        ]
    return rows


def _adjust(rows: list[dict]) -> None:
    """Fill in `p_holm`. Two encodings stand in two rows, one less the other: that is one test."""
    tests = [(row["model"], frozenset((row["features"], row["compared_with"]))) for row in rows]
    p_of = {t: np.nan if r["p"] is None else r["p"] for t, r in zip(tests, rows, strict=True)}
    adjusted = dict(zip(p_of, holm(np.array(list(p_of.values()))), strict=True))
    for test, row in zip(tests, rows, strict=True):
        row["p_holm"] = None if np.isnan(adjusted[test]) else float(adjusted[test])


def _pair(key: Key, other: Key, encodings: list[str]) -> bool:
    """Whether two feature sets are compared: of one model, or one of them nothing at all."""
    return key[0] in encodings and key[0] != other[0] and other[1] in (key[1], "dummy")


def _row(folding: str, key: Key, other_folding: str, other: Key, a: Scored, b: Scored) -> dict:
    low, high = interval(a.drawn - b.drawn)
    tested = _tested(folding, other_folding, a, b)
    return {
        "folding": folding,
        "features": key[0],
        "model": key[1],
        "compared_folding": other_folding,
        "compared_with": other[0],
        "difference": a.mean - b.mean,
        "low": low,
        "high": high,
        "t": tested.t,
        "df": tested.df,
        "p": tested.p,
        "p.status": tested.status,
    }


def _tested(folding: str, other_folding: str, a: Scored, b: Scored) -> Tested:
    if folding != other_folding:
        return Tested(None, None, None, "not the same folds")
    if folding in TRANSFER:
        return Tested(None, None, None, "folds are given, not drawn")
    return corrected_test((a.by_fold - b.by_fold).ravel(), 1 / (a.by_fold.shape[1] - 1))
