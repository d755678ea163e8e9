from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils import prune

from nsgraph import load_network
from nsgraph.errors import UserError
from nsgraph.models import build, convert, from_saved, prunable, trace

SHAPE = (1, 8, 8)


def _sparse(name: str = "resnet8-4") -> nn.Module:
    net = build(name, SHAPE, 10, seed=2)
    with torch.no_grad():
        for layer in prunable(net).values():
            layer.weight.mul_(torch.rand_like(layer.weight) < 0.3)
    return net


def _same_weights(saved, net: nn.Module) -> None:
    assert list(saved.masks) == list(prunable(net))
    for name, layer in prunable(net).items():
        weight = layer.weight.detach().numpy()
        assert np.array_equal(saved.weights[name], weight)
        assert np.array_equal(saved.masks[name], weight != 0)


@pytest.mark.parametrize("form", ["safetensors", "pt", "old"])
@pytest.mark.parametrize("with_model", [True, False])
def test_state_dict(tmp_path: Path, form: str, with_model: bool) -> None:
    net = _sparse()
    path = tmp_path / ("net.safetensors" if form == "safetensors" else "net.pt")
    if form == "safetensors":
        save_file(net.state_dict(), path)
    else:
        torch.save(net.state_dict(), path, _use_new_zipfile_serialization=form != "old")
    given = {"model": "resnet8-4", "input_shape": SHAPE} if with_model else {}
    convert(path, tmp_path / "out.safetensors", **given)
    saved = load_network(tmp_path / "out.safetensors")
    if form == "safetensors" and not with_model:  # such files sort their keys
        assert set(saved.masks) == set(prunable(net))
    else:
        _same_weights(saved, net)
    assert saved.wiring == (trace(net, SHAPE) if with_model else None)
    assert saved.provenance.sparsity_reached == pytest.approx(0.7, abs=0.03)
    if with_model:
        assert saved.provenance.classes == 10
        again = from_saved(saved)
        for key, value in net.state_dict().items():
            assert torch.equal(value, again.state_dict()[key])


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: {"state_dict": s, "epoch": 3},
        lambda s: {"model": s, "optimizer": {"lr": 0.1}},
        lambda s: {f"module.{k}": v for k, v in s.items()},
        lambda s: {f"_orig_mod.{k}": v for k, v in s.items()},
        lambda s: {"state_dict": {f"module._orig_mod.{k}": v for k, v in s.items()}},
    ],
)
def test_wrapped(tmp_path: Path, wrap) -> None:
    net = _sparse()
    torch.save(wrap(net.state_dict()), tmp_path / "net.pt")
    saved = convert(tmp_path / "net.pt", tmp_path / "out", model="resnet8-4", input_shape=SHAPE)
    _same_weights(saved, net)


def test_a_module_called_module_keeps_its_name(tmp_path: Path) -> None:
    weights = {"module.fc.weight": torch.ones(2, 2), "head.weight": torch.ones(2, 2)}
    torch.save(weights, tmp_path / "net.pt")
    assert list(convert(tmp_path / "net.pt", tmp_path / "out").masks) == ["module.fc", "head"]


def test_masks_of_torch_prune(tmp_path: Path) -> None:
    net = build("mlp-6", SHAPE, 10, seed=2)
    prune.random_unstructured(net.fc1, "weight", amount=0.5)
    prune.random_unstructured(net.fc1, "bias", amount=0.5)
    with torch.no_grad():
        kept = net.fc1.weight_mask.nonzero()[0]
        net.fc1.weight_orig[tuple(kept)] = 0  # kept, and exactly zero
    torch.save(net.state_dict(), tmp_path / "net.pt")
    saved = convert(tmp_path / "net.pt", tmp_path / "out", model="mlp-6", input_shape=SHAPE)
    assert np.array_equal(saved.masks["fc1"], net.fc1.weight_mask.numpy() == 1)
    expected = (net.fc1.weight_orig * net.fc1.weight_mask).detach().numpy()
    assert np.array_equal(saved.weights["fc1"], expected)
    bias = (net.fc1.bias_orig * net.fc1.bias_mask).detach().numpy()
    assert np.array_equal(saved.state["fc1.bias"], bias)
    assert saved.masks["fc2"].all()
    assert not any("_mask" in key for key in saved.state)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions(tmp_path: Path, dtype: torch.dtype) -> None:
    net = _sparse("mlp-6").to(dtype)
    torch.save(net.state_dict(), tmp_path / "net.pt")
    saved = convert(tmp_path / "net.pt", tmp_path / "out", model="mlp-6", input_shape=SHAPE)
    assert saved.weights["fc1"].dtype == np.float32
    assert np.array_equal(saved.weights["fc1"], net.fc1.weight.float().detach().numpy())


