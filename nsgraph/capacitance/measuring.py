"""beta_eff of stored networks as columns of a table, to be joined by network; made once each."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nsgraph
from nsgraph.capacitance.beta import capacitance
from nsgraph.capacitance.result import Capacitance
from nsgraph.datasets import Dataset
from nsgraph.errors import UserError
from nsgraph.files import atomic_write, digest, tree_digest
from nsgraph.graphs import encode
from nsgraph.graphs.flow import paths
from nsgraph.models import from_saved, prunable
from nsgraph.network_file import SavedNetwork, load_network
from nsgraph.store import Entry

__all__ = ["measure_cohort", "network_columns"]

CODE = (
    *("errors.py", "masks.py", "wiring.py", "network_file.py", "seeds.py"),
    *("capacitance", "datasets", "models", "graphs"),
)
"""What decides a measurement, beside network and data."""

LOCAL, EXACT, ABSOLUTE, MASK = "local", "exact", "absolute", "mask"
STACK_BATCH, NETWORK_BATCH = 256, 32


def measure_cohort(
    entries: Sequence[Entry],
    data: Dataset,
    cache: str | os.PathLike[str],
    progress: Callable[[str], None] = lambda text: None,
    images: int = 256,
) -> list[dict[str, Any]]:
    """One row a network of a manifest: `network`, and what `network_columns` gives.

    Parameters
    ----------
    entries
        Networks trained on `data`; their files are there.
    cache
        Folder of measurements. One of the same network and data by the same code is taken from
        there.
    progress
        Called with one line a network.
    images
        See `network_columns`.
    """
    package = Path(nsgraph.__file__).parent
    files = [file for name in CODE for file in (package / name).rglob("*.py")]
    files += [package / name for name in CODE if name.endswith(".py")]
    code, of_data = tree_digest(files), data.digest()
    rows = []
    for entry in entries:
        key = digest([entry.sha256, code, of_data, images], 24)
        place = Path(cache) / key[:2] / f"{key}.json"
        try:
            found = json.loads(place.read_text())
        except (FileNotFoundError, ValueError):
            found = None
        if not isinstance(found, dict):
            try:
                found = network_columns(load_network(entry.file), data, images)
            except UserError as error:
                raise UserError(f"{entry.file}: {error}") from error
            with atomic_write(place) as temporary:
                temporary.write_text(json.dumps(found, allow_nan=False))
        rows.append({"network": entry.network, **found})
        progress(entry.network)
    return rows


def network_columns(saved: SavedNetwork, data: Dataset, images: int = 256) -> dict[str, Any]:
    """Columns `capacitance.*` of one network, from validation images, in float64.

    Parameters
    ----------
    saved
        With model, input shape and classes in its provenance.
    images
        For a network with convolutions, exact reading: the first so many validation images, in
        batches of 32. It takes a Hessian-vector product for each layer and batch. All else is
        taken from the whole validation split.

    Returns
    -------
    dict
        `capacitance.<kind>_beta` with `_numerator`, `_denominator`, `_denominator_error` and
        `_beta.status` (why there is no value), for the kinds `local` and `absolute` (the stack of
        linear layers that ends the network; absolute: local with absolute values) and `exact` (all
        layers); and `capacitance.mask_beta`, of the masks alone. See `dictionary`.
    """
    net = from_saved(saved).double()
    stack: dict[str, Any] = {"masks": saved.masks, "split": "validation", "batch_size": STACK_BATCH}
    local = capacitance(net, data, **stack)
    whole = stack
    if len(local.layers) < len(prunable(net)):
        most = max(1, images // NETWORK_BATCH)
        whole = stack | {"batch_size": NETWORK_BATCH, "max_batches": most}
    exact = capacitance(net, data, reading="exact", head="all", **whole)
    return {
        **_columns(LOCAL, local),
        **_columns(ABSOLUTE, capacitance(net, data, absolute=True, **stack)),
        **_columns(EXACT, exact),
        **_of_masks(saved),
    }


def _columns(kind: str, found: Capacitance) -> dict[str, Any]:
    finite = found.cause != "not finite"
    return {
        f"capacitance.{kind}_beta": found.value,
        f"capacitance.{kind}_beta.status": found.status,
        f"capacitance.{kind}_numerator": found.numerator if finite else None,
        f"capacitance.{kind}_denominator": found.denominator if finite else None,
        f"capacitance.{kind}_denominator_error": found.denominator_error if finite else None,
    }


def _of_masks(saved: SavedNetwork) -> dict[str, Any]:
    """beta_eff of the line graph of the multipartite graph, each of its edges 1.

    A node's in-strength is the number of links that lead to the link's source, its out-strength
    the number of those that start at its target; so that the sums are numbers of paths.
    """
    name = "capacitance.mask_beta"
    if saved.wiring is None:
        return {name: None, f"{name}.status": "the network file has no wiring"}
    _, two, three = paths(encode(saved), 3)
    if not two:
        return {name: None, f"{name}.status": "no path of two links"}
    return {name: three / two, f"{name}.status": None}
