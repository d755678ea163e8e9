"""Measuring a cohort of stored networks, once each: what was measured by the same code is kept."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import nsgraph
from nsgraph.errors import UserError
from nsgraph.files import atomic_write, digest, tree_digest
from nsgraph.graphs import ENCODINGS
from nsgraph.masks import Masks
from nsgraph.metrics import measure, measure_network, network_graphs
from nsgraph.metrics.null_networks import NULLS
from nsgraph.network_file import SavedNetwork, load_network
from nsgraph.store import Entry
from nsgraph.wiring import ActivationSet, Link, Wiring

__all__ = ["code_digest", "compile_kernels", "measure_cohort", "null_rows"]

CODE = (
    *("errors.py", "masks.py", "seeds.py", "wiring.py", "network_file.py"),
    *("graphs", "topologies", "tails", "metrics"),
)
"""What decides a measurement, beside the network."""


def measure_cohort(
    entries: Sequence[Entry],
    encodings: Sequence[str],
    families: Sequence[str] | None,
    cache: str | os.PathLike[str],
    progress: Callable[[str], None] = lambda text: None,
    nulls: Mapping[str, Any] | None = None,
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
    nulls
        Which metrics to hold against which random networks, see `null_rows`; None for none.

    Returns
    -------
    dict
        `networks`: one dict a network, `network` and `<encoding>.<family>.<metric>`; `layers`: one
        dict for each network, encoding, layer and metric; `nulls`: one for each network, encoding,
        metric and null model.

    Raises
    ------
    UserError
        If a network cannot be read or encoded; names the file.
    """
    code = code_digest()
    rows: dict[str, list[dict[str, Any]]] = {"networks": [], "layers": [], "nulls": []}
    for entry in entries:
        started = time.perf_counter()
        asked = list(encodings), families and sorted(families), dict(nulls or {})
        key = digest([entry.sha256, code, *asked], 24)
        place = Path(cache) / key[:2] / f"{key}.json"
        measured = _read(place)
        if measured is None:
            try:
                saved = load_network(entry.file)
                values, layers = measure_network(saved, encodings, families)
                beside = null_rows(saved, **nulls) if nulls else []
            except UserError as error:
                raise UserError(f"{entry.file}: {error}") from error
            # through JSON at once, so that a cached value is the same as a fresh one
            text = json.dumps([values, layers, beside], allow_nan=False, default=_plain)
            with atomic_write(place) as temporary:
                temporary.write_text(text)
            measured = json.loads(text)
        rows["networks"].append({"network": entry.network, **measured[0]})
        for name, found in zip(("layers", "nulls"), measured[1:], strict=True):
            rows[name] += [{"network": entry.network, **row} for row in found]
        progress(f"{entry.network} in {time.perf_counter() - started:.2f} s")
    return rows


def null_rows(
    saved: SavedNetwork,
    *,
    models: Sequence[str],
    families: Sequence[str],
    encodings: Sequence[str],
    samples: int,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Metrics of a network beside null models, one row for each encoding, metric and null model.

    `models` are of `nsgraph.metrics.NULLS`; the rest as in `nsgraph.metrics.measure`. A row has
    encoding, metric, null_model, value, mean, sd, z and status (why z, or all, is undefined).
    """
    rows = []
    for encoding, graph in network_graphs(saved, encodings).items():
        for model in models:
            found = measure(graph, families, null=model, samples=samples, seed=seed)
            for name in (n for n in found if f"{n}_{model}_z" in found):
                row: dict[str, Any] = {"encoding": encoding, "metric": name, "null_model": model}
                numbers = {k: found[f"{name}_{model}_{k}"] for k in ("mean", "sd", "z")}
                status = found.get(f"{name}_{model}_z.status")
                row |= {"samples": samples, "value": found[name], **numbers, "status": status}
                rows.append(row)
    return rows


def compile_kernels() -> None:
    """Measure a small network of every kind of link, so that later processes find compiled code."""
    wiring = Wiring(
        (
            ActivationSet("input", 2, 6, 6, "input"),
            ActivationSet("a", 24, 6, 6),
            ActivationSet("depthwise", 24, 6, 6),
            ActivationSet("sum", 24, 6, 6),
            ActivationSet("pool", 24, 3, 3),
            ActivationSet("both", 48, 3, 3),
            ActivationSet("flat", 432),
            ActivationSet("out", 12, role="output"),
        ),
        (
            Link("conv", "input", "a", "one", kernel=(3, 3), padding=(1, 1)),
            Link("conv", "a", "depthwise", "two", kernel=(3, 3), padding=(1, 1), groups=24),
            Link("conv", "depthwise", "sum", "three"),
            Link("conv", "a", "sum", "four"),
            Link("identity", "a", "sum"),
            Link("pool", "sum", "pool", kernel=(3, 3), stride=(2, 2), padding=(1, 1)),
            Link("concat", "pool", "both"),
            Link("concat", "pool", "both", channel_offset=24),
            Link("flatten", "both", "flat"),
            Link("linear", "flat", "out", "five"),
        ),
    )
    rng = np.random.default_rng(0)
    masks = {
        link.layer: rng.random(wiring.weight_shape(link)) < 0.3
        for link in wiring.links
        if link.layer
    }
    weights = {name: mask * rng.random(mask.shape, np.float32) for name, mask in masks.items()}
    small = SavedNetwork(masks=Masks(masks), weights=weights, initial=weights, wiring=wiring)
    measure_network(small, list(ENCODINGS))
    null_rows(small, models=[*NULLS], families=["motifs"], encodings=["multipartite"], samples=2)


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
