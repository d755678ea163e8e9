"""What NNSTD does under relabelling: published algorithm and invariant procedure side by side.

`python benchmarks/invariance.py [NETWORK.safetensors ...]`
`python benchmarks/invariance.py --random [--pairs N] [--widths 64-64-64-10 ...] [--densities ...]`

Copies: the distance between a network and a relabelled copy of it, and to a copy with 1 % of its
links rewired, relabelled as well, beside the distance with every neuron where it was. Random MLPs
784-784-784-784-10 and the given networks (chains of linear layers).

Above (`--random`): of N pairs of random networks, the share whose invariant value is above the
least of 8 runs of the published algorithm on random relabellings; the share of single runs below
it; the largest excess; the mean of the runs less the invariant value; the share of pairs for which
the value is proven to be the least.
"""

from __future__ import annotations

import argparse
from itertools import pairwise

import numpy as np

import nsgraph as ns
from nsgraph.distance import distance

DENSITIES = (0.001, 0.002, 0.006, 0.01, 0.02, 0.05, 0.2, 0.5)
WIDTHS = (
    (6, 6, 6, 3),
    (16, 16, 16, 4),
    (64, 64, 64, 10),
    (300, 300, 100, 10),
    (784, 784, 784, 10),
)
RUNS = 8

Masks = dict[str, np.ndarray]


def mlp(rng: np.random.Generator, widths: tuple[int, ...], density: float) -> Masks:
    """Erdos-Renyi layers of one density."""
    masks = {}
    for i, (before, after) in enumerate(pairwise(widths)):
        mask = np.zeros(before * after, dtype=bool)
        mask[rng.choice(mask.size, round(density * mask.size), replace=False)] = True
        masks[f"fc{i}"] = mask.reshape(after, before)
    return masks


def relabelled(rng: np.random.Generator, masks: Masks) -> Masks:
    """Hidden neurons in another order."""
    names, copy = list(masks), {}
    before = np.arange(masks[names[0]].shape[1])
    for name in names:
        width = len(masks[name])
        after = np.arange(width) if name == names[-1] else rng.permutation(width)
        copy[name] = masks[name][after][:, before]
        before = after
    return copy


def rewired(rng: np.random.Generator, masks: Masks, share: float = 0.01) -> Masks:
    """A share of the links of each layer moved to empty places."""
    moved = {}
    for name, mask in masks.items():
        flat = mask.ravel().copy()
        links, empty = np.flatnonzero(flat), np.flatnonzero(~flat)
        count = min(round(share * len(links)), len(empty))
        flat[rng.choice(links, count, replace=False)] = False
        flat[rng.choice(empty, count, replace=False)] = True
        moved[name] = flat.reshape(mask.shape)
    return moved


def in_place(a: Masks, b: Masks) -> float:
    """Distance with every neuron matched to the one in its place."""
    return float(
        np.mean([np.mean((a[k] ^ b[k]).sum(1) / np.maximum((a[k] | b[k]).sum(1), 1)) for k in a])
    )


def copies(name: str, masks: Masks, rng: np.random.Generator) -> None:
    """A row of the first table."""
    copy, near = relabelled(rng, masks), rewired(rng, masks)
    far = relabelled(rng, near)
    own = distance(masks, copy).value
    plain = distance(masks, copy, tie_break="none").value
    found = distance(masks, far).value
    again = distance(relabelled(rng, far), copy).value
    of_far = distance(masks, far, tie_break="none").value
    print(
        f"| {name} | {own:g} | {plain:.4f} | {in_place(masks, near):.5f} | {found:.5f} | "
        f"{of_far:.5f} | {'yes' if again == found else 'NO'} |",
        flush=True,
    )


def above(widths: tuple[int, ...], density: float, pairs: int) -> None:
    """A row of the second table."""
    rng = np.random.default_rng([*widths, round(1000 * density)])
    excess, gains, proven = [], [], 0
    for _ in range(pairs):
        a, b = mlp(rng, widths, density), mlp(rng, widths, density)
        found = distance(a, b)
        proven += found.proven
        runs = [
            distance(relabelled(rng, a), relabelled(rng, b), tie_break="none").value
            for _ in range(RUNS)
        ]
        excess.append(found.value - np.array(runs))
        gains.append(np.mean(runs) - found.value)
    below, name = np.array(excess) > 1e-9, "-".join(map(str, widths))
    print(
        f"| {name} | {density:g} | {pairs} | {below.any(axis=1).mean():.3f} | "
        f"{below.mean():.4f} | {max(0.0, float(np.max(excess))):.4f} | {np.mean(gains):.4f} | "
        f"{proven / pairs:.2f} |",
        flush=True,
    )


def head(*columns: str) -> None:
    """First lines of a table."""
    print("| " + " | ".join(columns) + " |\n" + "| --- " * len(columns) + "|")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*")
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--random", action="store_true", help="the second table, not the first")
    parser.add_argument("--widths", nargs="+", help="such as 64-64-64-10, of the second table")
    parser.add_argument("--densities", nargs="+", type=float, default=DENSITIES)
    options = parser.parse_args()
    if options.random:
        head(
            "widths",
            "density",
            "pairs",
            "above the least of 8",
            "runs below",
            "largest excess",
            "mean run less value",
            "proven",
        )
        asked = [tuple(int(width) for width in text.split("-")) for text in options.widths or []]
        for widths in asked or WIDTHS:
            few = not asked and widths[0] >= 300  # each takes seconds
            for density in options.densities:
                above(widths, density, options.pairs // 5 if few else options.pairs)
        return
    head(
        "network",
        "relabelled copy",
        "published",
        "1 % rewired, in place",
        "relabelled",
        "published",
        "same bits in the other order",
    )
    for density in DENSITIES:
        rng = np.random.default_rng(1)
        copies(f"random, {density:.1%}", mlp(rng, (784, 784, 784, 784, 10), density), rng)
    for path in options.networks:
        masks = {name: np.asarray(mask) for name, mask in ns.load_network(path).masks.items()}
        copies(path, masks, np.random.default_rng(2))


if __name__ == "__main__":
    main()
