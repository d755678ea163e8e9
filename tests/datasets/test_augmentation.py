from __future__ import annotations

import pytest
import torch

from nsgraph.datasets import augment
from nsgraph.errors import UserError


def test_crop_flip_gives_shifted_and_mirrored_windows_of_the_padded_image() -> None:
    images = torch.randint(1, 256, (300, 3, 6, 5), dtype=torch.uint8)
    changed = augment(images, "crop-flip", torch.Generator().manual_seed(0))
    assert changed.shape == images.shape
    assert changed.dtype == torch.uint8
    seen = set()
    for before, after in zip(images, changed, strict=True):
        padded = torch.zeros(3, 14, 13, dtype=torch.uint8)
        padded[:, 4:10, 4:9] = before
        matches = {
            (top, left, flip)
            for top in range(9)
            for left in range(9)
            for flip in (False, True)
            if torch.equal(
                padded[:, top : top + 6, left : left + 5].flip(-1)
                if flip
                else padded[:, top : top + 6, left : left + 5],
                after,
            )
        }
        assert matches
        seen |= matches
    assert {top for top, _, _ in seen} == set(range(9))
    assert {left for _, left, _ in seen} == set(range(9))
    assert {flip for _, _, flip in seen} == {False, True}


def test_generator_decides_and_global_state_is_untouched() -> None:
    images = torch.randint(0, 256, (8, 1, 8, 8), dtype=torch.uint8)
    state = torch.get_rng_state()
    first, again, other = (
        augment(images, "crop-flip", torch.Generator().manual_seed(s)) for s in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(state, torch.get_rng_state())


def test_none_and_unknown() -> None:
    images = torch.zeros(1, 1, 2, 2, dtype=torch.uint8)
    generator = torch.Generator()
    assert augment(images, "none", generator) is images
    with pytest.raises(UserError, match=r"no augmentation 'flip'.*none, crop-flip"):
        augment(images, "flip", generator)
