from __future__ import annotations

import pandas as pd
import pytest

from nsgraph.studies.claims import HOLDS, NOT, UNDECIDED, claims_table, headline


def scores(**changed):
    """Scores of the multipartite encoding; `changed`: (task, folding) -> (score, low, high)."""
    found = {
        ("category-of-three", "random"): (0.95, 0.92, 0.97),
        ("category-of-three", "grouped"): (0.86, 0.80, 0.91),
        ("algorithm", "random"): (0.55, 0.50, 0.60),
        ("algorithm", "grouped"): (0.40, 0.30, 0.50),
        ("accuracy-drop", "random"): (0.90, 0.85, 0.93),
        ("accuracy-drop", "grouped"): (0.50, 0.30, 0.65),
        ("ranking", "grouped"): (0.60, 0.30, 0.80),
    }
    found |= {tuple(k.replace("_", "-").split("__")): v for k, v in changed.items()}
    rows = [
        {
            "task": task,
            "folding": folding,
            "features": "multipartite",
            "score": s,
            "low": low,
            "high": high,
            "n_classes": 3,
            "n_networks": 100,
            "score.status": None,
        }
        for (task, folding), (s, low, high) in found.items()
    ]
    return pd.DataFrame(rows)


def comparisons(low=0.1, high=0.3):
    return pd.DataFrame(
        [
            {
                "task": "accuracy-drop",
                "folding": folding,
                "features": "multipartite",
                "compared_with": other,
                "difference": (low + high) / 2,
                "low": low,
                "high": high,
            }
            for folding in ("random", "grouped")
            for other in ("rolled", "density", "nodes and edges")
        ]
    )


def importance(motifs=(0.5, 0.4, 0.6), local=(0.2, 0.1, 0.3)):
    rows = {"motifs": motifs, "local": local, "strength": (0.0, -0.1, 0.1)}
    return pd.DataFrame(
        [
            {
                "task": "accuracy-drop",
                "folding": "grouped",
                "features": "multipartite",
                "family": family,
                "importance": value,
                "low": low,
                "high": high,
            }
            for family, (value, low, high) in rows.items()
        ]
    )


def verdict(claims, words):
    rows = claims[claims["statement"].str.contains(words, regex=False)]
    return list(rows["verdict"])


def test_verdicts_follow_the_interval():
    claims = claims_table(scores(), comparisons(), importance())
    assert list(claims["claim"]) == list(range(1, len(claims) + 1))
    assert verdict(claims, "tells the category") == [HOLDS, UNDECIDED]
    assert verdict(claims, "tells the pruning algorithm") == [NOT, NOT]
    assert verdict(claims, "rank the algorithms") == [HOLDS]
    assert verdict(claims, "Random folds flatter") == [HOLDS]
    first = claims.iloc[0]
    assert (first["ours"], first["low"], first["high"], first["n"]) == (0.95, 0.92, 0.97, 100)
    assert first["note"] == "chance is 0.33"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.01, 0.2, HOLDS), (-0.1, 0.1, UNDECIDED), (-0.3, -0.1, NOT), (0.0, 0.0, NOT)],
)
def test_better_means_that_the_whole_interval_is_above_zero(low, high, expected):
    claims = claims_table(scores(), comparisons(low, high), importance())
    assert verdict(claims, "tell more about the accuracy drop") == [expected] * 4


@pytest.mark.parametrize(
    ("motifs", "local", "expected"),
    [
        ((0.5, 0.4, 0.6), (0.2, 0.1, 0.3), HOLDS),
        ((0.5, 0.4, 0.6), (0.4, 0.3, 0.5), UNDECIDED),
        ((0.1, 0.0, 0.2), (0.4, 0.3, 0.5), NOT),
    ],
)
def test_motifs_are_held_against_every_other_family(motifs, local, expected):
    claims = claims_table(scores(), comparisons(), importance(motifs, local))
    assert verdict(claims, "Motifs") == [expected]


def test_what_was_not_scored_is_undecided_and_says_why():
    table = scores()
    broken = table["task"] == "algorithm"
    table.loc[broken, ["score", "low", "high"]] = None
    table.loc[broken, "score.status"] = "fewer than two classes"
    claims = claims_table(table, comparisons().iloc[:0], importance().iloc[:0])
    rows = claims[claims["statement"].str.contains("pruning algorithm.", regex=False)]
    assert set(claims.loc[claims["statement"].str.contains("Motifs"), "verdict"]) == {UNDECIDED}
    assert "not scored: fewer than two classes" in set(rows["note"])
    assert verdict(claims, "tell more") == [UNDECIDED] * 4
    assert claims["ours"].notna().sum() == 4


def test_headline_says_both_foldings():
    text = headline(scores())
    assert "balanced accuracy 86% (95% if" in text
    assert "explain 50% (90% under" in text
    assert headline(scores().iloc[:0]) == ""
