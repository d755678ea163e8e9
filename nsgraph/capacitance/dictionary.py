"""Data dictionary of the columns that `nsgraph.capacitance.measuring` makes."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ColumnInfo", "dictionary"]

JIANG = "Jiang et al. 2024, Network properties determine neural network performance"
GAO = "Gao, Barzel & Barabási 2016, Universal resilience patterns in complex networks"


class ColumnInfo(NamedTuple):
    """One column: what it means, its unit or range, its formula, and where that comes from."""

    name: str
    family: str
    meaning: str
    unit: str
    formula: str
    source: str


KINDS = {
    "local": "local reading, linear layers that end the network",
    "absolute": "local reading with absolute values, linear layers that end the network",
    "exact": "exact reading, all layers",
}
PARTS = (
    ("beta", "neural capacitance", "any", "delta_out . delta_in / sum(delta_in)"),
    ("numerator", "numerator of the neural capacitance", "any", "delta_out . delta_in"),
    ("denominator", "denominator of the neural capacitance", "any", "sum(delta_in)"),
    (
        "denominator_error",
        "standard error of that denominator over validation images",
        "at least 0",
        "sd(1'P1) / sqrt(n); n images, or batches of 32 for networks with convolutions",
    ),
)


def dictionary() -> list[ColumnInfo]:
    """The columns `capacitance.*`; those that end in `.status` say why another one is empty."""
    rows = [
        ColumnInfo(
            f"capacitance.{kind}_{part}",
            "capacitance",
            f"{meaning} ({words}; validation images)",
            unit,
            f"{formula}; delta_in = P 1, delta_out = 1'P, P = mean of d2C/dW dW+ over images",
            JIANG,
        )
        for kind, words in KINDS.items()
        for part, meaning, unit, formula in PARTS
    ]
    rows.append(
        ColumnInfo(
            "capacitance.mask_beta",
            "capacitance",
            "beta_eff of the masks alone: of the graph whose nodes are the links of the "
            "multipartite graph, each leading with weight 1 to those that start where it ends",
            "at least 0",
            "paths of three links / paths of two links",
            GAO,
        )
    )
    return rows
