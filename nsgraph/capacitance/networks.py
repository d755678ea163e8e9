"""Neural capacitance of stored networks: of their weights, and of their masks alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn

from nsgraph.capacitance.beta import capacitance
from nsgraph.capacitance.result import Capacitance
from nsgraph.datasets import Dataset
from nsgraph.errors import UserError
from nsgraph.masks import Masks
from nsgraph.models import build, from_saved, prunable
from nsgraph.network_file import SavedNetwork

__all__ = ["WEIGHTS", "capacitance_rows"]

WEIGHTS = ("final", "initial", "random")
"""The trained weights; those at initialisation under the final mask; newly drawn ones under it.

Of newly drawn weights only absolute values are summed: with signs their P has no sign of its own.
"""

DRAWS = 5
FIRST_DRAW = 1_000_000  # seeds that no network of a study has
BATCHES = 8


def capacitance_rows(
    saved: SavedNetwork, data: Dataset, weights: Sequence[str] = WEIGHTS
) -> list[dict[str, Any]]:
    """beta_eff of a network that ends in linear layers, in the local reading, by its weights.

    Parameters
    ----------
    saved
        A network of a built-in model or a factory, with model, input shape, classes and seed in
        its provenance.
    data
        The first 1,024 training images are used.
    weights
        Some of `WEIGHTS`. Of the random ones numerator and denominator are means over five draws:
        what is left is the mask's own.

    Returns
    -------
    list of dict
        One a choice of weights and of signs (`absolute`: of each sample's entries): `weights`,
        `absolute`, `beta`, `beta.status`, `numerator`, `denominator` and `epsilon`.
    """
    rows = []
    for kind in weights:
        nets = list(_networks(saved, kind))
        for absolute in (True,) if kind == "random" else (False, True):
            found = [
                capacitance(net, data, masks=saved.masks, absolute=absolute, max_batches=BATCHES)
                for net in nets
            ]
            rows.append({"weights": kind, "absolute": absolute, **_mean(found)})
    return rows


def _networks(saved: SavedNetwork, kind: str) -> Iterator[nn.Module]:
    if kind == "final":
        yield from_saved(saved)
        return
    about = saved.provenance
    if about.model is None or about.input_shape is None or about.classes is None:
        raise UserError(
            f"{saved.path or 'The network'}: its provenance has no model, input shape or classes, "
            "so its initial weights cannot be drawn again."
        )
    own = about.seed or 0
    seeds = [own] if kind == "initial" else [FIRST_DRAW + DRAWS * own + k for k in range(DRAWS)]
    for seed in seeds:
        net = build(about.model, about.input_shape, about.classes, seed)
        yield _masked(net, saved.masks)


@torch.no_grad()
def _masked(net: nn.Module, masks: Masks) -> nn.Module:
    for name, layer in prunable(net).items():
        layer.weight.mul_(torch.tensor(masks[name]))
    return net


def _mean(found: Sequence[Capacitance]) -> dict[str, Any]:
    """One capacitance as it is; of several the ratio of the means."""
    numerator = sum(one.numerator for one in found) / len(found)
    denominator = sum(one.denominator for one in found) / len(found)
    status = next((one.status for one in found if one.status), None)
    return {
        "beta": None if status else numerator / denominator,
        "beta.status": status,
        "numerator": numerator,
        "denominator": denominator,
        "epsilon": max(one.epsilon for one in found),
    }
