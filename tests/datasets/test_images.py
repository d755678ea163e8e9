from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nsgraph.datasets import images as reader
from nsgraph.datasets import load
from nsgraph.errors import UserError
from tests.datasets.files import png, random_images, tar_bytes, write_files, zip_bytes


def _classes(n: int, prefix: str = "", names: tuple[str, ...] = ("cat", "dog")) -> dict[str, bytes]:
    return {
        f"{prefix}{name}/{i:03}.png": png(random_images(1, 6, 5, 3)[0])
        for name in names
        for i in range(n)
    }


def _write(tmp_path: Path, files: dict[str, bytes], form: str) -> str:
    if form == "folder":
        return str(write_files(tmp_path / "pets", files))
    data = zip_bytes(files) if form == "zip" else tar_bytes(files, "w" if form == "tar" else "w:gz")
    write_files(tmp_path, {f"pets.{form}": data})
    return str(tmp_path / f"pets.{form}")


@pytest.mark.parametrize("form", ["folder", "tar", "tar.gz", "zip"])
@pytest.mark.parametrize("top", ["", "pets/"])
def test_parts_by_folders(tmp_path: Path, form: str, top: str) -> None:
    files = _classes(20, f"{top}train/") | _classes(3, f"{top}test/")
    files[f"{top}.DS_Store"] = b"x"
    data = load(_write(tmp_path, files, form))
    assert data.class_names == ("cat", "dog")
    assert (len(data.train), len(data.validation), len(data.test)) == (36, 4, 6)
    assert data.input_shape == (3, 6, 5)
    first = reader.decode(_Only(files[f"{top}test/cat/000.png"]), ["x"])
    assert np.array_equal(data.test.images[0], first[0])
    assert data.test.labels.tolist() == [0, 0, 0, 1, 1, 1]


class _Only:
    def __init__(self, data: bytes) -> None:
        self.data, self.path = data, Path("one")

    def read(self, name: str) -> bytes:
        return self.data


def test_decoded_pixels(tmp_path: Path) -> None:
    pixels = random_images(1, 4, 7, 3)[0]
    assert np.array_equal(reader.decode(_Only(png(pixels)), ["x"])[0], pixels.transpose(2, 0, 1))
    grey = random_images(1, 4, 7)[0]
    assert np.array_equal(reader.decode(_Only(png(grey)), ["x"])[0], grey[None])


def test_one_part_is_divided_and_three_are_kept(tmp_path: Path) -> None:
    data = load(_write(tmp_path / "a", _classes(20), "folder"), split_seed=2)
    assert (len(data.train), len(data.validation), len(data.test)) == (28, 6, 6)
    three = _classes(5, "train/") | _classes(3, "val/") | _classes(2, "test/")
    data = load(_write(tmp_path / "b", three, "folder"))
    assert (len(data.train), len(data.validation), len(data.test)) == (10, 6, 4)
    two = _classes(10, "train/") | _classes(3, "val/")
    data = load(_write(tmp_path / "c", two, "folder"))
    assert (len(data.train), len(data.validation), len(data.test)) == (18, 2, 6)


def test_grey_images_among_coloured_ones(tmp_path: Path) -> None:
    files = _classes(10)
    files["cat/000.png"] = png(random_images(1, 6, 5)[0])
    assert load(_write(tmp_path, files, "folder")).input_shape == (3, 6, 5)
    grey = {name: png(random_images(1, 6, 5)[0]) for name in files}
    assert load(_write(tmp_path / "g", grey, "folder")).input_shape == (1, 6, 5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dog/x.png": png(random_images(1, 7, 5, 3)[0])}, r"dog/x.png is 5 x 7 pixels.*5 x 6"),
        ({"dog/x.png": b"not an image"}, "dog/x.png cannot be decoded"),
        ({"dog/x.png": png(np.zeros((6, 5), np.uint16))}, "expected 8 bits"),
        ({"x.png": png(random_images(1, 6, 5, 3)[0])}, "x.png is not in a folder of its class"),
    ],
)
def test_images_that_do_not_fit(tmp_path: Path, changes: dict[str, bytes], message: str) -> None:
    with pytest.raises(UserError, match=message):
        load(_write(tmp_path, _classes(10) | changes, "folder"))


def test_layouts_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="found no images"):
        load(str(write_files(tmp_path / "a", {"readme.md": b"x"})))
    with pytest.raises(UserError, match="no folder 'train'"):
        load(_write(tmp_path / "b", _classes(3, "test/"), "folder"))
    files = _classes(5, "train/") | _classes(3, "test/", ("cat", "fox"))
    with pytest.raises(UserError, match="test part has the class 'fox'"):
        load(_write(tmp_path / "c", files, "folder"))


