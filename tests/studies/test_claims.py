from __future__ import annotations

import pandas as pd
import pytest

from nsgraph.studies.multipartite.claims import HOLDS, NOT, UNDECIDED, claims_table
from nsgraph.studies.multipartite.headline import headline

WHOLE = {"part": "all", "model": "xgboost"}
OTHERS = ("rolled", "Ramanujan", "sparsity", "layer densities", "nodes and edges")


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
    found |= {tuple(k.replace("__", " ").replace("_", "-").split()): v for k, v in changed.items()}
    rows = [
        {
            **WHOLE,
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
    others = [{**rows[0], "features": name} for name in OTHERS]
    return pd.DataFrame([*rows, *others])


def repeats(**changed):
    """Scores of two repeats; `changed`: (task, folding) -> the two of the multipartite one."""
    rows = []
    changed = {tuple(k.replace("__", " ").replace("_", "-").split()): v for k, v in changed.items()}
    for task in ("category-of-three", "algorithm", "accuracy-drop", "ranking"):
        for folding in ("random", "grouped"):
            for features in ("multipartite", *OTHERS):
                ours = features == "multipartite"
                level = {"random": 0.97, "grouped": 0.96}[folding] if ours else 0.1
                pair = changed.get((task, folding), (level, level)) if ours else (level, level)
                for repeat, value in enumerate(pair):
                    row = {**WHOLE, "task": task, "folding": folding, "features": features}
                    rows.append({**row, "repeat": repeat, "score": value})
    return pd.DataFrame(rows)


def null(p=1 / 21, samples=20):
    return pd.DataFrame(
        [
            {
                **WHOLE,
                "task": task,
                "folding": folding,
                "features": "multipartite",
                "null_samples": samples,
                "null_mean": 0.28,
                "null_low": 0.2,
                "null_high": 0.35,
                "null_p": p,
            }
            for task in ("category-of-three", "algorithm", "accuracy-drop", "ranking")
            for folding in ("random", "grouped")
        ]
    )


def comparisons(low=0.1, high=0.3, flattery=(0.2, 0.5)):
    row = {**WHOLE, "task": "accuracy-drop", "features": "multipartite", "p_holm": 0.02}
    rows = [
        {
            **row,
            "folding": folding,
            "compared_folding": folding,
            "compared_with": other,
            "difference": (low + high) / 2,
            "low": low,
            "high": high,
        }
        for folding in ("random", "grouped")
        for other in OTHERS
    ]
    between = {
        **row,
        "folding": "random",
        "compared_folding": "grouped",
        "compared_with": "multipartite",
        "difference": sum(flattery) / 2,
        "low": flattery[0],
        "high": flattery[1],
    }
    return pd.DataFrame([*rows, between])


def importance(lead=(0.3, 0.1, 0.5)):
    row = {"part": "all", "task": "accuracy-drop", "folding": "grouped"}
    row |= {"features": "multipartite", "sees": "metrics", "way": "permutation", "level": "family"}
    rows = [
        ("motifs", 0.5, *lead),
        ("local", 0.2, -0.3, -0.5, -0.1),
        ("strength", 0.0, -0.5, -0.7, -0.3),
    ]
    names = ("name", "importance", "lead", "lead_low", "lead_high")
    decoy = {**row, "way": "gain", **dict(zip(names, ("local", 9.0, 9.0, 9.0, 9.0), strict=True))}
    return pd.DataFrame([*({**row, **dict(zip(names, r, strict=True))} for r in rows), decoy])


def beyond(gained=(0.1, 0.05, 0.2)):
    row = {"part": "all", "folding": "grouped", "features": "multipartite"}
    names = ("score", "gained", "gained_low", "gained_high")
    sees = {
        "layer densities": (0.6, None, None, None),
        "residuals": (0.3, 0.0, 0.0, 0.0),
        "layer densities and residuals": (0.7, *gained),
    }
    return pd.DataFrame(
        [
            {**row, "task": task, "sees": s, **dict(zip(names, numbers, strict=True))}
            for task in ("accuracy-drop", "category-of-three")
            for s, numbers in sees.items()
        ]
    )


def table(**parts):
    made = {
        "scores": scores(),
        "repeats": repeats(),
        "comparisons": comparisons(),
        "importance": importance(),
        "null": null(),
        "beyond": beyond(),
    }
    named = {name if "_" in name else f"prediction_{name}": t for name, t in (made | parts).items()}
    return claims_table(named)


def verdict(claims, words):
    rows = claims[claims["statement"].str.contains(words, regex=False)]
    return list(rows["verdict"])


def test_verdicts_follow_the_interval():
    claims = table()
    assert list(claims["claim"]) == list(range(1, len(claims) + 1))
    assert verdict(claims, "tells the category") == [HOLDS, UNDECIDED]
    assert verdict(claims, "tells the pruning algorithm") == [NOT, NOT]
    assert verdict(claims, "rank the algorithms") == [HOLDS]
    assert verdict(claims, "Random folds flatter") == [HOLDS]
    first = claims.iloc[0]
    assert (first["ours"], first["low"], first["high"], first["n"]) == (0.95, 0.92, 0.97, 100)
    assert first["note"] == "labels shuffled among configurations: 0.28 [0.20, 0.35], p ≤ 0.048"


@pytest.mark.parametrize(
    ("beside", "note"),
    [(null(p=0.3), "p = 0.3"), (null(p=1 / 3, samples=2), "p ≤ 0.33"), (null()[:0], "no null")],
)
def test_nothing_is_recognised_unless_shuffled_labels_are_beaten(beside, note):
    claims = table(null=beside)
    assert verdict(claims, "tells the category") == [UNDECIDED, UNDECIDED]
    assert verdict(claims, "tells the pruning algorithm") == [NOT, NOT]
    assert verdict(claims, "rank the algorithms") == [UNDECIDED]
    assert note in claims["note"].iloc[0]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.01, 0.2, HOLDS), (-0.1, 0.1, UNDECIDED), (-0.3, -0.1, NOT), (0.0, 0.0, NOT)],
)
def test_better_means_that_the_whole_interval_is_above_zero(low, high, expected):
    claims = table(comparisons=comparisons(low, high))
    assert verdict(claims, "tell more about the accuracy drop") == [expected] * 7


