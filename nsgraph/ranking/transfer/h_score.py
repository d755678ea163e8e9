"""H-score: how much of the features' variance is between the classes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nsgraph.ranking.curves import Array
from nsgraph.ranking.registry import score

__all__ = ["h_score"]


@score("h-score", reference="Bao et al. 2019, An information-theoretic approach")
def h_score(features: Array, labels: npt.NDArray[np.int64]) -> float:
    """trace(cov(f)^+ cov(E[f | y])), in [0, min(d, classes - 1)].

    Both covariances divide by n. The pseudo-inverse drops directions in which the features do not
    vary.
    """
    centred = features - features.mean(axis=0)
    _, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    sums = np.zeros((len(counts), centred.shape[1]))
    np.add.at(sums, codes, centred)
    means = (sums / counts[:, None])[codes]
    n = len(features)
    whole, between = centred.T @ centred / n, means.T @ means / n
    return float(np.trace(np.linalg.pinv(whole, rcond=1e-10, hermitian=True) @ between))
