"""Between modules and network files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from nsgraph.errors import UserError
from nsgraph.masks import as_array, as_masks
from nsgraph.models.builder import build
from nsgraph.models.layers import prunable, unwrap
from nsgraph.models.tracing import trace
from nsgraph.network_file import Provenance, SavedNetwork, write_network
from nsgraph.wiring import Wiring

__all__ = ["from_saved", "listed", "load_into", "network_arrays", "save_network"]

Arrays = dict[str, npt.NDArray[Any]]


def network_arrays(net: nn.Module) -> tuple[Arrays, Arrays]:
    """Weights by layer name, and everything else of the module's `state_dict` by its own key.

    Copies, so that training on does not change them. Of a layer under `torch.nn.utils.prune` the
    effective weight is taken (`weight_orig` times `weight_mask`).
    """
    net = unwrap(net)
    layers = prunable(net)
    weights = {name: _copy(layer.weight) for name, layer in layers.items()}
    of_weights = {
        f"{name}.{part}" for name in layers for part in ("weight", "weight_orig", "weight_mask")
    }
    state = {k: _copy(v) for k, v in net.state_dict().items() if k not in of_weights}
    return weights, state


def save_network(
    path: str | os.PathLike[str],
    net: nn.Module,
    masks: Mapping[str, Any],
    input_shape: Sequence[int] | None,
    initial: Mapping[str, Any] | None = None,
    provenance: Provenance | None = None,
    wiring: Wiring | None = None,
) -> SavedNetwork:
    """Write a module and its masks as a network file.

    Parameters
    ----------
    path
        The file.
    net
        Any module.
    masks
        For every prunable layer an array of its weight's shape; pruned weights are written as zero.
    input_shape
        (channels, height, width), for tracing. None writes no wiring: only the rolled encodings of
        the network exist then.
    initial
        Weights at initialisation, by layer name.
    provenance
        Where the network comes from; input shape and reached sparsity are filled in.
    wiring
        The module's wiring, if it was traced before.

    Raises
    ------
    UserError
        If masks and layers do not fit, weights are not finite, or the module cannot be traced.
    """
    masks = as_masks(masks)
    _check_same_layers(masks, prunable(net))
    weights, state = network_arrays(net)
    if wiring is None and input_shape is not None:
        wiring = trace(net, input_shape)
    about = provenance or Provenance()
    about = msgspec.structs.replace(
        about,
        sparsity_reached=masks.sparsity,
        input_shape=about.input_shape if input_shape is None else tuple(input_shape),
    )
    return write_network(
        path,
        masks=masks,
        weights=weights,
        initial=initial,
        state=state,
        wiring=wiring,
        provenance=about,
    )


def load_into(net: nn.Module, saved: SavedNetwork) -> nn.Module:
    """Copy a saved network's weights and state into a module of the same architecture.

    Returns
    -------
    nn.Module
        `net`, changed in place. Pruned weights are zero.

    Raises
    ------
    UserError
        If layers, keys or shapes differ; the module is unchanged then. A file without any state
        leaves biases and batch norm as they are.
    """
    inner = unwrap(net)
    layers = prunable(inner)
    _check_same_layers(saved.masks, layers)
    own = {k: v for k, v in inner.state_dict().items() if k.removesuffix(".weight") not in layers}
    where = f"{saved.path}: " if saved.path else ""
    state = {k: np.asarray(v) for k, v in saved.state.items()}
    missing = [k for k in own if k not in state and not k.endswith("num_batches_tracked")]
    extra = [k for k in state if k not in own]
    if state and (missing or extra):
        raise UserError(
            f"{where}its state does not fit {type(inner).__name__}{listed(missing, extra)}."
        )
    for key, value in state.items():
        if value.size != own[key].numel() or (value.size > 1 and value.shape != own[key].shape):
            raise UserError(
                f"{where}state {key!r} has shape {value.shape}; {type(inner).__name__} has "
                f"{tuple(own[key].shape)}."
            )
    with torch.no_grad():
        for name, layer in layers.items():
            layer.weight.copy_(torch.from_numpy(saved.weights[name].copy()))
        for key, value in state.items():
            own[key].copy_(torch.from_numpy(value.copy()).reshape(own[key].shape))
    return net


def from_saved(saved: SavedNetwork) -> nn.Module:
    """The module of a network file, built by the model's name in its provenance.

    Raises
    ------
    UserError
        If the provenance lacks model, input shape or classes, or the parts do not fit.
    """
    about = saved.provenance
    needed = {"model": about.model, "input_shape": about.input_shape, "classes": about.classes}
    missing = [key for key, value in needed.items() if value is None]
    if missing or about.model is None or about.input_shape is None or about.classes is None:
        raise UserError(
            f"{saved.path or 'The network'}: its provenance has no {', '.join(missing)}, so the "
            "module cannot be rebuilt; build it and use load_into."
        )
    return load_into(build(about.model, about.input_shape, about.classes, about.seed or 0), saved)


def _copy(tensor: torch.Tensor) -> npt.NDArray[Any]:
    return np.array(as_array(tensor))


def _check_same_layers(masks: Mapping[str, Any], layers: Mapping[str, nn.Module]) -> None:
    missing = [name for name in layers if name not in masks]
    extra = [name for name in masks if name not in layers]
    if missing or extra:
        raise UserError(f"The masks do not fit the network{listed(missing, extra)}.")
    for name, layer in layers.items():
        expected = tuple(layer.weight.shape)  # type: ignore[arg-type]
        if masks[name].shape != expected:
            raise UserError(
                f"The mask of layer {name!r} has shape {masks[name].shape}; the layer's weights "
                f"have {expected}."
            )


def listed(missing: Sequence[str], extra: Sequence[str], most: int = 5) -> str:
    """Keys that are missing and keys that nothing asks for, the first few of each."""
    parts = []
    for what, keys in (("missing", missing), ("unexpected", extra)):
        if keys:
            more = f" and {len(keys) - most} more" if len(keys) > most else ""
            parts.append(f"{what} {', '.join(keys[:most])}{more}")
    return ": " + "; ".join(parts)
