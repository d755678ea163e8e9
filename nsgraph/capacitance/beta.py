"""Neural capacitance: the weights of a network as a graph of influences, reduced to one number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from nsgraph.capacitance.batches import Data, batches_of
from nsgraph.capacitance.closed_form import add_batch
from nsgraph.capacitance.heads import BatchNorm, find_stack
from nsgraph.capacitance.hessian import Network
from nsgraph.capacitance.layers import Output
from nsgraph.capacitance.opening import evaluating, layer_names, opened
from nsgraph.capacitance.result import Capacitance, Reading, judged
from nsgraph.capacitance.stack import Stack
from nsgraph.capacitance.sums import Sums
from nsgraph.errors import UserError
from nsgraph.network_file import SavedNetwork

__all__ = ["capacitance"]

SINGLE = (
    "With {n} of weights in a row ({names}) no weight both follows and precedes another one "
    "in the weight graph, so the numerator of beta_eff is 0 for every network; at least three are "
    "needed, and four if the last one is dense. {hint}"
)
DENSE = (
    "The last layer, {last}, is dense. A softmax does not see a number that is added to all "
    "logits, so the row sums of P from {before} to {last} are 0 for every sample, and with three "
    "layers of weights ({names}) the numerator of beta_eff is 0 for every network. What differs "
    "from 0 would be rounding. A value exists with four or more layers, with batch norm as nodes, "
    "with a masked last layer, or with absolute values. {hint}"
)
EMPTY = (
    "No weight is left in {names}: nothing leads from the network's inputs to its outputs, and "
    "beta_eff is 0 or 0/0."
)
TOGETHER = 512
"""Samples that go through a stack at a time, at least; exact and absolute takes batches singly."""

HINT = 'reading="exact" with head="all" takes every layer of the network.'


def capacitance(
    net: nn.Module | SavedNetwork,
    data: Data,
    *,
    reading: Reading = "local",
    masks: Mapping[str, Any] | None = None,
    head: str | Sequence[str] | None = None,
    absolute: bool = False,
    batch_norm: BatchNorm = "fixed",
    split: str = "train",
    batch_size: int = 128,
    max_batches: int | None = None,
    sign_errors: float = 2.0,
) -> Capacitance:
    """Neural capacitance beta_eff of a network, from one pass over data.

    The nodes of the weight graph are weights; the entry of P between two weights of successive
    layers is d2C/dW dW+, C the cross-entropy of the softmax, averaged over the samples. With the
    row sums delta_in = P 1 and the column sums delta_out = 1'P,

        beta_eff = delta_out . delta_in / sum(delta_in).

    P itself is never formed. The network is evaluated as it predicts: running statistics, no
    dropout. Sums over samples are float64 and divided once, so that the value does not depend on
    how the data is cut into batches.

    Parameters
    ----------
    net
        Any module, or a network file's content (its masks are then the default).
    data
        A data set, or batches (inputs `[n, ...]`, labels `[n]`) with the softmax's classes.
    reading
        `"local"`: of P only the entries between a weight and those that start where it ends, and
        of these the term dC/da; it is what Theorem 1 of the source needs. `"exact"`: all of P, as
        the source's Eq. 7 says.
    masks
        By layer name, shaped like the weights; layers without one are dense. Only unpruned weights
        are nodes, and pruned ones count as 0.
    head
        Layers whose weights are nodes. None: the linear layers that end the network with nothing
        but element-wise functions (activations, dropout, batch norm) between them. Names: the last
        ones of these, or, in the exact reading, any. `"all"`: every Linear and Conv2d. In a
        network with branches, a layer leads to another one if no third lies on a way between them.
    absolute
        Absolute values of every sample's entries of P; for a stack of linear layers only.
    batch_norm
        `"fixed"`: a function between layers. `"nodes"`: its scales are a layer of nodes, one link
        a channel to the weights before and after; for a stack of linear layers only. Biases and
        shifts are never nodes.
    split, batch_size
        Which split of a data set to take, and how many images at a time.
    max_batches
        Stop after so many batches.
    sign_errors
        Refuse a value whose denominator is fewer standard errors than this away from 0.

    Returns
    -------
    Capacitance
        `value` is None where beta_eff is 0 or 0/0 by construction, where numerator or denominator
        are 0 within rounding, and where the sign of the denominator is not known; `degenerate`
        then says which. With the exact reading of layers that are no stack the arithmetic is
        float64, else that of the network.

    Raises
    ------
    UserError
        If the layers asked for are not there or no stack, or data and network do not fit.

    References
    ----------
    Jiang et al., Network properties determine neural network performance, Nature Communications
    15 (2024): neural capacitance. Gao, Barzel & Barabási, Universal resilience patterns in complex
    networks, Nature 530 (2016): beta_eff.
    """
    if reading not in ("local", "exact"):
        raise UserError(f"Reading {reading!r} is unknown; expected local or exact.")
    if not sign_errors >= 0:
        raise UserError(f"sign_errors is {sign_errors}; expected 0 or more.")
    if batch_norm not in ("fixed", "nodes"):
        raise UserError(f"batch_norm is {batch_norm!r}; expected fixed or nodes.")
    module, links = opened(net, masks)
    batches = batches_of(data, split, batch_size, max_batches, next(module.parameters()))
    names = layer_names(module, head)
    with evaluating(module):
        stack = None
        try:
            stack = find_stack(module, links, batch_norm=batch_norm, names=names, absolute=absolute)
        except UserError:
            if reading == "local" or absolute or batch_norm == "nodes" or names is None:
                raise
        if stack is None:
            return _of_network(module, names or [], links, batches, sign_errors)
        return _of_stack(stack, batches, reading, absolute, batch_norm, sign_errors)


def _of_stack(
    stack: Stack,
    batches: Iterator[tuple[Tensor, Tensor]],
    reading: Reading,
    absolute: bool,
    batch_norm: str,
    sign_errors: float,
) -> Capacitance:
    sums, exact = Sums(), reading == "exact"
    with torch.no_grad():
        for features, labels in _together(stack, batches, 1 if exact and absolute else TOGETHER):
            passed = stack.run(features, labels, second=exact)
            add_batch(passed, sums, exact=exact, absolute=absolute)
        for i, layer in enumerate(stack.layers):
            sums.keep(i, layer.at_links)
    _check_samples(sums)
    names = tuple(layer.name for layer in stack.layers)
    return judged(
        sums,
        reading=reading,
        layers=names,
        nodes=sum(layer.n_nodes for layer in stack.layers),
        unit=torch.finfo(stack.layers[0].weight.dtype).eps,
        by_construction=_by_construction(stack, names),
        sign_errors=sign_errors,
        absolute=absolute,
        batch_norm=batch_norm,
    )


def _together(
    stack: Stack, batches: Iterator[tuple[Tensor, Tensor]], least: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """What enters the stack, small batches as one: to add a product up costs as much as it does."""
    held: list[tuple[Tensor, Tensor]] = []
    for inputs, labels in batches:
        held.append((stack.entering(inputs, labels), labels))
        if sum(len(part) for _, part in held) >= least:
            features, others = zip(*held, strict=True)
            yield torch.cat(features), torch.cat(others)
            held = []
    if held:
        features, others = zip(*held, strict=True)
        yield torch.cat(features), torch.cat(others)


def _layers(names: Sequence[str]) -> str:
    return f"{len(names)} layer{'s' * (len(names) != 1)}"


def _by_construction(stack: Stack, names: tuple[str, ...]) -> str | None:
    last, words = stack.layers[-1], ", ".join(names)
    empty = [layer.name for layer in stack.layers if layer.n_nodes == 0]
    if empty:
        return EMPTY.format(names=", ".join(empty))
    if len(names) < 3:
        return SINGLE.format(n=_layers(names), names=words, hint=HINT)
    if len(names) == 3 and isinstance(last, Output) and not last.seen.any():
        return DENSE.format(last=last.name, before=names[-2], names=words, hint=HINT)
    return None


def _of_network(
    net: nn.Module,
    names: Sequence[str],
    masks: Mapping[str, Tensor],
    batches: Iterator[tuple[Tensor, Tensor]],
    sign_errors: float,
) -> Capacitance:
    network, sums = Network(net, names, masks), Sums()
    for inputs, labels in batches:
        network.add_batch(inputs, labels, sums)
    _check_samples(sums)
    reason, words = None, ", ".join(names)
    if not sums.interior:
        reason = SINGLE.format(n=_layers(names), names=words, hint="")
    elif set(sums.interior) <= network.degenerate_layers():
        (last,) = network.outputs
        before = ", ".join(sums.interior)
        reason = DENSE.format(last=last, before=before, names=words, hint="")
    return judged(
        sums,
        reading="exact",
        layers=tuple(names),
        nodes=network.n_nodes,
        unit=torch.finfo(torch.float64).eps,
        by_construction=reason,
        sign_errors=sign_errors,
    )


def _check_samples(sums: Sums) -> None:
    if not sums.totals:
        raise UserError("There is no batch.")
