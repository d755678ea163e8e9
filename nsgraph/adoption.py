"""Adopting masks and weights that another program wrote, by the template it was given."""

from __future__ import annotations

import os

import msgspec
import numpy as np

from nsgraph.errors import UserError
from nsgraph.masks import Masks
from nsgraph.network_file import STATE, SavedNetwork, load_network, read_tensors

__all__ = ["CATEGORIES", "adopt"]

CATEGORIES = (
    "dense",
    "layer-wise random",
    "pruning at initialisation",
    "dynamic sparse training",
    "magnitude",
    "post-training",
)
"""What a method can be, as the classifiers are told."""


def adopt(
    path: str | os.PathLike[str],
    template: str | os.PathLike[str],
    *,
    method: str,
    category: str,
    sparsity: float | None = None,
) -> SavedNetwork:
    """Give a file of masks and weights the wiring and the provenance of its template.

    Parameters
    ----------
    path
        safetensors file with `<layer>.mask`, `<layer>.weight` or both, for every layer of the
        template. Masks alone are put on the template's weights; weights alone are kept where they
        are not zero. `state/<key>` may replace the template's.
    template
        The dense network file that the program was given.
    method, category
        Name of the method; one of `CATEGORIES`.
    sparsity
        What was asked for, in [0, 1); what the masks have if None.

    Returns
    -------
    SavedNetwork
        Not yet written, with no accuracies: they are the template's no longer.

    Raises
    ------
    UserError
        If a layer is missing, unknown or of another shape than the template's.
    """
    if category not in CATEGORIES:
        raise UserError(
            f"The category of method {method!r} is {category!r}; expected one of "
            f"{', '.join(CATEGORIES)}."
        )
    dense = load_network(template)
    tensors, _ = read_tensors(path)
    weights = {k.removesuffix(".weight"): v for k, v in tensors.items() if _is(k, ".weight")}
    masks = {k.removesuffix(".mask"): v for k, v in tensors.items() if _is(k, ".mask")}
    if not masks and not weights:
        raise UserError(f"{path} holds neither <layer>.mask nor <layer>.weight tensors.")
    for found in (masks, weights):
        wrong = sorted(set(dense.masks) ^ set(found)) if found else []
        if wrong:
            raise UserError(
                f"{path} and its template {template} do not have the same layers: only one of "
                f"them has {', '.join(wrong)}."
            )
        for name, values in found.items():
            if values.shape != dense.masks[name].shape:
                raise UserError(
                    f"{path}: layer {name!r} has shape {values.shape}; its template has "
                    f"{dense.masks[name].shape}."
                )
    kept = Masks({name: masks[name] if masks else weights[name] != 0 for name in dense.masks})
    start = weights or dense.weights
    state = {k.removeprefix(STATE): v for k, v in tensors.items() if k.startswith(STATE)}
    about = msgspec.structs.replace(
        dense.provenance,
        method=method,
        category=category,
        sparsity=kept.sparsity if sparsity is None else sparsity,
        sparsity_reached=kept.sparsity,
        epochs=None,
        epochs_before=None,
        best_epoch=None,
        validation_accuracy=None,
        test_accuracy=None,
    )
    return SavedNetwork(
        masks=kept,
        weights={n: np.where(m, start[n], 0).astype(np.float32) for n, m in kept.items()},
        initial=dense.initial or dense.weights,
        state={**dense.state, **state},
        wiring=dense.wiring,
        provenance=about,
    )


def _is(key: str, ending: str) -> bool:
    return key.endswith(ending) and not key.startswith(STATE)
