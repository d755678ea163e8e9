"""Random changes of training images, for whole batches on their own device."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from nsgraph.errors import UserError

__all__ = ["AUGMENTATIONS", "augment"]

Generators = Sequence[torch.Generator]

PADDING = 4
"""Black pixels around the image before a crop of the original size."""


def _crop_flip(images: Tensor, generators: Generators) -> Tensor:
    n, _, height, width = images.shape
    share = n // len(generators)
    corners, coins = [], []
    for g in generators:
        corners.append(torch.randint(0, 2 * PADDING + 1, (2, share), generator=g, device=g.device))
        coins.append(torch.rand(share, generator=g, device=g.device))
    top, left = torch.cat(corners, 1).to(images.device)
    flip = torch.cat(coins) < 0.5
    padded = F.pad(images, (PADDING,) * 4)
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # a view: [n, C, 9, 9, H, W]
    cropped = windows[torch.arange(n, device=images.device), :, top, left]
    return torch.where(flip.to(images.device).view(-1, 1, 1, 1), cropped.flip(-1), cropped)


def _none(images: Tensor, generators: Generators) -> Tensor:
    return images


AUGMENTATIONS: dict[str, Callable[[Tensor, Generators], Tensor]] = {
    "none": _none,
    "crop-flip": _crop_flip,
}
"""Kinds of augmentation by name."""


def augment(images: Tensor, kind: str, generator: torch.Generator | Generators) -> Tensor:
    """A batch of changed images, of the same shape, type and device.

    Parameters
    ----------
    images
        `[n, channels, height, width]`, best as uint8, before normalisation.
    kind
        `"none"`, or `"crop-flip"`: each image is padded by 4 black pixels, cropped at random to its
        size and flipped left to right with probability 1/2 (He et al. 2016, section 4.2).
    generator
        Where the random numbers come from; the global generators are not touched. Of several, each
        draws for an equal part of the images, as if that were a batch of its own.

    Raises
    ------
    UserError
        On an unknown kind.
    """
    if kind not in AUGMENTATIONS:
        raise UserError(
            f"There is no augmentation {kind!r}; expected one of {', '.join(AUGMENTATIONS)}."
        )
    generators = [generator] if isinstance(generator, torch.Generator) else generator
    return AUGMENTATIONS[kind](images, generators)
