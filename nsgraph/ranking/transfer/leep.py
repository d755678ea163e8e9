"""LEEP: log expected empirical prediction."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nsgraph.ranking.curves import Array
from nsgraph.ranking.registry import score

__all__ = ["leep"]


@score("leep", reference="Nguyen et al. 2020, LEEP")
def leep(source: Array, labels: npt.NDArray[np.int64]) -> float:
    """Mean log-likelihood of the labels, predicted through the source classes; at most 0.

    mean over i of log sum_z P(y_i | z) p_iz, with the joint P(y, z) = mean over i of [y_i = y] p_iz
    and P(y | z) = P(y, z) / P(z). A source class that no image has any probability of says nothing
    and is left out.
    """
    classes, codes = np.unique(labels, return_inverse=True)
    joint = np.zeros((len(classes), source.shape[1]))
    np.add.at(joint, codes, source / len(source))
    total = joint.sum(axis=0)
    seen = total > 0
    given = joint[:, seen] / total[seen]
    likelihood = (given[codes] * source[:, seen]).sum(axis=1)
    return float(np.log(likelihood).mean())
