"""Columns of the tables of pairs: a distance or shared links, with chance beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nsgraph.distance.chance import Chance
from nsgraph.distance.stability import SharedLinks

__all__ = ["Row", "distance_columns", "link_columns", "other_columns"]

Row = dict[str, Any]

NO_SPREAD = "chance does not vary"


def distance_columns(value: float, by_chance: Chance | None) -> Row:
    """Columns of a distance; those of chance are left out where there is none."""
    if by_chance is None:
        return {"distance.nnstd": value}
    z = by_chance.z(value)
    return {
        "distance.nnstd": value,
        "distance.nnstd_er_mean": by_chance.mean,
        "distance.nnstd_er_sd": by_chance.sd,
        "distance.nnstd_er_z": z,
        "distance.nnstd_er_z.status": None if z is not None else NO_SPREAD,
        "distance.nnstd_er_samples": len(by_chance.values),
    }


def link_columns(links: SharedLinks) -> Row:
    """Columns of shared links."""
    return {
        "stability.shared": links.shared,
        "stability.jaccard": links.jaccard,
        "stability.jaccard_expected": links.jaccard_expected,
        "stability.fraction": links.fraction,
        "stability.fraction_expected": links.fraction_expected,
        "stability.shared_er_z": links.z,
        "stability.shared_er_z.status": None if links.z is not None else NO_SPREAD,
    }


def other_columns(values: Mapping[str, Any]) -> Row:
    """Columns of other distances (`nsgraph.distance.others.compare`)."""
    return {f"others.{name}": value for name, value in values.items()}
