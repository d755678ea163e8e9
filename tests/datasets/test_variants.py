"""Smaller variants of a data set, by its name."""

from __future__ import annotations

import numpy as np
import pytest

from nsgraph import datasets
from nsgraph.datasets.loading import fingerprint
from nsgraph.datasets.raw import Raw
from nsgraph.datasets.variants import base_name, vary
from nsgraph.errors import UserError


def raw(n=200, side=6, seed=0):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n, 2, side, side), dtype=np.uint8)
    labels = np.sort(rng.integers(0, 4, n))
    return Raw((images, labels), (images[:20], labels[:20]), tuple("abcd"))


def test_pixels_are_means_of_the_areas_they_cover():
    whole = raw()
    found = vary("set@2px", whole, 0)
    for pair, small in ((whole.train, found.train), (whole.test, found.test)):
        blocks = pair[0].reshape(len(pair[0]), 2, 2, 3, 2, 3).mean((3, 5))
        assert np.abs(small[0] - blocks).max() <= 0.5
        assert small[0].dtype == np.uint8
        assert np.array_equal(small[1], pair[1])


@pytest.mark.parametrize("number", [4, 7, 50, 199, 200])
def test_so_many_images_of_every_class_its_share(number):
    whole = raw()
    found = vary(f"set@{number}", whole, 0)
    images, labels = found.train
    assert len(images) == len(labels) == number
    shares = number * np.bincount(whole.train[1], minlength=4) / 200
    assert np.abs(np.bincount(labels, minlength=4) - shares).max() < 1.5
    rows = {image.tobytes(): label for image, label in zip(*whole.train, strict=True)}
    assert [rows[image.tobytes()] for image in images] == labels.tolist()
    assert found.test is whole.test


def test_the_split_seed_chooses_the_images():
    first, again, other = (vary("set@50", raw(), seed).train[0] for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_variants_are_loaded_by_name():
    data = datasets.load("digits@4px@300")
    assert data.input_shape == (1, 4, 4)
    assert len(data.train) + len(data.validation) + len(data.test) == 300
    assert data.name == "digits@4px@300"
    assert base_name(data.name) == "digits"
    assert fingerprint(data.name) == []
    assert data.digest() != datasets.load("digits").digest()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("digits@", "asks for the variant ''"),
        ("digits@small", "asks for the variant 'small'"),
        ("digits@12px", "8 x 8 pixels"),
        ("digits@0px", "8 x 8 pixels"),
        ("digits@9", "expected 10 to 1797"),
        ("digits@5000", "5000 of 1797"),
        ("nothing@16px", "no data set 'nothing'"),
    ],
)
def test_wrong_variants_are_refused(name, sentence):
    with pytest.raises(UserError, match=sentence):
        datasets.load(name)