def test_sparse_tensors(tmp_path: Path) -> None:
    weight = torch.eye(4)
    torch.save({"fc.weight": weight.to_sparse(), "fc.bias": torch.ones(4)}, tmp_path / "net.pt")
    saved = convert(tmp_path / "net.pt", tmp_path / "out")
    assert np.array_equal(saved.weights["fc"], weight)


def test_factory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stranger.py").write_text(
        "from torch import nn\n"
        "def net():\n    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 5))\n"
    )
    monkeypatch.chdir(tmp_path)
    net = build("stranger:net", SHAPE, 5)
    torch.save(net.state_dict(), "net.pt")
    saved = convert("net.pt", "out", model="stranger:net", input_shape=SHAPE)
    assert saved.wiring is not None
    assert saved.wiring.layers == ("0", "2")
    assert saved.provenance.classes == 5


class Evil:
    def __reduce__(self):
        return print, ("code was run",)


def test_unsafe_pickles_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"fc.weight": torch.ones(2, 2), "x": Evil()}, tmp_path / "a.pt")
    torch.save(nn.Linear(2, 2), tmp_path / "b.pt")
    (tmp_path / "c.pt").write_bytes(pickle.dumps(Evil()))
    for name in "abc":
        with pytest.raises(
            UserError, match="loading it would run code; expected a plain state_dict"
        ):
            convert(tmp_path / f"{name}.pt", tmp_path / "out")
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "out").exists()


def test_damaged_files(tmp_path: Path) -> None:
    net = _sparse("mlp-6")
    torch.save(net.state_dict(), tmp_path / "net.pt")
    save_file(net.state_dict(), tmp_path / "net.safetensors")
    for name in ("net.pt", "net.safetensors"):
        path = tmp_path / name
        whole = path.read_bytes()
        for data in (whole[: len(whole) // 2], b"", b"hello world"):
            path.write_bytes(data)
            with pytest.raises(
                UserError, match=r"truncated|not a whole|is no checkpoint"
            ) as caught:
                convert(path, tmp_path / "out")
            assert str(path) in str(caught.value)
    with pytest.raises(UserError, match="no such file"):
        convert(tmp_path / "absent.pt", tmp_path / "out")


def _changed(change) -> dict[str, torch.Tensor]:
    state = dict(_sparse("mlp-6").state_dict())
    change(state)
    return state


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (_changed(lambda s: s.pop("fc1.bias")), "does not fit the model 'mlp-6': missing fc1.bias"),
        (_changed(lambda s: s.update(x=torch.ones(1))), "unexpected x"),
        (_changed(lambda s: s.update({"fc1.bias": torch.ones(7)})), r"fc1.bias has shape \(7,\)"),
        (_changed(lambda s: s["fc1.weight"].fill_(torch.nan)), "fc1.weight holds NaN"),
        (_changed(lambda s: s["fc2.weight"].fill_(torch.inf)), "fc2.weight holds NaN or inf"),
        (_changed(lambda s: s.update({"fc1.weight": s["fc1.weight"].int()})), "torch.int32"),
        ({"epoch": 3}, "holds no state_dict"),
        ([1, 2], "holds no state_dict"),
    ],
)
def test_checkpoints_that_do_not_fit(tmp_path: Path, content: object, message: str) -> None:
    torch.save(content, tmp_path / "net.pt")
    with pytest.raises(UserError, match=message):
        convert(tmp_path / "net.pt", tmp_path / "out", model="mlp-6", input_shape=SHAPE)
    assert not (tmp_path / "out").exists()


def test_what_is_needed(tmp_path: Path) -> None:
    torch.save({"bias": torch.ones(3)}, tmp_path / "net.pt")
    with pytest.raises(UserError, match=r"no tensor <layer>.weight"):
        convert(tmp_path / "net.pt", tmp_path / "out")
    with pytest.raises(UserError, match=r"input shape .* is needed with a model"):
        convert(tmp_path / "net.pt", tmp_path / "out", model="mlp-6")
    with pytest.raises(UserError, match="number of classes"):
        convert(tmp_path / "net.pt", tmp_path / "out", model="mlp-6", input_shape=SHAPE)
    mask = {"fc.weight_orig": torch.ones(2, 2), "fc.weight_mask": torch.ones(2, 3)}
    torch.save(mask, tmp_path / "net.pt")
    with pytest.raises(UserError, match=r"fc.weight_mask has shape \(2, 3\)"):
        convert(tmp_path / "net.pt", tmp_path / "out")


def test_a_text_file_is_no_checkpoint(tmp_path):
    path = tmp_path / "notes.pt"
    path.write_text("import torch")
    with pytest.raises(UserError, match=r"notes\.pt is no checkpoint"):
        convert(path, tmp_path / "net.safetensors")
