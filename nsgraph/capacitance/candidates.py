"""Candidates of a zoo: each fine-tuned with a probe in several runs, which are kept by content."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy.typing as npt
import torch
from torch import nn

from nsgraph import datasets
from nsgraph.capacitance.probe import TIMM, Probe, attach, base_network, keep_pruned
from nsgraph.capacitance.tuning import features_of, fine_tune, part_of
from nsgraph.capacitance.zoo import Candidate, Zoo
from nsgraph.datasets import Dataset
from nsgraph.errors import UserError
from nsgraph.files import atomic_write, digest
from nsgraph.models import build, load_into, prunable
from nsgraph.models.names import source_digest
from nsgraph.network_file import load_network
from nsgraph.pruning import registry
from nsgraph.ranking import transferability
from nsgraph.store import NetworkSpec, number, safe_name
from nsgraph.training import train_cohort
from nsgraph.training.loop import pick_device

__all__ = ["run_candidate", "seen_before"]

Array = npt.NDArray[Any]
PROBE_VERSION = 1
"""Raised when the same candidate would be observed otherwise than before."""


def run_candidate(
    candidate: Candidate,
    zoo: Zoo,
    networks: str | os.PathLike[str],
    runs: str | os.PathLike[str],
    progress: Callable[[str], None] | None = None,
    device: str | torch.device | None = None,
) -> list[dict[str, Any]]:
    """Make the runs of a candidate that are not there yet, and list all.

    Parameters
    ----------
    candidate, zoo
        What is run.
    networks
        Store of networks; those trained on the source join it.
    runs
        Folder of runs, `<target>/<candidate>/<share>-<seed>-<hash>.json`; the hash covers all that
        decides a run.
    progress
        Told of every epoch and every run, in words.

    Returns
    -------
    list of dict
        One a share and seed: `candidate`, `model`, `method`, `sparsity`, `share`, `seed`,
        `n_weights`, `n_layers`, `features` (of the base network), `scores` (transferability before
        fine-tuning) and `epochs`, the rows of `fine_tune`.
    """
    data = datasets.load(zoo.target, split_seed=zoo.split_seed).to(pick_device(device))
    specs = _specs(candidate, zoo, data)
    found, missing = [], []
    for share in sorted(zoo.shares, reverse=True):
        for seed in zoo.seeds:
            key = _key(candidate, zoo, specs.get(seed), data, share, seed)
            name = f"{number(share)}-{seed}-{digest(key)}.json"
            path = Path(runs) / safe_name(zoo.target) / candidate.name / name
            if _kept(path) is None:
                missing.append((share, seed, path))
            found.append(path)
    if missing and specs:
        train_cohort(
            [specs[seed] for seed in sorted({s for _, s, _ in missing})], networks, progress
        )
    for place, (share, seed, path) in enumerate(missing, 1):
        words = f"{place}/{len(missing)} {candidate.name}, seed {seed}, {100 * share:g} % of images"
        spec = specs.get(seed)
        start = _start(candidate, data, seed, spec, networks, zoo.source is not None)
        observed = _observe(start, zoo, data, share, seed, words, progress)
        run = {"candidate": candidate.name, **msgspec.structs.asdict(candidate), **observed}
        with atomic_write(path) as temporary:
            temporary.write_text(json.dumps(run, indent=0, allow_nan=False) + "\n")
    return [kept for path in found if (kept := _kept(path)) is not None]


def _kept(path: Path) -> dict[str, Any] | None:
    """The run in a file; None if there is none, or a damaged one, which is then made again."""
    try:
        run = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return run if isinstance(run, dict) and "epochs" in run else None


@dataclass(frozen=True)
class _Start:
    """A base network before the probe, its masks, and whether it has learnt classes."""

    net: nn.Module
    masks: Mapping[str, Any]
    trained: bool


def _specs(candidate: Candidate, zoo: Zoo, target: Dataset) -> dict[int, NetworkSpec]:
    """By seed, the networks of the store that the candidate starts from; none if none is needed."""
    plain = candidate.method == "dense"
    if candidate.model.startswith(TIMM):
        if not plain:
            raise UserError(f"{candidate.name}: models of timm are candidates as they are, dense.")
        return {}
    if plain and zoo.source is None:
        return {}
    data = target
    if zoo.source is not None:
        data = datasets.load(zoo.source, split_seed=zoo.split_seed)
        if data.input_shape != target.input_shape:
            raise UserError(
                f"Images of {zoo.source} are {data.input_shape}, those of {zoo.target} "
                f"{target.input_shape}; expected the same (a variant such as @16px scales them)."
            )
    return {
        seed: NetworkSpec(
            dataset=data.name,
            model=candidate.model,
            method=candidate.method,
            sparsity=candidate.sparsity,
            seed=seed,
            split_seed=zoo.split_seed,
            recipe=zoo.recipe,
            options=zoo.options.get(candidate.method, {}),
            method_digest=registry.source_digest(candidate.method),
            model_digest=source_digest(candidate.model),
            data_digest=data.digest(),
        )
        for seed in zoo.seeds
    }


def _key(
    candidate: Candidate, zoo: Zoo, spec: NetworkSpec | None, data: Dataset, share: float, seed: int
) -> Any:
    """All that decides a run."""
    return [
        PROBE_VERSION,
        msgspec.to_builtins(candidate),
        spec.hash if spec else source_digest(candidate.model),
        zoo.source,
        data.digest(),
        [share, seed, zoo.epochs(share)],
        msgspec.to_builtins(zoo.probe),
        msgspec.to_builtins(zoo.tuning),
    ]


def _start(
    candidate: Candidate,
    data: Dataset,
    seed: int,
    spec: NetworkSpec | None,
    networks: str | os.PathLike[str],
    trained: bool,
) -> _Start:
    if spec is None:
        net = base_network(candidate.model, data.input_shape, data.classes, seed)
        return _Start(net, {}, candidate.model.startswith(TIMM))
    saved = load_network(spec.path(networks))
    net = build(candidate.model, data.input_shape, saved.provenance.classes or data.classes, seed)
    return _Start(load_into(net, saved) if trained else net, saved.masks, trained)


def _observe(
    start: _Start,
    zoo: Zoo,
    data: Dataset,
    share: float,
    seed: int,
    place: str,
    progress: Callable[[str], None] | None,
) -> dict[str, Any]:
    """One run: transferability before, then fine-tuning."""
    part = part_of(data, share, zoo.split_seed)
    net = start.net.to(data.device)
    keep_pruned(net, start.masks)
    probe = attach(net, data.input_shape, data.classes, zoo.probe, seed)
    weights = prunable(net)

    def say(row: Mapping[str, Any]) -> None:
        if progress is not None:
            progress(
                f"{place}: epoch {row['epoch']}, loss {row['loss']:.4f}, validation accuracy "
                f"{row['validation_accuracy']:.4f}, {row['seconds']:.1f} s"
            )

    scores = transferability(*seen_before(probe, part, zoo.tuning.images, start.trained))
    return {
        "share": share,
        "seed": seed,
        "n_weights": sum(int(layer.weight.count_nonzero()) for layer in weights.values()),
        "n_layers": len(weights),
        "features": probe.head[0].in_features,
        "scores": {name: None if math.isnan(value) else value for name, value in scores.items()},
        "epochs": fine_tune(probe, part, zoo.tuning, seed, zoo.epochs(share), say),
    }


@torch.no_grad()
def seen_before(
    probe: Probe, data: Dataset, images: int, trained: bool
) -> tuple[Array, Array, Array | None]:
    """Features and labels of the first training images, and source probabilities if trained."""
    parts = features_of(probe, data, images)
    features = torch.cat([x for x, _ in parts])
    labels = torch.cat([y for _, y in parts])
    source = None
    if trained:
        source = probe.source.to(features.device)(features).double().softmax(1).cpu().numpy()
    return features.double().cpu().numpy(), labels.cpu().numpy(), source
