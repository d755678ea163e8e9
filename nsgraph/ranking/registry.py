"""Predictors and transferability scores by name: one short file each."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from nsgraph.errors import UserError
from nsgraph.ranking.curves import Array, Curve, Forecast

__all__ = ["Predictor", "Score", "predictor", "predictors", "score", "scores", "transferability"]

NO_SOURCE = "trained from scratch: no source classes"
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Predictor:
    """A forecast of the final accuracy from the first epochs.

    Attributes
    ----------
    forecast
        `forecast(seen, others, total)`: from a curve cut off after the epochs seen, whole curves of
        other candidates, and the number of epochs of a whole training.
    kind
        What its values are: `"accuracy"`, or `"score"` where only their order means something.
    knows
        What it looks at beside the run itself.
    """

    name: str
    forecast: Callable[[Curve, Sequence[Curve], int], Forecast]
    kind: str
    knows: str
    reference: str


@dataclass(frozen=True)
class Score:
    """A transferability score: of those of `features`, `source` and `labels` that it names."""

    name: str
    function: Callable[..., float]
    reference: str


_PREDICTORS: dict[str, Predictor] = {}
_SCORES: dict[str, Score] = {}


def predictor(
    name: str, *, reference: str, kind: str = "accuracy", knows: str = "its own run"
) -> Callable[[Function], Function]:
    """Register a forecast; see `Predictor`."""

    def register(function: Function) -> Function:
        _PREDICTORS[name] = Predictor(name, function, kind, knows, reference)
        return function

    return register


def score(name: str, *, reference: str) -> Callable[[Function], Function]:
    """Register a transferability score, which is a predictor as well; see `Score`."""

    def register(function: Function) -> Function:
        _SCORES[name] = Score(name, function, reference)

        def forecast(seen: Curve, others: Sequence[Curve], total: int) -> Forecast:
            value = seen.scores.get(name, float("nan"))
            return Forecast.none(NO_SOURCE) if np.isnan(value) else Forecast(value)

        _PREDICTORS[name] = Predictor(name, forecast, "score", "the network's start", reference)
        return function

    return register


def scores() -> dict[str, Score]:
    """All transferability scores by name.

    >>> sorted(scores())
    ['h-score', 'leep', 'logme', 'nce']
    """
    _import_all("transfer")
    return dict(sorted(_SCORES.items()))


def predictors(names: Sequence[str] | None = None) -> dict[str, Predictor]:
    """Predictors by name, transferability scores among them; all of them by default.

    Raises
    ------
    UserError
        On a name that is not there.
    """
    _import_all("transfer")
    _import_all("forecasts")
    for name in names or ():
        if name not in _PREDICTORS:
            close = difflib.get_close_matches(name, _PREDICTORS, n=1)
            raise UserError(
                f"There is no predictor {name!r}; expected some of "
                f"{', '.join(sorted(_PREDICTORS))}." + (f" Did you mean {close[0]!r}?" * len(close))
            )
    return {name: _PREDICTORS[name] for name in (sorted(_PREDICTORS) if names is None else names)}


def transferability(
    features: Array, labels: npt.NDArray[np.int64], source: Array | None = None
) -> dict[str, float]:
    """Every transferability score of a network on a data set; higher is better.

    Parameters
    ----------
    features
        `[n, d]`: what the network's output layer would see of each image.
    labels
        `[n]`, classes of the images, from 0.
    source
        `[n, source classes]`: the probabilities that the network gives to the classes it was
        trained for; None if it was not trained.

    Returns
    -------
    dict
        Name -> score; NaN for those that need source classes, where there are none.

    Raises
    ------
    UserError
        On shapes that do not fit, values that are not finite, or fewer than two classes.
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise UserError(
            f"Labels of shape {labels.shape} ({labels.dtype}) are no classes; expected whole "
            "numbers [n]."
        )
    given = {"features": _checked(features, "features"), "labels": labels}
    if source is not None:
        given["source"] = _checked(source, "source probabilities")
        rows = given["source"]
        if (rows < 0).any() or not np.allclose(rows.sum(axis=1), 1, atol=1e-3):
            raise UserError("Source probabilities are in [0, 1] and sum to 1 in every row.")
    for name, values in given.items():
        if len(values) != len(labels):
            raise UserError(f"There are {len(labels)} labels, but {len(values)} rows of {name}.")
    if len(np.unique(labels)) < 2:
        raise UserError("Transferability needs labels of at least two classes.")
    found = {}
    for name, one in scores().items():
        wanted = inspect.signature(one.function).parameters
        known = all(parameter in given for parameter in wanted)
        found[name] = (
            float(one.function(**{p: given[p] for p in wanted})) if known else float("nan")
        )
    return found


def _checked(values: Any, what: str) -> Array:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2:
        raise UserError(f"The {what} have shape {array.shape}; expected [images, columns].")
    if not np.isfinite(array).all():
        raise UserError(f"The {what} hold values that are not finite.")
    return array


def _import_all(folder: str) -> None:
    package = importlib.import_module(f"nsgraph.ranking.{folder}")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
