"""Descriptions of the columns of the tables of importance, answers and the published tables."""

from __future__ import annotations

from nsgraph.report.entries import INTERVAL, Description
from nsgraph.report.prediction_entries import FEATURES, FOLDING, METRIC, PART, TASK

__all__ = ["IMPORTANCE_ENTRIES"]

SEES = Description(
    "what models see: metrics; layer densities (with data set and model); residuals: metrics by "
    "ranks less what layer densities, data set and model tell of them (kernel ridge regression, "
    "fitted inside the fold); or layer densities and residuals"
)
WHERE = {"part": PART, "task": TASK, "folding": FOLDING, "features": FEATURES, "sees": SEES}

IMPORTANCE_ENTRIES: dict[str, dict[str, Description]] = {
    "prediction_importance": {
        **WHERE,
        "way": Description(
            "how the set is weighed, by XGBoost: permutation (score lost when its columns are "
            "shuffled together among the networks of the test fold), SHAP (how far it moves the "
            "answers of the test fold), gain (its share in what all splits gained in training)",
            source="Breiman 2001; Lundberg et al. 2020; Chen & Guestrin 2016",
        ),
        "level": Description("what the set is: a family, or a cluster of correlated metrics"),
        "name": Description("family, or the metric that is most like all of its cluster"),
        "n_features": Description("columns of the set", "columns"),
        "importance": Description(
            "importance of the set",
            "of the score; of the answer (log-odds for classes); 0 to 1",
            "score - score after shuffling; mean |sum of SHAP values|, over classes too; gain / "
            "gain of all splits",
        ),
        "low": Description("lower end of the importance's interval", "", INTERVAL),
        "high": Description("upper end of the importance's interval", "", INTERVAL),
        "lead": Description("importance less the greatest of any other set of the same level"),
        "lead_low": Description("lower end of the lead's interval", "", f"{INTERVAL}, paired"),
        "lead_high": Description("upper end of the lead's interval", "", f"{INTERVAL}, paired"),
    },
    "prediction_beyond": {
        **WHERE,
        "metric": METRIC,
        "n_networks": Description("networks asked about", "networks"),
        "n_configurations": Description("configurations they belong to", "configurations"),
        "score": Description("mean score of XGBoost over repeats", "at most 1"),
        "low": Description("lower end of the score's interval", "at most 1", INTERVAL),
        "high": Description("upper end of the score's interval", "at most 1", INTERVAL),
        "gained": Description("score less that of layer densities alone, on the same folds"),
        "gained_low": Description("lower end of its interval", "", f"{INTERVAL}, paired"),
        "gained_high": Description("upper end of its interval", "", f"{INTERVAL}, paired"),
        "score.status": Description("why score is empty"),
    },
    "prediction_clusters": {
        "part": PART,
        "features": FEATURES,
        "position": Description("place of the metric in the tree of correlations", "integer >= 0"),
        "column": Description("metric, a column of the networks table"),
        "cluster": Description(
            "number of its cluster, in the order of the tree",
            "integer >= 1",
            "average linkage by 1 - |Spearman correlation|, ranks within data set and model, cut "
            "at |correlation| .9",
        ),
        "representative": Description("the metric that is most like all of its cluster"),
        "explained": Description(
            "share of the metric's variance, by ranks, that layer densities, data set and model "
            "explain for configurations that are left out of the fit",
            "at most 1",
            "1 - squared residuals / variance",
        ),
    },
    "prediction_confusion": {
        "part": PART,
        "task": TASK,
        "folding": FOLDING,
        "features": FEATURES,
        "truth": Description("class of the networks"),
        "predicted": Description("class that XGBoost names, out of fold"),
        "networks": Description("how many are named so, mean over repeats", "networks"),
        "share": Description("the same as a share of the true class", "0 to 1"),
    },
    "prediction_drops": {
        "part": PART,
        "folding": FOLDING,
        "features": FEATURES,
        "network": Description("name of the network"),
        "truth": Description("its accuracy drop", "at most 1"),
        "predicted": Description(
            "accuracy drop that XGBoost predicts out of fold, mean over repeats"
        ),
        "sd_repeats": Description("standard deviation of the repeats' predictions"),
    },
    "published_joins": {
        "position": Description("number of the row", "integer >= 0"),
        "source": Description("published table"),
        "what": Description("what is counted"),
        "n": Description("how many", "rows or networks"),
        "note": Description("which ones, or how"),
    },
}
