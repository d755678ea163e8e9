"""Stratified splits, drawn from the study's split seed and never from a network's seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nsgraph.errors import UserError
from nsgraph.seeds import stream

__all__ = ["stratified_parts"]


def stratified_parts(
    labels: npt.NDArray[np.int64], fractions: Sequence[float], split_seed: int
) -> list[npt.NDArray[np.int64]]:
    """Indices of a random division into a main part and one part for each fraction.

    Each class gives round(fraction * its size) of its images to a part (at least one if it has
    more images than there are parts), so every part has the classes in equal proportion.

    Parameters
    ----------
    labels
        `[n]`, whole numbers.
    fractions
        Sizes of the parts beside the main one, each in (0, 1), together below 1.
    split_seed
        Seed of the stream `"split"`.

    Returns
    -------
    list of arrays
        First what is left, then one array for each fraction; disjoint, ascending, together all.

    Examples
    --------
    >>> rest, held = stratified_parts(np.array([0, 1] * 10), [0.1], split_seed=0)
    >>> len(rest), len(held)
    (18, 2)
    """
    rng = stream(split_seed, "split")
    parts: list[list[npt.NDArray[np.int64]]] = [[] for _ in range(len(fractions) + 1)]
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        start = 0
        for part, fraction in zip(parts[1:], fractions, strict=True):
            count = max(round(fraction * len(members)), int(len(members) > len(fractions)))
            part.append(members[start : start + count])
            start += count
        parts[0].append(members[start:])
    joined = [np.sort(np.concatenate(part)) for part in parts]
    if not all(len(part) for part in joined):
        raise UserError(
            f"{len(labels)} images of {len(np.unique(labels))} classes are too few to be divided "
            f"into {len(parts)} parts; expected at least {len(parts)} images of a class."
        )
    return joined
