from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from nsgraph.datasets import cifar, load
from nsgraph.datasets.raw import Raw
from nsgraph.errors import UserError
from tests.datasets.files import (
    cifar_batch,
    idx_bytes,
    mnist_arrays,
    random_images,
    tar_bytes,
    write_files,
    write_idx,
    zip_bytes,
)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("folder", ["mnist", "MNIST/raw"])
def test_mnist(tmp_path: Path, packed: bool, folder: str) -> None:
    arrays = mnist_arrays(40, 10)
    write_idx(tmp_path / folder, arrays, packed)
    data = load("mnist", tmp_path)
    assert (len(data.train), len(data.validation), len(data.test)) == (30, 10, 10)
    assert np.array_equal(data.test.images[:, 0], arrays["t10k-images-idx3-ubyte"])
    assert data.test.labels.tolist() == list(range(10))


def test_data_folder_comes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NSGRAPH_DATA", str(tmp_path / "shared"))
    write_idx(tmp_path / "shared" / "fashion_mnist", mnist_arrays(40, 10))
    assert len(load("fashion-mnist").test) == 10
    write_idx(Path("data/fashion-mnist"), mnist_arrays(40, 20))
    assert len(load("fashion-mnist").test) == 20


def test_missing_data_says_what_where_and_how(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        load("mnist", tmp_path)
    message = str(caught.value)
    for part in ("train-images-idx3-ubyte.gz", str(tmp_path / "mnist"), "nsgraph data fetch mnist"):
        assert part in message
    with pytest.raises(UserError, match="NSGRAPH_DATA is not set"):
        load("cifar10")


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"])
def test_truncated_gzip(tmp_path: Path, name: str) -> None:
    write_idx(tmp_path / "mnist", mnist_arrays(20, 10))
    path = tmp_path / "mnist" / name
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=f"{name} is damaged or truncated.*whole gzip"):
        load("mnist", tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[:-5], r"truncated: found 15675 bytes of values; expected 20 x 28 x 28"),
        (lambda data: b"", "nothing"),
        (lambda data: data[:9], "truncated"),
        (lambda data: b"\x00\x00\x0d" + data[3:], "00 00 0d 03; expected|00 00 0d 03"),
        (lambda data: data + b"x", "found 15681 bytes"),
    ],
)
def test_damaged_idx(tmp_path: Path, change, message: str) -> None:
    write_idx(tmp_path / "mnist", mnist_arrays(20, 10), packed=False)
    path = tmp_path / "mnist" / "train-images-idx3-ubyte"
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(UserError, match=message) as caught:
        load("mnist", tmp_path)
    assert str(path) in str(caught.value)


