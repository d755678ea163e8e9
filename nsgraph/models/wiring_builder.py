"""Collects sets and links while a network is traced, and simplifies them to a wiring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from nsgraph.errors import UserError
from nsgraph.wiring import ActivationSet, Link, Wiring

__all__ = ["WiringBuilder"]


class WiringBuilder:
    """Sets and links in the order in which the network computes them.

    While tracing, every operation gets a set of its own; `finish` then merges sets that only feed
    an addition into the sum (a convolution links straight into it) and joins chains of identities.
    """

    def __init__(self) -> None:
        self.sets: dict[str, ActivationSet] = {}
        self.links: list[Link] = []
        self.sums: set[str] = set()

    def new_set(self, name: str, shape: tuple[int, int, int], role: Any = "hidden") -> str:
        """Add a set; if the name is taken (a module used again), `#2`, `#3`, ... is appended."""
        unique, count = name, 1
        while unique in self.sets:
            count += 1
            unique = f"{name}#{count}"
        self.sets[unique] = ActivationSet(unique, *shape, role=role)
        return unique

    def new_link(self, **fields: Any) -> None:
        """Add a link; the fields are those of `Link`."""
        self.links.append(Link(**fields))

    def new_sum(self, name: str, shape: tuple[int, int, int], sources: Iterable[str]) -> str:
        """Add the element-wise sum of some sets."""
        target = self.new_set(name, shape)
        self.sums.add(target)
        for source in sources:
            self.new_link(kind="identity", source=source, target=target)
        return target

    def finish(self, outputs: Iterable[str]) -> Wiring:
        """The wiring that computes `outputs`.

        Raises
        ------
        UserError
            If a layer's result does not reach any output.
        """
        for name in outputs:
            if self.sets[name].role == "input":
                raise UserError("An output of the network is its unchanged input.")
            self.sets[name] = msgspec.structs.replace(self.sets[name], role="output")
        self._drop_unused()
        for name in list(self.sets):
            self._merge_forward(name)
        return Wiring(tuple(self.sets.values()), tuple(self._distinct_links()))

    def _drop_unused(self) -> None:
        used = {name for name, s in self.sets.items() if s.role == "output"}
        for name in reversed(self.sets):  # targets come after their sources
            if any(link.source == name and link.target in used for link in self.links):
                used.add(name)
        for link in self.links:
            if link.target not in used and link.layer is not None:
                raise UserError(
                    f"The result of layer {link.layer!r} does not reach the output of the network; "
                    "remove the layer or return its result."
                )
        self.sets = {n: s for n, s in self.sets.items() if n in used or s.role == "input"}
        self.links = [link for link in self.links if link.target in used]

    def _merge_forward(self, name: str) -> None:
        """Let the links into a set end in its only reader, if that one just copies it."""
        readers = [link for link in self.links if link.source == name]
        if self.sets[name].role != "hidden" or len(readers) != 1 or readers[0].kind != "identity":
            return
        copy = readers[0]
        kinds = {link.kind for link in self.links if link.target == name}
        plain = (
            copy.stride == (1, 1)
            and self.sets[copy.source].shape == self.sets[copy.target].shape
            and copy.target in self.sums
        )
        if not (kinds == {"identity"} or (plain and kinds <= {"conv", "linear", "identity"})):
            return
        self.links = [
            _through(link, copy) if link.target == name else link
            for link in self.links
            if link is not copy
        ]
        del self.sets[name]

    def _distinct_links(self) -> list[Link]:
        """Links, each identity once: x + (x + y) reads x once as far as nodes go."""
        seen: set[Link] = set()
        kept = []
        for link in self.links:
            if link.kind != "identity" or link not in seen:
                kept.append(link)
            seen.add(link)
        return kept


def _through(link: Link, copy: Link) -> Link:
    """`link` followed by the identity `copy`."""
    if link.kind != "identity":
        return msgspec.structs.replace(link, target=copy.target)
    return msgspec.structs.replace(
        link,
        target=copy.target,
        stride=(link.stride[0] * copy.stride[0], link.stride[1] * copy.stride[1]),
        channel_offset=link.channel_offset + copy.channel_offset,
    )
