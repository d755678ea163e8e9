"""The network behind a graph: masks, weights and wiring, whatever they were given as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nsgraph.errors import UserError
from nsgraph.masks import Masks, as_array, as_masks
from nsgraph.network_file import SavedNetwork
from nsgraph.wiring import Wiring

__all__ = ["Network", "as_network"]

Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Network:
    """Masks, weights by kind ("final", "initial"; either may be absent), the wiring if known."""

    masks: Masks
    weights: Mapping[str, Arrays]
    wiring: Wiring | None

    def magnitudes(self, layer: str) -> npt.NDArray[np.float32]:
        """Absolute weights of a layer, [kinds, *shape of the mask]."""
        mask = self.masks[layer]
        stacked = np.empty((len(self.weights), *mask.shape), dtype=np.float32)
        for position, arrays in enumerate(self.weights.values()):
            np.abs(arrays[layer], out=stacked[position], casting="same_kind")
        return stacked

    def groups(self, layer: str) -> int:
        """Number of groups of a layer; 1 where the wiring is not known."""
        if self.wiring is None:
            return 1
        return next(link.groups for link in self.wiring.links if link.layer == layer)

    def part(self, layer: str, name: str | None = None) -> Network:
        """One layer on its own, under a name of its own if wanted, without wiring."""
        name = name or layer
        weights = {kind: {name: arrays[layer]} for kind, arrays in self.weights.items()}
        return Network(Masks({name: self.masks[layer]}), weights, None)


def as_network(
    network: Any, masks: Any = None, input_shape: Any = None, weights: str = "final"
) -> Network:
    """The network of a `SavedNetwork`, an `nn.Module`, a `Wiring` with masks, or masks alone.

    Parameters
    ----------
    network
        Any of these. Of a wiring or of masks only the topology is known, no weights.
    masks
        For a module: which weights are kept, by default those that are not zero. For a saved
        network: other masks than its own.
    input_shape
        (channels, height, width) for a module; None leaves its wiring unknown.
    weights
        "final", "initial" or "both".

    Raises
    ------
    UserError
        If masks and weights do not fit together, or weights are missing or not finite.
    """
    if weights not in ("final", "initial", "both"):
        raise UserError(f"weights = {weights!r} is unknown; expected 'final', 'initial' or 'both'.")
    kinds: tuple[str, ...] = ("final", "initial") if weights == "both" else (weights,)
    if isinstance(network, Network):
        return network
    if isinstance(network, SavedNetwork):
        found: dict[str, Arrays] = {"final": network.weights, "initial": network.initial}
        checked = masks is None
        masks, wiring = as_masks(network.masks if masks is None else masks), network.wiring
    elif isinstance(network, Wiring):
        if masks is None:
            raise UserError("A wiring alone is no network: give its masks too.")
        found, kinds, checked = {}, (), False
        masks, wiring = as_masks(masks), network
    elif isinstance(network, Mapping):
        found, kinds, checked = {}, (), False
        masks, wiring = as_masks(network), None
    elif hasattr(network, "state_dict"):
        found, masks, wiring = _of_module(network, masks, input_shape)
        checked = False
    else:
        raise UserError(
            f"A {type(network).__name__} cannot be encoded; expected a module, a saved network, "
            "a wiring with masks, or masks."
        )
    if not checked:
        if wiring is not None:
            wiring.check_masks(masks)
        for kind in kinds:
            _check(kind, found.get(kind, {}), masks)
    for kind in kinds:
        missing = [name for name in masks if name not in found.get(kind, {})]
        if missing:
            raise UserError(f"There are no {kind} weights of layer {missing[0]!r}.")
    return Network(masks, {kind: found[kind] for kind in kinds}, wiring)


def _of_module(
    net: Any, masks: Any, input_shape: Any
) -> tuple[dict[str, Arrays], Masks, Wiring | None]:
    from nsgraph import models  # the one place that needs torch, and only for a module

    weights = {name: as_array(values) for name, values in models.network_arrays(net)[0].items()}
    if masks is None:
        masks = {name: values != 0 for name, values in weights.items()}
    wiring = None if input_shape is None else models.trace(net, tuple(input_shape))
    return {"final": weights}, as_masks(masks), wiring


def _check(kind: str, weights: Arrays, masks: Masks) -> None:
    for name, mask in masks.items():
        if name not in weights:
            continue  # said by the caller, for all layers alike
        if weights[name].shape != mask.shape:
            raise UserError(
                f"The {kind} weights of layer {name!r} have shape {weights[name].shape}, its mask "
                f"has {mask.shape}."
            )
        if not np.isfinite(weights[name]).all():
            raise UserError(f"The {kind} weights of layer {name!r} hold NaN or infinite values.")
