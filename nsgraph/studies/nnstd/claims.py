"""The claims of the study of topology distance beside our numbers, judged by rules fixed before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from nsgraph.studies.nnstd.numbers import (
    accuracy_gaps,
    between_starts,
    from_first,
    method_gaps,
    only,
    retraining,
    within_starts,
)
from nsgraph.studies.nnstd.rules import at_least, at_most, claim_row, growth, within
from nsgraph.studies.verdicts import COLUMNS, US, positive

__all__ = ["ABOUT", "nnstd_claims_table"]

ABOUT = (
    "Distances are NNSTD in its invariant form, between 0 and 1. Chance is the distance of "
    "Erdos-Renyi networks with as many links in every layer, by the same procedure. Networks of "
    "one start share all but about 1 % of their links before training. Intervals are 95 % by "
    "Student's t over roots, starts or seeds; for distances between starts by the jackknife."
)
POINT = 1.0  # of accuracy: what counts as equal
NEAR = 0.05  # of a distance that the paper gives
Row = dict[str, Any]
Tables = Mapping[str, pd.DataFrame]


def nnstd_claims_table(tables: Tables) -> pd.DataFrame:
    """One row a claim, columns as of `nsgraph.studies.verdicts.COLUMNS`.

    Parameters
    ----------
    tables
        `networks`, `distances`, `evolved` and `retrained` of the study.
    """
    rows = [
        *_accuracy(tables["networks"]),
        *_drawn(tables["distances"]),
        *_similar_starts(tables["distances"], tables["evolved"]),
        *_different_starts(tables["distances"]),
        *_beyond_chance(tables["distances"], tables["evolved"]),
        *_trajectory(tables["distances"]),
        *_retraining(tables["retrained"]),
    ]
    rows = [{"claim": number, **row} for number, row in enumerate(rows, 1)]
    frame = pd.DataFrame({name: [row[name] for row in rows] for name in COLUMNS})
    return frame.astype({"n": "Int64", "ours": "float64", "low": "float64", "high": "float64"})


def _accuracy(networks: pd.DataFrame) -> list[Row]:
    """At the highest and at the lowest density; the densities between them are in the notes."""
    equal = f"the whole interval is above -{POINT:g}", at_least(-POINT)
    contrasts = (
        ("er", "dense", "a fixed random topology is as accurate as the dense network", *equal),
        ("set", "dense", "a topology trained by SET is as accurate as the dense network", *equal),
        (
            *("set", "er", "SET is more accurate than a fixed random topology"),
            *("the whole interval is above 0", positive),
        ),
    )
    rows = []
    for method, other, words, rule, judge in contrasts:
        gaps = method_gaps(networks, method, other)
        means = gaps.mean()
        listed = ", ".join(f"{100 * (1 - s):.3g} %: {means[s]:+.1f}" for s in gaps.columns)
        for sparsity in (gaps.columns[0], gaps.columns[-1]):
            rows.append(
                claim_row(
                    f"At {100 * (1 - sparsity):.3g} % density, {words}.",
                    "difference in test accuracy (points), paired by seed",
                    gaps[sparsity],
                    rule,
                    judge,
                    f"by density: {listed}",
                    paper="more accurate" if other == "er" else "as accurate, or more",
                )
            )
    return rows


def _drawn(distances: pd.DataFrame) -> list[Row]:
    chain, densities = from_first(distances, "chain"), from_first(distances, "densities")
    chance = only(distances, experiment="chain", layers="all")
    level = f"chance is {chance['chance_mean'].mean():.2f} ± {2 * chance['chance_sd'].mean():.2f}"
    shared = chance.loc[(chance["place_b"] == chain.columns[-1]).to_numpy(dtype=bool)]
    kept = shared.loc[(shared["place_a"] == 0).to_numpy(dtype=bool), "shared"].mean()
    aligned = only(distances, experiment="densities", layers="all")
    gap = float((aligned["distance"] - aligned["chance_mean"]).abs().mean())
    rows = [
        growth(
            chain,
            "The distance to the first network grows with every per cent of links that changes.",
            "the step",
            "grows",
        ),
        claim_row(
            "Ten networks in a row that change 1 % of the links each are at most about .2 apart.",
            "distance of the first to the last",
            chain.iloc[:, -1],
            f"the whole interval is below {0.2 + NEAR:.2f}",
            at_most(0.2 + NEAR),
            level,
            f"the two share {100 * kept:.0f} % of their links",
            paper="about .2",
        ),
    ]
    if densities.shape[1] > 2:
        rows.append(
            growth(
                densities,
                "The distance grows with the difference in density.",
                "the density of the other network",
                "grows to 1",
                f"all are random and independent, so that every distance is chance (mean gap from "
                f"chance {gap:.3f})",
            )
        )
    rows.append(
        claim_row(
            "Between the lowest and the highest density it is near 1.",
            "distance",
            densities.iloc[:, -1],
            "the whole interval is above .90",
            at_least(0.9),
            f"densities {100 * aligned['place_a'].min():g} % and {100 * densities.columns[-1]:g} %;"
            " of neurons with unequal numbers of inputs none are closer than 1 - fewer / more",
            paper="1",
        )
    )
    return rows


def _similar_starts(distances: pd.DataFrame, evolved: pd.DataFrame) -> list[Row]:
    rows = []
    for layers, words in (("all", "all layers"), ("first", "the first layer")):
        before = within_starts(distances, "before", layers)
        rows.append(
            claim_row(
                f"Networks that start 1 % apart end .5 to .6 apart ({words}).",
                "distance after training, mean over pairs of a start",
                within_starts(distances, "after", layers),
                f"the whole interval is within {0.5 - NEAR:.2f} and {0.6 + NEAR:.2f}",
                within(0.5 - NEAR, 0.6 + NEAR),
                f"before training {before.mean():.3f}",
                _chance_in_words(distances, layers),
                f"mean z {within_starts(distances, 'after', layers, 'chance_z').mean():+.1f}",
                paper=".5 to .6",
            )
        )
    gaps = accuracy_gaps(evolved)
    accuracy = 100 * evolved["test_accuracy"].mean()
    rows.append(
        claim_row(
            "They are equally accurate all the same.",
            "difference in test accuracy of two networks of a start (points, without its sign)",
            gaps,
            f"the whole interval is below {POINT:g}",
            at_most(POINT),
            f"mean accuracy {accuracy:.1f} %",
            paper="equal",
            bounds=(0, 100),
        )
    )
    return rows


def _chance_in_words(distances: pd.DataFrame, layers: str) -> str:
    rows = only(distances, experiment="after", layers=layers)
    return f"chance {rows['chance_mean'].mean():.3f} ± {2 * rows['chance_sd'].mean():.3f}"


def _different_starts(distances: pd.DataFrame) -> list[Row]:
    before = between_starts(distances, "before")
    after = between_starts(distances, "after")
    z = only(distances, experiment="before", layers="all")
    z = z[(z["root_a"] != z["root_b"]).to_numpy(dtype=bool)]["chance_z"].mean()
    return [
        claim_row(
            "Networks of different seeds start apart and stay apart.",
            "distance after training, mean over pairs of two starts",
            after,
            "the whole interval is above .5",
            at_least(0.5),
            f"before training {before.mean():.3f}, which is chance (mean z {z:+.1f})",
            paper="apart",
        )
    ]


def _beyond_chance(distances: pd.DataFrame, evolved: pd.DataFrame) -> list[Row]:
    same = within_starts(distances, "after")
    other = between_starts(distances, "after")
    chance = between_starts(distances, "after", column="chance_mean")
    turnover = within_starts(distances, "after", column="turnover_mean")
    kept = 100 * evolved["start_kept"].mean()
    return [
        claim_row(
            "Training draws networks of one start further apart than moving as many links at "
            "random does.",
            "distance after training, less that of networks that keep as many links of the start "
            "but are random otherwise; mean over pairs of a start",
            same - turnover,
            "the whole interval is above 0; below 0: training makes them alike",
            positive,
            f"{kept:.0f} % of the start's links stay; such random networks are "
            f"{turnover.mean():.3f} apart",
            source=US,
        ),
        claim_row(
            "A network keeps a memory of its start.",
            "distance between starts less distance within a start, after training",
            other - same,
            "the whole interval is above 0",
            positive,
            f"{kept:.0f} % of the start's links stay",
            source=US,
        ),
        claim_row(
            "Training makes networks of different starts more alike than chance.",
            "chance less distance between starts, after training",
            chance - other,
            "the whole interval is above 0",
            positive,
            source=US,
        ),
    ]


def _trajectory(distances: pd.DataFrame) -> list[Row]:
    grid = from_first(distances, "trajectory")
    rows = only(distances, experiment="trajectory", layers="all")
    level = f"chance {rows['chance_mean'].mean():.3f} ± {2 * rows['chance_sd'].mean():.3f}"
    found = []
    if grid.shape[1] > 2:
        found.append(
            growth(
                grid,
                "During training the topology moves ever further from its start.",
                "the epoch",
                "grows",
            )
        )
    found.append(
        claim_row(
            "In the end it is about .8 from its start.",
            "distance of the last snapshot from the start",
            grid.iloc[:, -1],
            f"the whole interval is within {0.8 - NEAR:.2f} and {0.8 + NEAR:.2f}",
            within(0.8 - NEAR, 0.8 + NEAR),
            level,
            f"after {grid.columns[-1]:g} epochs",
            paper="about .8",
        )
    )
    return found


def _retraining(retrained: pd.DataFrame) -> list[Row]:
    own, fresh = (retraining(retrained, "evolved", weights) for weights in ("own", "fresh"))
    random = retraining(retrained, "random", "fresh").iloc[:, 0]
    last = fresh.columns[-1]
    return [
        claim_row(
            "An evolved topology, trained again from fresh weights, is more accurate than a random "
            "one.",
            f"accuracy with the topology of epoch {last:g} less that with a random one of the same "
            "layer densities (points), same weights",
            fresh[last] - random,
            "the whole interval is above 0",
            positive,
            f"random {np.mean(random):.1f} %",
            source=US,
        ),
        claim_row(
            "An evolved topology needs its own weights: trained again from them, it is more "
            "accurate than from fresh ones.",
            f"difference in test accuracy (points) with the topology of epoch {last:g}",
            own[last] - fresh[last],
            "the whole interval is above 0",
            positive,
            f"own {own[last].mean():.1f} %, fresh {fresh[last].mean():.1f} %",
            f"own weights have been trained for {last:g} epochs more",
            paper="more accurate",
        ),
    ]