@pytest.mark.parametrize(
    ("lead", "expected"),
    [((0.3, 0.1, 0.5), HOLDS), ((0.1, -0.1, 0.3), UNDECIDED), ((-0.3, -0.5, 0.0), NOT)],
)
def test_motifs_are_held_against_the_best_other_family_in_pairs(lead, expected):
    claims = table(importance=importance(lead))
    assert verdict(claims, "Motifs") == [expected]
    row = claims[claims["statement"].str.contains("Motifs")].iloc[0]
    assert (row["ours"], row["low"], row["high"]) == lead
    assert row["note"].startswith("motifs 0.50; the best other family is local with 0.20")


@pytest.mark.parametrize(
    ("difference", "expected"),
    [((0.01, 0.6), HOLDS), ((-0.01, 0.6), UNDECIDED), ((-0.5, 0.0), NOT)],
)
def test_flattery_is_a_paired_difference(difference, expected):
    claims = table(comparisons=comparisons(flattery=difference))
    assert verdict(claims, "Random folds flatter") == [expected]
    row = claims.iloc[-1]
    assert (row["low"], row["high"]) == difference
    assert row["note"].startswith("R² is 0.90 random, 0.50 grouped")


@pytest.mark.parametrize(
    ("gained", "expected"),
    [((0.1, 0.05, 0.2), HOLDS), ((0.1, -0.05, 0.2), UNDECIDED), ((-0.1, -0.2, 0.0), NOT)],
)
def test_topology_has_to_add_to_what_layer_densities_say(gained, expected):
    claims = table(beyond=beyond(gained))
    assert verdict(claims, "densities of the layers do not") == [expected] * 2
    row = claims[claims["statement"].str.contains("layers do not")].iloc[0]
    assert (row["ours"], row["low"], row["high"]) == gained
    assert row["note"].startswith("layer densities alone 0.60, residuals alone 0.30")


