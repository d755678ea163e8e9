"""What a tier asks of its prediction, unfolded into jobs: plain data, nothing is imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["ALL", "ask_of", "figures", "jobs", "named", "shares"]

ALL = "all"

TASKS = ("category-of-three", "category", "algorithm", "accuracy-drop")
FOLDINGS = ("random", "grouped")
DEFAULTS: dict[str, dict[str, Any]] = {
    "scores": {
        "tasks": TASKS,
        "foldings": FOLDINGS,
        "models": ("xgboost",),
        "parts": (ALL,),
    },
    "importance": {
        "tasks": ("category-of-three", "accuracy-drop"),
        "foldings": ("grouped",),
        "parts": (ALL,),
    },
    "answers": {"tasks": ("category", "algorithm", "accuracy-drop"), "foldings": FOLDINGS},
    "null": {"tasks": TASKS, "foldings": FOLDINGS, "samples": 20},
    "curve": {"tasks": ("category-of-three", "accuracy-drop"), "foldings": FOLDINGS},
}
"""Kind of job -> what it asks if the configuration does not say."""
SHARED: dict[str, Any] = {
    "folds": 5,
    "repeats": 10,
    "weights": "final",
    "without": (),
    "where": {},
    "name": "",
    "split": False,
}
"""What every job is told: `where` keeps the networks with these values, `name` goes before the
names of its parts, `without` are families that no encoding has, `split` makes every task a job."""
HEADLINE = "headline"
SPARSITY = "sparsity"
"""Parts that have a figure of their own."""


def jobs(settings: Mapping[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Jobs of a kind, by name, with all that they ask.

    Parameters
    ----------
    settings
        Of the tier; its key `prediction` has numbers for all jobs (`folds`, `repeats`, ...) and the
        jobs themselves under `scores`, `importance`, `answers`, `null` and `curve`.
    kind
        One of `DEFAULTS`.

    Examples
    --------
    >>> settings = {"encodings": ["rolled"],
    ...             "prediction": {"repeats": 3, "scores": {"transfer": {"folds": 2}}}}
    >>> found = jobs(settings, "scores")["transfer"]
    >>> found["repeats"], found["folds"], found["parts"], found["encodings"]
    (3, 2, ['all'], ['rolled'])
    """
    asked = settings.get("prediction") or {}
    common = {key: asked.get(key, value) for key, value in SHARED.items()}
    common["encodings"] = settings["encodings"]
    listed = asked.get(kind, {HEADLINE: {}} if kind == "scores" else {})
    return {
        name: {k: _plain(v) for k, v in {**common, **DEFAULTS[kind], **(own or {})}.items()}
        for name, own in listed.items()
    }


def shares(asked: Mapping[str, Any]) -> list[str]:
    """The jobs that a job is split into: its tasks, or all of them as one."""
    return list(asked["tasks"]) if asked["split"] else [ALL]


def ask_of(settings: Mapping[str, Any], kind: str, job: str, task: str) -> dict[str, Any]:
    """What a job asks, or its share of one task."""
    asked = jobs(settings, kind)[job]
    return asked if task == ALL else {**asked, "tasks": [task]}


def figures(settings: Mapping[str, Any]) -> list[str]:
    """Names of the figures that the jobs of a tier make possible.

    >>> figures({"encodings": ["rolled"], "prediction": {}})
    ['prediction', 'flattery']
    """
    scores = jobs(settings, "scores").values()
    weighed, answered, curved = (
        bool(jobs(settings, kind)) for kind in ("importance", "answers", "curve")
    )
    wanted = {
        "prediction": True,
        "flattery": True,
        "sparsities": any(SPARSITY in asked["parts"] for asked in scores),
        "parts": any(set(asked["parts"]) - {ALL, SPARSITY} for asked in scores),
        "models": any(set(asked["models"]) - {"xgboost"} for asked in scores),
        "transfer": any(set(asked["foldings"]) - set(FOLDINGS) for asked in scores),
        "curve": curved,
        "beyond": weighed,
        "importance": weighed,
        "redundancy": weighed,
        "confusion": answered,
        "drops": answered,
    }
    return [name for name, there in wanted.items() if there]


def named(part: str, name: str) -> str:
    """A part's name with the job's before it; the whole of a named job is the name alone.

    >>> named("all", ""), named("all", "untrained"), named("model conv6", "untrained")
    ('all', 'untrained', 'untrained, model conv6')
    """
    if not name:
        return part
    return name if part == ALL else f"{name}, {part}"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
