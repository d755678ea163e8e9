"""Which layers of a module can be pruned."""

from __future__ import annotations

from torch import nn

from nsgraph.errors import UserError

__all__ = ["prunable", "unwrap"]


def unwrap(net: nn.Module) -> nn.Module:
    """The module inside `DataParallel`, `DistributedDataParallel` and `torch.compile`."""
    wrappers = {"DataParallel": "module", "DistributedDataParallel": "module"}
    wrappers["OptimizedModule"] = "_orig_mod"
    while (inside := wrappers.get(type(net).__name__)) is not None and hasattr(net, inside):
        net = getattr(net, inside)
    return net


def prunable(net: nn.Module) -> dict[str, nn.Conv2d | nn.Linear]:
    """Layers whose weights can be pruned: every Conv2d and Linear, in the order of definition.

    First and last layers and shortcuts count; biases and normalisation never do.

    Raises
    ------
    UserError
        If there is no such layer, or the network is nothing but one (it then has no name).
    """
    found = {n: m for n, m in unwrap(net).named_modules() if isinstance(m, nn.Conv2d | nn.Linear)}
    if not found:
        raise UserError(
            f"{type(net).__name__} has no Conv2d and no Linear, hence no weights to prune."
        )
    if "" in found:
        raise UserError(
            f"The network is a single {type(net).__name__} and its layer has no name; put it into "
            "torch.nn.Sequential."
        )
    return found
