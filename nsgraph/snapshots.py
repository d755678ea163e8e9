"""Snapshots of a training: networks, or their masks alone, as they were after chosen epochs.

Beside `net.safetensors` stands the folder `net.snapshots`: one safetensors file for each snapshot,
and `index.json`, which says of each its label (the file's name: steps done in all, or a word such
as `round-2`), epoch, steps, sparsity, accuracies, and whether it holds weights. One with weights is
a network file like any other; one without holds `<layer>.mask` alone. No torch is needed to read
them.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     album = Album(folder)
...     _ = album.add(Snapshot(label="0", epoch=0, steps=0), Masks({"fc": [[1, 0]]}))
...     [snapshot] = read_snapshots(folder)
...     snapshot.label, snapshot.sparsity, load_masks(folder, "0").n_kept
('0', 0.5, 1)
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from safetensors.numpy import save_file

from nsgraph.errors import UserError
from nsgraph.files import atomic_write, canonical_json
from nsgraph.masks import Masks, as_masks
from nsgraph.network_file import (
    FORMAT,
    Provenance,
    SavedNetwork,
    load_network,
    read_tensors,
    write_network,
)
from nsgraph.wiring import Wiring

__all__ = [
    "Album",
    "Snapshot",
    "load_masks",
    "load_snapshot",
    "missing",
    "read_snapshots",
    "snapshot_folder",
]

INDEX = "index.json"


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One snapshot of the index.

    Attributes
    ----------
    label
        Name of its file, without the suffix.
    epoch
        Epochs done in all; 0 is the start, with the first masks on.
    steps
        Steps done in all; of a method that trains in rounds, over all of them.
    weights
        Whether the file is a whole network file, or holds masks alone.
    sparsity
        Of the masks; filled in when the snapshot is written.
    validation_accuracy, test_accuracy
        After that epoch; None at the start.
    """

    label: Annotated[str, Meta(pattern="^[A-Za-z0-9-]+$")]  # a file in this folder, none other
    epoch: int
    steps: int
    weights: bool = False
    sparsity: float = 0.0
    validation_accuracy: float | None = None
    test_accuracy: float | None = None


def snapshot_folder(path: str | os.PathLike[str]) -> Path:
    """Where the snapshots of a network file are.

    >>> snapshot_folder("results/net.safetensors").as_posix()
    'results/net.snapshots'
    """
    return Path(path).with_suffix(".snapshots")


def read_snapshots(path: str | os.PathLike[str]) -> list[Snapshot]:
    """The snapshots of a run in the order of its training.

    Parameters
    ----------
    path
        A network file, or the folder itself.

    Raises
    ------
    UserError
        If there is no index, or it is damaged.
    """
    index = _folder(path) / INDEX
    try:
        return msgspec.json.decode(index.read_bytes(), type=list[Snapshot])
    except FileNotFoundError as error:
        raise UserError(f"{path} has no snapshots: there is no {index}.") from error
    except msgspec.DecodeError as error:
        raise UserError(f"{index} is not a whole index of snapshots ({error}).") from error


def load_masks(path: str | os.PathLike[str], label: str) -> Masks:
    """The masks of one snapshot; arguments as of `load_snapshot`."""
    file = _file(path, label)
    tensors, metadata = read_tensors(file)
    layers = msgspec.json.decode(metadata.get("nsgraph", "{}"), type=dict[str, Any]).get("layers")
    names = [name for name in layers or [] if f"{name}.mask" in tensors]
    if not names or len(names) < len(layers or []):
        raise UserError(f"{file} is not a whole snapshot: masks of its layers are missing.")
    return Masks({name: tensors[f"{name}.mask"] for name in names})


