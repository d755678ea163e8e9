"""What the page shows of the tables."""

from __future__ import annotations

__all__ = ["ON_PAGE"]

# What the page shows of each table: heading, what a row is, and the columns (None: all). A table
# that is not named here is linked alone.
ON_PAGE: dict[str, tuple[str, str, tuple[str, ...] | None]] = {
    "accuracy": (
        "Accuracy",
        "One row a data set, model, method and sparsity: mean test accuracy over seeds, and the "
        "difference from the dense networks of the same seeds, with 95 % intervals.",
        (
            "dataset",
            "model",
            "method",
            "category",
            "sparsity",
            "n",
            "mean",
            "low",
            "high",
            "difference",
            "difference_low",
            "difference_high",
            "rank",
            "best_rank",
            "epochs",
            "epochs_before",
        ),
    ),
    "methods": (
        "Methods",
        "One row a method: its category, what it needs, its options and where it is from.",
        None,
    ),
    "densities": (
        "Layer densities",
        "One row a data set, model, method, sparsity and layer: how many of its weights are kept.",
        (
            "dataset",
            "model",
            "method",
            "sparsity",
            "position",
            "layer",
            "n_weights",
            "density",
            "lowest",
            "highest",
            "share",
        ),
    ),
    "networks": (
        "Networks",
        "One row a network: what it is, how accurate it is, and, where graphs are measured, some "
        "metrics of its multipartite graph.",
        (
            "dataset",
            "model",
            "method",
            "category",
            "sparsity",
            "density",
            "seed",
            "test_accuracy",
            "accuracy_drop",
            "*.size.nodes",
            "*.size.edges",
            "*.local.effective_sparsity",
            "*.local.sources_per_node",
            "*.local.sinks_per_node",
            "*.connectivity.components",
            "*.connectivity.bridges_per_edge",
            "*.motifs.chain_per_edge",
            "*.motifs.size3_per_edge",
            "*.neighbourhood.hop2_per_node",
            "*.strength.final_mean",
        ),
    ),
    "pairs": (
        "Pairs of networks",
        "One row for two networks that differ in their seed alone, or in their data set alone: how "
        "far apart their topologies are, how many weights they share, and what chance gives.",
        (
            "differ",
            "dataset",
            "dataset_b",
            "model",
            "method",
            "sparsity",
            "seed_a",
            "seed_b",
            "distance.nnstd",
            "distance.nnstd_er_mean",
            "distance.nnstd_er_z",
            "stability.jaccard",
            "stability.jaccard_expected",
            "stability.fraction",
            "stability.fraction_expected",
            "stability.shared_er_z",
            "others.degrees",
            "others.deltacon",
            "others.portrait",
            "others.spectral",
        ),
    ),
    "evolved": (
        "Networks whose topologies are compared",
        "One row a network that SET trained from a start that it all but shares with others.",
        None,
    ),
    "distances": (
        "Distances",
        "One row for two networks of an experiment, all layers or the first alone: how far apart "
        "their topologies are, and what chance gives.",
        None,
    ),
    "retrained": (
        "Topologies trained again",
        "One row a training with fixed links: whose topology, of which epoch, from which weights.",
        None,
    ),
    "ranking": (
        "Ranking of candidates",
        "One row a share of the training images, number of epochs seen and predictor: how its "
        "forecasts rank the candidates.",
        (
            "share",
            "epochs",
            "predictor",
            "n",
            "spearman",
            "low",
            "high",
            "single",
            "regret",
            "chance_regret",
            "error",
            "knows",
            "spearman.status",
        ),
    ),
    "ranking_differences": (
        "Ranking: beta_eff beside the others",
        "One row a share, number of epochs, reading of beta_eff and other predictor: difference of "
        "their rank correlations.",
        None,
    ),
    "candidates": (
        "Candidates",
        "One row a candidate: what it is, and how accurate in the end.",
        None,
    ),
    "sparse_scores": (
        "Accuracy drop of sparse networks: scores",
        "One row for every folding and feature set; capacitance is beta_eff alone.",
        (
            "task",
            "folding",
            "features",
            "metric",
            "score",
            "low",
            "high",
            "n_networks",
            "n_features",
            "score.status",
        ),
    ),
    "sparse_comparisons": (
        "Accuracy drop of sparse networks: comparisons",
        "Differences between the scores of two feature sets on the same folds.",
        None,
    ),
    "prediction_scores": (
        "Prediction: scores",
        "One row for every question, folding and feature set.",
        (
            "part",
            "task",
            "folding",
            "features",
            "model",
            "metric",
            "score",
            "low",
            "high",
            "n_networks",
            "n_classes",
            "n_features",
            "score.status",
        ),
    ),
    "prediction_null": (
        "Prediction: scores beside shuffled labels",
        "What the same model scores when labels (or accuracy drops) are shuffled among the "
        "configurations of each data set, model and sparsity, seeds kept together.",
        (
            "part",
            "task",
            "folding",
            "features",
            "metric",
            "score",
            "low",
            "high",
            "null_mean",
            "null_low",
            "null_high",
            "null_p",
            "null_samples",
            "null_p.status",
        ),
    ),
    "prediction_comparisons": (
        "Prediction: comparisons",
        "Differences between the scores of two feature sets on the same folds, and of one feature "
        "set between random and grouped folds.",
        None,
    ),
    "prediction_importance": (
        "Prediction: importance",
        "What an answer rests on: families of metrics and clusters of correlated ones, as measured "
        "and as residuals beyond layer densities.",
        None,
    ),
    "prediction_beyond": (
        "Prediction: beyond layer densities",
        "One row for every question and what models saw: layer densities alone, metrics, what is "
        "left of them, both.",
        (
            *("part", "task", "folding", "features", "sees", "metric"),
            *("score", "low", "high", "gained", "gained_low", "gained_high", "n_networks"),
        ),
    ),
    "prediction_clusters": (
        "Metrics that say the same",
        "One row a metric: its cluster, and how much of it the layer densities explain.",
        None,
    ),
    "published_joins": (
        "What became of the published rows",
        "Rows and networks of every published table: dropped, joined, left over.",
        None,
    ),
}
