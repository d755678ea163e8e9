"""Smaller variants of a data set, by its name: `cifar10@16px`, `fashion-mnist@10000`, or both."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from nsgraph.datasets.raw import Pair, Raw
from nsgraph.errors import UserError
from nsgraph.seeds import stream

__all__ = ["base_name", "vary"]

CHUNK = 4096  # images that are scaled at a time


def base_name(name: str) -> str:
    """The data set that a variant is made of.

    >>> base_name("cifar10@16px@10000")
    'cifar10'
    """
    return _parts(name)[0]


def vary(name: str, raw: Raw, split_seed: int) -> Raw:
    """The variant of that name.

    Parameters
    ----------
    name
        `<data set>`, then any of `@16px`: images are scaled down to 16 x 16 pixels, each the mean
        of the area that it covers; and `@10000`: so many images stay for training and validation,
        of every class its share, drawn by `split_seed`. The test part stays whole.
    raw
        The whole data set.

    Raises
    ------
    UserError
        On a variant that is not of this form, or not smaller than the data set.
    """
    for variant in _parts(name)[1:]:
        if variant.endswith("px"):
            side = int(variant.removesuffix("px"))
            old = raw.train[0].shape[2:]
            if not 0 < side <= min(old):
                raise UserError(
                    f"{name}: the images have {old[0]} x {old[1]} pixels; they cannot be scaled "
                    f"down to {side} x {side}."
                )
            raw = replace(
                raw,
                train=_scaled(raw.train, side),
                test=None if raw.test is None else _scaled(raw.test, side),
                validation=None if raw.validation is None else _scaled(raw.validation, side),
            )
        else:
            raw = replace(raw, train=_some(name, raw.train, int(variant), split_seed))
    return raw


def _parts(name: str) -> list[str]:
    if "@" not in name or "/" in name:  # a path may have any letters
        return [name]
    parts = name.split("@")
    for variant in parts[1:]:
        if not re.fullmatch(r"[0-9]+(px)?", variant):
            raise UserError(
                f"{name!r} asks for the variant {variant!r} of {parts[0]!r}; expected a side such "
                "as @16px or a number of training images such as @10000."
            )
    return parts


def _scaled(pair: Pair, side: int) -> Pair:
    import torch
    from torch.nn import functional as F

    images, labels = pair
    parts = []
    for start in range(0, len(images), CHUNK):
        part = torch.from_numpy(np.ascontiguousarray(images[start : start + CHUNK])).float()
        parts.append(F.adaptive_avg_pool2d(part, side).round().to(torch.uint8).numpy())
    return np.concatenate(parts), labels


def _some(name: str, pair: Pair, number: int, split_seed: int) -> Pair:
    images, labels = pair
    known, sizes = np.unique(labels, return_counts=True)
    if not len(known) <= number <= len(labels):
        raise UserError(
            f"{name}: {number} of {len(labels)} training images of {len(known)} classes were asked "
            f"for; expected {len(known)} to {len(labels)}."
        )
    shares = number * sizes / len(labels)
    counts = np.maximum(np.floor(shares).astype(np.int64), 1)
    order = np.argsort(counts - shares, kind="stable")
    missing = number - int(counts.sum())
    for label in np.resize(order if missing > 0 else order[::-1], abs(missing)):
        counts[label] += np.sign(missing)
    rng = stream(split_seed, "subset")
    chosen = [
        rng.permutation(np.flatnonzero(labels == label))[:count]
        for label, count in zip(known, counts, strict=True)
    ]
    index = np.sort(np.concatenate(chosen))
    return images[index], labels[index]
