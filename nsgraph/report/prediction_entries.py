"""Descriptions of the columns of the tables of predictions."""

from __future__ import annotations

from nsgraph.report.entries import INTERVAL, PAPER, US, Description

__all__ = ["PREDICTION_ENTRIES"]

SHUFFLE = (
    "labels or accuracy drops are shuffled among the configurations of each data set, model and "
    "sparsity, seeds kept together"
)
TASK = Description(
    "question asked: category-of-three (the paper's three categories), category (all), algorithm, "
    "accuracy-drop and accuracy (regression), ranking (of algorithms at one data set, model and "
    "sparsity, by predicted drops)",
    source=f"{PAPER}, {US}",
)
PART = Description(
    "networks asked about: all, or those of one sparsity, model or data set, which are then the "
    "only ones that models learn from"
)
FOLDING = Description(
    "random: networks dealt into folds one by one, so that seeds of one configuration are on both "
    "sides; grouped: all seeds of a configuration (data set, model, method, sparsity) in one fold; "
    "leave-one-model-out, leave-one-dataset-out: tested on an architecture or data set that is not "
    "in training"
)
FEATURES = Description(
    "what the model looks at: the metrics of an encoding or of all, or a baseline: the sparsity, "
    "the densities of the layers, the numbers of nodes and edges, the Ramanujan metrics, "
    "parameters and multiply-adds, or nothing. What does not differ within a data set, model and "
    "sparsity (the sparsity, nothing) scores below 1 / classes in classification by construction: "
    "the class of the left-out network is the one that training lacks there"
)
MODEL = Description(
    "xgboost: 100 trees, depth 6, rate .3; xgboost tuned: options chosen on folds of the training "
    "rows; random forest, extra trees: 100 trees; ridge, ols: linear in scaled columns, ridge with "
    "a penalty chosen like the options; dummy: the most frequent class or the mean",
    "",
    "",
    f"{PAPER}, {US}",
)
METRIC = Description(
    "kind of score",
    "",
    "balanced accuracy: mean recall over classes; R2: 1 - squared error / variance over all "
    "out-of-fold predictions (0: the mean); Spearman: rank correlation of predicted and true "
    "accuracy drop over methods, mean over cells (0 in cells where features do not differ). What "
    "a score has to beat is in prediction_null",
)

PREDICTION_ENTRIES: dict[str, dict[str, Description]] = {
    "prediction_scores": {
        "part": PART,
        "task": TASK,
        "folding": FOLDING,
        "features": FEATURES,
        "model": MODEL,
        "metric": METRIC,
        "n_networks": Description("networks asked about", "networks"),
        "n_configurations": Description("configurations they belong to", "configurations"),
        "n_classes": Description("classes to choose from; empty for regression", "classes"),
        "n_features": Description("columns used", "columns"),
        "folds": Description("folds of the cross-validation; 0: not scored", "folds"),
        "repeats": Description("repeats of the cross-validation with new folds", "repeats"),
        "score": Description("mean score over repeats", "at most 1"),
        "score.status": Description("why score is empty"),
        "low": Description("lower end of the score's interval", "at most 1", INTERVAL),
        "high": Description("upper end of the score's interval", "at most 1", INTERVAL),
        "sd_repeats": Description("standard deviation of the repeats' scores"),
    },
    "prediction_repeats": {
        "part": PART,
        "task": TASK,
        "folding": FOLDING,
        "features": FEATURES,
        "model": MODEL,
        "metric": METRIC,
        "repeat": Description("number of the repeat", "integer >= 0"),
        "score": Description("score of this repeat's out-of-fold predictions", "at most 1"),
    },
    "prediction_comparisons": {
        "part": PART,
        "task": TASK,
        "folding": FOLDING,
        "features": FEATURES,
        "model": MODEL,
        "compared_folding": Description("the folds under which compared_with is scored"),
        "compared_with": Description(
            "the feature set that its score is compared with; in classification none that does not "
            "differ within a data set, model and sparsity"
        ),
        "metric": METRIC,
        "difference": Description(
            "score of features under folding - score of compared_with under compared_folding"
        ),
        "low": Description("lower end of the difference's interval", "", f"{INTERVAL}, paired"),
        "high": Description("upper end of the difference's interval", "", f"{INTERVAL}, paired"),
        "t": Description(
            "mean difference of the folds' scores in its standard errors",
            "",
            "mean / sqrt((1 / J + n2 / n1) variance), J folds of n1 training and n2 test networks",
            "Nadeau & Bengio 2003",
        ),
        "df": Description("degrees of freedom of t", "integer >= 1", "J - 1"),
        "p": Description(
            "chance of such a t if the two feature sets were equally good, two-sided", "0 to 1"
        ),
        "p_holm": Description(
            "p adjusted for all comparisons of this part, task and folding",
            "0 to 1",
            "",
            "Holm 1979",
        ),
        "p.status": Description("why p is empty"),
    },
    "prediction_curve": {
        "part": PART,
        "task": TASK,
        "folding": FOLDING,
        "features": FEATURES,
        "model": MODEL,
        "metric": METRIC,
        "share": Description("share of the training folds that models learn from", "0 to 1"),
        "n_training": Description("networks they learn from, mean over folds", "networks"),
        "n_networks": Description("networks asked about", "networks"),
        "n_configurations": Description("configurations they belong to", "configurations"),
        "repeats": Description("repeats of the cross-validation with new folds", "repeats"),
        "score": Description("mean score over repeats", "at most 1"),
        "score.status": Description("why score is empty"),
        "low": Description("lower end of the score's interval", "at most 1", INTERVAL),
        "high": Description("upper end of the score's interval", "at most 1", INTERVAL),
    },
    "prediction_null": {
        "part": PART,
        "task": TASK,
        "folding": FOLDING,
        "features": FEATURES,
        "model": MODEL,
        "metric": METRIC,
        "n_networks": Description("networks asked about", "networks"),
        "n_configurations": Description("configurations they belong to", "configurations"),
        "score": Description("mean score over repeats, as in prediction_scores", "at most 1"),
        "low": Description("lower end of the score's interval", "at most 1", INTERVAL),
        "high": Description("upper end of the score's interval", "at most 1", INTERVAL),
        "null_samples": Description("shuffles that were scored", "shuffles"),
        "null_mean": Description(f"mean score when {SHUFFLE}", "at most 1"),
        "null_sd": Description("standard deviation of the scores of the shuffles"),
        "null_low": Description("lower end of the shuffles' range", "", "2.5th percentile"),
        "null_high": Description("upper end of the shuffles' range", "", "97.5th percentile"),
        "null_p": Description(
            "chance of such a score if graphs told nothing beyond data set, model and sparsity",
            "0 to 1",
            "(1 + shuffles that score at least as much) / (1 + shuffles)",
        ),
        "null_p.status": Description("why null_p is empty"),
    },
    "prediction_null_samples": {
        "part": PART,
        "task": TASK,
        "folding": FOLDING,
        "features": FEATURES,
        "model": MODEL,
        "metric": METRIC,
        "sample": Description("number of the shuffle", "integer >= 0"),
        "score": Description(f"score when {SHUFFLE}; one repeat with folds of its own"),
        "score.status": Description("why score is empty"),
    },
    "prediction_columns": {
        "part": PART,
        "features": FEATURES,
        "column": Description("column of the networks table that models did not get"),
        "reason": Description("why it was left out"),
    },
}
