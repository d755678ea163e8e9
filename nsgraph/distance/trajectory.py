"""How the topology of one network moves during its training."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from nsgraph.distance.matrix import Matrix, matrix
from nsgraph.network_file import load_network
from nsgraph.snapshots import load_masks, load_snapshot, read_snapshots, snapshot_folder
from nsgraph.wiring import Wiring

__all__ = ["snapshot_networks", "trajectory"]


def trajectory(path: str | os.PathLike[str], **options: Any) -> Matrix:
    """NNSTD between all snapshots of one run, in the order of its training.

    Parameters
    ----------
    path
        A network file that has snapshots, or their folder.
    options
        Of `matrix`; the wiring is that of the network file.

    Returns
    -------
    A matrix whose names are the epochs, or the snapshots' labels where two share an epoch.

    Raises
    ------
    UserError
        If there are no snapshots, or one is damaged.
    """
    networks, wiring = snapshot_networks(path)
    return matrix(networks, **{"wiring": wiring, **options})


def snapshot_networks(path: str | os.PathLike[str]) -> tuple[dict[str, Any], Wiring | None]:
    """Masks of all snapshots by epoch (label where two share one), and the run's wiring."""
    found = read_snapshots(path)
    epochs = [str(snapshot.epoch) for snapshot in found]
    names = epochs if len(set(epochs)) == len(epochs) else [snapshot.label for snapshot in found]
    masks = {
        name: load_masks(path, snapshot.label) for name, snapshot in zip(names, found, strict=True)
    }
    return masks, _wiring(Path(path))


def _wiring(path: Path) -> Wiring | None:
    network = path.with_suffix(".safetensors") if path.is_dir() else path
    if network.is_file() and snapshot_folder(network).is_dir():
        return load_network(network).wiring
    whole = next((s for s in read_snapshots(path) if s.weights), None)
    return None if whole is None else load_snapshot(path, whole.label).wiring
