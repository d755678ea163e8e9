"""Rules for the operations of a traced network: which sets and links each one adds.

A rule takes a `Step` and returns the `Feature` that the operation computes, or raises a `UserError`
that names the operation.
"""

from __future__ import annotations

from math import prod
from typing import Any

from torch import nn

from nsgraph.models.resnet import OptionAShortcut
from nsgraph.models.steps import Feature, Step

__all__ = [
    "adaptive_pool",
    "combine",
    "concat",
    "conv",
    "elementwise",
    "getitem",
    "linear",
    "normalised_output",
    "option_a",
    "pad",
    "pool_function",
    "pool_module",
    "reduce",
    "reshape",
]


def _pair(value: Any) -> tuple[int, int]:
    if isinstance(value, int):
        return value, value
    values = tuple(int(v) for v in value)
    return (values[0], values[0]) if len(values) == 1 else (values[0], values[1])


def elementwise(step: Step) -> Feature:
    """An operation on each value by itself, which leaves the feature as it is."""
    feature = step.only_source()
    before = step.source_shape(feature)
    top, bottom, left, right = feature.padding
    if step.result_shape != (before[0], before[1] + top + bottom, before[2] + left + right):
        step.refuse(f"it turns shape {before} into {step.result_shape}")
    return feature


def linear(step: Step) -> Feature:
    """A fully connected layer: a set of its own and a link into it."""
    feature = step.unpadded_source()
    if step.args[0].dim() != 2:
        step.refuse(f"it reads shape {list(step.args[0].shape)}, which must be flattened first")
    return _parametric(step, feature, kind="linear")


def conv(step: Step) -> Feature:
    """A convolution, which takes in zeros that were put around its input before."""
    conv, feature = step.module, step.only_source()
    assert isinstance(conv, nn.Conv2d)
    if conv.padding_mode != "zeros":
        step.refuse(f"padding mode {conv.padding_mode!r}; expected 'zeros'")
    if conv.padding == "same":
        spans = [d * (k - 1) for d, k in zip(conv.dilation, conv.kernel_size, strict=True)]
        before = spans[0] // 2, spans[1] // 2
    else:
        before = (0, 0) if conv.padding == "valid" else _pair(conv.padding)
    return _parametric(
        step,
        feature,
        kind="conv",
        kernel=_pair(conv.kernel_size),
        stride=_pair(conv.stride),
        padding=(before[0] + feature.padding[0], before[1] + feature.padding[2]),
        dilation=_pair(conv.dilation),
        groups=conv.groups,
    )


def _parametric(step: Step, feature: Feature, **fields: Any) -> Feature:
    layer = str(step.node.target)
    target = step.builder.new_set(layer, step.result_shape)
    step.builder.new_link(source=feature.id, target=target, layer=layer, **fields)
    return Feature(target)


