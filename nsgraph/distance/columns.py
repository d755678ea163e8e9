"""Columns of the tables of pairs: a distance or shared links, with chance beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nsgraph.distance.chance import Chance, Null
from nsgraph.distance.stability import SharedLinks

__all__ = ["Row", "distance_columns", "link_columns", "other_columns"]

Row = dict[str, Any]

NO_SPREAD = "chance does not vary"
OTHER_SHAPES = "layers of different shapes share no places"


def distance_columns(value: float, by_chance: Mapping[Null, Chance]) -> Row:
    """Columns of a distance, and of chance under each null model."""
    row: Row = {"distance.nnstd": value}
    for null, level in by_chance.items():
        z, name = level.z(value), f"distance.nnstd_{null}"
        row |= {
            f"{name}_mean": level.mean,
            f"{name}_sd": level.sd,
            f"{name}_z": z,
            f"{name}_z.status": None if z is not None else NO_SPREAD,
            f"{name}_samples": len(level.values),
        }
    return row


def link_columns(links: SharedLinks | None) -> Row:
    """Columns of shared links; without values where the layers' shapes differ."""
    names = ("shared", "jaccard", "jaccard_expected", "fraction", "fraction_expected")
    row = {f"stability.{name}": getattr(links, name, None) for name in names}
    if links is None:
        return row | {"stability.shared_er_z": None, "stability.shared_er_z.status": OTHER_SHAPES}
    status = None if links.z is not None else NO_SPREAD
    return row | {"stability.shared_er_z": links.z, "stability.shared_er_z.status": status}


def other_columns(values: Mapping[str, Any]) -> Row:
    """Columns of other distances (`nsgraph.distance.others.compare`)."""
    return {f"others.{name}": value for name, value in values.items()}
