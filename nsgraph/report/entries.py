"""Descriptions of the tables' own columns; those of metrics come from the metrics themselves."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ENTRIES", "SUFFIXES", "Description"]

US = "this project"
PAPER = "Cunegatti et al. 2024"


class Description(NamedTuple):
    """What a column means, its unit or range, its formula, and where the definition is from."""

    meaning: str
    unit: str = ""
    formula: str = ""
    source: str = US


CONFIGURATION = {
    "dataset": Description("data set the network was trained on"),
    "model": Description("architecture"),
    "method": Description("pruning algorithm; dense: none"),
    "sparsity": Description("share of weights to be pruned, as asked for", "0 to 1"),
}
CATEGORY = Description("category of the pruning algorithm", "", "", PAPER)
NETWORK = Description("name of the network: data set, model, method, sparsity and seed")
ENCODING = Description("how the network was made a graph")
INTERVAL = "95 % percentile bootstrap over configurations and repeats jointly, models not refitted"
CLAIM_INTERVAL = (
    f"{INTERVAL}; in the studies of methods and of topology distance 95 % by Student's t over seeds"
)
SHUFFLE = (
    "labels or accuracy drops are shuffled among the configurations of each data set, model and "
    "sparsity, seeds kept together"
)
TASK = Description(
    "question asked: category-of-three (the paper's three categories), category (all), algorithm, "
    "accuracy-drop (regression), ranking (of algorithms at one data set, model and sparsity)",
    source=f"{PAPER}, {US}",
)
FOLDING = Description(
    "random: networks dealt into folds one by one, so that seeds of one configuration are on both "
    "sides; grouped: all seeds of a configuration (data set, model, method, sparsity) in one fold"
)
FEATURES = Description(
    "what the model looks at: the metrics of an encoding, the density alone, the numbers of nodes "
    "and edges alone, or nothing. What does not differ within a data set, model and sparsity (the "
    "density, nothing) scores below 1 / classes in classification by construction: the class of "
    "the left-out network is the one that training lacks there"
)
MODEL = Description(
    "xgboost: 100 trees, depth 6, rate .3; dummy: the most frequent class or the mean",
    "",
    "",
    PAPER,
)
METRIC = Description(
    "kind of score",
    "",
    "balanced accuracy: mean recall over classes; R2: 1 - squared error / variance over all "
    "out-of-fold predictions (0: the mean); Spearman: rank correlation of predicted and true "
    "accuracy drop over methods, mean over cells (0 in cells where features do not differ). What "
    "a score has to beat is in prediction_null",
)

PAIR = {
    **CONFIGURATION,
    "differ": Description(
        "what the two networks of the pair differ in, all else being the same: seed (SaInit) or "
        "dataset (SaData: data sets of one input shape and number of classes)",
        source=PAPER,
    ),
    "dataset": Description("data set that the first network was trained on"),
    "dataset_b": Description("data set of the second; the same one if the seeds differ"),
    "category": CATEGORY,
    "network_a": NETWORK,
    "network_b": NETWORK,
    "seed_a": Description("seed of the first network of the pair", "integer >= 0"),
    "seed_b": Description("seed of the second; the same if the data sets differ", "integer >= 0"),
}

ENTRIES: dict[str, dict[str, Description]] = {
    "networks": {
        **CONFIGURATION,
        "network": NETWORK,
        "category": CATEGORY,
        "sparsity_reached": Description(
            "share of weights that are pruned", "0 to 1", "1 - kept / prunable weights"
        ),
        "density": Description("share of weights kept", "0 to 1", "1 - sparsity_reached"),
        "seed": Description("seed of initial weights, batch order and method", "integer >= 0"),
        "split_seed": Description("seed of the split into training, validation and test data"),
        "recipe": Description("how the network was trained", "JSON"),
        "epochs": Description("epochs trained in all, with rounds of a ticket", "epochs"),
        "epochs_before": Description("epochs of these before the final pruning", "epochs"),
        "best_epoch": Description(
            "epoch of best validation accuracy, whose weights are stored", "epoch, from 1"
        ),
        "validation_accuracy": Description("share of validation data named right", "0 to 1"),
        "test_accuracy": Description(
            "share of test data named right at the best epoch: the network's accuracy", "0 to 1"
        ),
        "dense_accuracy": Description(
            "test accuracy of the dense network of the same data set, model, recipe and seed",
            "0 to 1",
        ),
        "accuracy_drop": Description(
            "share of the dense network's accuracy that was lost",
            "at most 1; below 0: gained",
            "1 - test_accuracy / dense_accuracy",
        ),
        "accuracy_drop.status": Description("why accuracy_drop is empty"),
        "device": Description("kind of device that trained it", "cpu or cuda"),
        "file": Description("the network's file, from the folder the workflow ran in"),
        "sha256": Description("SHA-256 of that file", "64 hexadecimal digits"),
    },
    "layers": {
        "network": NETWORK,
        "encoding": ENCODING,
        "layer": Description("layer of the network, by its name in the module"),
        "metric": Description("metric, as in the networks table without the encoding"),
        "value": Description("its value in this layer", "see the metric"),
        "status": Description("why value is empty"),
    },
    "nulls": {
        "network": NETWORK,
        "encoding": ENCODING,
        "metric": Description("metric, as in the networks table without the encoding"),
        "null_model": Description(
            "null model: er (every layer keeps its number of links), degree (every node keeps its "
            "in- and out-degree), strength (degrees kept, strengths nearly so)",
            source="Erdos & Renyi 1959; Strona et al. 2014; Rubinov & Sporns 2011",
        ),
        "samples": Description("random networks drawn from the null model", "integer >= 2"),
        "value": Description("value of the metric in the network", "see the metric"),
        "mean": Description("mean over the random networks", "see the metric"),
        "sd": Description("standard deviation over the random networks (n - 1)", "see the metric"),
        "z": Description("how far from chance the network is", "sd", "(value - mean) / sd"),
        "status": Description("why z is empty"),
    },
    "pairs": PAIR,
    "pair_layers": {
        **PAIR,
        "layer": Description("layer; `a+b` where the outputs of two layers are added"),
    },
    "prediction_scores": {
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
        "task": TASK,
        "folding": FOLDING,
        "features": FEATURES,
        "model": MODEL,
        "metric": METRIC,
        "repeat": Description("number of the repeat", "integer >= 0"),
        "score": Description("score of this repeat's out-of-fold predictions", "at most 1"),
    },
    "prediction_comparisons": {
        "task": TASK,
        "folding": FOLDING,
        "features": FEATURES,
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
    },
    "prediction_importance": {
        "task": TASK,
        "folding": FOLDING,
        "features": FEATURES,
        "family": Description("family of metrics; size: numbers of nodes and edges"),
        "n_features": Description("columns of the family", "columns"),
        "importance": Description(
            "score lost when the family's columns are shuffled together among the networks of the "
            "test fold",
            "",
            "score - score after shuffling",
            "Breiman 2001, by groups of columns",
        ),
        "low": Description("lower end of the importance's interval", "", INTERVAL),
        "high": Description("upper end of the importance's interval", "", INTERVAL),
        "lead": Description("importance less the greatest importance of any other family"),
        "lead_low": Description("lower end of the lead's interval", "", f"{INTERVAL}, paired"),
        "lead_high": Description("upper end of the lead's interval", "", f"{INTERVAL}, paired"),
    },
    "prediction_null": {
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
        "features": FEATURES,
        "column": Description("column of the networks table that models did not get"),
        "reason": Description("why it was left out"),
    },
    "claims": {
        "claim": Description("number of the claim"),
        "statement": Description("what is claimed"),
        "source": Description("who claims it"),
        "paper": Description("the number that the source gives"),
        "measure": Description("what we measured, and for predictions under which folds"),
        "ours": Description("our number"),
        "low": Description("lower end of its interval", "", CLAIM_INTERVAL),
        "high": Description("upper end of its interval", "", CLAIM_INTERVAL),
        "n": Description("networks behind our number", "networks"),
        "rule": Description("when the claim holds, fixed before looking"),
        "verdict": Description("holds | does not hold | undecided"),
        "note": Description("what to keep in mind"),
    },
    "columns": {
        "table": Description("table the column is in"),
        "position": Description("place of the column in the table", "integer, from 1"),
        "column": Description("name of the column"),
        "meaning": Description("what it means"),
        "unit": Description("unit or range"),
        "formula": Description("how it is computed"),
        "source": Description("where the definition is from"),
    },
}

SUFFIXES = (
    ("_per_node", "{meaning}, per node", "per node", "{name} / nodes"),
    ("_per_edge", "{meaning}, per edge", "per edge", "{name} / edges"),
    ("_er_mean", "{meaning}: mean at the same layer densities", "{unit}", "mean over null graphs"),
    ("_er_sd", "{meaning}: sd at the same layer densities", "{unit}", "sd over null graphs"),
    ("_er_z", "{meaning}: distance from that mean", "sd", "({name} - mean) / sd"),
    ("_degree_mean", "{meaning}: mean at the same degrees", "{unit}", "mean over null graphs"),
    ("_degree_sd", "{meaning}: sd at the same degrees", "{unit}", "sd over null graphs"),
    ("_degree_z", "{meaning}: distance from that mean", "sd", "({name} - mean) / sd"),
)
