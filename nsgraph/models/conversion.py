"""From anyone's checkpoint to a network file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from nsgraph.errors import UserError
from nsgraph.masks import Masks, as_array
from nsgraph.models.builder import build
from nsgraph.models.checkpoint import read_checkpoint
from nsgraph.models.layers import prunable, unwrap
from nsgraph.models.saving import listed
from nsgraph.models.tracing import trace
from nsgraph.network_file import Provenance, SavedNetwork, write_network
from nsgraph.wiring import Wiring

__all__ = ["convert"]

Arrays = dict[str, npt.NDArray[Any]]


def convert(
    checkpoint: str | os.PathLike[str],
    output: str | os.PathLike[str],
    model: str | None = None,
    input_shape: Sequence[int] | None = None,
    classes: int | None = None,
    provenance: Provenance | None = None,
) -> SavedNetwork:
    """Write the network file of a checkpoint: weights that are zero count as pruned.

    Of layers under `torch.nn.utils.prune` (`weight_orig`, `weight_mask`) the mask is the file's,
    so that a kept weight may be exactly zero. Half precision becomes float32.

    Parameters
    ----------
    checkpoint
        A `state_dict` as safetensors or torch file; see `read_checkpoint`.
    output
        The network file.
    model
        Built-in name or `package.module:factory`: the wiring is traced, and keys and shapes are
        checked. Without it there is no wiring, so only rolled encodings exist, and every `.weight`
        with two or four dimensions is taken for a layer.
    input_shape
        (channels, height, width); needed with `model`.
    classes
        Number of outputs; by default the rows of the last matrix in the checkpoint.
    provenance
        What is known about the network besides.

    Raises
    ------
    UserError
        If the checkpoint cannot be read, has NaN or infinite weights, or does not fit the model.
        Nothing is written then.
    """
    tensors, masks_given = _effective(read_checkpoint(checkpoint))
    about = provenance or Provenance()
    wiring = None
    if model is None:
        layers = _matrices(tensors)
        if not layers:
            raise UserError(
                f"{checkpoint} has no tensor <layer>.weight with two or four dimensions; found "
                f"{', '.join(list(tensors)[:5])}."
            )
    else:
        if input_shape is None:
            raise UserError("An input shape (channels, height, width) is needed with a model.")
        classes = classes if classes is not None else _last_rows(checkpoint, tensors)
        net = build(model, input_shape, classes)
        layers, wiring = _fitted(checkpoint, model, net, tensors, input_shape)
        about = msgspec.structs.replace(
            about, model=model, input_shape=tuple(input_shape), classes=classes
        )
    weights = {name: _floats(checkpoint, name, tensors[f"{name}.weight"]) for name in layers}
    masks = Masks(
        {
            name: as_array(masks_given[name]) if name in masks_given else values != 0
            for name, values in weights.items()
        }
    )
    used = {f"{name}.weight" for name in layers}
    return write_network(
        output,
        masks=masks,
        weights=weights,
        state={k: np.array(as_array(v)) for k, v in tensors.items() if k not in used},
        wiring=wiring,
        provenance=msgspec.structs.replace(about, sparsity_reached=masks.sparsity),
    )


def _effective(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Tensors with `x_orig` and `x_mask` multiplied to `x`, and the weight masks by layer."""
    result: dict[str, Tensor] = {}
    masks: dict[str, Tensor] = {}
    for key, value in tensors.items():
        base = key.removesuffix("_orig")
        if base != key and f"{base}_mask" in tensors:
            mask = tensors[f"{base}_mask"]
            if mask.shape != value.shape:
                raise UserError(
                    f"{base}_mask has shape {tuple(mask.shape)}, {key} has {tuple(value.shape)}."
                )
            result[base] = value * mask
            if base.endswith(".weight"):
                masks[base.removesuffix(".weight")] = mask
        elif not (key.endswith("_mask") and f"{key.removesuffix('_mask')}_orig" in tensors):
            result[key] = value
    return result, masks


def _matrices(tensors: Mapping[str, Tensor]) -> list[str]:
    return [
        key.removesuffix(".weight")
        for key, value in tensors.items()
        if key.endswith(".weight") and value.dim() in (2, 4)
    ]


def _last_rows(checkpoint: str | os.PathLike[str], tensors: Mapping[str, Tensor]) -> int:
    matrices = [k for k, v in tensors.items() if k.endswith(".weight") and v.dim() == 2]
    if not matrices:
        raise UserError(f"{checkpoint} has no matrix that tells the number of classes; give it.")
    return int(tensors[matrices[-1]].shape[0])


def _fitted(
    checkpoint: str | os.PathLike[str],
    model: str,
    net: nn.Module,
    tensors: Mapping[str, Tensor],
    input_shape: Sequence[int],
) -> tuple[list[str], Wiring]:
    """Layers and wiring of the model, after comparing its keys and shapes with the checkpoint's."""
    net = unwrap(net)
    own = net.state_dict()
    missing = [k for k in own if k not in tensors and not k.endswith("num_batches_tracked")]
    extra = [k for k in tensors if k not in own]
    if missing or extra:
        raise UserError(f"{checkpoint} does not fit the model {model!r}{listed(missing, extra)}.")
    for key, value in tensors.items():
        if value.shape != own[key].shape:
            raise UserError(
                f"{checkpoint}: {key} has shape {tuple(value.shape)}; the model {model!r} expects "
                f"{tuple(own[key].shape)}."
            )
    return list(prunable(net)), trace(net, input_shape)


def _floats(
    checkpoint: str | os.PathLike[str], name: str, tensor: Tensor
) -> npt.NDArray[np.float32]:
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    if not tensor.is_floating_point():
        raise UserError(
            f"{checkpoint}: {name}.weight is of type {tensor.dtype}; expected floating point."
        )
    values = tensor.detach().to(torch.float32).numpy()
    if not np.isfinite(values).all():
        raise UserError(f"{checkpoint}: {name}.weight holds NaN or infinite values.")
    return np.array(values)
