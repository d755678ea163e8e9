"""What an operation in place changes besides its own result: other names and views of the memory.

`torch.fx` gives every value a node of its own, but `z = y; y += b` changes what `z` means, and so
does an addition to a view of `y`, or to the result of a ReLU in place.
"""

from __future__ import annotations

import operator
from math import prod
from typing import Any

import torch
from torch import Tensor, fx

from nsgraph.models.steps import Feature, Step

__all__ = ["InPlaceProxy", "rebind"]


class InPlaceProxy(fx.Proxy):
    """A proxy that records `y += b` as the operation in place that it is for tensors.

    The one of `torch.fx` has no such methods, so that Python falls back to `y = y + b`.
    """

    def _in_place(self, function: Any, other: Any) -> Any:
        return self.tracer.create_proxy("call_function", function, (self, other), {})

    def __iadd__(self, other: Any) -> Any:
        return self._in_place(operator.iadd, other)

    def __isub__(self, other: Any) -> Any:
        return self._in_place(operator.isub, other)

    def __imul__(self, other: Any) -> Any:
        return self._in_place(operator.imul, other)

    def __itruediv__(self, other: Any) -> Any:
        return self._in_place(operator.itruediv, other)

    def __ipow__(self, other: Any) -> Any:
        return self._in_place(operator.ipow, other)


def rebind(step: Step, result: Feature) -> None:
    """After an operation in place, let all nodes of the changed memory mean the changed value.

    Nothing happens if the result has memory of its own, or if the operation left the feature as it
    was (an activation): then every view is still the same part of it.

    Raises
    ------
    UserError
        If a node that is read later shows the memory in a way that cannot be expressed.
    """
    operands = [n for n in step.node.all_input_nodes if _overlap(step.values[n], step.value)]
    if all(step.features.get(n) == result for n in operands):
        return
    flat: Feature | None = None
    for node, value in step.values.items():
        if not _overlap(value, step.value) or not _read_later(node, step):
            continue
        if node not in step.features:  # a constant, which another operation is going to fetch
            step.refuse(f"it changes {node.target!r} of the network in place, which is read later")
        shape = tuple(value.shape[1:]) + (1,) * (4 - value.dim())
        if not _same_elements(value, step.value):
            _refuse(step, node)
        if shape == step.result_shape:
            step.features[node] = result
        elif shape == (prod(step.result_shape), 1, 1):
            flat = flat or _flattened(step, node, result)
            step.features[node] = flat
        else:
            _refuse(step, node)


def _overlap(value: Any, changed: Any) -> bool:
    if not (isinstance(value, Tensor) and isinstance(changed, Tensor)):
        return False
    return value.untyped_storage()._cdata == changed.untyped_storage()._cdata


def _read_later(node: fx.Node, step: Step) -> bool:
    return any(user not in step.features and user is not step.node for user in node.users)


def _same_elements(value: Tensor, changed: Tensor) -> bool:
    """Whether both go through the same places of their memory in the same order."""
    if value.dtype != changed.dtype or value.numel() != changed.numel():
        return False
    places = torch.arange(changed.untyped_storage().nbytes() // changed.element_size())
    first, second = (
        places.as_strided(v.size(), v.stride(), v.storage_offset()).flatten()
        for v in (value, changed)
    )
    return torch.equal(first, second) and value.shape[:1] == changed.shape[:1]


def _flattened(step: Step, node: fx.Node, result: Feature) -> Feature:
    before = step.features.get(node)
    name = before.id.partition("#")[0] if before is not None else "flatten"
    target = step.builder.new_set(name, (prod(step.result_shape), 1, 1))
    step.builder.new_link(kind="flatten", source=result.id, target=target)
    return Feature(target)


def _refuse(step: Step, node: fx.Node) -> None:
    target = node.target
    name = target if isinstance(target, str) else getattr(target, "__name__", str(target))
    step.refuse(
        f"it changes a value in place that is read later as the result of {name!r}, which is "
        "another form of the same memory; add out of place"
    )
