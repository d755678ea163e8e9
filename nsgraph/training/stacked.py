"""M networks of one architecture, run as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, fx, nn

from nsgraph.errors import UserError
from nsgraph.models.tracing import symbolic
from nsgraph.training import layers
from nsgraph.training.layers import LAYERS, Leaf, NotStackable
from nsgraph.training.optimiser import MaskedSGD, shaped
from nsgraph.training.recipe import Recipe

__all__ = ["NotStackable", "stacked"]

TOLERANCE = 1e-2
"""Largest difference of outputs, by the largest output: TF32 on CUDA has an error of 1e-3."""


def stacked(
    nets: Sequence[nn.Module], recipe: Recipe, input_shape: Sequence[int]
) -> tuple[MaskedSGD, fx.GraphModule]:
    """The optimiser of several networks, and one module of them all.

    The graph of the first network is rewritten, layer by layer, for inputs `[M, n, channels,
    height, width]` and outputs `[M, n, classes]`. What it holds must be known to
    `nsgraph.training.layers` or to the functions below. In the end it is tried on random images
    against the networks themselves.

    Parameters
    ----------
    nets
        Their parameters and buffers become views of common ones, also if it fails.
    recipe
        Gives momentum and weight decay.
    input_shape
        (channels, height, width).

    Raises
    ------
    NotStackable
        If they are of several architectures, or if something in them is not known.
    UserError
        If the optimiser refuses their parameters.
    """
    _check_alike(nets)
    sgd = MaskedSGD(nets, recipe)
    try:
        graph = symbolic(nets[0].train())
    except UserError as error:
        raise NotStackable(str(error)) from error
    replaced: dict[str, nn.Module] = {}
    for node in graph.nodes:
        if node.op == "call_module":
            name = str(node.target)
            if name not in replaced:
                same = [net.get_submodule(name) for net in nets]
                replaced[name] = _layer(same, lambda p, form: _leaf(sgd, p, form))
        elif node.op not in ("placeholder", "output"):
            _rewrite(node, len(nets))

    def flattens(node: fx.Node) -> bool:
        layer = replaced.get(str(node.target))
        return node.target in (layers.flatten, "size") or isinstance(layer, layers.Flatten)

    _fold_inputs(graph, flattens)
    whole = fx.GraphModule(replaced, graph)
    _try_out(whole, nets, input_shape)
    return sgd, whole.train()


def _layer(same: Sequence[nn.Module], leaf: Leaf) -> nn.Module:
    make = LAYERS.get(type(same[0]))
    if make is None:
        raise NotStackable(f"a {type(same[0]).__name__}")
    return make(same, leaf)


def _check_alike(nets: Sequence[nn.Module]) -> None:
    def form(net: nn.Module) -> Any:
        tensors = {k: (v.shape, v.dtype) for k, v in net.state_dict().items()}
        return str(net), tensors, [p.requires_grad for p in net.parameters()]

    if any(form(net) != form(nets[0]) for net in nets[1:]):
        raise NotStackable("networks of several architectures")


def _leaf(sgd: MaskedSGD, parameter: nn.Parameter | None, form: str) -> nn.Parameter | None:
    """What autograd sees: a parameter of all networks, its gradient in that of the optimiser."""
    if parameter is None:
        return None
    for known, block in zip(sgd.members[0].parameters, sgd.blocks, strict=True):
        if known is parameter:
            leaf = nn.Parameter(_formed(block.weight, parameter, form, len(sgd.members)))
            leaf.grad = _formed(block.gradient, parameter, form, len(sgd.members))
            return leaf
    raise NotStackable("frozen parameters")


def _formed(part: Tensor, like: Tensor, form: str, networks: int) -> Tensor:
    if form == "kernels":
        return shaped(part, like)
    sizes = {"flat": [-1], "rows": [networks, 1, -1], "matrices": [networks, *like.shape]}
    return part.view(sizes[form])


def _rewrite(node: fx.Node, networks: int) -> None:
    """Put in place of a function or method the one for all networks."""
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    if node.op == "get_attr" or node.kwargs.get("out") is not None:
        raise NotStackable(f"the value {name!r}")
    if name in UNCHANGED:
        return
    if name not in CHANGED:
        raise NotStackable(f"the function {name!r}")
    found = CHANGED[name](node)
    if found is not None:
        node.op, node.target = "call_function", found[0]
        node.args, node.kwargs = found[1:], {"networks": networks}


def _flatten(node: fx.Node) -> tuple[Any, ...]:
    start = [*node.args[1:], *node.kwargs.values()]
    if start not in ([1], [1, -1]):
        raise NotStackable("flattening of some dimensions")
    return layers.flatten, node.args[0]


def _view(node: fx.Node) -> tuple[Any, ...]:
    sizes = node.args[1:]
    if len(sizes) == 1 and isinstance(sizes[0], list | tuple):
        sizes = tuple(sizes[0])
    if len(sizes) != 2 or node.kwargs:  # whether it flattens, shows when it is tried out
        raise NotStackable("a change of shape")
    return layers.flatten, node.args[0]


def _concat(node: fx.Node) -> tuple[Any, ...]:
    dim = [*node.args[1:], *node.kwargs.values()]
    if dim != [1]:
        raise NotStackable("a concatenation of images or pixels")
    return layers.concat, node.args[0]


def _mean(node: fx.Node) -> tuple[Any, ...]:
    given = dict(zip(("dim", "keepdim"), node.args[1:], strict=False)) | dict(node.kwargs)
    dims, keep = given.pop("dim", None), bool(given.pop("keepdim", False))
    if not isinstance(dims, list | tuple) or sorted(d % 4 for d in dims) != [2, 3] or given:
        raise NotStackable("a mean of some dimensions")
    return layers.mean, node.args[0], keep


def _pad(node: fx.Node) -> tuple[Any, ...] | None:
    given: dict[str, Any] = dict(zip(("pad", "mode", "value"), node.args[1:], strict=False))
    given |= node.kwargs
    if given.get("mode", "constant") != "constant" or given.get("value") not in (None, 0):
        raise NotStackable("padding with other values than zeros")
    if len(given["pad"]) <= 4:
        return None
    return layers.pad, node.args[0], given["pad"]


def _index(node: fx.Node) -> None:
    index = node.args[1]
    if isinstance(index, int):
        return  # of a shape
    whole = slice(None)
    if not isinstance(index, tuple) or index[:2] != (whole, whole) or len(index) != 4:
        raise NotStackable("an index")


NAMES = (
    "relu relu_ relu6 leaky_relu leaky_relu_ elu elu_ selu celu gelu silu mish hardswish "
    "hardsigmoid hardtanh tanh tanh_ sigmoid sigmoid_ logsigmoid softplus softsign clamp clamp_min "
    "clamp_max abs neg exp sqrt square pow add add_ iadd sub sub_ isub mul mul_ imul div div_ "
    "truediv itruediv max_pool2d avg_pool2d adaptive_avg_pool2d adaptive_max_pool2d contiguous "
    "clone size getattr"
)
UNCHANGED = frozenset(NAMES.split())
"""Functions and methods that are the same for maps of more channels."""

CHANGED: dict[str, Callable[[fx.Node], tuple[Any, ...] | None]] = {
    "flatten": _flatten,
    "view": _view,
    "reshape": _view,
    "cat": _concat,
    "concat": _concat,
    "mean": _mean,
    "pad": _pad,
    "getitem": _index,
}
"""Those that need another: (function, arguments before the number of networks), None to stay."""


def _fold_inputs(graph: fx.Graph, flattens: Callable[[fx.Node], bool]) -> None:
    """Make a map of the inputs, unless they are only flattened."""
    for node in graph.nodes:
        if node.op != "placeholder" or not node.users or all(map(flattens, node.users)):
            continue
        with graph.inserting_after(node):
            folded = graph.call_function(layers.fold, (node,))
        node.replace_all_uses_with(folded, delete_user_cb=lambda user, new=folded: user is not new)


@torch.no_grad()
def _try_out(whole: nn.Module, nets: Sequence[nn.Module], input_shape: Sequence[int]) -> None:
    """Compare the outputs for random images with those of the networks themselves."""
    parameter = next(nets[0].parameters())
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(len(nets), 3, *input_shape, generator=generator).to(parameter)
    try:
        found = whole.eval().forward(images)  # a call would print the error
    except Exception as error:  # whatever the functions of a stranger's network raise
        raise NotStackable(f"it fails ({error})") from error
    for i, (net, image) in enumerate(zip(nets, images, strict=True)):
        expected = net.eval()(image)
        net.train()
        if found.shape != (len(nets), *expected.shape):
            raise NotStackable("outputs of another shape")
        difference = (found[i] - expected).abs().max()
        if not difference <= TOLERANCE * expected.abs().max():  # NaN is not
            raise NotStackable("other outputs than alone")
