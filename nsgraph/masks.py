"""Masks: which weights of a network are kept, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from nsgraph.errors import UserError

__all__ = ["Masks", "as_array", "as_masks"]

BoolArray = npt.NDArray[np.bool_]


def as_array(values: Any) -> npt.NDArray[Any]:
    """Numpy array of a numpy array, a nested list or a torch tensor on any device.

    torch is recognised by its methods, so that measuring never imports it.
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        if str(values.dtype) in ("torch.bfloat16", "torch.float16"):
            values = values.float()
        values = values.numpy()
    return np.asarray(values)


class Masks(Mapping[str, BoolArray]):
    """Immutable mapping from layer name to a boolean array, `True` where the weight is kept.

    Parameters
    ----------
    layers
        Arrays `[out, in]` (linear) or `[out, in / groups, height, width]` (convolution) of numpy
        or torch, of type bool or with only zeros and ones, in the order of the network.

    Raises
    ------
    UserError
        If there is no layer, a layer is not of two or four dimensions, has no elements, or holds
        other values.

    Examples
    --------
    >>> masks = Masks({"fc": [[1, 0, 0, 1]]})
    >>> masks.n_weights, masks.n_kept, masks.sparsity
    (4, 2, 0.5)
    """

    def __init__(self, layers: Mapping[str, Any]) -> None:
        if not layers:
            raise UserError("Masks need at least one layer, but none was given.")
        self._layers = {str(name): _boolean(str(name), values) for name, values in layers.items()}

    def __getitem__(self, name: str) -> BoolArray:
        return self._layers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)

    def __repr__(self) -> str:
        return f"Masks({len(self)} layers, {self.n_kept} of {self.n_weights} weights kept)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        other = as_masks(other)
        return list(self) == list(other) and all(np.array_equal(self[k], other[k]) for k in self)

    __hash__ = None  # type: ignore[assignment]  # arrays inside: equality by value only

    @property
    def n_weights(self) -> int:
        """Number of prunable weights."""
        return sum(mask.size for mask in self.values())

    @property
    def n_kept(self) -> int:
        """Number of weights kept."""
        return sum(int(np.count_nonzero(mask)) for mask in self.values())

    @property
    def density(self) -> float:
        """Kept weights as a fraction of all prunable weights, in [0, 1]."""
        return self.n_kept / self.n_weights

    @property
    def sparsity(self) -> float:
        """1 - density, in [0, 1]."""
        return (self.n_weights - self.n_kept) / self.n_weights

    def layer_densities(self) -> dict[str, float]:
        """Density of each layer, in [0, 1]."""
        return {name: int(np.count_nonzero(m)) / m.size for name, m in self.items()}


def as_masks(masks: Any) -> Masks:
    """`masks` itself if it is a `Masks`, else a `Masks` made of the mapping."""
    if isinstance(masks, Masks):
        return masks
    if not isinstance(masks, Mapping):
        raise UserError(
            f"Masks must map layer names to arrays, but a {type(masks).__name__} was given."
        )
    return Masks(masks)


def _boolean(name: str, values: Any) -> BoolArray:
    array = as_array(values)
    if array.ndim not in (2, 4) or array.size == 0:
        raise UserError(
            f"The mask of layer {name!r} has shape {array.shape}; expected two dimensions (linear) "
            "or four (convolution), none of them empty."
        )
    if array.dtype != np.bool_:
        if not np.isin(array, (0, 1)).all():
            raise UserError(f"The mask of layer {name!r} holds values other than 0 and 1.")
        array = array.astype(np.bool_)
    elif array.flags.writeable:
        array = array.copy()
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array
