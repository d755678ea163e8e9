"""Descriptions of the columns of the tables that the study of neural capacitance makes."""

from __future__ import annotations

from nsgraph.capacitance.dictionary import dictionary
from nsgraph.report.entries import CATEGORY, CONFIGURATION, ENTRIES, NETWORK, Description
from nsgraph.report.prediction_entries import PREDICTION_ENTRIES

__all__ = ["CAPACITANCE_ENTRIES"]

PAPER = "Jiang et al. 2024"
RUNS = "95 % percentile bootstrap over runs of each candidate, of forecast and truth together"
ZOO = "95 % percentile bootstrap over candidates and their runs"
T_INTERVAL = "95 % by Student's t over runs"

CANDIDATE = {
    "candidate": Description("candidate: architecture, and method and sparsity if it is sparse"),
    "model": CONFIGURATION["model"],
    "method": CONFIGURATION["method"],
    "sparsity": CONFIGURATION["sparsity"],
}
SHARE = Description("share of the training images that candidates are seen with", "above 0, to 1")
SEED = Description("seed of initial weights, probe, batch order and dropout: a run", "integer >= 0")
EPOCHS = Description("early epochs that the forecast is made from", "epochs")
PREDICTOR = Description(
    "what forecasts: beta-local and beta-exact (accuracy as a line in beta_eff, read off at 0), "
    "last-seen, best-seen, training-loss (summed), power-law, bgrn, cl, or a transferability score "
    "(logme, h-score, leep, nce)"
)
SPEARMAN = Description(
    "rank correlation of candidates' mean forecasts and mean final accuracies",
    "-1 to 1",
    "Spearman's; ties share ranks; 0 if all forecasts are the same",
)


def _reading(name: str, words: str) -> dict[str, Description]:
    return {
        f"{name}_beta": Description(
            f"neural capacitance of the probe after the epoch, {words}",
            "unit of dC/dW dW; 0 when nothing is left to learn",
            "delta_out . delta_in / sum(delta_in), of P averaged over training images",
            PAPER,
        ),
        f"{name}_beta.status": Description(f"why {name}_beta is empty"),
        f"{name}_numerator": Description(f"numerator of {name}_beta", "", "delta_out . delta_in"),
        f"{name}_denominator": Description(
            f"denominator of {name}_beta; changes sign early in training", "", "sum(delta_in)"
        ),
    }


def _stored() -> dict[str, Description]:
    found = {}
    for about in dictionary():
        found[about.name] = Description(about.meaning, about.unit, about.formula, about.source)
        found[f"{about.name}.status"] = Description(f"why {about.name} is empty")
    return found


RANKED = {
    "n": Description("candidates that have a forecast", "candidates"),
    "spearman": SPEARMAN,
    "low": Description("lower end of its interval", "-1 to 1", RUNS),
    "high": Description("upper end of its interval", "-1 to 1", RUNS),
    "regret": Description(
        "final accuracy of the best candidate less that of the one that is ranked first", "0 to 1"
    ),
}

