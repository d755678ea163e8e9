"""The wiring: a network as a graph of activation sets, without torch.

A *set* is a map of activations `channels x height x width`; a *link* says how one set is computed
from another. Element-wise addition is two links into one set; a module used twice is two links with
one layer name. Batch norm, activations, dropout and biases leave no trace here.

*Node sets* are the sets whose activations become nodes of the graphs: the input, and every set with
at least one parametric link (linear, convolution) into it. All other sets are virtual: a layer that
reads a pooled, flattened, concatenated or merely summed map reads the nodes underneath. A link
without parameters into a node set is a skip.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import msgspec
import numpy as np

from nsgraph.errors import UserError

__all__ = ["ActivationSet", "Link", "Wiring", "conv_output"]

Pair = tuple[int, int]
Kind = Literal["linear", "conv", "pool", "identity", "flatten", "concat"]


class ActivationSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One map of activations; a linear layer's output has height and width 1."""

    id: str
    channels: int
    height: int = 1
    width: int = 1
    role: Literal["input", "hidden", "output"] = "hidden"

    @property
    def size(self) -> int:
        """Number of activations."""
        return self.channels * self.height * self.width

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        return self.channels, self.height, self.width


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How `target` is computed from `source`.

    `padding` is what is added above and to the left; what is added on the other side follows from
    the size of the target. `channel_offset` is the first channel of the target that the link lands
    on (concatenation; identity shortcuts that pad channels). Pooling windows are clipped to the
    map.
    """

    kind: Kind
    source: str
    target: str
    layer: str | None = None
    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    channel_offset: int = 0

    @property
    def parametric(self) -> bool:
        """Whether the link has weights."""
        return self.kind in ("linear", "conv")


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Sets in topological order and the links between them. Made by `nsgraph.models.trace`.

    Raises
    ------
    UserError
        From the constructor, if sets and links do not make a network.
    """

    sets: tuple[ActivationSet, ...]
    links: tuple[Link, ...]

    def __post_init__(self) -> None:
        _check(self)

    @cached_property
    def _by_id(self) -> dict[str, ActivationSet]:
        return {s.id: s for s in self.sets}

    def set(self, id: str) -> ActivationSet:
        """The set of that name."""
        return self._by_id[id]

    @property
    def input(self) -> ActivationSet:
        """The network's input."""
        return next(s for s in self.sets if s.role == "input")

    @property
    def outputs(self) -> tuple[ActivationSet, ...]:
        """The network's outputs."""
        return tuple(s for s in self.sets if s.role == "output")

    def into(self, id: str) -> tuple[Link, ...]:
        """Links whose target is the set, in the order of the network."""
        return tuple(link for link in self.links if link.target == id)

    def out_of(self, id: str) -> tuple[Link, ...]:
        """Links whose source is the set, in the order of the network."""
        return tuple(link for link in self.links if link.source == id)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers with weights, each once, in the order of the network."""
        return tuple(dict.fromkeys(link.layer for link in self.links if link.layer is not None))

    def node_sets(self) -> tuple[ActivationSet, ...]:
        """Sets whose activations are nodes: the input and the targets of parametric links."""
        computed = {link.target for link in self.links if link.parametric}
        return tuple(s for s in self.sets if s.role == "input" or s.id in computed)

    def weight_shape(self, link: Link) -> tuple[int, ...]:
        """Shape of a parametric link's weights: `[out, in]` or `[out, in / groups, kh, kw]`."""
        channels_in, channels_out = self.set(link.source).channels, self.set(link.target).channels
        if link.kind == "linear":
            return channels_out, channels_in
        return channels_out, channels_in // link.groups, *link.kernel

    def check_masks(self, masks: Mapping[str, np.ndarray]) -> None:
        """Raise a `UserError` unless `masks` has exactly the wiring's layers and their shapes."""
        missing = [name for name in self.layers if name not in masks]
        extra = [name for name in masks if name not in self.layers]
        if missing or extra:
            raise UserError(
                "The masks do not fit the wiring: "
                + "; ".join(
                    f"{what} {', '.join(names)}"
                    for what, names in (("no mask for", missing), ("no layer named", extra))
                    if names
                )
                + "."
            )
        for link in self.links:
            if link.layer is None:
                continue
            found, expected = masks[link.layer].shape, self.weight_shape(link)
            if found != expected:
                raise UserError(
                    f"The mask of layer {link.layer!r} has shape {found}; its wiring expects "
                    f"{expected}."
                )

    def to_json(self) -> str:
        """JSON text, the same for equal wirings."""
        return msgspec.json.encode(self, order="sorted").decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Wiring:
        """The wiring of `to_json`'s text; a `UserError` if it is not one."""
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.DecodeError as error:
            raise UserError(f"The wiring cannot be read: {error}.") from error

    @classmethod
    def from_data(cls, data: Any) -> Wiring:
        """The wiring of decoded JSON; a `UserError` if it is not one."""
        try:
            return msgspec.convert(data, cls)
        except msgspec.ValidationError as error:
            raise UserError(f"The wiring cannot be read: {error}.") from error


