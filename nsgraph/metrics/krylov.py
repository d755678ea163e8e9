"""Largest eigenvalues of a symmetric matrix that is known by its products. Private."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["ACCURACY", "FloatArray", "Product", "block_lanczos"]

FloatArray = npt.NDArray[np.float64]

Product = Callable[[FloatArray], FloatArray]
"""From rows x, float64 [k, n], to x S, the same shape."""

ACCURACY = 1e-11
"""Estimated error of an eigenvalue at which the iteration stops, relative to the largest one."""

BASIS = (32, 64)
"""Vectors kept at most, before the basis shrinks to the best half: fewer for large matrices, ..."""

BASIS_NUMBERS = 2**22
"""... so that they hold about so many numbers. More vectors tell close eigenvalues apart sooner."""

MAX_STEPS = 1000


def block_lanczos(product: Product, n: int, count: int) -> FloatArray:
    """The `count` largest eigenvalues, ascending; n is well above the largest basis.

    NaN if they are not known to the wanted accuracy after `MAX_STEPS` steps, because they are too
    close to the ones below them.

    Block Lanczos method with full orthogonalisation and thick restarts (Wu & Simon 2000), from a
    fixed start. As many vectors are grown together as eigenvalues are wanted: grown from one
    vector, the space holds one vector of each eigenspace and sees no eigenvalue twice.

    Rows of `basis` are orthonormal, `projected` is the matrix in that basis, and `rest` is what the
    matrix makes of the last block outside of the basis.
    """
    capacity = int(np.clip(BASIS_NUMBERS // n, *BASIS))
    basis = np.empty((capacity + count, n))
    start = np.random.default_rng(0).standard_normal((n, count))
    basis[:count] = np.linalg.qr(start)[0].T
    projected = np.zeros((capacity, capacity))
    size = near = 0
    for _ in range(MAX_STEPS):
        last = slice(size, size + count)
        rest = product(basis[last])
        size += count
        # against the last blocks first, which take most of it, then against all
        for first in (near, 0):
            part = basis[first:size] @ rest.T
            rest -= part.T @ basis[first:size]
            projected[first:size, last] += part
        projected[last, :size] = projected[:size, last].T
        values, vectors = np.linalg.eigh(projected[:size, :size])
        following, triangle = np.linalg.qr(rest.T)
        residual = float(np.linalg.norm(triangle @ vectors[-count:, -count:]))
        scale = np.abs(values).max()
        if _error(residual, values, count) <= ACCURACY * scale:
            largest: FloatArray = values[-count:]
            return largest
        if np.abs(np.diag(triangle)).min() < 1e-3 * scale:  # mostly rounding errors: once more
            following -= basis[:size].T @ (basis[:size] @ following)
            following = np.linalg.qr(following)[0]
        near = size - count
        if size + count > capacity:
            size, near = capacity // 2, 0
            basis[:size] = vectors[:, -size:].T @ basis[: vectors.shape[0]]
            projected[:] = 0
            np.fill_diagonal(projected[:size, :size], values[-size:])
        basis[size : size + count] = following.T
    return np.full(count, np.nan)


def _error(residual: float, values: FloatArray, count: int) -> float:
    """Bound on the error of the `count` largest of the ascending Ritz values.

    The residual bounds it, and so does its square over the distance to the rest of the spectrum
    (Parlett 1998, The symmetric eigenvalue problem, section 11.7), taken from the next Ritz value.
    """
    distance = values[-count] - values[-count - 1] if values.size > count else 0.0
    return min(residual, residual**2 / distance) if distance > 0 else residual
