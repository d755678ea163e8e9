"""A small archive in the form of the published tables, with made-up numbers."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd

from nsgraph.prediction.published_columns import (
    FAMILIES,
    LAYER_FAMILIES,
    OTHER_NAMES,
    RAMANUJAN,
)

METHODS = ("uniform", "erk", "snip", "rigl")
LAYERS = ("conv1", "conv2", "linear")
FEWER = {ours: theirs for theirs, ours in OTHER_NAMES.items() if ours != "pruning"}


def identities(models=("CONV-6",), sparsities=(0.8, 0.9), seeds=(0, 1)) -> pd.DataFrame:
    """A row a network."""
    rows = [
        {"pruning": method, "sparsity": s, "model": model, "dataset": "CIFAR-10", "seed": seed}
        for model in models
        for method in METHODS
        for s in sparsities
        for seed in seeds
    ]
    table = pd.DataFrame(rows)
    table.insert(0, "accuracy", 0.5 + 0.4 * np.random.default_rng(0).random(len(table)).round(3))
    return table


def tables(networks: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """File name -> table: one of the two tables of layers has fewer columns, as in the original."""
    rng = np.random.default_rng(1)
    own = {name: rng.random(len(networks)) for name in FAMILIES}
    own |= {
        "nodes": rng.integers(100, 200, len(networks)),
        "edges": range(1000, 1000 + len(own["motif"])),
        "avg_node_strength": 1.0 + own["motif"],
    }
    found = {"graph_metrics/unrolled/unrolled.csv": networks.assign(**own)}
    layers = networks.loc[networks.index.repeat(len(LAYERS))].reset_index(drop=True)
    layers["layer_id"] = np.tile([0, 1, 5], len(networks))  # numbers have gaps in the original
    layers["layer_name"] = np.tile(LAYERS, len(networks))
    layers["layer_sparsity"] = rng.random(len(layers)).round(6)
    values = {name: rng.random(len(layers)) for name in LAYER_FAMILIES}
    values["edges"] = rng.integers(10, 10_000, len(layers))
    wide = layers.assign(**values).rename(columns={"pruning": "pruning_algorithm"})
    wide["motifs"] = np.nan
    found["graph_metrics/rolled/rolled-CIFAR-10-CONV-6.csv"] = wide
    kept = [*layers.columns, "nodes", "edges", *(FEWER[c] for c in LAYER_FAMILIES if c in FEWER)]
    narrow = layers.assign(**values).rename(columns=FEWER)
    found["graph_metrics/rolled_channel/rolled_channel-CIFAR-10-CONV-6.csv"] = narrow[
        [c for c in kept if c in narrow]
    ]
    ramanujan = layers.drop(columns="pruning").assign(
        no_weights=values["edges"].astype(float), no_params=20_000.0
    )
    bounds = {name: rng.random(len(layers)) for name in RAMANUJAN}
    found["ramanunjan_results/CONV-6/rolled-CIFAR-10-CONV-6.csv"] = ramanujan.assign(**bounds)
    return found


def write_archive(path: Path, found: dict[str, pd.DataFrame]) -> Path:
    """The tables as an archive like the original, names and all."""
    with tarfile.open(path, "w:xz") as archive:
        for name, table in found.items():
            content = table.to_csv(index=False).encode()
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def write_folder(path: Path, found: dict[str, pd.DataFrame]) -> Path:
    """The tables as the folder that the archive unpacks to."""
    for name, table in found.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(path / name, index=False)
    return path
