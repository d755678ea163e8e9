from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from nsgraph.errors import UserError
from nsgraph.models import build, names, prunable
from nsgraph.models.activations import SReLU
from nsgraph.models.names import parse

GOLDEN = json.loads((Path(__file__).parent / "layer_shapes.json").read_text())


@pytest.mark.parametrize("name", GOLDEN)
def test_layers_are_those_of_the_published_networks(name: str) -> None:
    shape = (1, 28, 28) if name.startswith("lenet") else (3, 32, 32)
    layers = prunable(build(name, shape, 10))
    assert [list(m.weight.shape) for m in layers.values()] == GOLDEN[name]["shapes"]
    assert sum(m.weight.numel() for m in layers.values()) == GOLDEN[name]["prunable"]
    assert list(layers) == GOLDEN[name].get("names", list(layers))


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 15, 17)])
def test_any_input_shape(name: str, shape: tuple[int, int, int]) -> None:
    net = build(name, shape, 7).eval()
    assert net(torch.randn(2, *shape)).shape == (2, 7)


def test_same_seed_same_bytes_and_global_state_untouched() -> None:
    torch.manual_seed(1)
    state = torch.get_rng_state()
    a = build("mlp-16-16-srelu", (1, 4, 4), 3, seed=5)
    assert torch.equal(state, torch.get_rng_state())
    torch.manual_seed(2)
    b, c = (build("mlp-16-16-srelu", (1, 4, 4), 3, seed=s) for s in (5, 6))
    for (key, x), y, z in zip(
        a.state_dict().items(), b.state_dict().values(), c.state_dict().values(), strict=True
    ):
        assert torch.equal(x, y)
        assert key.endswith(("bias", "threshold_left", "slope_right")) or not torch.equal(x, z)


def test_weights_are_kaiming_normal() -> None:
    net = build("resnet20", (3, 32, 32), 10, seed=3)
    weight = prunable(net)["layer3.2.conv2"].weight.detach()
    z = weight.flatten() / math.sqrt(2 / (64 * 9))
    assert abs(float(z.mean())) < 4 / math.sqrt(z.numel())
    assert abs(float(z.var()) - 1) < 4 * math.sqrt(2 / z.numel())
    assert abs(float((z**4).mean()) - 3) < 4 * math.sqrt(96 / z.numel())
    assert not net.linear.bias.any()


def test_srelu_is_the_published_function() -> None:
    act = SReLU(1)
    with torch.no_grad():
        act.threshold_left.fill_(-1)
        act.slope_left.fill_(0.5)
        act.distance_right.fill_(3)  # right threshold 2
        act.slope_right.fill_(0.1)
    x = torch.tensor([[-3.0], [-1.0], [0.0], [2.0], [12.0]])
    torch.testing.assert_close(act(x), torch.tensor([[-2.0], [-1.0], [0.0], [2.0], [3.0]]))
    act(x).sum().backward()
    assert all(p.grad is not None and p.grad.abs() > 0 for p in act.parameters())
    assert sum(p.numel() for p in SReLU(7).parameters()) == 28


def test_widths_and_depths_in_names() -> None:
    assert [m.out_features for m in prunable(build("mlp-5", (1, 2, 2), 3)).values()] == [5, 3]
    assert prunable(build("resnet8-4", (1, 8, 8), 10))["layer3.0.conv2"].weight.shape[0] == 16
    assert len(prunable(build("wrn-10-1-a", (1, 8, 8), 10))) == 8
    assert parse("mlp-784-784-srelu") == ("mlp", {"widths": (784, 784), "srelu": True})
    assert parse("resnet8-16-a") == ("resnet", {"depth": 8, "width": 16, "option_a": True})


@pytest.mark.parametrize(
    ("name", "shape", "classes", "message"),
    [
        ("resnet2O", (3, 8, 8), 10, r"no model 'resnet2O'.*mlp-<width>.*Did you mean 'resnet"),
        ("mlp", (3, 8, 8), 10, "no model 'mlp'"),
        ("mlp-0-3", (3, 8, 8), 10, "no model 'mlp-0-3'"),
        ("resnet21", (3, 8, 8), 10, "depth 8, 14, 20.*not 21"),
        ("wrn-20-2", (3, 8, 8), 10, "depth 10, 16.*not 20"),
        ("conv6-0", (3, 8, 8), 10, "no model 'conv6-0'"),
        ("conv6", (1, 7, 28), 10, "at least 8 x 8 pixels; the input is 7 x 28"),
        ("resnet20", (3, 8), 10, r"\(channels, height, width\).*\(3, 8\)"),
        ("resnet20", (0, 8, 8), 10, "at least 1"),
        ("resnet20", "abc", 10, "input shape"),
        ("resnet20", (3, 8, 8), 0, "number of classes"),
    ],
)
def test_what_cannot_be_built(name: str, shape, classes: int, message: str) -> None:
    with pytest.raises(UserError, match=message):
        build(name, shape, classes)


def test_the_width_of_conv6_is_that_of_its_first_stage() -> None:
    shapes = [tuple(p.shape) for p in build("conv6-4", (1, 16, 24), 3).parameters() if p.dim() > 1]
    convolutions = [(4, 1), (4, 4), (8, 4), (8, 8), (16, 8), (16, 16)]
    linear = [(16, 16 * 2 * 3), (16, 16), (3, 16)]
    assert shapes == [(*pair, 3, 3) for pair in convolutions] + linear


FACTORY = """
import torch
from torch import nn
def plain():
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
def shaped(input_shape, classes, *, hidden=5):
    size = input_shape[1] ** 2
    return nn.Sequential(nn.Flatten(), nn.Linear(size, hidden), nn.Linear(hidden, classes))
def wrong():
    return 3
def needs(this):
    return this
number = 4
"""


def test_factories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_models.py").write_text(FACTORY)
    monkeypatch.chdir(tmp_path)
    path = list(sys.path)
    state = torch.get_rng_state()
    a, b, c = (build("my_models:shaped", (1, 4, 4), 3, seed=s) for s in (0, 0, 1))
    assert torch.equal(a[1].weight, b[1].weight)
    assert not torch.equal(a[1].weight, c[1].weight)
    assert a[2].out_features == 3
    assert isinstance(build("my_models:plain", (1, 4, 4), 3)[1], nn.Linear)
    assert torch.equal(state, torch.get_rng_state())
    assert sys.path == path
    for name, message in (
        ("my_models:wrong", "returned a int; expected a torch.nn.Module"),
        ("my_models:needs", "could not be called with nothing"),
        ("my_models:number", "is a int; expected a function or class"),
        ("my_models:absent", "cannot be imported"),
        ("no_such_package:net", "cannot be imported"),
    ):
        with pytest.raises(UserError, match=message):
            build(name, (1, 4, 4), 3)


def test_prunable_is_every_conv_and_linear() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(2, 2))
    assert list(prunable(net)) == ["0", "3"]
    assert list(prunable(nn.DataParallel(net))) == ["0", "3"]
    with pytest.raises(UserError, match="has no Conv2d and no Linear"):
        prunable(nn.ReLU())
    with pytest.raises(UserError, match="single Linear"):
        prunable(nn.Linear(1, 1))
