"""Measuring a cohort of stored networks, once each: what was measured by the same code is kept."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import nsgraph
from nsgraph.errors import UserError
from nsgraph.files import atomic_write, digest, tree_digest
from nsgraph.graphs import ENCODINGS
from nsgraph.masks import Masks
from nsgraph.metrics import measure_network
from nsgraph.network_file import SavedNetwork, load_network
from nsgraph.store import Entry
from nsgraph.wiring import ActivationSet, Link, Wiring

__all__ = ["code_digest", "compile_kernels", "measure_cohort"]

CODE = ("errors.py", "masks.py", "wiring.py", "network_file.py", "graphs", "metrics")
"""What decides a measurement, beside the network."""


def measure_cohort(
    entries: Sequence[Entry],
    encodings: Sequence[str],
    families: Sequence[str] | None,
    cache: str | os.PathLike[str],
    progress: Callable[[str], None] = lambda text: None,
) -> dict[str, list[dict[str, Any]]]:
    """Measure every network of a manifest.

    Parameters
    ----------
    entries
        The networks; their files are there.
    encodings, families
        What to measure; all families if None.
    cache
        Folder of measurements. One made of the same bytes by the same code is taken from there.
    progress
        Called with one line a network.

    Returns
    -------
    dict
        `networks`: one dict a network, `network` and `<encoding>.<family>.<metric>`; `layers`: one
        dict for each network, encoding, layer and metric.

    Raises
    ------
    UserError
        If a network cannot be read or encoded; names the file.
    """
    code = code_digest()
    wide: list[dict[str, Any]] = []
    long: list[dict[str, Any]] = []
    for entry in entries:
        started = time.perf_counter()
        key = digest([entry.sha256, code, list(encodings), families and sorted(families)], 24)
        place = Path(cache) / key[:2] / f"{key}.json"
        measured = _read(place)
        if measured is None:
            try:
                values, layers = measure_network(load_network(entry.file), encodings, families)
            except UserError as error:
                raise UserError(f"{entry.file}: {error}") from error
            # through JSON at once, so that a cached value is the same as a fresh one
            text = json.dumps([values, layers], allow_nan=False, default=_plain)
            with atomic_write(place) as temporary:
                temporary.write_text(text)
            measured = json.loads(text)
        wide.append({"network": entry.network, **measured[0]})
        long += [{"network": entry.network, **row} for row in measured[1]]
        progress(f"{entry.network} in {time.perf_counter() - started:.2f} s")
    return {"networks": wide, "layers": long}


def compile_kernels() -> None:
    """Measure a tiny network of every kind of link, so that later processes find compiled code."""
    wiring = Wiring(
        (
            ActivationSet("input", 2, 4, 4, "input"),
            ActivationSet("a", 2, 4, 4),
            ActivationSet("sum", 2, 4, 4),
            ActivationSet("pool", 2, 2, 2),
            ActivationSet("flat", 8),
            ActivationSet("out", 2, role="output"),
        ),
        (
            Link("conv", "input", "a", "one", kernel=(3, 3), padding=(1, 1)),
            Link("conv", "a", "sum", "two", kernel=(3, 3), padding=(1, 1)),
            Link("identity", "a", "sum"),
            Link("pool", "sum", "pool", kernel=(2, 2), stride=(2, 2)),
            Link("flatten", "pool", "flat"),
            Link("linear", "flat", "out", "three"),
        ),
    )
    shapes = {"one": (2, 2, 3, 3), "two": (2, 2, 3, 3), "three": (2, 8)}
    ones = {name: np.ones(shape, np.float32) for name, shape in shapes.items()}
    tiny = SavedNetwork(masks=Masks(ones), weights=ones, initial=ones, wiring=wiring)
    measure_network(tiny, list(ENCODINGS))


def code_digest() -> str:
    """Digest of the source files that decide a measurement."""
    package = Path(nsgraph.__file__).parent
    files: list[Path] = []
    for name in CODE:
        files += (package / name).rglob("*.py") if (package / name).is_dir() else [package / name]
    return tree_digest(files)


def _read(place: Path) -> Any:
    try:
        return json.loads(place.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form")