@pytest.mark.parametrize("form", ["tar", "tar.gz", "zip"])
@pytest.mark.parametrize("cut", [0.5, 0.8])
def test_truncated_archives(tmp_path: Path, form: str, cut: float) -> None:
    path = Path(_write(tmp_path, _classes(40), form))
    data = path.read_bytes()
    path.write_bytes(data[: int(cut * len(data))])
    with pytest.raises(UserError, match=f"pets.{form} is damaged or truncated"):
        load(str(path))


def test_tar_cut_between_two_files(tmp_path: Path) -> None:
    """The end mark tells: what is left would look like a smaller whole archive."""
    path = Path(_write(tmp_path, _classes(10), "tar"))
    path.write_bytes(path.read_bytes()[: 1024 * 7])
    with pytest.raises(UserError, match="end mark is missing"):
        load(str(path))


def test_second_load_comes_from_the_cache(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path, _classes(20), "tar")
    first = load(path)
    (file,) = cache.iterdir()
    monkeypatch.setattr("nsgraph.datasets.catalogue._decode", lambda path: pytest.fail("decoded"))
    again = load(path)
    assert np.array_equal(first.train.images, again.train.images)
    assert first.class_names == again.class_names
    monkeypatch.undo()
    file.write_bytes(file.read_bytes()[:-100])  # a damaged cache is made anew
    monkeypatch.setenv("NSGRAPH_CACHE", str(cache))
    assert np.array_equal(first.train.images, load(path).train.images)


def test_cache_follows_the_content(tmp_path: Path, cache: Path) -> None:
    for _ in range(2):
        load(_write(tmp_path, _classes(20), "folder"))
    assert len(list(cache.iterdir())) == 2


def test_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("NSGRAPH_CACHE", str(tmp_path / "file"))
    assert load(_write(tmp_path, _classes(20), "tar")).classes == 2


def _tiny(top: str) -> dict[str, bytes]:
    names = ("n02", "n01")
    files = {
        f"{top}train/{c}/images/{c}_{i}.JPEG": png(random_images(1, 8, 8, 3)[0])
        for c in names
        for i in range(20)
    }
    files |= {f"{top}val/images/val_{i}.JPEG": png(random_images(1, 8, 8, 3)[0]) for i in range(4)}
    lines = [f"val_{i}.JPEG\t{names[i % 2]}\t0\t0\t62\t62" for i in range(4)]
    files[f"{top}val/val_annotations.txt"] = "\n".join(lines).encode()
    files[f"{top}wnids.txt"] = "\n".join(names).encode()
    files[f"{top}words.txt"] = b"n01\tgoldfish"
    files[f"{top}test/images/test_0.JPEG"] = png(random_images(1, 8, 8, 3)[0])
    return files


@pytest.mark.parametrize("form", ["folder", "zip", "tar.gz"])
def test_tiny_imagenet_as_shipped(tmp_path: Path, form: str) -> None:
    files = _tiny("" if form == "tar.gz" else "tiny-imagenet-200/")
    path = Path(_write(tmp_path / "x", files, form))
    (tmp_path / "data").mkdir()
    path.rename(tmp_path / "data" / ("tiny-imagenet" if form == "folder" else path.name))
    if form != "folder":
        (tmp_path / "data" / "tiny-imagenet").mkdir()
        name = f"tiny-imagenet/tiny.{form}"
        (tmp_path / "data" / path.name).rename(tmp_path / "data" / name)
    data = load("tiny-imagenet", tmp_path / "data")
    assert data.class_names == ("n01", "n02")
    assert (len(data.train), len(data.validation), len(data.test)) == (36, 4, 4)
    assert data.test.labels.tolist() == [1, 0, 1, 0]


def test_tiny_imagenet_with_wrong_annotations(tmp_path: Path) -> None:
    files = _tiny("")
    files["val/val_annotations.txt"] += b"\nval_9.JPEG\tn01\t0"
    with pytest.raises(UserError, match=r"val_annotations.txt: the line 'val_9.JPEG"):
        load(_write(tmp_path, files, "zip"))
    files = _tiny("")
    files["wnids.txt"] += b"\nn03"
    with pytest.raises(UserError, match=r"wnids.txt names 3 classes, train/ has 2"):
        load(_write(tmp_path / "b", files, "zip"))