def conv_output(size: int, kernel: int, stride: int, before: int, after: int, dilation: int) -> int:
    """Output size of a convolution along one axis.

    >>> conv_output(32, kernel=3, stride=2, before=1, after=1, dilation=1)
    16
    """
    return (size + before + after - dilation * (kernel - 1) - 1) // stride + 1


def _check(wiring: Wiring) -> None:
    order = {s.id: position for position, s in enumerate(wiring.sets)}
    if len(order) != len(wiring.sets):
        raise UserError("The wiring names a set twice.")
    for s in wiring.sets:
        if min(s.shape) < 1:
            raise UserError(f"Set {s.id!r} of the wiring has an empty shape {s.shape}.")
    if sum(s.role == "input" for s in wiring.sets) != 1 or not wiring.outputs:
        raise UserError("A wiring needs exactly one input set and at least one output set.")
    entered = {link.target for link in wiring.links}
    for s in wiring.sets:
        if (s.role == "input") == (s.id in entered):
            raise UserError(f"Set {s.id!r} of the wiring: only the input may be without a source.")
    for link in wiring.links:
        if link.source not in order or link.target not in order:
            raise UserError(f"A link joins {link.source!r} and {link.target!r}, not both sets.")
        if order[link.source] >= order[link.target]:
            raise UserError(f"The link {link.source!r} to {link.target!r} is not forward.")
        problem = _link_problem(link, wiring.set(link.source), wiring.set(link.target))
        if problem:
            name = link.layer or f"{link.kind} {link.source!r} to {link.target!r}"
            raise UserError(f"The wiring of {name}: {problem}.")


def _link_problem(link: Link, source: ActivationSet, target: ActivationSet) -> str | None:
    if link.parametric != (link.layer is not None):
        return "links with weights, and only they, name a layer"
    if min(*link.kernel, *link.stride, *link.dilation, link.groups) < 1 or link.channel_offset < 0:
        return "kernel, stride, dilation and groups are at least 1, the channel offset at least 0"
    if link.kind == "linear" and (source.shape[1:] != (1, 1) or target.shape[1:] != (1, 1)):
        return "a linear layer joins flat sets"
    if link.kind == "conv" and (source.channels % link.groups or target.channels % link.groups):
        return f"{source.channels} and {target.channels} channels cannot form {link.groups} groups"
    if link.kind == "flatten" and target.shape != (source.size, 1, 1):
        return f"flattening {source.shape} gives {source.size} channels, not {target.shape}"
    if link.kind == "pool" and source.channels != target.channels:
        return "pooling keeps the channels"
    lands = link.channel_offset + source.channels
    if link.kind in ("identity", "concat") and lands > target.channels:
        return f"channels up to {lands} land in a set of {target.channels}"
    if link.kind == "concat" and source.shape[1:] != target.shape[1:]:
        return "concatenated maps have one height and width"
    if link.kind == "identity":
        for size, stride, out in zip(source.shape[1:], link.stride, target.shape[1:], strict=True):
            if -(-size // stride) != out:
                return f"every {stride}th of {size} rows or columns is not {out}"
    return None