CAPACITANCE_ENTRIES: dict[str, dict[str, Description]] = {
    "curves": {
        **CANDIDATE,
        "share": SHARE,
        "seed": SEED,
        "epoch": Description("epoch", "integer, from 1"),
        "loss": Description("training loss with dropout, mean over the epoch's steps", "nats"),
        "validation_accuracy": Description("share of validation data named right", "0 to 1"),
        "test_accuracy": Description("share of test data named right", "0 to 1"),
        **_reading("local", "local reading"),
        **_reading("exact", "exact reading"),
    },
    "candidates": {
        **CANDIDATE,
        "n_weights": Description("weights of the base network that are not pruned", "weights"),
        "n_layers": Description("layers of weights of the base network", "layers"),
        "features": Description("numbers that the base network hands to the probe", "numbers"),
        "h-score": Description(
            "transferability before fine-tuning: between-class part of the features' variance",
            "0 to min(features, classes - 1)",
            "trace(cov(f)^+ cov(E[f | y]))",
            "Bao et al. 2019",
        ),
        "leep": Description(
            "transferability: log expected empirical prediction through the source classes; empty "
            "if trained from scratch",
            "nats, at most 0",
            "mean of log sum_z P(y | z) p(z | x)",
            "Nguyen et al. 2020",
        ),
        "logme": Description(
            "transferability: maximum log evidence of a Bayesian linear model on the features",
            "nats an image",
            "mean over classes of log p(y | F) / n",
            "You et al. 2021",
        ),
        "nce": Description(
            "transferability: negative conditional entropy of the labels given the source class "
            "that the network names; empty if trained from scratch",
            "nats, at most 0",
            "-H(Y | Z)",
            "Tran et al. 2019",
        ),
        "runs": Description("runs with all images", "runs"),
        "accuracy": Description(
            "final accuracy: test accuracy at the epoch of best validation accuracy, mean over "
            "runs",
            "0 to 1",
        ),
        "sd": Description("standard deviation over runs (n - 1)"),
        "sd.status": Description("why sd, low and high are empty"),
        "low": Description("lower end of the mean's interval", "", T_INTERVAL),
        "high": Description("upper end of the mean's interval", "", T_INTERVAL),
        "rank": Description("rank of the mean accuracy", "1 = most accurate"),
    },
    "forecasts": {
        "share": SHARE,
        "epochs": EPOCHS,
        "predictor": PREDICTOR,
        "candidate": CANDIDATE["candidate"],
        "seed": SEED,
        "forecast": Description(
            "what the predictor says of the run: an accuracy, or a score of which only the order "
            "means something (ranking says which)",
            "higher is better",
        ),
        "forecast.status": Description("why forecast is empty"),
        "low": Description(
            "lower end of the forecast's own interval, where it has one",
            "",
            "95 %: the line's noise, the error of the mean and that of the slope",
        ),
        "high": Description("upper end of the forecast's own interval, where it has one"),
        "start": Description("first epoch that the forecast is fitted to", "epoch, from 1"),
        "truth": Description("final accuracy of the run, with all images", "0 to 1"),
    },
    "ranking": {
        "share": SHARE,
        "epochs": EPOCHS,
        "predictor": PREDICTOR,
        "kind": Description("accuracy, or score: only the order of forecasts means something"),
        "knows": Description("what the predictor looks at"),
        "candidates": Description("candidates of the zoo", "candidates"),
        "runs": Description("runs of each", "runs"),
        **RANKED,
        "spearman.status": Description("why spearman and what follows are empty"),
        "zoo_low": Description("lower end when candidates are drawn too", "-1 to 1", ZOO),
        "zoo_high": Description("upper end when candidates are drawn too", "-1 to 1", ZOO),
        "single": Description(
            "rank correlation if each candidate is seen in one run alone, mean over runs; the "
            "truth is the mean of its other runs",
            "-1 to 1",
        ),
        "regret_low": Description("lower end of the regret's interval", "0 to 1", RUNS),
        "regret_high": Description("upper end of the regret's interval", "0 to 1", RUNS),
        "error": Description(
            "mean absolute error of forecasts that are accuracies, over runs", "0 to 1"
        ),
        "chance_low": Description("2.5 % of random rankings have less", "-1 to 1"),
        "chance_high": Description("2.5 % of random rankings have more", "-1 to 1"),
        "chance_regret": Description("mean regret of a random pick", "0 to 1"),
        "reference": Description("where the predictor is from"),
    },
    "ranking_differences": {
        "share": SHARE,
        "epochs": EPOCHS,
        "predictor": PREDICTOR,
        "compared_with": Description("the other predictor"),
        "n": Description("candidates that both have a forecast of", "candidates"),
        "difference": Description("rank correlation less that of the other, over these candidates"),
        "low": Description("lower end of its interval", "", f"{RUNS}, paired"),
        "high": Description("upper end of its interval", "", f"{RUNS}, paired"),
        "zoo_low": Description("lower end when candidates are drawn too", "", f"{ZOO}, paired"),
        "zoo_high": Description("upper end when candidates are drawn too", "", f"{ZOO}, paired"),
    },
    "starts": {
        "epochs": EPOCHS,
        "predictor": PREDICTOR,
        "start": Description("first epoch that the line is fitted to", "epoch, from 1"),
        "chosen": Description(
            "share of runs in which that epoch is chosen",
            "0 to 1",
            "least Bayesian information criterion per epoch, over windows of half the epochs",
        ),
        **RANKED,
    },
    "capacitance": {
        "network": NETWORK,
        **CONFIGURATION,
        "category": CATEGORY,
        "seed": ENTRIES["networks"]["seed"],
        "accuracy_drop": ENTRIES["networks"]["accuracy_drop"],
        **_stored(),
    },
}
CAPACITANCE_ENTRIES["sparse_scores"] = PREDICTION_ENTRIES["prediction_scores"]
CAPACITANCE_ENTRIES["sparse_comparisons"] = PREDICTION_ENTRIES["prediction_comparisons"]
