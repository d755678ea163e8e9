"""Layer densities of networks that nobody trains: methods that need no training, at the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nsgraph.errors import UserError
from nsgraph.studies.configuration import methods_for
from nsgraph.studies.methods.densities import layer_rows

__all__ = ["profile_rows"]


def profile_rows(
    settings: Mapping[str, Any], progress: Callable[[str], None] = lambda text: None
) -> list[dict[str, Any]]:
    """Prune every network of the key `profiles` by every method that needs no training.

    Imports torch, for methods are programs.

    Parameters
    ----------
    settings
        One tier of the study. Its `profiles` name `datasets` and `models`, and `sparsities` and
        `seeds` where they are not the study's own. Methods and their options are the study's;
        external ones are left out.
    progress
        Called with one line a method.

    Returns
    -------
    list of dict
        `nsgraph.studies.methods.densities.layer_rows` of all of them.

    Raises
    ------
    UserError
        If the study trains one of the models on one of the data sets anyway.
    """
    from nsgraph import datasets
    from nsgraph.models import build
    from nsgraph.pruning import registry
    from nsgraph.pruning.engine import prune_by

    rows: list[dict[str, Any]] = []
    asked = {"sparsities": settings["sparsities"], "seeds": settings["seeds"]}
    asked |= settings["profiles"]
    for dataset in asked["datasets"]:
        data = datasets.load(dataset, split_seed=settings["split_seed"])
        for model in asked["models"]:
            if dataset in settings["datasets"] and model in settings["models"]:
                raise UserError(
                    f"The key profiles names {model} on {dataset}, which the study trains anyway; "
                    "name another model or data set."
                )
            for name in methods_for(settings, dataset, model):
                if name == "dense" or not registry.exists(name):
                    continue
                method = registry.get(name).configured(settings.get("options", {}).get(name, {}))
                if method.needs == "training":
                    continue
                progress(f"{dataset} / {model} / {name}")
                for sparsity in asked["sparsities"]:
                    for seed in asked["seeds"]:
                        net = build(model, data.input_shape, data.classes, seed)
                        masks = prune_by(method, net, sparsity, data, seed)
                        about = {"dataset": dataset, "model": model, "method": name}
                        about |= {"sparsity": float(sparsity), "category": method.category}
                        rows += layer_rows(masks, **about)
    return rows
