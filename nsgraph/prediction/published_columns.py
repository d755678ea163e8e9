"""What the columns of the published tables are, and what they are called here.

The tables of Cunegatti et al. 2024 (eliacunegatti/mge-snn, commit 02ba1eb) keep their own words: a
column `motif` becomes `multipartite.motifs.motif`, with encoding and family before it and nothing
else changed, since the definitions are not ours (`motif` is an estimate from a sample). Metrics of
weights get `initial_` or `final_` as well: the tables hold weights at initialisation for methods
that prune before training and trained ones for dynamic methods, in one column.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "CATEGORIES",
    "FAMILIES",
    "IDENTITY",
    "LAYER_FAMILIES",
    "METHOD_PREFIX",
    "OTHER_NAMES",
    "RAMANUJAN",
    "WEIGHTED",
    "PublishedMetric",
    "dictionary",
]

PAPER = "Cunegatti et al. 2024, published tables"
METHOD_PREFIX = "published-"
"""Before every method: `uniform` there is random over the whole network, `er` is nearly our `erk`,
`itop` does not say which of the two. None of them may be joined to a method of ours."""

CATEGORIES = {
    "uniform": "layer-wise random",
    "er": "layer-wise random",
    "erk": "layer-wise random",
    "snip": "pruning at initialisation",
    "grasp": "pruning at initialisation",
    "synflow": "pruning at initialisation",
    "prospr": "pruning at initialisation",
    "dsr": "dynamic sparse training",
    "snfs": "dynamic sparse training",
    "rigl": "dynamic sparse training",
    "itop": "dynamic sparse training",
}
IDENTITY = ("dataset", "model", "pruning", "sparsity", "seed")

# Table of the multipartite graphs (unrolled.csv): column -> family.
FAMILIES = {
    "nodes": "size",
    "edges": "size",
    "sink_nodes": "local",
    "source_nodes": "local",
    "disc_nodes": "local",
    "r-out": "local",
    "r-in": "local",
    "1-hop_nei": "neighbourhood",
    "2-hop_nei": "neighbourhood",
    "motif": "motifs",
    "no_connected_components": "connectivity",
    "mean_connected_components": "connectivity",
    "cut-edges": "connectivity",
    "cut-nodes": "connectivity",
    "avg_node_strength": "strength",
    "k-core": "strength",
    "spectral_gap": "spectral",
    "spectral_radius": "spectral",
}

# Tables of single layers (rolled, rolled_channel): column -> family.
LAYER_FAMILIES = {
    **dict.fromkeys(
        (
            "nodes",
            "edges",
            "unique_edges",
            "weights_edges_ratio",
            "density_directed",
            "density_undirected",
            "avg_degree_all",
            "avg_degree_in",
            "avg_degree_out",
        ),
        "size",
    ),
    **dict.fromkeys(("max_degree", "min_degree", "assortativity"), "heterogeneity"),
    **dict.fromkeys(
        ("sink_nodes", "source_nodes", "disconnected_nodes", "lost_out_edges", "lost_in_edges"),
        "local",
    ),
    **dict.fromkeys(("nei_one_hop", "nei_two_hop"), "neighbourhood"),
    "motifs_count": "motifs",
    **dict.fromkeys(
        (
            *("bridges", "a_point", "strong_clusters", "weak_clusters", "max_strong", "max_weak"),
            *("min_strong", "min_weak", "mean_strong", "mean_weak"),
        ),
        "connectivity",
    ),
    **dict.fromkeys(("strenght_all", "strenght_out", "coreness_all"), "strength"),
    **dict.fromkeys(
        (f"{what}_{way}" for what in ("delta_r", "delta_s") for way in ("directed", "undirected")),
        "expansion",
    ),
    **dict.fromkeys(
        (
            f"{what}_{kind}_{way}"
            for what in ("spectral_gap", "spectral_radius_laplacian")
            for kind in ("unweighted", "weighted")
            for way in ("directed", "undirected")
        ),
        "spectral",
    ),
}
RAMANUJAN = ("iterative_spectral_gap", "iterative_degree_bound", "degree_bound")

# Two of the tables of layers have other, fewer columns: their name -> the others' name for it.
OTHER_NAMES = {
    "pruning_algorithm": "pruning",
    "cut-edges": "bridges",
    "cut-nodes": "a_point",
    "motif": "motifs_count",
    "no_connected_components": "weak_clusters",
    "mean_connected_components": "mean_weak",
    "avg_node_strength": "strenght_all",
    "1-hop_nei": "nei_one_hop",
    "k-core": "coreness_all",
    "spectral_gap": "spectral_gap_weighted_undirected",
    "spectral_radius": "spectral_radius_laplacian_weighted_undirected",
}

WEIGHTED = {
    "avg_node_strength",
    "spectral_gap",
    "spectral_radius",
    "strenght_all",
    "strenght_out",
    "iterative_spectral_gap",
    *(c for c in LAYER_FAMILIES if c.startswith("spectral") and "_weighted_" in c),
}


class PublishedMetric(NamedTuple):
    """An entry of the data dictionary, as `nsgraph.metrics.Metric` is one."""

    name: str
    family: str
    meaning: str
    unit: str = ""
    formula: str = ""
    source: str = PAPER


# As the paper's code normalises them; what is not here is as it was measured.
MULTIPARTITE = {
    "nodes": ("nodes of the multipartite graph, with the input's padding", "nodes", ""),
    "edges": ("edges of the multipartite graph", "edges", ""),
    "sink_nodes": (
        "nodes without out-edges, less the outputs",
        "per node",
        "(sinks - outputs) / N",
    ),
    "source_nodes": (
        "nodes without in-edges, less the inputs",
        "per node",
        "(sources - inputs) / N",
    ),
    "disc_nodes": ("nodes without edges", "per node", "disconnected / N"),
    "r-out": ("out-edges of sources", "per edge", "edges / E"),
    "r-in": ("in-edges of sinks", "per edge", "edges / E"),
    "1-hop_nei": ("mean number of nodes within one step", "per edge", "mean / E"),
    "2-hop_nei": ("mean number of nodes within two steps", "per edge", "mean / E"),
    "motif": ("motifs of three and four nodes, estimated from a sample", "per edge", "count / E"),
    "no_connected_components": ("connected components", "components", ""),
    "mean_connected_components": ("mean size of a connected component", "per node", "mean / N"),
    "cut-edges": ("bridges", "per edge", "bridges / E"),
    "cut-nodes": ("articulation nodes", "per edge", "articulation nodes / E"),
    "avg_node_strength": ("mean node strength", "per edge", "mean / E"),
    "k-core": ("mean core number", "per edge", "mean / E"),
    "spectral_gap": ("gap of the two largest eigenvalues of the weighted adjacency", "", ""),
    "spectral_radius": ("largest eigenvalue of the weighted Laplacian", "", ""),
}

OF_MASKS = (
    ("density", [f"{k:02d}" for k in range(1, 100)], "share of weights kept, by layer", "0 to 1"),
    ("profile", [f"{k:02d}" for k in range(11)], "the same at a tenth of the depth", "0 to 1"),
    ("cost", ["weights", "kept"], "prunable weights, and those kept", "weights"),
)


def dictionary() -> list[PublishedMetric]:
    """Descriptions of all published metrics, by the names they have here."""
    found = []
    for name, family in FAMILIES.items():
        meaning, unit, formula = MULTIPARTITE[name]
        found += _entries(name, family, meaning, unit, formula)
    layers = LAYER_FAMILIES | dict.fromkeys(RAMANUJAN, "expansion")
    for name, family in layers.items():
        if name not in FAMILIES:
            meaning = f"`{name}` of a layer, mean over the layers in which it is defined"
            found += _entries(name, family, meaning, "", "")
    return found + [
        PublishedMetric(f"{family}.{name}", family, meaning, unit)
        for family, names, meaning, unit in OF_MASKS
        for name in names
    ]


def _entries(
    name: str, family: str, meaning: str, unit: str, formula: str
) -> list[PublishedMetric]:
    if name not in WEIGHTED:
        return [PublishedMetric(f"{family}.{name}", family, meaning, unit, formula)]
    return [
        PublishedMetric(
            f"{family}.{kind}_{name}", family, f"{meaning}, {kind} weights", unit, formula
        )
        for kind in ("initial", "final")
    ]
