"""The data sets known by name: where they are looked for, how they are read and fetched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nsgraph.datasets import cifar, idx, svhn, tiny_imagenet
from nsgraph.datasets.archive import ARCHIVES, PARTS, content_digest, open_archive
from nsgraph.datasets.cache import cached
from nsgraph.datasets.images import is_image, read_classes
from nsgraph.datasets.raw import Raw

__all__ = ["SOURCES", "Download", "Source", "find_in", "read_images"]


@dataclass(frozen=True)
class Download:
    """A file of the official distribution: its address and `algorithm:checksum`."""

    url: str
    checksum: str

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Source:
    """A data set by name.

    Attributes
    ----------
    folders
        Folders below the root in which it is looked for; the first is where it is fetched to.
    find
        Reads the official files of a folder, or returns None if it has none.
    downloads
        The official files.
    """

    folders: tuple[str, ...]
    find: Callable[[Path], Raw | None]
    downloads: tuple[Download, ...]


def read_images(path: Path) -> Raw:
    """Images of a folder, tar or zip: Tiny-ImageNet as shipped, or one folder per class."""
    return cached(content_digest(path), lambda: _decode(path))


def _decode(path: Path) -> Raw:
    archive = open_archive(path, _wanted)
    if tiny_imagenet.is_tiny_imagenet(archive):
        return tiny_imagenet.read(archive)
    return read_classes(archive)


def _wanted(name: str) -> bool:
    return is_image(name) or name.endswith(("wnids.txt", "val_annotations.txt"))


def _find_images(folder: Path) -> Raw | None:
    """Images below a folder that has parts of a data set, or in the only archive of a folder."""
    for inner in (folder, folder / "tiny-imagenet-200"):
        if inner.is_dir() and any(p.is_dir() and p.name.lower() in PARTS for p in inner.iterdir()):
            return read_images(inner)
    archives = sorted(p for p in folder.iterdir() if p.name.lower().endswith(ARCHIVES))
    return read_images(archives[0]) if len(archives) == 1 else None


def _idx(*class_names: str) -> Callable[[Path], Raw | None]:
    return lambda folder: idx.find(folder, class_names)


_MNIST_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def _four(base: str, *md5: str) -> tuple[Download, ...]:
    return tuple(
        Download(base + file, f"md5:{sum_}") for file, sum_ in zip(_MNIST_FILES, md5, strict=True)
    )


SOURCES: dict[str, Source] = {
    "mnist": Source(
        ("mnist", "MNIST/raw", "MNIST"),
        _idx(*"0123456789"),
        _four(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3",
            "ec29112dd5afa0611ce80d1b7f02629c",
        ),
    ),
    "fashion-mnist": Source(
        ("fashion-mnist", "fashion_mnist", "FashionMNIST/raw", "FashionMNIST"),
        _idx(
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
            "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
        ),
        _four(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ),
    ),
    "emnist": Source(
        ("emnist", "EMNIST/raw", "EMNIST"),
        idx.find_emnist,
        (
            Download(
                "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
                "md5:58c8d27c78d21e728a6bc7b3cc06412e",
            ),
        ),
    ),
    "cifar10": Source(
        ("cifar10", "cifar-10", "."),
        cifar.find_cifar10,
        (
            Download(
                "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
                "md5:c58f30108f718f92721af3b95e74349a",
            ),
        ),
    ),
    "cifar100": Source(
        ("cifar100", "cifar-100", "."),
        cifar.find_cifar100,
        (
            Download(
                "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
                "md5:eb9058c3a382ffc7106e4002c42a8d85",
            ),
        ),
    ),
    "svhn": Source(
        ("svhn", "SVHN"),
        svhn.find,
        (
            Download(
                "http://ufldl.stanford.edu/housenumbers/train_32x32.mat",
                "md5:e26dedcc434d2e4c54c9b2d4a06d8373",
            ),
            Download(
                "http://ufldl.stanford.edu/housenumbers/test_32x32.mat",
                "md5:eb5a983be6a315427106f1b164d9cef3",
            ),
        ),
    ),
    "tiny-imagenet": Source(
        ("tiny-imagenet", "tiny_imagenet", "tiny-imagenet-200", "tiny_imagenet_32"),
        lambda folder: None,
        (
            Download(
                "http://cs231n.stanford.edu/tiny-imagenet-200.zip",
                "md5:90528d7ca1a48142e341f4ef8d21d0de",
            ),
        ),
    ),
}  # fmt: skip
"""Data sets that are files. The checksums are those of the official files."""


def find_in(name: str, root: Path) -> Raw | None:
    """Read a data set from below a root: its official files, else images; None if there is neither.

    The root itself is searched for official files only: other images in it may be anything.
    """
    source = SOURCES[name]
    for folder in source.folders:
        if not (root / folder).is_dir():
            continue
        raw = source.find(root / folder)
        if raw is None and folder != ".":
            raw = _find_images(root / folder)
        if raw is not None:
            return raw
    return None