def test_idx_parts_that_do_not_belong_together(tmp_path: Path) -> None:
    arrays = mnist_arrays(20, 10)
    arrays["train-labels-idx1-ubyte"] = np.arange(19) % 10
    write_idx(tmp_path / "mnist", arrays)
    with pytest.raises(UserError, match="20 images but 19 labels"):
        load("mnist", tmp_path)
    (tmp_path / "mnist" / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(UserError, match=r"train-labels-idx1-ubyte .* is missing"):
        load("mnist", tmp_path)
    arrays["train-labels-idx1-ubyte"] = np.full(20, 11)
    write_idx(tmp_path / "mnist", arrays)
    with pytest.raises(UserError, match="labels from 11 to 11; expected 0 to 9"):
        load("mnist", tmp_path)


@pytest.mark.parametrize("in_zip", [True, False])
def test_emnist_is_turned_upright(tmp_path: Path, in_zip: bool) -> None:
    images = random_images(94, 28, 28)
    arrays = {
        f"emnist-balanced-{part}-{kind}": value
        for part in ("train", "test")
        for kind, value in (
            ("images-idx3-ubyte", images),
            ("labels-idx1-ubyte", np.arange(94) % 47),
        )
    }
    folder = tmp_path / "emnist"
    if in_zip:
        files = {f"gzip/{n}.gz": idx_bytes(a) for n, a in arrays.items()}
        write_files(folder, {"gzip.zip": zip_bytes(files)})
    else:
        write_idx(folder, arrays)
    data = load("emnist", tmp_path)
    assert data.classes == 47
    assert data.class_names[10] == "A"
    assert data.class_names[36] == "a"
    assert np.array_equal(data.test.images[:, 0], images.transpose(0, 2, 1))


def _cifar10_python() -> tuple[np.ndarray, dict[str, bytes]]:
    files = {f"cifar-10-batches-py/data_batch_{i}": cifar_batch(20)[1] for i in range(1, 6)}
    images, files["cifar-10-batches-py/test_batch"] = cifar_batch(10)
    return images, files


@pytest.mark.parametrize("packed", [True, False])
def test_cifar10_python(tmp_path: Path, packed: bool) -> None:
    images, files = _cifar10_python()
    if packed:
        write_files(tmp_path / "cifar10", {"cifar-10-python.tar.gz": tar_bytes(files)})
    else:
        write_files(tmp_path, files)  # directly below the root, as torchvision puts it
    data = load("cifar10", tmp_path)
    assert (len(data.train), len(data.validation), len(data.test)) == (90, 10, 10)
    assert np.array_equal(data.test.images, images)
    assert data.class_names[:2] == ("airplane", "automobile")


def test_cifar_binary(tmp_path: Path) -> None:
    images = random_images(20, 3, 32, 32)
    labels = np.arange(20, dtype=np.uint8) % 10
    ten = np.hstack([labels[:, None], images.reshape(20, -1)]).tobytes()
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    write_files(tmp_path / "cifar10" / "cifar-10-batches-bin", dict.fromkeys(names, ten))
    data = load("cifar10", tmp_path)
    assert np.array_equal(data.test.images, images)
    assert data.test.labels.tolist() == labels.tolist()
    coarse = np.full((20, 1), 19, dtype=np.uint8)
    hundred = np.hstack([coarse, 90 + labels[:, None], images.reshape(20, -1)]).tobytes()
    files = {f"cifar-100-binary/{p}.bin": hundred for p in ("train", "test")}
    files["cifar-100-binary/fine_label_names.txt"] = "\n".join(f"c{i}" for i in range(100)).encode()
    write_files(tmp_path / "cifar100", {"cifar-100-binary.tar.gz": tar_bytes(files)})
    data = load("cifar100", tmp_path)
    assert data.test.labels.tolist() == (90 + labels).tolist()
    assert data.class_names[99] == "c99"
    path = tmp_path / "cifar10" / "cifar-10-batches-bin" / "data_batch_3.bin"
    path.write_bytes(ten[:-1])
    with pytest.raises(UserError, match=r"data_batch_3.bin has 61459 bytes; expected whole"):
        load("cifar10", tmp_path)


def test_cifar100_python(tmp_path: Path) -> None:
    images, batch = cifar_batch(200, b"fine_labels", 100)
    names = {b"fine_label_names": [f"c{i}".encode() for i in range(100)]}
    files = {"train": batch, "test": batch, "meta": pickle.dumps(names, protocol=2)}
    write_files(tmp_path / "cifar100" / "cifar-100-python", files)
    data = load("cifar100", tmp_path)
    assert data.classes == 100
    assert data.class_names[7] == "c7"
    assert np.array_equal(data.test.images, images)


def test_truncated_tar_and_missing_batch(tmp_path: Path) -> None:
    _, files = _cifar10_python()
    whole = tar_bytes(files)
    path = write_files(tmp_path, {"cifar10/cifar-10-python.tar.gz": whole[: len(whole) // 2]})
    with pytest.raises(UserError, match=r"cifar-10-python.tar.gz is damaged or truncated"):
        load("cifar10", path)
    damaged = bytearray(whole)
    damaged[-6] ^= 0xFF  # the checksum at the end
    write_files(tmp_path, {"cifar10/cifar-10-python.tar.gz": bytes(damaged)})
    with pytest.raises(UserError, match=r"is damaged or truncated"):
        load("cifar10", path)
    del files["cifar-10-batches-py/data_batch_4"]
    write_files(tmp_path, {"cifar10/cifar-10-python.tar.gz": tar_bytes(files)})
    with pytest.raises(UserError, match="data_batch_4 is missing"):
        load("cifar10", path)


class _Evil:
    def __reduce__(self):
        return print, ("code was run",)


@pytest.mark.parametrize("content", [_Evil(), {b"data": _Evil()}, np.array([_Evil()], object)])
def test_pickles_run_no_code(content: object, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match=r"batch cannot be read .*builtins.print"):
        cifar.safe_pickle("batch", pickle.dumps(content))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "data", [b"", b"hello", pickle.dumps({b"data": np.zeros(9, np.uint8)}, 2)[:-9]]
)
def test_damaged_pickles(data: bytes) -> None:
    with pytest.raises(UserError, match="batch cannot be read"):
        cifar.safe_pickle("batch", data)


@pytest.mark.parametrize(
    "batch", [[1], {b"data": np.zeros((2, 3072))}, {b"data": np.zeros((2, 5)), b"labels": [0, 1]}]
)
def test_pickles_of_other_things(tmp_path: Path, batch: object) -> None:
    _, files = _cifar10_python()
    files["cifar-10-batches-py/data_batch_1"] = pickle.dumps(batch, protocol=2)
    write_files(tmp_path, files)
    with pytest.raises(UserError, match="data_batch_1"):
        load("cifar10", tmp_path)


def test_pickles_of_either_numpy(tmp_path: Path) -> None:
    """numpy 2 writes numpy._core where numpy 1 wrote numpy.core; both are read."""
    data = pickle.dumps({b"data": np.arange(6, dtype=np.uint8)}, protocol=2)
    for module in (b"numpy.core.multiarray", b"numpy._core.multiarray"):
        other = data.replace(b"numpy._core.multiarray", module).replace(
            b"numpy.core.multiarray", module
        )
        assert module in other
        assert cifar.safe_pickle("batch", other)[b"data"].tolist() == list(range(6))


def test_svhn(tmp_path: Path) -> None:
    images = random_images(20, 3, 32, 32)
    content = {"X": images.transpose(2, 3, 1, 0), "y": (np.arange(20) % 10 + 1)[:, None]}
    (tmp_path / "svhn").mkdir()
    for part in ("train", "test"):
        savemat(tmp_path / "svhn" / f"{part}_32x32.mat", content)
    data = load("svhn", tmp_path)
    assert np.array_equal(data.test.images, images)
    assert data.test.labels.tolist() == [*range(1, 10), 0] * 2
    path = tmp_path / "svhn" / "test_32x32.mat"
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(UserError, match=r"test_32x32.mat is damaged or truncated"):
        load("svhn", tmp_path)
    path.unlink()
    with pytest.raises(UserError, match=r"test_32x32.mat is missing"):
        load("svhn", tmp_path)


def test_raw_is_kept_apart_from_the_bytes_of_files(tmp_path: Path) -> None:
    """Tensors of a data set can be written to, though IDX files are read as views."""
    write_idx(tmp_path / "mnist", mnist_arrays(40, 10), packed=False)
    data = load("mnist", tmp_path)
    data.test.images[0] = 0
    assert isinstance(cifar.find_cifar10(tmp_path), Raw | None)
