"""NNSTD and other distances beside the graph edit distance of tiny networks.

A network of four layers is compared with relabelled copies of itself in which some links were
moved. The exact edit distance (networkx) is the least number of links that differ under any
matching of hidden neurons; the links that differ under the matching of NNSTD are an upper bound.
Run with `OMP_NUM_THREADS=1 python benchmarks/edit_distance.py`; about a minute.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.stats import spearmanr

from nsgraph.distance import distance, others

WIDTHS = (6, 4, 4, 3)
DENSITY = 0.35
MOVED = (0, 1, 2, 4, 8, 16)
PAIRS = 60
BESIDE = ("degrees", "deltacon", "jaccard", "portrait", "spectral")

Masks = dict[str, np.ndarray]


def random_network(rng: np.random.Generator) -> Masks:
    """Chain of Erdos-Renyi layers."""
    masks = {}
    for i, (before, after) in enumerate(pairwise(WIDTHS)):
        flat = np.zeros(after * before, dtype=bool)
        flat[rng.choice(flat.size, round(DENSITY * flat.size), replace=False)] = True
        masks[f"fc{i}"] = flat.reshape(after, before)
    return masks


def moved(masks: Masks, links: int, rng: np.random.Generator) -> Masks:
    """Copy with so many links, of any layers, moved to empty places of their layer."""
    copy = {name: mask.copy() for name, mask in masks.items()}
    names = [name for name, mask in masks.items() for _ in range(mask.sum())]
    for name in rng.choice(names, min(links, len(names)), replace=False):
        flat = copy[name].reshape(-1)
        flat[rng.choice(np.flatnonzero(flat))], flat[rng.choice(np.flatnonzero(~flat))] = 0, 1
    return copy


def relabelled(masks: Masks, rng: np.random.Generator) -> Masks:
    """Copy with the hidden neurons in another order."""
    copy, before = {}, np.arange(WIDTHS[0])
    for name, mask in masks.items():
        last = name == list(masks)[-1]
        after = np.arange(len(mask)) if last else rng.permutation(len(mask))
        copy[name], before = mask[after][:, before], after
    return copy


def main() -> None:
    """Print a line for each number of moved links, and rank correlations over all pairs."""
    rng = np.random.default_rng(0)
    table: dict[str, list[float]] = {name: [] for name in ("edit", "upper", "nnstd", *BESIDE)}
    print("moved  edit distance  differing links  the same  most above  nnstd")
    for links in MOVED:
        for _ in range(PAIRS):
            a = random_network(rng)
            b = relabelled(moved(a, links, rng), rng)
            found = distance(a, b)
            table["nnstd"].append(found.value)
            table["upper"].append(sum(others.changed_links(a, b, found).values()))
            beside = others.compare(a, b, names=["edit", *BESIDE])
            for name in ("edit", *BESIDE):
                table[name].append(float(beside[name] or 0))
        edit, upper, nnstd = (np.array(table[n][-PAIRS:]) for n in ("edit", "upper", "nnstd"))
        print(
            f"{links:5}  {edit.mean():13.2f}  {upper.mean():15.2f}  {(edit == upper).mean():8.2f}"
            f"  {(upper - edit).max():10.0f}  {nnstd.mean():5.3f}"
        )
    assert np.all(np.array(table["edit"]) <= table["upper"])
    print(f"\nrank correlation with the edit distance, {len(table['edit'])} pairs")
    for name in ("upper", "nnstd", *BESIDE):
        print(f"{name:>9}  {spearmanr(table['edit'], table[name]).statistic:.3f}")


if __name__ == "__main__":
    main()
