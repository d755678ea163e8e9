"""Checkpoints of a run in progress: one safetensors file, replaced as a whole."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import msgspec
import torch
from safetensors.numpy import save_file
from torch import Tensor

from nsgraph.errors import UserError
from nsgraph.files import atomic_write, canonical_json
from nsgraph.network_file import read_tensors

__all__ = ["read_checkpoint", "write_checkpoint"]

logger = logging.getLogger(__name__)


def write_checkpoint(
    path: str | os.PathLike[str], tensors: dict[str, Tensor], about: dict[str, Any]
) -> None:
    """Write tensors and plain data, atomically."""
    arrays = {k: v.detach().cpu().contiguous().numpy() for k, v in sorted(tensors.items())}
    with atomic_write(path) as temporary:
        save_file(arrays, temporary, metadata={"nsgraph-checkpoint": canonical_json(about)})


def read_checkpoint(
    path: str | os.PathLike[str], fingerprint: str
) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """Tensors and plain data of a checkpoint; None where it is of no use, with a logged warning.

    Parameters
    ----------
    path
        The file; no warning where there is none.
    fingerprint
        What the checkpoint's own `fingerprint` must be: of network, data, method and recipe.
    """
    if not Path(path).exists():
        return None
    try:
        arrays, metadata = read_tensors(path)
        about = msgspec.json.decode(metadata["nsgraph-checkpoint"], type=dict[str, Any])
    except (UserError, KeyError, msgspec.DecodeError) as error:
        logger.warning("%s cannot be read (%s); training starts afresh.", path, error)
        return None
    if about.get("fingerprint") != fingerprint:
        logger.warning("%s belongs to another training; training starts afresh.", path)
        return None
    return {k: torch.from_numpy(v.copy()) for k, v in arrays.items()}, about
