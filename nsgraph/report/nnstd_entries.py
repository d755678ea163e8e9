"""Descriptions of the columns of the tables that the study of topology distance makes."""

from __future__ import annotations

from nsgraph.report.entries import CONFIGURATION, NETWORK, US, Description

__all__ = ["NNSTD_ENTRIES"]

PAPER = "Liu et al. 2020"
CASE = {name: CONFIGURATION[name] for name in ("dataset", "model")}
ROOT = "the seed that its links go back to: of the chain, the drawing, or the start of training"
PLACE = (
    "its place in the experiment: step of the chain, density, number among the networks of a "
    "start, or epoch"
)
TURNOVER = (
    "distance of networks that keep as many links of their start in every layer as training kept, "
    "while which links, and where the others went, is random (pairs of one start, after training)"
)
SD = "standard deviation over the draws (n - 1)"

NNSTD_ENTRIES: dict[str, dict[str, Description]] = {
    "distances": {
        **CASE,
        "experiment": Description(
            "chain: random networks, each with some links elsewhere than the one before; "
            "densities: independent random networks; before, after: networks trained by SET, at "
            "their start and after the last epoch; trajectory: snapshots of one training",
            source=PAPER,
        ),
        "root_a": Description(f"one network: {ROOT}", "integer >= 0"),
        "place_a": Description(f"one network: {PLACE}"),
        "root_b": Description(f"the other network: {ROOT}", "integer >= 0"),
        "place_b": Description(f"the other network: {PLACE}"),
        "layers": Description("all: the mean over the layers; first: the first layer alone"),
        "distance": Description(
            "topology distance NNSTD, invariant form",
            "0 to 1",
            "mean over matched neurons of symmetric difference / union of their input sets",
            f"{PAPER}, {US}",
        ),
        "chance_mean": Description(
            "distance of Erdos-Renyi networks with as many links in every layer, mean", "0 to 1"
        ),
        "chance_sd": Description(f"of that distance: {SD}"),
        "chance_z": Description(
            "how far from chance the distance is", "sd", "(distance - chance_mean) / chance_sd"
        ),
        "chance_samples": Description("pairs of Erdos-Renyi networks drawn", "integer >= 2"),
        "unaligned": Description(
            "expected distance of random layers of these densities whose neurons are not matched",
            "0 to 1",
            "(1 - ((1 - d_a)(1 - d_b))^n) (1 - d_a d_b / (d_a + d_b - d_a d_b)), n inputs",
        ),
        "shared": Description(
            "share of the links that both networks have in the same place",
            "0 to 1",
            "2 shared / (links of a + links of b)",
        ),
        "shared_expected": Description("the same if all links were placed at random", "0 to 1"),
        "turnover_mean": Description(f"mean {TURNOVER}", "0 to 1; empty for other pairs"),
        "turnover_sd": Description(f"of that distance: {SD}"),
        "turnover_z": Description(
            "how far the distance is from that of random turnover",
            "sd",
            "(distance - turnover_mean) / turnover_sd",
        ),
    },
    "evolved": {
        **CASE,
        "sparsity": CONFIGURATION["sparsity"],
        "start": Description("seed of the start that networks of a group have all but in common"),
        "number": Description("number of the network among those of its start", "integer, from 0"),
        "seed": Description("seed of its training", "integer >= 0"),
        "best_epoch": Description("epoch of best validation accuracy", "epoch, from 1"),
        "test_accuracy": Description("share of test data named right at that epoch", "0 to 1"),
        "start_kept": Description(
            "share of the links of its start that it has after the last epoch", "0 to 1"
        ),
        "start_kept_first": Description("the same for the first layer", "0 to 1"),
        "file": Description("the network's file, from the folder the workflow ran in"),
    },
    "retrained": {
        **CASE,
        "network": NETWORK,
        "seed": Description("seed of the training whose topology it is", "integer >= 0"),
        "epoch": Description("epoch of that training from which the topology is", "epoch"),
        "topology": Description(
            "evolved: the links of that epoch; random: as many in every layer, drawn anew"
        ),
        "weights": Description(
            "weights that the training with fixed links starts from: own (of that epoch) or fresh "
            "(drawn anew, the same for all topologies of a seed)"
        ),
        "best_epoch": Description("epoch of best validation accuracy", "epoch, from 1"),
        "validation_accuracy": Description("share of validation data named right", "0 to 1"),
        "test_accuracy": Description("share of test data named right at that epoch", "0 to 1"),
        "file": Description("the network's file, from the folder the workflow ran in"),
    },
}
