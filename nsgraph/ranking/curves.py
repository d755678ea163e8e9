"""What is seen of a candidate in training, and what is forecast from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "Curve", "Forecast"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One run of one candidate, epoch by epoch.

    Attributes
    ----------
    candidate
        Name of the candidate; its runs share it.
    loss, accuracy
        `[epochs]`: mean training loss, and validation accuracy in [0, 1], after each epoch.
    beta
        Reading -> `[epochs]`: neural capacitance after each epoch; NaN where it has no value.
    scores
        Transferability scores before training, by name; NaN where a score has no value.
    architecture
        Numbers that describe the candidate, the same ones for all candidates.
    final
        The accuracy that is to be forecast; NaN if it is not known.
    """

    candidate: str
    loss: Array
    accuracy: Array
    beta: Mapping[str, Array] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    architecture: tuple[float, ...] = ()
    final: float = float("nan")

    @property
    def epochs(self) -> int:
        """Epochs that were seen."""
        return len(self.accuracy)

    def until(self, epochs: int) -> Curve:
        """The same run as it is known after its first epochs: without what came later."""
        return replace(
            self,
            loss=self.loss[:epochs],
            accuracy=self.accuracy[:epochs],
            beta={reading: values[:epochs] for reading, values in self.beta.items()},
            final=float("nan"),
        )


class Forecast(NamedTuple):
    """What a predictor says of a candidate: the higher, the better.

    `low` and `high` are a 95 % interval where the predictor has one, `start` the first epoch that
    it looked at, `status` says why there is no `value`.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    start: int | None = None
    status: str | None = None

    @classmethod
    def none(cls, status: str) -> Forecast:
        """No forecast, and why."""
        return cls(None, status=status)

    def as_row(self) -> dict[str, Any]:
        """The fields by name."""
        return self._asdict()
