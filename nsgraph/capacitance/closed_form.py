"""Sums of P for a stack of linear layers, without P.

For one sample, with z what enters a layer, a = W z what leaves it, z+ = f(a) what enters the next
one, D = f'(a), s = dC/da+ and H = d2C/da+2 of the next one:

    d2C / dW_ij dW+_kq = z_j D_i ( [q = i] s_k  +  z+_q (W+' H)_ik )

The first term links a weight to those it leads to, as in a line graph: the local reading. Both are
the second derivative: the exact one. Sums over rows and columns are products of matrices with a
row for each sample.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from nsgraph.capacitance.layers import Diagonal
from nsgraph.capacitance.stack import Passed
from nsgraph.capacitance.sums import Sums

__all__ = ["add_batch", "second_term"]


class _Block(NamedTuple):
    """P between a layer and the next: sums over rows and columns, at their weights; totals `[n]`.

    The scales are norms, `[n]`, of the terms of a sum.
    """

    rows: Callable[[], Tensor]
    columns: Callable[[], Tensor]
    totals: Tensor
    row_scale: Tensor
    column_scale: Tensor
    scale: Tensor


def add_batch(
    passed: Passed, sums: Sums, *, exact: bool, absolute: bool = False, every: bool = False
) -> None:
    """Add the sums of P over one batch.

    Parameters
    ----------
    passed
        The batch.
    sums
        Where to add; layers are numbered from 0. Sums are also made where a weight is pruned, and
        taken away by `Sums.keep` in the end.
    exact
        Whether to add the second term.
    absolute
        Take the absolute value of every entry of every sample's P. Exact and absolute needs n
        times neurons times neurons of the next layer numbers.
    every
        Also the row sums of the first layer and the column sums of the last; the sum of all of P
        and the numerator do not need them, and a first layer is often the largest.
    """
    last = len(passed.layers) - 1
    totals = torch.zeros(len(passed.inputs[0]), dtype=torch.float64, device=passed.inputs[0].device)
    scale = torch.zeros_like(totals)
    for i in range(last):
        block = _absolute(passed, i) if exact and absolute else _block(passed, i, exact, absolute)
        if every or i > 0:
            sums.add_rows(i, block.rows(), block.row_scale.sum())
        if every or i + 1 < last:
            sums.add_columns(i + 1, block.columns(), block.column_scale.sum())
        totals += block.totals
        scale += block.scale
    sums.add_totals(totals, torch.ones_like(totals), scale.sum())


def _block(passed: Passed, i: int, exact: bool, absolute: bool) -> _Block:
    layer, above = passed.layers[i], passed.layers[i + 1]
    z, ahead, slope, error = (
        passed.inputs[i],
        passed.inputs[i + 1],
        passed.slopes[i],
        passed.errors[i + 1],
    )
    if absolute:
        z, slope, error = z.abs(), slope.abs(), error.abs()
    into = layer.sums_in(z)
    ours, theirs = slope * above.sums_out(error), slope * into
    # bounds suffice for the size of the terms, and are cheaper than the terms
    z_norm, sizes = z.norm(dim=1), error.norm(dim=1) * slope.abs().max()
    widths = layer.fan_in.sqrt(), above.fan_out.sqrt()
    row_scale = sizes * widths[1].norm()
    column_scale = z_norm * sizes * widths[0].norm()
    scale = z_norm * sizes * (widths[0] @ widths[1])
    left, right = error, theirs
    if exact:
        both = torch.stack([above.sums_in(ahead), above.linear(theirs)])
        of_inputs, of_outputs = passed.hessian(i + 1, both)
        curved = slope * above.back(of_inputs)
        ours = ours + curved
        left, right = torch.cat([error, of_outputs]), torch.cat([theirs, ahead])
        row_scale = row_scale + curved.norm(dim=1)
        column_scale = column_scale + of_outputs.norm(dim=1) * ahead.norm(dim=1)
        scale = scale + z_norm * widths[0].norm() * curved.norm(dim=1)
    return _Block(
        lambda: layer.outer(ours, z),
        lambda: above.outer(left, right),
        (ours * into).sum(1, dtype=torch.float64),
        row_scale * z_norm,
        column_scale,
        scale,
    )


def second_term(passed: Passed, i: int) -> Tensor:
    """W+' H of every sample, `[n, neurons of the next layer, neurons]`, for layer i."""
    above = passed.layers[i + 1]
    n, width = passed.errors[i + 1].shape
    unit = torch.eye(width, dtype=passed.errors[i + 1].dtype, device=passed.errors[i + 1].device)
    rows = passed.hessian(i + 1, unit[:, None, :].expand(width, n, width))
    return above.back(rows).transpose(0, 1)


def _absolute(passed: Passed, i: int) -> _Block:
    """Sums of |z_j D_i ([q = i] s_k + z+_q G_ki)|: only the entries with q = i have two terms."""
    layer, above = passed.layers[i], passed.layers[i + 1]
    z, slope, error = passed.inputs[i].abs(), passed.slopes[i].abs(), passed.errors[i + 1]
    signed = passed.inputs[i + 1]
    ahead, curved = signed.abs(), second_term(passed, i)
    links = above.links
    # what an entry with q = i has more than |z+_q G_ki|
    more = (error[:, :, None] + signed[:, None, :] * curved).abs()
    curved = curved.abs()
    more = (more - ahead[:, None, :] * curved) * links
    into = layer.sums_in(z)
    theirs = slope * into
    ours = slope * ((curved * above.sums_in(ahead)[:, :, None]).sum(1) + more.sum(1))
    at_columns = torch.einsum("nki,ni->nk", curved, theirs)
    columns = at_columns.T @ ahead + torch.einsum("nki,ni->ki", more, theirs)
    if isinstance(above, Diagonal):
        columns = columns.diagonal()
    totals = (ours * into).sum(1, dtype=torch.float64)
    return _Block(
        lambda: layer.outer(ours, z),
        lambda: columns,
        totals,
        ours.norm(dim=1) * z.norm(dim=1),
        totals,
        totals,
    )
