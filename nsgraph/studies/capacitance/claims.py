"""Claims about neural capacitance beside our numbers, judged by rules fixed beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from nsgraph.studies.capacitance.sparse_claims import claims_about_sparse, unmeasured
from nsgraph.studies.capacitance.zoo import OURS
from nsgraph.studies.verdicts import COLUMNS, US, above, close_call, positive

__all__ = [
    "ABOUT",
    "PUBLISHED",
    "best_baseline",
    "claims_table",
    "ranked",
    "span",
]

PAPER = "Jiang et al. 2024"
PUBLISHED = {  # Spearman correlation on CIFAR-10 after 5 and 10 epochs, of 17 pre-trained networks
    5: {"beta": 0.93, "best-seen": 0.86, "last-seen": 0.85, "bgrn": 0.74},
    10: {"beta": 0.98, "best-seen": 0.89, "last-seen": 0.87, "bgrn": 0.78},
}
ABOUT = (
    "The paper's probe, taken literally (dense 256, dense 128, output), has a beta_eff of 0 for "
    "every network: a softmax does not see a number that is added to all logits, so the row sums "
    "of the last block of P are 0, and no weight has both a row sum and a column sum. Ours has one "
    "more frozen layer. Intervals are over runs of the same candidates; the notes say what they "
    "are when candidates are drawn too."
)
IN_WORDS = {"beta-local": "local reading", "beta-exact": "exact reading"}
Row = Mapping[str, Any]


def ranked(ranking: pd.DataFrame, epochs: int, predictor: str, share: float = 1.0) -> Row | None:
    """The row of one predictor that ranks candidates."""
    keep = (ranking["epochs"] == epochs) & (ranking["share"] == share)
    rows = ranking[keep & (ranking["predictor"] == predictor) & ranking["spearman"].notna()]
    return None if rows.empty else rows.iloc[0].to_dict()


def best_baseline(ranking: pd.DataFrame, epochs: int) -> str | None:
    """The predictor without beta_eff that ranks best with all images, of those that rank all."""
    keep = (ranking["epochs"] == epochs) & (ranking["share"] == 1.0)
    rows = ranking[keep & ~ranking["predictor"].isin(OURS) & ranking["spearman"].notna()]
    rows = rows[rows["n"] == rows["n"].max()]
    return None if rows.empty else str(rows.loc[rows["spearman"].idxmax(), "predictor"])


def _better(
    tables: Mapping[str, pd.DataFrame], epochs: int, ours: str, other: str, what: str
) -> Row:
    published = PUBLISHED.get(epochs, {})
    paper = ""
    if other in published:
        paper = f"+{published['beta'] - published[other]:.2f} on CIFAR-10"
    row = unmeasured(
        f"After {epochs} epochs beta_eff ({IN_WORDS[ours]}) ranks candidates better than {what}.",
        PAPER if paper else US,
        paper,
        f"difference in Spearman correlation from {other}",
        "the whole interval is above 0",
    )
    table = tables["ranking_differences"]
    keep = (table["epochs"] == epochs) & (table["share"] == 1.0) & (table["predictor"] == ours)
    found = table[keep & (table["compared_with"] == other)]
    mine, theirs = (ranked(tables["ranking"], epochs, name) for name in (ours, other))
    if found.empty or mine is None or theirs is None:
        return {**row, "note": "not measured: one of the two has no forecast of most candidates"}
    one = found.iloc[0].to_dict()
    notes = [
        f"{ours} {span(mine)}, {other} {span(theirs)}",
        f"with candidates drawn too [{one['zoo_low']:.2f}, {one['zoo_high']:.2f}]",
    ]
    if one["n"] < mine["candidates"]:
        notes.append(f"{one['n']} of {mine['candidates']} candidates have both")
    if close_call(one["low"], one["high"], 0.0):
        notes.append("a close call: other runs may change the verdict")
    return {
        **row,
        "ours": one["difference"],
        "low": one["low"],
        "high": one["high"],
        "n": int(one["n"]),
        "verdict": positive(one),
        "note": "; ".join(notes),
    }


def _beyond_chance(ranking: pd.DataFrame, epochs: int, ours: str, share: float, target: str) -> Row:
    images = "" if share == 1.0 else f" of {100 * share:g} % of the images"
    published = PUBLISHED.get(epochs, {})
    row = unmeasured(
        f"After {epochs} epochs{images} beta_eff ({IN_WORDS[ours]}) ranks candidates better than "
        "chance.",
        PAPER if share == 1.0 else US,
        f"{published['beta']:.2f} on CIFAR-10" if published and share == 1.0 else "",
        f"Spearman correlation with the final accuracy on {target}",
        "the whole interval is above the central 95 % of random rankings",
    )
    found = ranked(ranking, epochs, ours, share)
    if found is None:
        return {**row, "note": "not measured: too few candidates have a forecast"}
    chance = f"chance [{found['chance_low']:.2f}, {found['chance_high']:.2f}]"
    regret = f"regret {100 * found['regret']:.1f} points, of a random pick "
    notes = [chance, regret + f"{100 * found['chance_regret']:.1f}"]
    if found["single"] is not None and not pd.isna(found["single"]):
        notes.append(f"one run a candidate {found['single']:.2f}")
    if found["n"] < found["candidates"]:
        notes.append(f"{found['n']} of {found['candidates']} candidates have a forecast")
    return {
        **row,
        "ours": found["spearman"],
        "low": found["low"],
        "high": found["high"],
        "n": int(found["n"]),
        "verdict": above(found, found["chance_high"]),
        "note": "; ".join(notes),
    }


def claims_table(tables: Mapping[str, pd.DataFrame], target: str) -> pd.DataFrame:
    """One row a claim: what is claimed, our number with its interval, and the verdict.

    Parameters
    ----------
    tables
        `ranking` and `ranking_differences` of `nsgraph.studies.capacitance.zoo`; with
        `sparse_scores` and `sparse_comparisons` also `claims_about_sparse`.
    target
        Name of the data set.

    Returns
    -------
    frame
        Columns as of `nsgraph.studies.verdicts.COLUMNS`.
    """
    ranking = tables["ranking"]
    rows: list[Row] = []
    for epochs in sorted(ranking["epochs"].unique()):
        best = best_baseline(ranking, epochs)
        for ours in (name for name in OURS if name in set(ranking["predictor"])):
            rows.append(_beyond_chance(ranking, epochs, ours, 1.0, target))
            rows.append(_better(tables, epochs, ours, "best-seen", "the best accuracy seen"))
            if best is not None and best != "best-seen":
                what = f"the best baseline here, {best}"
                rows.append(_better(tables, epochs, ours, best, what))
    for share in sorted(set(ranking["share"]) - {1.0}):
        epochs = int(ranking["epochs"].max())
        rows += [_beyond_chance(ranking, epochs, ours, share, target) for ours in OURS]
    if "sparse_scores" in tables:
        rows += claims_about_sparse(tables)
    frame = pd.DataFrame({"claim": range(1, len(rows) + 1), **_columns(rows)})[list(COLUMNS)]
    return frame.astype({"n": "Int64", "ours": "float64", "low": "float64", "high": "float64"})


def _columns(rows: list[Row]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in COLUMNS if name != "claim"}


def span(row: Row) -> str:
    """Rank correlation with its interval."""
    return f"{row['spearman']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
