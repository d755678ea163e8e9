"""The network file: the contract between whoever makes a sparse network and whoever measures it.

One safetensors file holds `<layer>.weight` (zero where pruned) and `<layer>.mask` for every
prunable layer, optionally `<layer>.initial` (weights at initialisation) and `state/<key>` (biases,
batch-norm state), and one metadata key `nsgraph`: sorted JSON with the format version, the wiring
(or null) and the provenance. Loading never runs code.

A layer may be stored by its kept weights alone: `<layer>.indices` (int64, ascending positions in
the flattened weights), `<layer>.values` and `<layer>.shape` instead of weight and mask.
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from nsgraph.errors import UserError
from nsgraph.files import atomic_write, canonical_json
from nsgraph.masks import Masks, as_array, as_masks
from nsgraph.wiring import Wiring

__all__ = ["FORMAT", "Provenance", "SavedNetwork", "load_network", "read_tensors", "write_network"]

FORMAT = 1
"""Version of the file format; a file of a higher version is refused."""

STATE = "state/"
LARGEST = 1 << 32  # weights of a layer that is unpacked: 20 GiB of weights and mask


class Provenance(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Where a network comes from. Everything is optional: a stranger's network has no history.

    `sparsity` is what was asked for, `sparsity_reached` what the masks have. `test_accuracy` is
    the accuracy of the stored network: the one at the epoch of best validation accuracy. `device`
    is the kind that trained it, cpu or cuda. `epochs_before` counts the epochs (of all `epochs`)
    that a method spent before its final pruning; rounds of a lottery ticket are among them.
    `population` is the number of networks that were trained as one with it, itself included: it
    decides how sums are rounded.
    """

    dataset: str | None = None
    model: str | None = None
    method: str | None = None
    category: str | None = None
    sparsity: float | None = None
    sparsity_reached: float | None = None
    seed: int | None = None
    split_seed: int | None = None
    recipe: dict[str, Any] = {}
    options: dict[str, Any] = {}
    epochs: int | None = None
    epochs_before: int | None = None
    best_epoch: int | None = None
    validation_accuracy: float | None = None
    test_accuracy: float | None = None
    input_shape: tuple[int, ...] | None = None
    classes: int | None = None
    training_version: int | None = None
    device: str | None = None
    population: int = 1
    versions: dict[str, str] = {}


@dataclass(frozen=True)
class SavedNetwork:
    """What a network file holds, as numpy arrays. `initial` and `state` may be empty."""

    masks: Masks
    weights: dict[str, npt.NDArray[np.float32]]
    initial: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    state: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    wiring: Wiring | None = None
    provenance: Provenance = field(default_factory=Provenance)
    path: Path | None = None

    def __post_init__(self) -> None:
        where = f"{self.path}: " if self.path else ""
        for name, mask in self.masks.items():
            if name not in self.weights:
                raise UserError(f"{where}layer {name!r} has a mask but no weights.")
            _check_weights(f"{where}weights", name, mask, self.weights[name])
            if name in self.initial:
                _check_weights(f"{where}initial weights", name, mask, self.initial[name])
            if np.any(self.weights[name][~mask]):
                raise UserError(f"{where}layer {name!r} has a weight other than 0 where pruned.")
        if self.wiring is not None:
            self.wiring.check_masks(self.masks)


def _check_weights(what: str, name: str, mask: npt.NDArray[Any], weights: Any) -> None:
    if weights.shape != mask.shape:
        raise UserError(
            f"{what} of layer {name!r} have shape {weights.shape}, its mask has {mask.shape}."
        )
    if not np.isfinite(weights).all():
        raise UserError(f"{what} of layer {name!r} hold NaN or infinite values.")


def write_network(
    path: str | os.PathLike[str],
    *,
    masks: Any,
    weights: Mapping[str, Any],
    initial: Mapping[str, Any] | None = None,
    state: Mapping[str, Any] | None = None,
    wiring: Wiring | None = None,
    provenance: Provenance | None = None,
    sparse: Collection[str] = (),
) -> SavedNetwork:
    """Write a network file, atomically; the same content gives the same bytes.

    Parameters
    ----------
    path
        The file; its folder is made.
    masks, weights, initial
        Arrays by layer name (numpy or torch). Pruned weights are written as zero.
    state
        Everything else of the module's `state_dict`, by its own keys.
    wiring
        None if unknown: then only the rolled encodings of the network exist.
    sparse
        Layers to store by their kept weights alone: smaller where density is low.

    Returns
    -------
    SavedNetwork
        What was written.

    Raises
    ------
    UserError
        On shapes that do not fit, NaN or infinite weights. Nothing is written then.
    """
    masks = as_masks(masks)
    missing = [name for name in masks if name not in weights]
    if missing:
        raise UserError(f"{path}: no weights given for {', '.join(missing)}.")
    saved = SavedNetwork(
        masks=masks,
        weights={
            name: np.where(mask, as_array(weights[name]), 0).astype(np.float32)
            if as_array(weights[name]).shape == mask.shape
            else as_array(weights[name])
            for name, mask in masks.items()
        },
        initial={
            name: as_array(values).astype(np.float32) for name, values in (initial or {}).items()
        },
        state={key: as_array(values) for key, values in (state or {}).items()},
        wiring=wiring,
        provenance=provenance or Provenance(),
        path=Path(path),
    )
    tensors: dict[str, npt.NDArray[Any]] = {}
    for name, mask in masks.items():
        if name in sparse:
            kept = np.flatnonzero(mask)
            tensors[f"{name}.indices"] = kept.astype(np.int64)
            tensors[f"{name}.values"] = saved.weights[name].reshape(-1)[kept]
            tensors[f"{name}.shape"] = np.array(mask.shape, dtype=np.int64)
        else:
            tensors[f"{name}.weight"] = saved.weights[name]
            tensors[f"{name}.mask"] = mask
        if name in saved.initial:
            tensors[f"{name}.initial"] = saved.initial[name]
    tensors.update({STATE + key: values for key, values in saved.state.items()})
    about = {
        "format": FORMAT,
        "layers": list(masks),
        "wiring": msgspec.to_builtins(wiring),
        "provenance": msgspec.to_builtins(saved.provenance),
    }
    with atomic_write(path) as temporary:
        save_file(
            {name: np.asarray(array, order="C") for name, array in sorted(tensors.items())},
            temporary,
            metadata={"nsgraph": canonical_json(about)},
        )
    return saved


