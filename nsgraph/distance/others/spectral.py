"""Spectral distance: eigenvalues of the layers' normalised Laplacians."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.linalg import svdvals
from scipy.stats import wasserstein_distance

from nsgraph.distance.network import Network
from nsgraph.distance.others.registry import other_distance

__all__ = ["layer_spectrum", "spectral"]


@other_distance(
    "spectral",
    invariant=True,
    meaning="distance between the spectra of the layers' normalised Laplacians",
    unit="0 to 1",
    formula="mean over layers of the first Wasserstein distance between the singular values s of "
    "D_out^(-1/2) M D_in^(-1/2); the eigenvalues of the Laplacian are 1 - s, 1 + s and 1",
    source="Chung 1997, Spectral graph theory; Gu et al. 2015",
)
def spectral(a: Network, b: Network) -> float:
    """Mean Wasserstein distance of the layers' spectra; blind to how layers are joined."""
    found = [
        wasserstein_distance(layer_spectrum(one), layer_spectrum(other))
        for one, other in zip(a.matrices, b.matrices, strict=True)
    ]
    return math.fsum(found) / len(found)


def layer_spectrum(matrix: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Singular values of a layer's normalised matrix, in [0, 1]; neurons without links count 0."""
    links = matrix.astype(np.float64)
    rows, columns = (1 / np.sqrt(np.maximum(links.sum(axis=axis), 1)) for axis in (1, 0))
    return np.asarray(svdvals(rows[:, None] * links * columns))
