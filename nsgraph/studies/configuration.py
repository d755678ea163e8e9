"""Which networks a study consists of: its configuration file, unfolded into specifications."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from nsgraph.errors import UserError
from nsgraph.models.names import source_digest
from nsgraph.pruning.method import REDRAWN
from nsgraph.store import NetworkSpec

__all__ = [
    "ALL",
    "cohort_specs",
    "methods_for",
    "names",
    "options_for",
    "read",
    "recipe_for",
    "written_out",
]

ALL = "all"
"""In a list of methods: every method there is."""


def names(folder: str | os.PathLike[str]) -> list[str]:
    """Studies that have a file in the configuration folder."""
    return sorted(p.stem for p in Path(folder).glob("*.yaml") if p.stem != "schema")


def read(
    folder: str | os.PathLike[str], study: str, tier: str | None, overrides: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """One tier of a study.

    Parameters
    ----------
    folder
        Where the configuration files are, one a study.
    study, tier
        Names; the file's own `tier` if None.
    overrides
        Keys of the tier that replace the file's.

    Returns
    -------
    tuple
        The tier's name and its settings (not yet held against the schema).

    Raises
    ------
    UserError
        For an unknown study or tier, or a file that is not YAML.
    """
    path = Path(folder) / f"{study}.yaml"
    if study not in names(folder):
        raise UserError(f"There is no study {study!r}; there are {', '.join(names(folder))}.")
    try:
        content = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(content, dict) or not isinstance(content.get("tiers"), dict):
        raise UserError(f"{path}: expected the keys study, tier and tiers.")
    unknown = sorted(set(content) - {"study", "tier", "tiers"})
    if unknown:
        raise UserError(f"{path}: unknown key {unknown[0]!r}; expected study, tier and tiers.")
    tier = str(tier or content.get("tier"))
    if tier not in content["tiers"]:
        raise UserError(
            f"{path} has no tier {tier!r}; it has {', '.join(sorted(content['tiers']))}."
        )
    return tier, {**content["tiers"][tier], **_typed(overrides)}


def _typed(value: Any) -> Any:
    """Numbers as numbers: Snakemake hands over the items of `--config seeds=[0,1]` as text."""
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_typed(item) for item in value]
    return yaml.safe_load(value) if isinstance(value, str) else value


def recipe_for(settings: dict[str, Any], dataset: str, model: str) -> dict[str, Any]:
    """The recipe of one data set and model: the study's, then the overrides (the model's last)."""
    overrides = settings.get("recipe_overrides") or {}
    return {**settings["recipe"], **overrides.get(dataset, {}), **overrides.get(model, {})}


def written_out(methods: Sequence[str], known: Sequence[str]) -> list[str]:
    """A list of methods with `all` replaced by the known ones, each once, in the order named.

    >>> written_out(["dense", "all", "snip-redrawn"], ["dense", "er", "snip"])
    ['dense', 'er', 'snip', 'snip-redrawn']
    """
    listed = [each for method in methods for each in (known if method == ALL else [method])]
    return list(dict.fromkeys(listed))


def methods_for(settings: Mapping[str, Any], dataset: str, model: str) -> list[str]:
    """The methods of one data set and model: the study's but for those to skip there."""
    skip = settings.get("skip") or {}
    left_out = [*skip.get(dataset, []), *skip.get(model, [])]
    return [method for method in settings["methods"] if method not in left_out]


def options_for(settings: Mapping[str, Any], method: str) -> dict[str, Any]:
    """A method's options; one that is redrawn has those of what it redraws, and its own.

    >>> settings = {"options": {"snip": {"batch": 64}}}
    >>> options_for(settings, "snip-redrawn"), options_for(settings, "synflow")
    ({'batch': 64}, {})
    """
    given = settings.get("options") or {}
    plain = method.removesuffix(REDRAWN)
    return {**given.get(plain, {}), **given.get(method, {})}


def cohort_specs(
    settings: dict[str, Any], dataset: str, model: str, method: str, method_digest: str
) -> list[NetworkSpec]:
    """All networks of one data set, model and method: every sparsity and seed.

    The method `dense` has sparsity 0 alone.
    """
    sparsities = [0.0] if method == "dense" else sorted(settings["sparsities"])
    return [
        NetworkSpec(
            dataset=dataset,
            model=model,
            method=method,
            sparsity=float(sparsity),
            seed=seed,
            split_seed=settings["split_seed"],
            recipe=recipe_for(settings, dataset, model),
            options=options_for(settings, method),
            method_digest=method_digest,
            model_digest=source_digest(model),
            snapshots=sorted(settings.get("snapshots") or []),
            snapshot_weights=bool(settings.get("snapshot_weights")),
        )
        for sparsity in sparsities
        for seed in sorted(settings["seeds"])
    ]
