from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from nsgraph import load_network
from nsgraph.errors import UserError
from nsgraph.models import (
    build,
    from_saved,
    load_into,
    network_arrays,
    prunable,
    save_network,
    trace,
)
from nsgraph.network_file import Provenance

SHAPE = (1, 8, 8)


def _random_masks(net: nn.Module, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {n: rng.random(tuple(m.weight.shape)) < 0.5 for n, m in prunable(net).items()}


def _trained(name: str = "resnet8-4") -> nn.Module:
    """A network whose batch-norm state is not the initial one."""
    net = build(name, SHAPE, 10, seed=1)
    net(torch.randn(16, *SHAPE, generator=torch.Generator().manual_seed(0)))
    return net


def test_file_and_back(tmp_path: Path) -> None:
    net = _trained()
    masks = _random_masks(net)
    about = Provenance(model="resnet8-4", classes=10, seed=1)
    saved = save_network(tmp_path / "a.safetensors", net, masks, SHAPE, provenance=about)
    assert saved.wiring == trace(net, SHAPE)
    assert saved.provenance.input_shape == SHAPE
    assert saved.provenance.sparsity_reached == pytest.approx(0.5, abs=0.02)
    again = from_saved(load_network(tmp_path / "a.safetensors"))
    with torch.no_grad():
        for name, layer in prunable(net).items():
            layer.weight.mul_(torch.from_numpy(masks[name]))
    for (key, x), y in zip(net.state_dict().items(), again.state_dict().values(), strict=True):
        assert torch.equal(x, y), key
    net.eval(), again.eval()
    x = torch.randn(4, *SHAPE)
    assert torch.equal(net(x), again(x))


def test_same_network_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        net = _trained()
        save_network(tmp_path / name, net, _random_masks(net), SHAPE)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_arrays_are_copies() -> None:
    net = build("mlp-4", (1, 2, 2), 2)
    weights, state = network_arrays(net)
    before = copy.deepcopy((weights, state))
    with torch.no_grad():
        for p in net.parameters():
            p.add_(1)
    for old, new in zip(before, (weights, state), strict=True):
        for key in old:
            assert np.array_equal(old[key], new[key])
    assert set(state) == {"fc1.bias", "fc2.bias"}


def test_pruned_by_torch(tmp_path: Path) -> None:
    net = build("mlp-4", (1, 2, 2), 2)
    prune.random_unstructured(net.fc1, "weight", amount=0.5)
    weights, state = network_arrays(net)
    assert np.count_nonzero(weights["fc1"]) == 8
    assert set(state) == {"fc1.bias", "fc2.bias"}
    masks = {"fc1": weights["fc1"] != 0, "fc2": np.ones((2, 4), bool)}
    saved = save_network(tmp_path / "a", net, masks, (1, 2, 2))
    assert saved.masks.n_kept == 16
    assert np.array_equal(saved.weights["fc1"], weights["fc1"])


def test_without_input_shape_there_is_no_wiring(tmp_path: Path) -> None:
    net = build("mlp-4", (1, 2, 2), 2)
    assert save_network(tmp_path / "a", net, _random_masks(net), None).wiring is None


def test_what_does_not_fit(tmp_path: Path) -> None:
    net = _trained()
    masks = _random_masks(net)
    path = tmp_path / "a.safetensors"
    with pytest.raises(UserError, match="missing conv1"):
        save_network(path, net, {k: v for k, v in masks.items() if k != "conv1"}, SHAPE)
    with pytest.raises(UserError, match="unexpected extra"):
        save_network(path, net, masks | {"extra": np.ones((2, 2), bool)}, SHAPE)
    with pytest.raises(UserError, match=r"'conv1' has shape \(2, 2\)"):
        save_network(path, net, masks | {"conv1": np.ones((2, 2), bool)}, SHAPE)
    assert not path.exists()
    saved = save_network(path, net, masks, SHAPE)
    with pytest.raises(UserError, match="provenance has no model, classes"):
        from_saved(saved)
    other = build("resnet8-4", SHAPE, 7)
    before = copy.deepcopy(other.state_dict())
    with pytest.raises(UserError, match="'linear' has shape"):
        load_into(other, saved)
    with pytest.raises(UserError, match="missing fc1, fc2; unexpected conv1"):
        load_into(build("mlp-4", SHAPE, 10), saved)
    for key, value in other.state_dict().items():
        assert torch.equal(value, before[key])


def test_state_of_another_architecture(tmp_path: Path) -> None:
    bare = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False))
    normed = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    saved = save_network(tmp_path / "a", normed, {"1": np.ones((2, 4), bool)}, (1, 2, 2))
    with pytest.raises(UserError, match=r"state does not fit Sequential: unexpected 1.bias"):
        load_into(bare, saved)
