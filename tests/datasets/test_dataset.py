from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import nsgraph as ns
from nsgraph.datasets import Dataset, load
from nsgraph.datasets.split import stratified_parts
from nsgraph.errors import UserError


def _imports(code: str, module: str) -> bool:
    """Whether the code, run in an interpreter of its own, imports the module."""
    command = [sys.executable, "-c", f"import sys; {code}; print({module!r} in sys.modules)"]
    folder = Path(ns.__file__).parents[1]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip() == "True"


def test_digits_are_scikit_learns() -> None:
    from sklearn.datasets import load_digits

    data = load("digits")
    splits = (data.train, data.validation, data.test)
    assert [len(s) for s in splits] == [1259, 269, 269]
    assert data.input_shape == (1, 8, 8)
    assert data.classes == 10
    images = np.concatenate([s.images.numpy() for s in splits]).reshape(-1, 64)
    labels = np.concatenate([s.labels.numpy() for s in splits])
    ours = sorted(zip(map(bytes, images), labels.tolist(), strict=True))
    bunch = load_digits()
    theirs = np.rint(bunch.data * 255 / 16).astype(np.uint8)
    assert ours == sorted(zip(map(bytes, theirs), bunch.target.tolist(), strict=True))
    assert data.train.images.max() == 255


def test_digits_import_no_sklearn() -> None:
    assert not _imports("from nsgraph.datasets import load; load('digits')", "sklearn")


def test_names_are_known_without_torch() -> None:
    assert not _imports("import nsgraph as ns; ns.datasets.names()", "torch")
    assert ns.datasets.names()[0] == "digits"


def test_split_depends_on_the_split_seed_alone() -> None:
    torch.manual_seed(1)
    a = load("digits", split_seed=3)
    torch.manual_seed(2)
    b, c = load("digits", split_seed=3), load("digits", split_seed=4)
    assert torch.equal(a.train.images, b.train.images)
    assert torch.equal(a.test.labels, b.test.labels)
    assert not torch.equal(a.test.images, c.test.images)


def test_mean_and_std_are_of_the_training_part() -> None:
    data = load("digits")
    x = data.train.images.double() / 255
    torch.testing.assert_close(data.mean.double(), x.mean((0, 2, 3)), rtol=1e-6, atol=0)
    std = x.std((0, 2, 3), correction=0)
    torch.testing.assert_close(data.std.double(), std, rtol=1e-6, atol=0)
    normal = data.normalise(data.train.images)
    assert normal.dtype == torch.float32
    assert abs(float(normal.mean())) < 1e-5
    assert abs(float(normal.std()) - 1) < 1e-3


def test_moments_of_many_channels_and_blocks() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2500, 3, 5, 4), dtype=np.uint8)
    images[:, 2] = 77
    data = Dataset.from_arrays(
        "own", train=(images, np.arange(2500) % 3), validation=(images, np.arange(2500) % 3),
        test=(images, np.arange(2500) % 3),
    )  # fmt: skip
    expected = images.astype(float) / 255
    np.testing.assert_allclose(data.mean, expected.mean((0, 2, 3)), rtol=1e-6)
    np.testing.assert_allclose(data.std[:2], expected.std((0, 2, 3))[:2], rtol=1e-6)
    assert data.std[2] == 1  # constant: only shifted
    assert data.normalise(data.train.images)[:, 2].abs().max() < 1e-5


@given(
    counts=st.lists(st.integers(4, 60), min_size=1, max_size=5),
    fractions=st.sampled_from([(0.1,), (0.15, 0.15)]),
    seed=st.integers(0, 5),
)
def test_parts_are_disjoint_complete_and_stratified(
    counts: list[int], fractions: tuple[float, ...], seed: int
) -> None:
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    parts = stratified_parts(labels, fractions, seed)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(labels)))
    for part, fraction in zip(parts[1:], fractions, strict=True):
        found = np.bincount(labels[part], minlength=len(counts))
        assert found.tolist() == [max(round(fraction * n), 1) for n in counts]


def test_too_few_images_to_divide() -> None:
    with pytest.raises(UserError, match="too few"):
        stratified_parts(np.array([0, 1]), (0.15, 0.15), 0)


def test_from_arrays_takes_torch_and_greyscale_and_keeps_given_parts() -> None:
    x = torch.randint(0, 256, (40, 6, 6), dtype=torch.uint8)
    y = torch.arange(40) % 4
    data = Dataset.from_arrays("own", (x, y), test=(x[:8], y[:8]), split_seed=1)
    assert data.input_shape == (1, 6, 6)
    assert (len(data.train), len(data.validation), len(data.test)) == (36, 4, 8)
    assert torch.equal(data.test.images[:, 0], x[:8])
    whole = Dataset.from_arrays("own", (x, y), classes=7)
    assert whole.classes == 7
    assert (len(whole.validation), len(whole.test)) == (8, 8)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train": (np.zeros((4, 2, 2)), [0, 1, 0, 1])}, "float64; expected uint8"),
        ({"train": (np.zeros((4, 2), np.uint8), [0, 1, 0, 1])}, "shape"),
        ({"train": (np.zeros((4, 2, 2), np.uint8), [0, 1])}, r"expected \(4,\)"),
        ({"train": (np.zeros((4, 2, 2), np.uint8), [0.0, 1, 1, 1])}, "expected integers"),
        ({"classes": 1}, "labels go from 0 to 1; expected 0 to 0"),
        ({"test": (np.zeros((4, 3, 3), np.uint8), [0, 1, 0, 1])}, "expected one shape"),
        ({"class_names": ("a", "b"), "classes": 3}, "class names"),
    ],
)
def test_from_arrays_refuses(changes: dict, message: str) -> None:
    good = {"train": (np.zeros((4, 2, 2), np.uint8), [0, 1, 0, 1])}
    with pytest.raises(UserError, match=message):
        Dataset.from_arrays("own", **(good | changes))


def test_unknown_name_suggests() -> None:
    with pytest.raises(UserError, match=r"no data set 'digit'.*Did you mean 'digits'"):
        load("digit")
