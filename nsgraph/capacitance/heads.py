"""The stack of linear layers that ends a network, and what comes before it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, fx, nn

from nsgraph.capacitance.layers import Dense, Diagonal, Layer, Output
from nsgraph.capacitance.stack import Function, Stack
from nsgraph.errors import UserError
from nsgraph.models.operations import ACTIVATIONS
from nsgraph.models.tracing import symbolic

__all__ = ["BatchNorm", "find_stack"]

BatchNorm = Literal["fixed", "nodes"]

MODULES = (*ACTIVATIONS, nn.Identity, nn.Dropout, nn.AlphaDropout, nn.BatchNorm1d)
FUNCTION_NAMES = """
    relu relu_ relu6 leaky_relu leaky_relu_ elu elu_ selu celu gelu silu mish hardswish
    hardsigmoid hardtanh hardtanh_ tanh tanh_ sigmoid sigmoid_ logsigmoid softplus softsign
    tanhshrink hardshrink softshrink threshold clamp clamp_ clamp_min clamp_max abs square
    dropout alpha_dropout contiguous clone
"""
FUNCTIONS = frozenset(FUNCTION_NAMES.split())
"""What treats every number by itself, in evaluation mode."""
AFTER = (nn.Identity, nn.Dropout, nn.AlphaDropout, nn.LogSoftmax)
AFTER_FUNCTIONS = ("dropout", "alpha_dropout", "contiguous", "clone")
"""What may follow the last layer: cross-entropy is the same with and without."""


class _Step(NamedTuple):
    name: str
    module: nn.Module | None
    function: Function


def find_stack(
    net: nn.Module,
    masks: Mapping[str, Tensor],
    *,
    batch_norm: BatchNorm = "fixed",
    names: Collection[str] | None = None,
    absolute: bool = False,
) -> Stack:
    """The linear layers that end a network, with nothing but element-wise functions between them.

    Parameters
    ----------
    net
        In evaluation mode; traced by `torch.fx`.
    masks
        Masks by layer name, of some or all layers.
    batch_norm
        `"nodes"`: the scales of a batch norm are a layer of their own.
    names
        Take only these layers, the last ones; default: as many as there are.
    absolute
        Whether absolute values will be summed: nothing cancels then.

    Raises
    ------
    UserError
        If the network does not trace, or does not end in such layers.
    """
    steps, entrance, graph = _steps(net, names)
    if not steps:
        raise UserError(
            f"{type(net).__name__} does not end in linear layers with element-wise functions "
            'between them; reading="exact" with head="all" takes any network.'
        )
    layers: list[Layer] = []
    functions: list[list[Function]] = []
    for step in steps:
        if isinstance(step.module, nn.Linear):
            layers.append(_dense(step.name, step.module, masks.get(step.name)))
            functions.append([])
        elif isinstance(step.module, nn.BatchNorm1d) and batch_norm == "nodes":
            standardise, scales = _norm(step.name, step.module)
            functions[-1].append(standardise)
            layers.append(scales)
            functions.append([])
        else:
            functions[-1].append(step.function)
    last = layers[-1]
    if isinstance(last, Dense) and not absolute:
        layers[-1] = Output(last.name, last.weight, last.bias, last.mask)
    return Stack(tuple(layers), tuple(map(_composed, functions[:-1])), _until(net, graph, entrance))


def _steps(net: nn.Module, names: Collection[str] | None) -> tuple[list[_Step], fx.Node, fx.Graph]:
    """Steps from the first linear layer of the stack to the last, and what enters the first."""
    graph = symbolic(net)
    uses = [node.target for node in graph.nodes if node.op == "call_module"]
    (node,) = next(n for n in graph.nodes if n.op == "output").args
    found: list[_Step] = []
    first, entrance, linear = 0, node, 0
    while isinstance(node, fx.Node) and len(node.users) == 1:
        if names is not None and linear == len(names):
            break
        step = _step(net, node, after=not linear)
        if step is None or (isinstance(step.module, nn.Linear) and uses.count(node.target) > 1):
            break
        found.append(step)
        node = node.args[0]
        if isinstance(step.module, nn.Linear):
            if names is not None and step.name not in names:
                break
            linear += 1
            first, entrance = len(found), node
    if names is not None and linear < len(names):
        some = ", ".join([*names][:5]) + (" ..." if len(names) > 5 else "")
        raise UserError(
            f"The layers {some} are not the last linear layers of {type(net).__name__} with "
            "nothing but element-wise functions between them. Other layers have the exact reading "
            "only, without absolute values and without batch norm as nodes."
        )
    stack = found[:first][::-1]
    return stack, entrance, graph


def _step(net: nn.Module, node: fx.Node, after: bool) -> _Step | None:
    """A linear layer or an element-wise function; None for all else."""
    given = [*node.args[1:], *node.kwargs.values()]
    if not node.args or not isinstance(node.args[0], fx.Node):
        return None
    if any(isinstance(value, fx.Node) for value in given):
        return None
    if node.op == "call_module":
        name = str(node.target)
        module = net.get_submodule(name)
        if isinstance(module, (nn.Linear, *(AFTER if after else MODULES))):
            if isinstance(module, nn.BatchNorm1d) and module.running_mean is None:
                return None  # statistics of the batch mix its samples
            return _Step(name, module, module)
        return None
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    of_classes = name == "log_softmax" and given[:1] in ([1], [-1])
    if not (of_classes or name in AFTER_FUNCTIONS if after else name in FUNCTIONS):
        return None
    rest, kwargs = node.args[1:], dict(node.kwargs)
    if node.op == "call_method":
        return _Step(name, None, lambda x: getattr(x, name)(*rest, **kwargs))
    target: Callable[..., Any] = node.target  # type: ignore[assignment]
    return _Step(name, None, lambda x: target(x, *rest, **kwargs))


def _dense(name: str, module: nn.Linear, mask: Tensor | None) -> Dense:
    weight = module.weight.detach()
    bias = None if module.bias is None else module.bias.detach()
    if mask is None or bool(mask.all()):
        return Dense(name, weight, bias)
    links = mask.to(weight.device, weight.dtype)
    return Dense(name, weight * links, bias, links)


def _norm(name: str, module: nn.BatchNorm1d) -> tuple[Function, Diagonal]:
    """A batch norm as a function that standardises, and its scales."""
    mean, variance = module.running_mean, module.running_var
    assert mean is not None
    assert variance is not None
    inverse = (variance + module.eps).rsqrt()
    weight = torch.ones_like(mean) if module.weight is None else module.weight.detach()
    bias = None if module.bias is None else module.bias.detach()
    return lambda a: (a - mean) * inverse, Diagonal(name, weight, bias)


def _composed(functions: list[Function]) -> Function:
    def composed(a: Tensor) -> Tensor:
        for function in functions:
            a = function(a)
        return a

    return composed


def _until(net: nn.Module, graph: fx.Graph, last: fx.Node) -> Function:
    """The network up to one value."""
    part = fx.Graph()
    copied: dict[fx.Node, fx.Node] = {}
    for node in graph.nodes:
        copied[node] = part.node_copy(node, copied.__getitem__)
        if node is last:
            break
    part.output(copied[last])
    return fx.GraphModule(net, part)
