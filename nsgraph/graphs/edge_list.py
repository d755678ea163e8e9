"""The edge list of a network's masks: one row per unpruned weight, in Parquet."""

from __future__ import annotations

import os
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from nsgraph.errors import UserError
from nsgraph.files import atomic_write, canonical_json
from nsgraph.masks import Masks
from nsgraph.network_file import SavedNetwork

__all__ = ["read_edge_list", "write_edge_list"]

COLUMNS = ("layer", "out_channel", "in_channel", "ky", "kx", "weight")


def write_edge_list(saved: SavedNetwork, path: str | os.PathLike[str]) -> None:
    """Write a Parquet file with columns layer, out_channel, in_channel, ky, kx, weight.

    Rows are in the order of the network, then of the weight tensor. `ky` and `kx` are 0 for linear
    layers; `in_channel` is the index within its group, as in the tensor. The shapes of the layers
    are kept in the file's metadata, so that `read_edge_list` restores the masks exactly.

    Parameters
    ----------
    saved
        A network; anything with `.masks` and `.weights`.
    path
        The file; written atomically, the same bytes for the same content.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = list(saved.masks)
    columns: list[list[npt.NDArray[Any]]] = [[] for _ in COLUMNS]
    for number, (name, mask) in enumerate(saved.masks.items()):
        at = np.nonzero(mask)
        spatial = at[2:] if mask.ndim == 4 else (np.zeros_like(at[0]),) * 2
        values = (np.full(at[0].size, number), at[0], at[1], *spatial, saved.weights[name][at])
        for column, part in zip(columns, values, strict=True):
            column.append(part)
    layer, *indices, weight = (np.concatenate(parts) for parts in columns)
    table = pa.table(
        {
            "layer": pa.DictionaryArray.from_arrays(
                pa.array(layer.astype(np.int32)), pa.array(names)
            ),
            **{c: i.astype(np.int32) for c, i in zip(COLUMNS[1:5], indices, strict=True)},
            "weight": weight.astype(np.float32),
        }
    )
    shapes = canonical_json([[name, list(mask.shape)] for name, mask in saved.masks.items()])
    with atomic_write(path) as temporary:
        pq.write_table(
            table.replace_schema_metadata({"nsgraph": shapes}),
            temporary,
            compression="zstd",
            use_dictionary=["layer"],
            column_encoding=dict.fromkeys(COLUMNS[1:5], "DELTA_BINARY_PACKED"),
        )


def read_edge_list(
    path: str | os.PathLike[str],
) -> tuple[Masks, dict[str, npt.NDArray[np.float32]]]:
    """Masks and weights (zero where pruned) of a file that `write_edge_list` wrote.

    Raises
    ------
    UserError
        If the file is missing or not such an edge list.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise UserError(f"{path}: cannot be read as a Parquet edge list ({error}).") from error
    absent = [name for name in COLUMNS if name not in table.column_names]
    described = (table.schema.metadata or {}).get(b"nsgraph")
    if absent or described is None:
        missing = f"columns {', '.join(absent)}" if absent else "the shapes of its layers"
        raise UserError(f"{path}: not an edge list of masks, {missing} missing.")
    shapes = msgspec.json.decode(described, type=list[tuple[str, tuple[int, ...]]])
    layer = np.asarray(table["layer"].combine_chunks().cast(pa.string()))
    indices = [np.asarray(table[name]) for name in COLUMNS[1:5]]
    values = np.asarray(table["weight"])
    masks, weights = {}, {}
    for name, shape in shapes:
        rows = layer == name
        at = tuple(index[rows] for index in indices[: len(shape)])
        masks[name] = np.zeros(shape, dtype=np.bool_)
        weights[name] = np.zeros(shape, dtype=np.float32)
        try:
            masks[name][at] = True
            weights[name][at] = values[rows]
        except IndexError as error:
            raise UserError(f"{path}: layer {name!r} has a weight outside {shape}.") from error
    return Masks(masks), weights
