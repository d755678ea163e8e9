"""From a module to its wiring, by symbolic tracing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, fx, nn

from nsgraph.errors import UserError
from nsgraph.models.activations import SReLU
from nsgraph.models.aliases import InPlaceProxy
from nsgraph.models.builder import checked_shape
from nsgraph.models.layers import prunable, unwrap
from nsgraph.models.operations import apply_rule
from nsgraph.models.resnet import OptionAShortcut
from nsgraph.models.steps import Feature, Step, cannot
from nsgraph.models.wiring_builder import WiringBuilder
from nsgraph.wiring import Wiring

__all__ = ["symbolic", "trace"]

BATCH = 2
"""Images in the batch that is sent through: with two, mixing images with features is noticed."""


def trace(net: nn.Module, input_shape: Sequence[int]) -> Wiring:
    """The wiring of a module.

    The module is traced by `torch.fx` in evaluation mode and a batch of zeros is sent through it
    for the shapes. Its parameters, buffers, mode and torch's random state stay as they are.

    Understood are Linear, Conv2d (any stride, padding, dilation, groups), batch norm, element-wise
    activations and operations with constants, dropout, max, average and adaptive pooling, mean over
    the map, flattening, addition, concatenation of channels, strided slices and zero padding, as
    modules, functions and methods.

    Parameters
    ----------
    net
        Any module with one input.
    input_shape
        (channels, height, width) of one image, or (features,) if the module takes flat vectors.

    Returns
    -------
    Wiring
        Named after modules: the set that a layer computes has the layer's name, a sum the name of
        the module in which it is computed followed by `.add`.

    Raises
    ------
    UserError
        If the module does not trace, holds something that a wiring cannot express, or has a
        prunable layer that is not used. The sentence names the place.
    """
    net = unwrap(net)
    layers = prunable(net)
    shape = checked_shape(input_shape)
    training = {module: module.training for module in net.modules()}
    try:
        net.eval()
        walk = _Walk(net, symbolic(net))
        reference = next(net.parameters())
        given = shape if len(input_shape) == 3 else shape[:1]
        batch = torch.zeros(BATCH, *given, device=reference.device, dtype=reference.dtype)
        with torch.no_grad():
            walk.run(batch)
    finally:
        for module, mode in training.items():
            module.training = mode
    wiring = walk.builder.finish(walk.outputs)
    unused = [name for name in layers if name not in wiring.layers]
    if unused:
        raise UserError(
            f"{type(net).__name__}: the layers {', '.join(unused)} are not used by its forward "
            "method; remove them."
        )
    return wiring


class _Tracer(fx.Tracer):
    def proxy(self, node: fx.Node) -> fx.Proxy:
        return InPlaceProxy(node, self)

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        known = isinstance(m, nn.Conv2d | nn.Linear | SReLU | OptionAShortcut)
        return known or super().is_leaf_module(m, module_qualified_name)


def symbolic(net: nn.Module) -> fx.Graph:
    """The operations of a module in its present mode, each layer one of them.

    Raises
    ------
    UserError
        If it cannot be traced, or has not exactly one input.
    """
    try:
        graph = _Tracer().trace(net)
    except Exception as error:  # whatever a stranger's forward method raises
        raise UserError(
            f"{type(net).__name__} cannot be traced by torch.fx: {_one_line(error)} (control flow "
            "that depends on values cannot be traced)."
        ) from error
    inputs = [n for n in graph.nodes if n.op == "placeholder" and (n.users or not n.args)]
    if len(inputs) != 1:
        raise UserError(
            f"{type(net).__name__} has {len(inputs)} inputs "
            f"({', '.join(str(n.target) for n in inputs)}); expected one."
        )
    return graph


class _Walk(fx.Interpreter):
    """Runs the graph and notes, for each of its nodes, which set the value is."""

    def __init__(self, net: nn.Module, graph: fx.Graph) -> None:
        super().__init__(net, graph=graph)
        self.extra_traceback = False  # it would be appended to our one clear sentence
        self.net = net
        self.builder = WiringBuilder()
        self.features: dict[fx.Node, Feature | None] = {}
        self.outputs: list[str] = []
        self.constants = {
            n: self.fetch_attr(str(n.target)) for n in graph.nodes if n.op == "get_attr"
        }

    def run_node(self, n: fx.Node) -> Any:
        args, kwargs = self.fetch_args_kwargs_from_env(n)
        module = self.fetch_attr(str(n.target)) if n.op == "call_module" else None
        step = Step(n, args, kwargs, module, self.features, self.builder, self.constants | self.env)
        try:
            value = super().run_node(n)
        except Exception as error:
            raise UserError(
                f"{type(self.net).__name__} fails at {step.place}: {_one_line(error)}; does the "
                "input shape fit the network?"
            ) from error
        step.value = value
        self.features[n] = self._feature(n, step, value)
        return value

    def _feature(self, n: fx.Node, step: Step, value: Any) -> Feature | None:
        if n.op == "placeholder":
            if not isinstance(value, Tensor):
                return None
            return Feature(self.builder.new_set("input", step.result_shape, role="input"))
        if n.op == "get_attr":
            return None
        if n.op == "output":
            self._note_outputs(n)
            return None
        return apply_rule(step)

    def _note_outputs(self, n: fx.Node) -> None:
        found = [f for f in map(self.features.get, n.all_input_nodes) if f is not None]
        if not found:
            raise UserError(
                f"The output of {type(self.net).__name__} does not depend on its input."
            )
        for feature in found:
            if feature.padding != (0, 0, 0, 0):
                raise cannot("the output", "it is padded with zeros")
        self.outputs = list(dict.fromkeys(f.id for f in found))


def _one_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
