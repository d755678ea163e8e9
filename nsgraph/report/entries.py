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
    f"{INTERVAL}; in the studies of methods and of topology distance 95 % by Student's t over "
    "seeds, of ranks of candidates over their runs"
)
PAIR = {
    **CONFIGURATION,
    "differ": Description(
        "what the two networks of the pair differ in, all else being the same: seed (SaInit) or "
        "dataset (SaData: data sets of one input shape and number of classes; one seed, so that "
        "whatever a method keeps of its start is shared by construction)",
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
        "best_sparse_accuracy": Description(
            "published tables: best accuracy of a sparse network of that model and data set, from "
            "which accuracy_drop is taken there",
            "0 to 1",
        ),
        "weights": Description(
            "published tables: whether metrics of weights are of initial or of final ones"
        ),
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
