"""The store of trained networks, and the manifests that say which of them a cohort consists of.

A network lives at `<dataset>/<model>/<method>/<sparsity>-<seed>-<hash>.safetensors`; the hash
covers everything that decides it. Training writes what is missing and leaves the rest alone: a
killed run loses one network at most (or the few that are trained as one with it, which go on from
their checkpoints), and adding a seed trains that seed alone.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from nsgraph.errors import UserError
from nsgraph.files import atomic_write, digest, file_sha256

__all__ = [
    "TRAINING_VERSION",
    "Entry",
    "NetworkSpec",
    "network_id",
    "read_manifest",
    "write_manifest",
]

TRAINING_VERSION = 1
"""Raised when the same specification would train to another network than before."""


class NetworkSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that decides one network of a study.

    `method_digest` stands for the program of the method, `model_digest` for that of a user's own
    model, `data_digest` for the images and their split: another content makes other networks.
    `training_version` is bumped when training changes its meaning, so that networks of the old
    meaning are not mistaken for new ones. `snapshots` are epochs (0 is the start) after which the
    masks are kept, with `snapshot_weights` the weights too; see `nsgraph.snapshots`.
    """

    dataset: str
    model: str
    method: str
    sparsity: float
    seed: int
    split_seed: int
    recipe: dict[str, Any]
    options: dict[str, Any] = {}
    method_digest: str = ""
    model_digest: str = ""
    data_digest: str = ""
    training_version: int = TRAINING_VERSION
    snapshots: list[int] = []
    snapshot_weights: bool = False

    @property
    def hash(self) -> str:
        """Twelve hexadecimal digits over all fields; 1 and 1.0 are the same number.

        Snapshots count only where there are any.
        """
        fields = msgspec.to_builtins(self)
        if not self.snapshots:
            del fields["snapshots"], fields["snapshot_weights"]
        return digest(_plain_numbers(fields))

    @property
    def id(self) -> str:
        """Readable name, unique within a study: `dataset/model/method/sparsity-seed`."""
        return network_id(self.dataset, self.model, self.method, self.sparsity, self.seed)

    def path(self, root: str | os.PathLike[str]) -> Path:
        """The network's file in the store under `root`."""
        folder = Path(root) / safe_name(self.dataset) / safe_name(self.model) / self.method
        return folder / f"{number(self.sparsity)}-{self.seed}-{self.hash}.safetensors"


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One network of a manifest. `file` is relative to the folder that the workflow runs in."""

    network: str
    dataset: str
    model: str
    method: str
    category: str
    sparsity: float
    sparsity_reached: float
    seed: int
    split_seed: int
    epochs: int | None = None
    epochs_before: int | None = None
    best_epoch: int | None = None
    validation_accuracy: float | None = None
    test_accuracy: float | None = None
    device: str | None = None
    file: str
    sha256: str


def network_id(dataset: str, model: str, method: str, sparsity: float, seed: int) -> str:
    """`dataset/model/method/sparsity-seed`.

    >>> network_id("digits", "mlp-64-64", "snip", 0.9, 0)
    'digits/mlp-64-64/snip/0.9-0'
    """
    return f"{safe_name(dataset)}/{safe_name(model)}/{method}/{number(sparsity)}-{seed}"


def number(value: float) -> str:
    """A sparsity as it stands in names: `0.9`, `0` for dense."""
    return f"{value:.12g}"


def _plain_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def safe_name(name: str) -> str:
    """A name for files: of a path its last part and a digest, other names nearly as they are.

    >>> safe_name("digits"), safe_name("my.nets:build")
    ('digits', 'my.nets_build')
    """
    if "/" in name or os.sep in name:
        place = os.path.abspath(name)
        return f"{safe_name(Path(place).name)}-{digest(place, 6)}"
    return "".join(c if c.isalnum() or c in "-._" else "_" for c in name).lstrip(".") or "_"


def write_manifest(path: str | os.PathLike[str], entries: list[Entry]) -> None:
    """Write a cohort's manifest: indented JSON, entries sorted by network."""
    ordered = sorted(entries, key=lambda e: (e.dataset, e.model, e.method, e.sparsity, e.seed))
    with atomic_write(path) as temporary:
        text = msgspec.json.format(msgspec.json.encode(ordered, order="sorted"), indent=1)
        temporary.write_bytes(text + b"\n")


def read_manifest(path: str | os.PathLike[str], verify: bool = False) -> list[Entry]:
    """Read a manifest; with `verify`, check that every file is there with the bytes it had."""
    try:
        entries = msgspec.json.decode(Path(path).read_bytes(), type=list[Entry])
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such manifest.") from error
    except msgspec.DecodeError as error:
        raise UserError(f"{path} is not a whole manifest ({error}).") from error
    for entry in entries if verify else []:
        if not Path(entry.file).is_file():
            raise UserError(
                f"{path} names {entry.file}, which is not there; delete the manifest and run again."
            )
        if file_sha256(entry.file) != entry.sha256:
            raise UserError(
                f"{entry.file} has changed since {path} was written; delete both and run again."
            )
    return entries