def test_transfer_is_claimed_where_it_was_asked():
    assert verdict(table(), "not seen in training") == []
    found = scores()
    left = found[(found["task"] == "accuracy-drop") & (found["folding"] == "grouped")]
    more = left.assign(folding="leave-one-model-out", low=-0.1)
    claims = table(scores=pd.concat([found, more]))
    assert verdict(claims, "not seen in training") == [UNDECIDED]


def test_neural_capacitance_is_claimed_where_it_was_measured():
    sets = ("capacitance", "multipartite and capacitance")
    asked = pd.DataFrame([{**scores().iloc[0], "features": name} for name in sets])
    claims = table(sparse_scores=asked, sparse_comparisons=comparisons())
    more = claims[claims["statement"].str.contains("Neural capacitance")]
    assert len(claims) == len(table()) + len(more)
    assert more["verdict"].tolist() == ["undecided"] * 4  # of a comparison that nobody made
    assert claims["claim"].tolist() == [*range(1, len(claims) + 1)]


def test_other_parts_and_models_are_not_taken_for_the_whole():
    found = scores()
    decoys = [found.assign(part="model a", score=0.0), found.assign(model="ridge", score=0.0)]
    pd.testing.assert_frame_equal(table(scores=pd.concat([*decoys, found])), table())


def test_a_note_says_when_other_folds_would_say_otherwise():
    claims = table(
        repeats=repeats(category_of_three__random=(0.9, 0.8), accuracy_drop__grouped=(0.0, 0.4))
    )
    assert claims["note"].iloc[0].endswith("depends on the folds: 1 of 2 repeats reach 0.85")
    better = claims[claims["measure"] == "difference in R², grouped folds"]
    assert better["note"].str.endswith("depends on the folds: 1 of 2 repeats reach 0.00").all()


def test_a_note_says_when_the_interval_ends_near_the_threshold():
    claims = table(comparisons=comparisons(flattery=(0.01, 0.4)))
    assert claims["note"].iloc[-1].endswith("other folds or resamples may change the verdict")
    assert "close call" not in table()["note"].iloc[-1]


def test_what_was_not_scored_is_undecided_and_says_why():
    found = scores()
    broken = found["task"] == "algorithm"
    found.loc[broken, ["score", "low", "high"]] = None
    found.loc[broken, "score.status"] = "fewer than two classes"
    nothing = comparisons().iloc[:0]
    claims = table(scores=found, comparisons=nothing, importance=importance().iloc[:0])
    rows = claims[claims["statement"].str.contains("pruning algorithm.", regex=False)]
    assert set(claims.loc[claims["statement"].str.contains("Motifs"), "verdict"]) == {UNDECIDED}
    assert "not scored: fewer than two classes" in set(rows["note"])
    assert verdict(claims, "tell more") == [UNDECIDED] * 7
    assert verdict(claims, "flatter") == [UNDECIDED]
    assert claims["ours"].notna().sum() == 5


def test_headline_leads_with_grouped_scores_and_names_null_and_baselines():
    alone = scores(accuracy_drop__grouped=(0.45, 0.2, 0.6)).query("task == 'accuracy-drop'")
    density = alone[alone["folding"] == "grouped"].assign(features="sparsity")
    text = headline(pd.concat([scores(), density]), null())
    assert "balanced accuracy 86 % [80, 91], against 28 % when labels are shuffled" in text
    assert text.index("86 %") < text.index("95 % (shuffled: 28 %)")
    assert "metrics explain 50 % [30, 65] (the sparsity alone 45 %, drops shuffled among" in text
    assert "90 % if other seeds may have been seen" in text
    assert "chance" not in text
    assert "p ≤ 0.048" in text


def test_headline_says_only_what_was_scored():
    assert headline(scores().iloc[:0], null()) == ""
    text = headline(scores(), null().iloc[:0])
    assert "shuffled" not in text
    assert "86 % [80, 91]" in text
