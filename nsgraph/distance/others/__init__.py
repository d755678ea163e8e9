"""Other distances between two sparse networks, to hold NNSTD against.

One file each; `DISTANCES` has them by name with what they measure and what leaves them unchanged.
They are small and ours but for their parts from scipy and networkx: the library of network
distances, netrd, has had no release since 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from nsgraph.distance.network import as_networks
from nsgraph.distance.others import degrees, deltacon, edit, jaccard, portrait, spectral
from nsgraph.distance.others.edit import changed_links
from nsgraph.distance.others.registry import DISTANCES, OtherDistance, Undefined
from nsgraph.errors import UserError
from nsgraph.files import program_digest
from nsgraph.wiring import Wiring

__all__ = ["DISTANCES", "OtherDistance", "changed_links", "compare", "names_of", "others_digest"]

_LOADED = (degrees, deltacon, edit, jaccard, portrait, spectral)


def compare(
    a: Any, b: Any, *, names: Sequence[str] | None = None, wiring: Wiring | None = None
) -> dict[str, float | str | None]:
    """Other distances between two networks.

    Parameters
    ----------
    a, b, wiring
        As in `nsgraph.distance.distance`.
    names
        Of `DISTANCES`; default: all but `edit`, whose time is exponential.

    Returns
    -------
    Name to value; where a distance is undefined `None`, and `<name>.status` says why.

    Raises
    ------
    UserError
        If there is no distance of that name, or the networks cannot be compared.

    Examples
    --------
    >>> a = {"fc1": [[1, 1, 0], [0, 0, 1]], "fc2": [[1, 0]]}
    >>> b = {"fc1": [[0, 0, 1], [1, 1, 0]], "fc2": [[0, 1]]}      # hidden neurons swapped
    >>> compare(a, b, names=["degrees", "jaccard", "edit"])
    {'degrees': 0.0, 'jaccard': 1.0, 'edit': 0.0}
    """
    asked = names_of(names)
    one, other = as_networks(a, b, wiring, outputs_labelled=True)
    same_shapes = [m.shape for m in one.matrices] == [m.shape for m in other.matrices]
    found: dict[str, float | str | None] = {}
    for name in asked:
        about = DISTANCES[name]
        try:
            if not (about.invariant or same_shapes):
                raise Undefined("the layers' widths differ")
            found[name] = float(about.function(one, other))
        except Undefined as why:
            found |= {name: None, f"{name}.status": str(why)}
    return found


def names_of(names: Sequence[str] | None) -> list[str]:
    """The distances asked for, by name; `None`: those that are always computed."""
    if names is None:
        return [name for name, about in DISTANCES.items() if about.always]
    unknown = [name for name in names if name not in DISTANCES]
    if unknown:
        raise UserError(
            f"There is no distance {unknown[0]!r}; there are {', '.join(sorted(DISTANCES))}."
        )
    return list(names)


@cache
def others_digest() -> str:
    """Digest of the program that computes these distances."""
    return program_digest(sorted(Path(__file__).parent.glob("*.py")))
