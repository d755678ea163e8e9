"""Optimal brain surgeon, layer by layer (Hassibi, Stork 1993; Frantar, Alistarh: NeurIPS 2022).

The error that counts is that of the layer's outputs, and so the Hessian is the Gram matrix of its
inputs: the layer-wise form of Frantar and Alistarh (there "exact OBS"), where rows are independent.
Departures: the final weights are solved for at once rather than updated one removal after another,
which gives the same; the Gram matrix is damped as in SparseGPT.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nsgraph.errors import UserError
from nsgraph.pruning.post_training import reconstruction
from nsgraph.pruning.reconstruction import damped
from nsgraph.pruning.selection import highest

NUMBERS = 1 << 24
"""Numbers of matrices that are held at a time, one `[in, in]` for each row."""

DELAY = 32
"""Removals after which the inverses are brought up to date: fewer passes over large matrices."""


@reconstruction("obs")
def obs(
    weight: Tensor, gram: Tensor, count: int, *, damping: float = 0.01, largest: int = 1024
) -> tuple[Tensor, Tensor]:
    """One weight at a time, others make up for it (optimal brain surgeon, Hassibi, Stork 1993)."""
    groups, outputs, inputs = weight.shape
    if inputs > largest:
        raise UserError(
            f"The method 'obs' is for small layers: this one has {inputs} weights an output, the "
            f"option 'largest' allows {largest} (time grows with the cube); use 'sparsegpt'."
        )
    hessian = damped(gram, damping)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(hessian))
    rows = weight.reshape(-1, inputs)
    group = torch.arange(groups, device=weight.device).repeat_interleave(outputs)
    size = max(1, NUMBERS // inputs**2)
    parts = list(zip(rows.split(size), group.split(size), strict=True))
    sweeps = [_sweep(part, inverse, of) for part, of in parts]
    order, increases = (torch.cat(found) for found in zip(*sweeps, strict=True))
    # Rows are merged by the next increase of each. A removal that costs less than one before it in
    # its row comes right after that one, hence the running maximum; ties go in the row's own order.
    gone = highest(-increases.cummax(1).values, rows.numel() - count).sum(1, keepdim=True)
    mask = order.argsort(1) >= gone
    solved = [
        _refit(part, hessian[of], kept)
        for (part, of), kept in zip(parts, mask.split(size), strict=True)
    ]
    return mask.view_as(weight), torch.cat(solved).view_as(weight)


def _sweep(rows: Tensor, inverse: Tensor, group: Tensor) -> tuple[Tensor, Tensor]:
    """Remove all weights of each row, cheapest first: their order `[rows, in]` and what each cost.

    Removing p takes f f' off the inverse Hessian, where f is its column p at that moment over the
    root of its diagonal entry; the f of some removals are taken off together.
    """
    n, inputs = rows.shape
    every = torch.arange(n, device=rows.device)
    weight = rows.clone()
    diagonal = inverse.diagonal(dim1=-2, dim2=-1)[group].clone()
    inverses = inverse[group]
    factors = rows.new_zeros(n, DELAY, inputs)
    order = torch.empty_like(rows, dtype=torch.int64)
    increases = torch.empty_like(rows)
    gone = torch.zeros_like(rows, dtype=torch.bool)
    for k in range(inputs):
        late = k % DELAY
        if late == 0:
            inverses.baddbmm_(factors.mT, factors, alpha=-1.0)
        costs = (weight**2 / diagonal).masked_fill(gone, torch.inf)
        increases[:, k], order[:, k] = costs.min(1)
        p = order[:, k]
        before = factors[:, :late]
        column = inverses[every, p] - (before[every, :, p][:, None] @ before)[:, 0]
        root = diagonal[every, p].sqrt()[:, None]
        factor = column / root
        weight -= weight[every, p][:, None] / root * factor
        diagonal -= factor**2
        factors[:, late] = factor
        gone[every, p] = True
    if not bool((increases >= 0).all()):  # a NaN is not either
        raise torch.linalg.LinAlgError("The inverse is lost in rounding.")
    return order, increases


def _refit(rows: Tensor, hessian: Tensor, mask: Tensor) -> Tensor:
    """Weights on the mask that come nearest to the outputs of all: H_kk v_k = (H w)_k."""
    kept = mask.to(rows)
    system = hessian * kept[:, :, None] * kept[:, None, :] + torch.diag_embed(1 - kept)
    aim = (hessian @ rows[..., None]) * kept[..., None]
    solved = torch.cholesky_solve(aim, torch.linalg.cholesky(system))[..., 0]
    return torch.where(mask.all(1, keepdim=True), rows, solved * kept)
