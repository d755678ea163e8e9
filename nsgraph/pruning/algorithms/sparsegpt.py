"""SparseGPT: one sweep over the columns of each layer (Frantar, Alistarh: ICML 2023).

As published, n:m patterns included, but for four points. (1) The count of a layer is exact: the
shares of its blocks are rounded so that they add up. (2) Weights on inputs that are always zero
cost next to nothing, but those that the mask keeps have their values; the original sets them all to
zero. (3) The first and the last layer are pruned too. (4) A convolution is the linear map of the
patches it sees, place by place of the kernel; a grouped one ranks its groups together.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nsgraph.errors import UserError
from nsgraph.pruning.patterns import groups
from nsgraph.pruning.post_training import reconstruction
from nsgraph.pruning.reconstruction import damped
from nsgraph.pruning.selection import within


@reconstruction("sparsegpt")
def sparsegpt(
    weight: Tensor,
    gram: Tensor,
    count: int,
    pattern: str = "free",
    *,
    damping: float = 0.01,
    block: int = 128,
) -> tuple[Tensor, Tensor]:
    """Columns in turn, later ones make up for earlier (SparseGPT, Frantar, Alistarh 2023)."""
    if block < 1:
        raise UserError(f"SparseGPT's block is {block}; expected at least 1 column.")
    weight = weight.clone()
    mask = torch.ones_like(weight, dtype=torch.bool)
    # Row j of the factor times its diagonal entry: row j of the inverse of the Hessian from j on.
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(damped(gram, damping)))
    factor = torch.linalg.cholesky(inverse, upper=True)
    scale = factor.diagonal(dim1=-2, dim2=-1)[:, None]
    several, outputs, columns = weight.shape
    top, bottom = count, columns
    n_of_m = groups(pattern)
    if n_of_m:  # the masks of m columns are chosen together, the same number in each row
        top, bottom = n_of_m[0] * several * outputs, n_of_m[1]
        block = bottom
    done = 0
    for start in range(0, columns, block):
        stop = min(start + block, columns)
        share = (count if stop == columns else top * stop // bottom) - done
        done += share
        costs = (weight[..., start:stop] / scale[..., start:stop]) ** 2
        chosen = within(costs.flatten(0, 1), share, "rows" if n_of_m else "free")
        mask[..., start:stop] = chosen.view_as(costs)
        errors = torch.zeros_like(costs)
        for j in range(start, stop):
            error = (weight[..., j] / scale[..., j]).masked_fill(mask[..., j], 0.0)
            weight[..., j:stop] -= error[..., None] * factor[:, j, None, j:stop]
            errors[..., j - start] = error
        weight[..., stop:] -= errors @ factor[:, start:stop, stop:]
    return mask, weight.masked_fill(~mask, 0.0)
