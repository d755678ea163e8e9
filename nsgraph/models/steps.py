"""One operation of a traced network: what it reads, what came out, and where it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

from torch import Tensor, fx, nn

from nsgraph.errors import UserError
from nsgraph.models.wiring_builder import WiringBuilder

__all__ = ["Feature", "Step", "cannot"]

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Feature:
    """A value that depends on the input: one of the wiring's sets.

    `padding` (top, bottom, left, right) holds zeros that were put around it by an operation of its
    own; the next convolution or pooling takes them in.
    """

    id: str
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)


@dataclass
class Step:
    """One node of the traced graph, with the values it was computed from.

    `values` holds the values of all nodes that this one or a later one reads.
    """

    node: fx.Node
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    module: nn.Module | None
    features: dict[fx.Node, Feature | None]
    builder: WiringBuilder
    values: dict[fx.Node, Any]
    value: Any = field(default=None)

    @property
    def name(self) -> str:
        """Name of the function or method, or of the module's class."""
        if self.module is not None:
            return type(self.module).__name__
        target = self.node.target
        return target if isinstance(target, str) else getattr(target, "__name__", str(target))

    @property
    def scope(self) -> str:
        """Name of the module whose forward method holds the operation; "" for the root."""
        stack = self.node.meta.get("nn_module_stack") or {}
        return next((path for path, _ in reversed(list(stack.values()))), "")

    @property
    def set_name(self) -> str:
        """Name for the set that the operation computes."""
        if self.module is not None:
            return str(self.node.target)
        return f"{self.scope}.{self.name.strip('_')}".lstrip(".")

    @property
    def place(self) -> str:
        """Where the operation is, for error messages."""
        if self.module is not None:
            return f"module {str(self.node.target)!r} ({self.name})"
        inside = f" in module {self.scope!r}" if self.scope else ""
        return f"{self.name!r}{inside}"

    @property
    def sources(self) -> list[Feature]:
        """The features that it reads, each once."""
        found = (self.features.get(n) for n in self.node.all_input_nodes)
        return list(dict.fromkeys(f for f in found if f is not None))

    @property
    def result_shape(self) -> Shape:
        """Shape of the result as a set."""
        sizes = tuple(self.value.shape) if isinstance(self.value, Tensor) else ()
        if len(sizes) == 2 or (len(sizes) == 3 and sizes[2] == 1):  # between two squeezes
            return sizes[1], 1, 1
        if len(sizes) == 4:
            return sizes[1], sizes[2], sizes[3]
        self.refuse(f"its result has shape {list(sizes)}, not [batch, features] or a map")

    def source_shape(self, feature: Feature) -> Shape:
        """Shape of a set that it reads."""
        return self.builder.sets[feature.id].shape

    def only_source(self) -> Feature:
        """The one feature that it reads."""
        if len(self.sources) != 1:
            self.refuse("it combines several activations")
        return self.sources[0]

    def unpadded_source(self) -> Feature:
        """The one feature that it reads, which must not carry padding of its own."""
        feature = self.only_source()
        if feature.padding != (0, 0, 0, 0):
            self.refuse("zeros around a map must be followed by a convolution or pooling")
        return feature

    def bound(self, *names: str) -> dict[str, Any]:
        """Arguments after the first, by name."""
        return dict(zip(names, self.args[1:], strict=False)) | self.kwargs

    def refuse(self, reason: str) -> NoReturn:
        """Raise a `UserError` that names the operation."""
        raise cannot(self.place, reason)


def cannot(place: str, reason: str) -> UserError:
    """The error for what a wiring cannot express."""
    return UserError(f"The network has no wiring because of {place}: {reason}.")
