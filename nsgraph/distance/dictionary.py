"""Data dictionary of the columns that `pair_tables` writes."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ColumnInfo", "dictionary"]

_LIU = "Liu et al. 2020, Topological insights into sparse neural networks, Algorithm 1"
_CUNEGATTI = "Cunegatti et al. 2024, Understanding sparse neural networks from their topology"
_NULL = "null model of this project"


@dataclass(frozen=True)
class ColumnInfo:
    """One column: what it means, its unit or range, its formula, and where that comes from."""

    name: str
    family: str
    meaning: str
    unit: str
    formula: str
    source: str


_COLUMNS = (
    (
        "distance.nnstd",
        "distance between the two networks after the neurons were assigned to each other",
        "0 to 1",
        "mean over layers of the least total of |N_a xor N_b| / |N_a or N_b| over neurons, "
        "divided by their number",
        _LIU,
    ),
    (
        "distance.nnstd_unaligned",
        "expected distance of random layers before any assignment",
        "0 to 1",
        "mean over layers of (1 - ((1 - d_a)(1 - d_b))^n) (1 - d_a d_b / (d_a + d_b - d_a d_b))",
        _NULL,
    ),
    (
        "stability.shared",
        "links that both networks have in the same place",
        "count",
        "|A and B|",
        _CUNEGATTI,
    ),
    (
        "stability.jaccard",
        "links shared by the two networks, of those that either has; 1 if neither has any",
        "0 to 1",
        "|A and B| / |A or B|",
        _CUNEGATTI,
    ),
    (
        "stability.jaccard_expected",
        "Jaccard index that chance gives at the same layer densities",
        "0 to 1",
        "expectation of I / (|A| + |B| - I), I a sum of hypergeometric numbers; exact",
        _NULL,
    ),
    (
        "stability.fraction",
        "links shared by the two networks, of the mean number they have; 1 if neither has any",
        "0 to 1",
        "2 |A and B| / (|A| + |B|)",
        _CUNEGATTI,
    ),
    (
        "stability.fraction_expected",
        "shared fraction that chance gives at the same layer densities",
        "0 to 1",
        "2 sum_l N_l d_al d_bl / (|A| + |B|); exact",
        _NULL,
    ),
    (
        "stability.shared_er_z",
        "how far the number of shared links is from chance; positive: more than chance",
        "standard deviations",
        "(shared - mean) / standard deviation of the hypergeometric numbers, exact",
        _NULL,
    ),
    (
        "stability.shared_er_z.status",
        "why the z-score is undefined, empty where it is not",
        "text",
        "chance does not vary when all layers are full or empty",
        _NULL,
    ),
)


_NULLS = {
    "er": "random networks of the same shapes and numbers of links in each layer (Erdos-Renyi)",
    "degree": "random networks in which all neurons keep their degrees",
}


def _chance_columns(null: str, what: str) -> list[tuple[str, str, str, str, str]]:
    """The columns of chance under a null model."""
    name = f"nnstd_{null}"
    return [
        (
            f"distance.{name}_mean",
            f"mean distance between {what}",
            "0 to 1",
            "mean of nnstd over random pairs",
            _NULL,
        ),
        (
            f"distance.{name}_sd",
            f"standard deviation of the distance between {what}",
            "at least 0",
            "standard deviation (n - 1) over the same random pairs",
            _NULL,
        ),
        (
            f"distance.{name}_z",
            f"how far the distance is from that of {what}; negative: closer than chance",
            "standard deviations",
            f"(nnstd - {name}_mean) / {name}_sd",
            _NULL,
        ),
        (
            f"distance.{name}_z.status",
            "why the z-score is undefined, empty where it is not",
            "text",
            "chance does not vary, as where all layers are full or empty",
            _NULL,
        ),
        (
            f"distance.{name}_samples",
            "number of random pairs behind the level of chance",
            "count",
            "samples drawn for each combination of shapes and densities, or degrees",
            _NULL,
        ),
    ]


def dictionary() -> list[ColumnInfo]:
    """The columns `distance.*`, `stability.*` and `others.*`, in the order of the tables."""
    from nsgraph.distance.others import DISTANCES

    own = [
        ColumnInfo(name, name.split(".")[0], meaning, unit, formula, source)
        for name, meaning, unit, formula, source in (
            _COLUMNS[0],
            *(column for null, what in _NULLS.items() for column in _chance_columns(null, what)),
            *_COLUMNS[1:],
        )
    ]
    others = [
        ColumnInfo(f"others.{d.name}", "others", d.meaning, d.unit, d.formula, d.source)
        for d in DISTANCES.values()
    ]
    return own + others
