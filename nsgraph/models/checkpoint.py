"""Reading checkpoints that others wrote: plain dictionaries of tensors, whatever wraps them."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from nsgraph.errors import UserError

__all__ = ["read_checkpoint"]

_NESTED = ("state_dict", "model_state_dict", "model", "net", "network", "module")
"""Keys under which training scripts put the weights."""

_WRAPPERS = ("module.", "_orig_mod.")
"""Prefixes of DataParallel and torch.compile."""


def read_checkpoint(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Tensors of a checkpoint by key, on the CPU.

    Parameters
    ----------
    path
        safetensors, or a torch file that holds a `state_dict`, perhaps beside other things under
        `state_dict` or `model`. Prefixes `module.` and `_orig_mod.` are removed.

    Raises
    ------
    UserError
        If the file is missing, damaged, needs code to be run when loaded, or holds no tensors.
    """
    where = Path(path)
    if not where.is_file():
        raise UserError(f"{where}: no such file; expected a checkpoint.")
    content = _safetensors(where) if where.suffix == ".safetensors" else _torch_file(where)
    tensors = _state_dict(content)
    if not tensors:
        found = ", ".join(map(str, content)) if isinstance(content, Mapping) else type(content)
        raise UserError(
            f"{where} holds no state_dict (found {found or 'nothing'}); expected tensors by key, "
            f"at the top or under {', '.join(_NESTED[:3])}."
        )
    return _without_prefixes(tensors)


def _safetensors(path: Path) -> Any:
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise UserError(f"{path} is not a whole safetensors file ({error}).") from error


def _torch_file(path: Path) -> Any:
    with path.open("rb") as stream:
        head = stream.read(2)
    if head and head != b"PK" and head[:1] != b"\x80":  # neither zip nor pickle
        raise UserError(f"{path} is no checkpoint; expected safetensors, or what torch.save wrote.")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "weights_only" in str(error).lower() and "Unsupported" in str(error):
            raise UserError(
                f"{path} holds more than tensors, and loading it would run code; expected a plain "
                "state_dict: save it with torch.save(model.state_dict(), ...)."
            ) from error
        raise _damaged(path, error) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> UserError:
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return UserError(f"{path} cannot be read as a torch checkpoint ({first}); is it truncated?")


def _state_dict(content: Any) -> dict[str, Tensor]:
    """The tensors at the top or, failing that, under one of the usual keys."""
    if not isinstance(content, Mapping):
        return {}
    for key in _NESTED:
        if isinstance(content.get(key), Mapping):
            inner = _state_dict(content[key])
            if inner:
                return inner
    return {str(k): v for k, v in content.items() if isinstance(v, Tensor)}


def _without_prefixes(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Keys without what wrappers put before all of them."""
    while True:
        prefix = next((w for w in _WRAPPERS if all(k.startswith(w) for k in tensors)), None)
        if prefix is None:
            return tensors
        tensors = {k.removeprefix(prefix): v for k, v in tensors.items()}
