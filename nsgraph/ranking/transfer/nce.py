"""NCE: negative conditional entropy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nsgraph.ranking.curves import Array
from nsgraph.ranking.registry import score

__all__ = ["nce"]


@score("nce", reference="Tran et al. 2019, Transferability and hardness")
def nce(source: Array, labels: npt.NDArray[np.int64]) -> float:
    """-H(Y | Z) in nats, for Z the source class that the network names; at most 0.

    sum over y, z of P(y, z) log(P(y, z) / P(z)), over pairs that occur.
    """
    classes, codes = np.unique(labels, return_inverse=True)
    joint = np.zeros((len(classes), source.shape[1]))
    np.add.at(joint, (codes, source.argmax(axis=1)), 1 / len(source))
    total = np.broadcast_to(joint.sum(axis=0), joint.shape)
    occurs = joint > 0
    return float((joint[occurs] * np.log(joint[occurs] / total[occurs])).sum())