def read_tensors(
    path: str | os.PathLike[str],
) -> tuple[dict[str, npt.NDArray[Any]], dict[str, str]]:
    """Tensors and metadata of any safetensors file; a `UserError` if it is missing or damaged."""
    if not Path(path).is_file():
        raise UserError(f"{path}: no such file; expected a network file (.safetensors).")
    try:
        with safe_open(path, framework="numpy") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} is not a whole safetensors file ({error}); it may be truncated or of another "
            "format."
        ) from error


def load_network(path: str | os.PathLike[str]) -> SavedNetwork:
    """Read a network file.

    A safetensors file without nsgraph's metadata is read too if it holds `<layer>.mask` and
    `<layer>.weight`: it then has no wiring and no provenance.

    Raises
    ------
    UserError
        If the file is missing, truncated, of a newer format, has no masks, or does not fit itself.
    """
    tensors, metadata = read_tensors(path)
    about = _metadata(path, metadata)
    state = {k.removeprefix(STATE): v for k, v in tensors.items() if k.startswith(STATE)}
    layers = _dense(path, {k: v for k, v in tensors.items() if not k.startswith(STATE)})
    names = about.get("layers") or sorted(
        k.removesuffix(".mask") for k in layers if k.endswith(".mask")
    )
    if not names:
        raise UserError(
            f"{path} holds no masks (tensors named <layer>.mask); `nsgraph convert` makes a "
            "network file of a plain checkpoint."
        )
    needed = [f"{name}.{part}" for name in names for part in ("mask", "weight")]
    absent = [key for key in needed if key not in layers]
    if absent:
        hint = ""
        if not any(key.endswith(".weight") for key in layers):
            hint = " It holds masks alone, as snapshots do unless weights are asked for."
        raise UserError(f"{path}: the tensors {', '.join(absent)} are missing.{hint}")
    try:
        masks = Masks({name: layers[f"{name}.mask"] for name in names})
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    return SavedNetwork(
        masks=masks,
        weights={name: layers[f"{name}.weight"].astype(np.float32, copy=False) for name in names},
        initial={
            name: layers[f"{name}.initial"].astype(np.float32, copy=False)
            for name in names
            if f"{name}.initial" in layers
        },
        state=state,
        wiring=None if about.get("wiring") is None else Wiring.from_data(about["wiring"]),
        provenance=_provenance(path, about.get("provenance") or {}),
        path=Path(path),
    )


def _dense(
    path: str | os.PathLike[str], tensors: dict[str, npt.NDArray[Any]]
) -> dict[str, npt.NDArray[Any]]:
    """Weight and mask of the layers that are stored by their kept weights."""
    dense = dict(tensors)
    for name in [key.removesuffix(".indices") for key in tensors if key.endswith(".indices")]:
        indices = dense.pop(f"{name}.indices")
        values, shape = (dense.pop(f"{name}.{part}", None) for part in ("values", "shape"))
        if values is None or shape is None or values.shape != indices.shape:
            raise UserError(f"{path}: layer {name!r} needs indices, values and shape that fit.")
        size = math.prod(shape.tolist())
        if size > LARGEST:
            raise UserError(
                f"{path}: layer {name!r} has {size:,} weights; layers of up to {LARGEST:,} can be "
                "read."
            )
        if len(indices) and (indices[0] < 0 or indices[-1] >= size or (np.diff(indices) < 1).any()):
            raise UserError(f"{path}: the indices of layer {name!r} are not ascending positions.")
        weight, mask = np.zeros(size, np.float32), np.zeros(size, np.bool_)
        weight[indices], mask[indices] = values, True
        dense[f"{name}.weight"] = weight.reshape(shape.tolist())
        dense[f"{name}.mask"] = mask.reshape(shape.tolist())
    return dense


def _metadata(path: str | os.PathLike[str], metadata: dict[str, str]) -> dict[str, Any]:
    if "nsgraph" not in metadata:
        return {}
    try:
        about = msgspec.json.decode(metadata["nsgraph"], type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise UserError(f"{path}: its nsgraph metadata is not JSON ({error}).") from error
    if about.get("format") != FORMAT:
        raise UserError(
            f"{path} is of format {about.get('format')!r}; this version reads format {FORMAT}."
        )
    return about


def _provenance(path: str | os.PathLike[str], data: Any) -> Provenance:
    try:
        return msgspec.convert(data, Provenance)
    except msgspec.ValidationError as error:
        raise UserError(f"{path}: its provenance cannot be read ({error}).") from error