def _pool(step: Step, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Feature:
    feature = step.only_source()
    kernel, padding = _pair(kernel), _pair(padding)
    stride = kernel if stride is None or stride == [] else _pair(stride)
    padding = padding[0] + feature.padding[0], padding[1] + feature.padding[2]
    if kernel == (1, 1) and step.result_shape == step.source_shape(feature):
        return feature
    target = step.builder.new_set(step.set_name, step.result_shape)
    step.builder.new_link(
        kind="pool",
        source=feature.id,
        target=target,
        kernel=kernel,
        stride=stride,
        padding=padding,
        dilation=_pair(dilation),
    )
    return Feature(target)


def pool_module(step: Step) -> Feature:
    """Max or average pooling as a module."""
    m: Any = step.module
    return _pool(step, m.kernel_size, m.stride, m.padding, getattr(m, "dilation", 1))


def pool_function(step: Step) -> Feature:
    """Max or average pooling as a function."""
    names = ["kernel_size", "stride", "padding"]
    given = step.bound(*names, *(["dilation"] if step.name.startswith("max") else []))
    return _pool(
        step,
        given["kernel_size"],
        given.get("stride"),
        given.get("padding", 0),
        given.get("dilation", 1),
    )


def adaptive_pool(step: Step) -> Feature:
    """Pooling to a given size, if it divides the map's."""
    feature = step.unpadded_source()
    _, height, width = step.source_shape(feature)
    _, rows, columns = step.result_shape
    if height % rows or width % columns:
        step.refuse(
            f"it pools {height} x {width} to {rows} x {columns}; expected sizes that divide evenly"
        )
    kernel = height // rows, width // columns
    return _pool(step, kernel, kernel, 0, 1)


def reduce(step: Step) -> Feature:
    """Mean, sum or extreme over height and width: one pool over the whole map."""
    feature = step.unpadded_source()
    given = step.bound("dim")
    dims = given.get("dim", given.get("axis"))
    dims = (dims,) if isinstance(dims, int) else tuple(dims or ())
    if step.args[0].dim() != 4 or {d % 4 for d in dims} != {2, 3}:
        step.refuse(f"it reduces over {dims or 'everything'}; expected height and width, (2, 3)")
    _, height, width = step.source_shape(feature)
    return _pool(step, (height, width), (height, width), 0, 1)


def reshape(step: Step) -> Feature:
    """A change of shape: none, or to one flat vector per image."""
    feature = step.unpadded_source()
    before = step.source_shape(feature)
    if step.value.shape[0] == step.args[0].shape[0]:
        after = step.result_shape
        if after == before:
            return feature
        if after == (prod(before), 1, 1):
            target = step.builder.new_set(step.set_name, after)
            step.builder.new_link(kind="flatten", source=feature.id, target=target)
            return Feature(target)
    step.refuse(
        f"it reshapes {list(step.args[0].shape)} to {list(step.value.shape)}; expected one flat "
        "vector per image"
    )


def combine(step: Step) -> Feature:
    """A sum or difference of two features, or any arithmetic of one with constants."""
    if len(step.sources) == 1:
        return elementwise(step)  # with a constant, or of a value with itself
    if step.name.strip("_").lstrip("i") not in ("add", "sub"):
        step.refuse("a product of two activations cannot be expressed")
    shape = step.result_shape
    shapes = {step.source_shape(f) for f in step.sources}
    if any(f.padding != (0, 0, 0, 0) for f in step.sources) or shapes != {shape}:
        step.refuse(f"it adds shapes {sorted(shapes)}; expected one shape")
    ids = [f.id for f in step.sources]
    return Feature(step.builder.new_sum(f"{step.scope}.add".lstrip("."), shape, ids))


def concat(step: Step) -> Feature:
    """Concatenation of channels; values without the input in them only shift the offset."""
    given = step.bound("dim")
    tensors = given.get("tensors", step.args[0] if step.args else ())
    nodes: Any = step.node.args[0] if step.args else step.node.kwargs["tensors"]
    dim = given.get("dim", given.get("axis", 0))
    if dim % tensors[0].dim() != 1:
        step.refuse(f"it concatenates along dimension {dim}; expected the channels, 1")
    target = step.builder.new_set(step.set_name, step.result_shape)
    offset = 0
    for node, tensor in zip(nodes, tensors, strict=True):
        feature = step.features.get(node)
        if feature is not None:
            if feature.padding != (0, 0, 0, 0):
                step.refuse("zeros around a map must be followed by a convolution or pooling")
            step.builder.new_link(
                kind="concat", source=feature.id, target=target, channel_offset=offset
            )
        offset += tensor.shape[1]
    return Feature(target)


def _identity(step: Step, stride: tuple[int, int], offset: int) -> Feature:
    feature = step.unpadded_source()
    target = step.builder.new_set(step.set_name, step.result_shape)
    step.builder.new_link(
        kind="identity", source=feature.id, target=target, stride=stride, channel_offset=offset
    )
    return Feature(target)


def option_a(step: Step) -> Feature:
    """The shortcut without weights of He et al. (2016): every nth pixel, channels padded."""
    shortcut = step.module
    assert isinstance(shortcut, OptionAShortcut)
    return _identity(step, (shortcut.stride, shortcut.stride), shortcut.channel_offset)


def getitem(step: Step) -> Feature:
    """A slice of every nth row and column."""
    index = step.args[1] if isinstance(step.args[1], tuple) else (step.args[1],)
    whole = all(isinstance(i, slice) and i.start in (None, 0) and i.stop is None for i in index)
    steps = [i.step or 1 for i in index] if whole else []
    steps += [1] * (4 - len(steps))
    if not whole or steps[:2] != [1, 1] or len(steps) != 4 or min(steps) < 1:
        step.refuse(
            "of indexing, only every nth row and column, [:, :, ::n, ::n], can be expressed"
        )
    if steps == [1, 1, 1, 1]:
        return step.only_source()
    return _identity(step, (steps[2], steps[3]), 0)


def pad(step: Step) -> Feature:
    """Zeros around channels (a link with an offset) or around pixels (left to the next layer)."""
    module: Any = step.module
    if module is not None:
        pads, mode, filling = module.padding, "constant", getattr(module, "value", 0)
    else:
        given = step.bound("pad", "mode", "value")
        pads, mode, filling = given["pad"], given.get("mode", "constant"), given.get("value")
    pads = [int(p) for p in pads] + [0] * (8 - len(pads))
    left, right, top, bottom, before, after, *batch = pads
    if mode != "constant" or filling not in (None, 0) or min(pads) < 0 or any(batch):
        step.refuse("of padding, only zeros can be expressed")
    if (before or after) and not any(pads[:4]):
        return _identity(step, (1, 1), before)
    if before or after or step.args[0].dim() != 4:
        step.refuse("it pads channels and pixels at once")
    feature = step.unpadded_source()
    return Feature(feature.id, (top, bottom, left, right))


def normalised_output(step: Step) -> Feature:
    """Softmax mixes the outputs of an image; at the very end it is read as part of the loss."""
    dims = step.module.dim if isinstance(step.module, nn.Softmax | nn.LogSoftmax) else None
    dim = step.bound("dim").get("dim") if step.module is None else dims
    if dim not in (1, -1) or any(user.op != "output" for user in step.node.users):
        step.refuse("softmax is understood over the classes at the network's output only")
    return elementwise(step)
