"""Tiny-ImageNet as shipped: 200 classes, the validation images listed in a text file.

The labels of its official test images are not public, so its validation images are our test part,
as usual. Source: Stanford CS231n, 2015.
"""

from __future__ import annotations

from nsgraph.datasets.archive import Archive
from nsgraph.datasets.images import decode, is_image
from nsgraph.datasets.raw import Raw, checked_pair
from nsgraph.errors import UserError

__all__ = ["is_tiny_imagenet", "read"]

_ANNOTATIONS = "val/val_annotations.txt"


def is_tiny_imagenet(archive: Archive) -> bool:
    """Whether the folder or archive has Tiny-ImageNet's layout."""
    return _ANNOTATIONS in archive


def read(archive: Archive) -> Raw:
    """Training and validation images of the official layout, at whatever size they are.

    Raises
    ------
    UserError
        If an annotation names an unknown class or an image that is not there, or a class has no
        training images.
    """
    where = f"{archive.path}/{_ANNOTATIONS}"
    train = [n for n in archive.names if n.startswith("train/") and is_image(n)]
    classes_found = sorted({n.split("/")[1] for n in train})
    if "wnids.txt" in archive:
        class_names = tuple(sorted(archive.read("wnids.txt").decode().split()))
        if list(class_names) != classes_found:
            raise UserError(
                f"{archive.path}: wnids.txt names {len(class_names)} classes, train/ has "
                f"{len(classes_found)}; expected the same."
            )
    else:
        class_names = tuple(classes_found)
    number = {name: i for i, name in enumerate(class_names)}
    held, held_labels = [], []
    for line in archive.read(_ANNOTATIONS).decode().splitlines():
        fields = line.split("\t") if "\t" in line else line.split()
        if not fields:
            continue
        name = f"val/images/{fields[0]}"
        if len(fields) < 2 or fields[1] not in number or name not in archive:
            raise UserError(
                f"{where}: the line {line!r} names no class of train/ or no image of val/images/."
            )
        held.append(name)
        held_labels.append(number[fields[1]])
    images = decode(archive, train + held)
    labels = [number[n.split("/")[1]] for n in train]
    return Raw(
        checked_pair(str(archive.path), images[: len(train)], labels, len(class_names)),
        checked_pair(where, images[len(train) :], held_labels, len(class_names)),
        class_names,
    )
