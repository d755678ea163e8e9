"""Descriptions of the columns of the tables that the study of methods makes."""

from __future__ import annotations

from nsgraph.report.entries import CATEGORY, CONFIGURATION, Description

__all__ = ["METHOD_ENTRIES"]

T_INTERVAL = "95 % by Student's t over seeds"

METHOD_ENTRIES: dict[str, dict[str, Description]] = {
    "accuracy": {
        **CONFIGURATION,
        "category": CATEGORY,
        "n": Description("networks, one a seed", "networks"),
        "mean": Description(
            "test accuracy at the epoch of best validation accuracy, mean over seeds", "0 to 1"
        ),
        "sd": Description("standard deviation over seeds (n - 1)"),
        "low": Description("lower end of the mean's interval", "", T_INTERVAL),
        "high": Description("upper end of the mean's interval", "", T_INTERVAL),
        "sd.status": Description("why sd, low and high are empty"),
        "difference": Description(
            "accuracy less that of the dense network of the same seed, mean over seeds",
            "-1 to 1; below 0: lost",
        ),
        "difference_n": Description("seeds of which there are both networks", "seeds"),
        "difference_low": Description(
            "lower end of the difference's interval", "", f"{T_INTERVAL}, paired"
        ),
        "difference_high": Description(
            "upper end of the difference's interval", "", f"{T_INTERVAL}, paired"
        ),
        "difference.status": Description("why the difference or its interval is empty"),
        "rank": Description(
            "rank of the mean among the methods at this data set, model and sparsity",
            "1 = best; ties share the lower number",
        ),
        "best_rank": Description(
            "best rank that the seeds allow: 1 + the number of methods that are better for certain",
            "1 = none is",
            "1 + methods whose difference from this one, paired by seed, has its whole 95 % "
            "interval above 0 (not corrected for the number of comparisons)",
        ),
        "epochs": Description("epochs trained in all, the most of any seed", "epochs"),
        "epochs_before": Description("epochs of these before the final pruning", "epochs"),
    },
    "methods": {
        "method": Description("pruning algorithm; dense: none"),
        "category": CATEGORY,
        "needs": Description(
            "what the method looks at: nothing (but the initial weights), batches (of training "
            "data), shape (of the input), training, or external (another program)"
        ),
        "options": Description("options in force", "JSON"),
        "reference": Description("where the method is from"),
    },
    "densities": {
        **CONFIGURATION,
        "position": Description("place of the layer in the network", "integer, from 1"),
        "layer": Description("layer of the network, by its name in the module"),
        "category": CATEGORY,
        "shape": Description("shape of the layer's weights", "out x in (x height x width)"),
        "n_weights": Description("prunable weights of the layer", "weights"),
        "n": Description("networks, one a seed", "networks"),
        "density": Description(
            "share of the layer's weights that is kept, mean over networks", "0 to 1"
        ),
        "sd": Description("standard deviation of the density over networks (n - 1)"),
        "sd.status": Description("why sd is empty"),
        "lowest": Description("lowest density of a network", "0 to 1"),
        "highest": Description("highest density of a network", "0 to 1"),
        "share": Description(
            "share of the network's kept weights that are in this layer, mean over networks",
            "0 to 1",
        ),
    },
}
