"""Sums of P for any network, by Hessian-vector products: one for each layer and batch."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nsgraph.capacitance.opening import through
from nsgraph.capacitance.sums import Sums
from nsgraph.errors import UserError
from nsgraph.models import prunable

__all__ = ["Network"]


class Network:
    """A copy of a network in float64, whose layers' weights are nodes.

    A layer leads to another one if there is a way from its output to the other's input on which no
    third layer lies; in a chain of layers, to the next one.

    Attributes
    ----------
    links
        Pairs of layer names, known after the first batch.
    outputs
        Layers whose output is the logits, likewise.
    """

    def __init__(self, net: nn.Module, names: Sequence[str], masks: Mapping[str, Tensor]) -> None:
        # float64 throughout: unlike in the closed form, what cancels is not left out beforehand
        self.net = copy.deepcopy(net).double().eval().requires_grad_(False)
        layers = prunable(self.net)
        self.layers = {name: layers[name] for name in names}
        self.masks = {n: masks[n].to(layers[n].weight) for n in names if n in masks}
        for name, layer in self.layers.items():
            if not isinstance(layer.weight, nn.Parameter):
                raise UserError(
                    f"The weight of layer {name!r} is computed from others; make it a parameter "
                    "first (torch.nn.utils.prune.remove, parametrize.remove_parametrizations)."
                )
            if name in self.masks:
                layer.weight.mul_(self.masks[name])
            layer.weight.requires_grad_()
        self.links: list[tuple[str, str]] = []
        self.outputs: set[str] = set()

    def add_batch(self, inputs: Tensor, labels: Tensor, sums: Sums) -> None:
        """Add the sums of P over one batch; all layers have row and column sums where defined."""
        loss = self._loss(inputs.double(), labels)
        weights = [layer.weight for layer in self.layers.values()]
        slopes = torch.autograd.grad(loss, weights, create_graph=True)
        gradients = dict(zip(self.layers, slopes, strict=True))
        rows: dict[tuple[str, str], Tensor] = {}
        columns: dict[tuple[str, str], Tensor] = {}
        for name, gradient in gradients.items():
            before = [link for link in self.links if link[1] == name]
            after = [link for link in self.links if link[0] == name]
            if not before and not after:
                continue
            others = [a for a, _ in before] + [b for _, b in after]
            found = torch.autograd.grad(
                self._kept(name, gradient).sum(),
                [self.layers[other].weight for other in others],
                retain_graph=True,
                materialize_grads=True,
            )
            kept = [self._kept(other, g) for other, g in zip(others, found, strict=True)]
            rows |= zip(before, kept, strict=False)
            columns |= zip(after, kept[len(before) :], strict=True)
        total, scale = torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.float64)
        for link in self.links:
            size = torch.maximum(rows[link].abs().sum(), columns[link].abs().sum()).cpu()
            sums.add_rows(link[0], rows[link], size)
            sums.add_columns(link[1], columns[link], size)
            total += rows[link].sum().cpu()
            scale += size
        sums.add_totals(total[None], torch.tensor([len(labels)]), scale)

    @property
    def n_nodes(self) -> int:
        """Weights that exist."""
        kept = (int(mask.count_nonzero()) for mask in self.masks.values())
        dense = (m.weight.numel() for n, m in self.layers.items() if n not in self.masks)
        return sum(kept) + sum(dense)

    def degenerate_layers(self) -> set[str]:
        """Layers whose row sums cancel: they lead only to outputs that are linked to all logits."""
        full = {name for name in self.outputs if self._is_full(name)}
        leads_to: dict[str, set[str]] = {}
        for a, b in self.links:
            leads_to.setdefault(a, set()).add(b)
        return {name for name, others in leads_to.items() if others <= full}

    def _is_full(self, name: str) -> bool:
        """Whether every input of a linear layer is linked to all of its outputs or to none."""
        if name not in self.masks:
            return isinstance(self.layers[name], nn.Linear)
        links = self.masks[name].sum(0)
        whole = (links == 0) | (links == len(self.masks[name]))
        return isinstance(self.layers[name], nn.Linear) and bool(whole.all())

    def _kept(self, name: str, values: Tensor) -> Tensor:
        return values * self.masks[name] if name in self.masks else values

    def _loss(self, inputs: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy, summed; the first time, look where the layers lead."""
        if self.links:
            return _cross_entropy(through(self.net, inputs), labels)
        outputs: dict[Any, str] = {}

        def note(name: str) -> Any:
            def hook(module: nn.Module, given: Any, output: Tensor) -> None:
                outputs[output.grad_fn] = name

            return hook

        hooks = [layer.register_forward_hook(note(n)) for n, layer in self.layers.items()]
        try:
            logits = through(self.net, inputs)
        finally:
            for hook in hooks:
                hook.remove()
        unused = [name for name in self.layers if name not in outputs.values()]
        if unused:
            raise UserError(f"The layers {', '.join(unused)} are not used by the forward method.")
        links = {(a, b) for start, b in outputs.items() for a in _before(start, outputs)}
        order = list(self.layers)
        self.links = sorted(links, key=lambda link: (order.index(link[0]), order.index(link[1])))
        self.outputs = {outputs[logits.grad_fn]} if logits.grad_fn in outputs else set()
        return _cross_entropy(logits, labels)


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Summed over samples; torch itself leaves out a label of -100."""
    if logits.ndim != 2 or len(logits) != len(labels):
        raise UserError(
            f"The network's output for {len(labels)} labels has shape {tuple(logits.shape)}; "
            f"expected ({len(labels)}, classes)."
        )
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise UserError(
            f"Labels go from {int(labels.min())} to {int(labels.max())}, but the network has "
            f"{logits.shape[1]} outputs."
        )
    return F.cross_entropy(logits, labels, reduction="sum")


def _before(start: Any, outputs: Mapping[Any, str]) -> Iterator[str]:
    """Names of the layers from which one gets to an operation without passing another layer."""
    seen, waiting = {start}, [start]
    while waiting:
        for function, _ in waiting.pop().next_functions:
            if function is None or function in seen:
                continue
            seen.add(function)
            if function in outputs:
                yield outputs[function]
            else:
                waiting.append(function)
