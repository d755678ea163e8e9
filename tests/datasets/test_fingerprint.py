from __future__ import annotations

import os

import numpy as np

from nsgraph.datasets import Dataset
from nsgraph.datasets.loading import fingerprint


def test_a_fingerprint_names_the_files_that_are_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NSGRAPH_DATA", raising=False)
    assert fingerprint("digits") == fingerprint("mnist") == []
    file = tmp_path / "data" / "mnist" / "t10k-labels-idx1-ubyte.gz"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"abc")
    (entry,) = fingerprint("mnist")
    assert entry.startswith("data/mnist/t10k-labels-idx1-ubyte.gz 3 ")
    os.utime(file, ns=(0, 0))
    assert fingerprint("mnist") != [entry]
    assert fingerprint("cifar10") == []


def test_a_folder_of_images_is_looked_into(tmp_path):
    image = tmp_path / "cats" / "one.png"
    image.parent.mkdir()
    image.write_bytes(b"12345")
    assert [entry.split()[1] for entry in fingerprint(str(tmp_path))][-1] == "5"


def test_a_digest_changes_with_any_pixel_label_or_split():
    images = np.arange(40 * 4, dtype=np.uint8).reshape(40, 1, 2, 2)
    labels = np.arange(40) % 4
    digest = Dataset.from_arrays("a", (images, labels)).digest()
    assert digest == Dataset.from_arrays("b", (images.copy(), labels)).digest()
    other = images.copy()
    other[7, 0, 1, 1] ^= 1
    turned = np.roll(labels, 1)
    changed = [
        Dataset.from_arrays("a", (other, labels)),
        Dataset.from_arrays("a", (images, turned)),
        Dataset.from_arrays("a", (images, labels), split_seed=1),
    ]
    assert len({digest, *(data.digest() for data in changed)}) == 4