def load_snapshot(path: str | os.PathLike[str], label: str) -> SavedNetwork:
    """The network of one snapshot.

    Parameters
    ----------
    path
        The network file that the snapshots belong to, or their folder.
    label
        One of those that `read_snapshots` lists.

    Raises
    ------
    UserError
        If there is no such snapshot, its file is damaged, or it holds masks alone.
    """
    file = _file(path, label)
    if not next(s for s in read_snapshots(path) if s.label == label).weights:
        raise UserError(
            f"{file} holds masks alone; use load_masks, or ask for weights in training."
        )
    return load_network(file)


def missing(
    path: str | os.PathLike[str], epochs: Sequence[int], weights: bool = False
) -> list[int]:
    """Those of some epochs of which there is no whole snapshot, or none with weights if asked."""
    try:
        found = read_snapshots(path)
    except UserError:
        return list(epochs)
    whole = set()
    for snapshot in found:
        if snapshot.epoch in epochs and (snapshot.weights or not weights):
            try:
                load_masks(path, snapshot.label)
            except UserError:
                continue
            whole.add(snapshot.epoch)
    return [epoch for epoch in epochs if epoch not in whole]


class Album:
    """A folder of snapshots in the making; the folder is there from the first snapshot on.

    Every file is written as a whole, the index after the snapshot that it names: whoever reads sees
    whole snapshots only. A snapshot that is there already is replaced.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def clear(self) -> None:
        """Remove the snapshots that the index lists, and the folder if nothing else is in it."""
        index = self.folder / INDEX
        if not index.exists():
            return
        try:
            found = read_snapshots(self.folder)
        except UserError:
            found = []
        index.unlink()  # first: no index without its files
        for snapshot in found:
            (self.folder / f"{snapshot.label}.safetensors").unlink(missing_ok=True)
        if not any(self.folder.iterdir()):
            self.folder.rmdir()

    def add(
        self,
        about: Snapshot,
        masks: Mapping[str, Any],
        weights: Mapping[str, Any] | None = None,
        state: Mapping[str, Any] | None = None,
        wiring: Wiring | None = None,
        provenance: Provenance | None = None,
    ) -> Snapshot:
        """Write a snapshot, and the index with it; without weights the masks alone.

        Parameters
        ----------
        about
            Label, epoch, steps and accuracies.
        masks, weights, state, wiring, provenance
            As of `nsgraph.write_network`.
        """
        masks = as_masks(masks)
        path = self.folder / f"{about.label}.safetensors"
        if weights is None:
            _write_masks(path, masks)
        else:
            write_network(
                path,
                masks=masks,
                weights=weights,
                state=state,
                wiring=wiring,
                provenance=provenance,
            )
        about = msgspec.structs.replace(about, weights=weights is not None, sparsity=masks.sparsity)
        known = read_snapshots(self.folder) if (self.folder / INDEX).exists() else []
        others = [snapshot for snapshot in known if snapshot.label != about.label]
        ordered = sorted([*others, about], key=lambda s: (s.epoch, s.label))
        with atomic_write(self.folder / INDEX) as temporary:
            text = msgspec.json.format(msgspec.json.encode(ordered, order="sorted"), indent=1)
            temporary.write_bytes(text + b"\n")
        return about


def _write_masks(path: Path, masks: Masks) -> None:
    about = {"format": FORMAT, "layers": list(masks)}
    with atomic_write(path) as temporary:
        save_file(
            {f"{name}.mask": np.asarray(mask, order="C") for name, mask in sorted(masks.items())},
            temporary,
            metadata={"nsgraph": canonical_json(about)},
        )


def _folder(path: str | os.PathLike[str]) -> Path:
    path = Path(path)
    return path if path.is_dir() else snapshot_folder(path)


def _file(path: str | os.PathLike[str], label: str) -> Path:
    labels = [snapshot.label for snapshot in read_snapshots(path)]
    if label not in labels:
        raise UserError(
            f"{path} has no snapshot {label!r}; there are {', '.join(labels) or 'none'}."
        )
    return _folder(path) / f"{label}.safetensors"
