"""Which rule holds for which operation of a traced network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from nsgraph.models import rules
from nsgraph.models.activations import SReLU
from nsgraph.models.aliases import rebind
from nsgraph.models.resnet import OptionAShortcut
from nsgraph.models.steps import Feature, Step

__all__ = ["apply_rule"]


def apply_rule(step: Step) -> Feature | None:
    """Feature that the step computes; None for sizes and other values without the input in them.

    Raises
    ------
    UserError
        If a wiring cannot express the operation.
    """
    if not step.sources or step.name in _CONSTANT:
        return None
    if step.module is not None:
        for types, module_rule in _MODULES:
            if isinstance(step.module, types):
                return module_rule(step)
        step.refuse("modules of this kind cannot be expressed")
    if step.name == "getattr" and step.args[1] in ("shape", "dtype", "device", "ndim"):
        return None
    function_rule = _FUNCTIONS.get(step.name)
    if function_rule is None:
        step.refuse("functions of this kind cannot be expressed")
    if step.kwargs.get("out") is not None:
        step.refuse("its result is written into another value, with out=...")
    feature = function_rule(step)
    if function_rule in (rules.combine, rules.elementwise):
        rebind(step, feature)
    return feature


_CONSTANT = frozenset(
    ("size", "dim", "ndimension", "numel", "zeros_like", "ones_like", "new_zeros", "new_ones")
)
"""Functions and methods whose value does not depend on the values of a feature."""

ACTIVATIONS = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU,
    nn.Mish, nn.Hardswish, nn.Hardsigmoid, nn.Hardtanh, nn.Tanh, nn.Sigmoid, nn.LogSigmoid,
    nn.Softplus, nn.Softsign, nn.Tanhshrink, nn.Hardshrink, nn.Softshrink, nn.Threshold, SReLU,
)  # fmt: skip

_TRANSPARENT = (
    nn.Identity, nn.BatchNorm1d, nn.BatchNorm2d, nn.SyncBatchNorm, nn.Dropout, nn.Dropout1d,
    nn.Dropout2d, nn.AlphaDropout, nn.FeatureAlphaDropout,
)  # fmt: skip

_MODULES: list[tuple[Any, Callable[[Step], Feature]]] = [
    (nn.Conv2d, rules.conv),
    (nn.Linear, rules.linear),
    (ACTIVATIONS, rules.elementwise),
    (_TRANSPARENT, rules.elementwise),
    ((nn.MaxPool2d, nn.AvgPool2d), rules.pool_module),
    ((nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d), rules.adaptive_pool),
    ((nn.Flatten, nn.Unflatten), rules.reshape),
    (OptionAShortcut, rules.option_a),
    ((nn.ZeroPad2d, nn.ConstantPad2d), rules.pad),
    ((nn.Softmax, nn.LogSoftmax), rules.normalised_output),
]

_FUNCTIONS: dict[str, Callable[[Step], Feature]] = {
    name: rule
    for rule, names in (
        (
            rules.elementwise,
            "relu relu_ relu6 leaky_relu leaky_relu_ prelu rrelu elu elu_ selu celu gelu silu mish "
            "hardswish hardsigmoid hardtanh hardtanh_ tanh tanh_ sigmoid sigmoid_ logsigmoid "
            "softplus softsign tanhshrink hardshrink softshrink threshold clamp clamp_ clamp_min "
            "clamp_max abs neg exp log log1p sqrt rsqrt square pow sin cos erf ipow "
            "dropout dropout1d dropout2d alpha_dropout feature_alpha_dropout batch_norm contiguous "
            "clone detach float double half to type requires_grad_",
        ),
        (rules.combine, "add add_ iadd sub sub_ isub mul mul_ imul div div_ truediv itruediv"),
        (rules.pool_function, "max_pool2d avg_pool2d"),
        (rules.adaptive_pool, "adaptive_avg_pool2d adaptive_max_pool2d"),
        (rules.reduce, "mean sum amax amin"),
        (rules.reshape, "flatten view reshape squeeze unsqueeze"),
        (rules.concat, "cat concat concatenate"),
        (rules.getitem, "getitem"),
        (rules.pad, "pad"),
        (rules.normalised_output, "softmax log_softmax"),
    )
    for name in names.split()
}
"""Functions and methods by name; `_` at the end means in place."""
