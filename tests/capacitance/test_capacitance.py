"""`ns.capacitance`: what it refuses, what it takes, and that it leaves everything as it was."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

import nsgraph as ns
from tests.capacitance.networks import make

Pairs = list[tuple[Tensor, Tensor]]


def data_of(shape: tuple[int, ...], classes: int = 10, n: int = 32, parts: int = 2) -> Pairs:
    generator = torch.Generator().manual_seed(1)
    make = {"generator": generator}
    return [
        (torch.randn(n, *shape, **make), torch.randint(classes, (n,), **make)) for _ in range(parts)
    ]


def probe(sizes: tuple[int, ...] = (64, 256, 128, 10), norm: bool = True, seed: int = 0) -> Any:
    """Hidden layers with batch norm and dropout, as the source describes its probe."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for into, out in pairwise(sizes[:-1]):
        layers += [nn.Linear(into, out)]
        layers += [nn.BatchNorm1d(out)] if norm else []
        layers += [nn.ReLU(), nn.Dropout(0.4)]
    net = nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))
    for module in net.modules():
        if isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight)
        elif isinstance(module, nn.BatchNorm1d):  # somewhere in training
            module.running_mean.normal_()
            module.weight.data.uniform_(0.5, 1.5)
    return net


class Warm(nn.Module):
    """Logits divided by a temperature: what cancels is then not seen beforehand."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.net(x) / 1.7
        return logits


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("reading", ["local", "exact"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_literal_probe_has_no_value(seed: int, reading: Any, dtype: torch.dtype) -> None:
    net = probe(seed=seed).to(dtype)
    found = ns.capacitance(net, data_of((64,)), reading=reading, sign_errors=0)
    assert found.value is None
    assert found.numerator == 0  # and no rounding
    assert found.cause == "construction"
    assert "dense" in found.status
    assert "four or more layers" in found.degenerate
    net[5] = nn.LayerNorm(128, dtype=dtype)  # no stack any more: Hessian-vector products
    whole = ns.capacitance(net, data_of((64,)), reading="exact", head="all", sign_errors=0)
    assert whole.value is None
    assert whole.cause == "construction"


def test_what_cancels_unforeseen_is_within_rounding() -> None:
    found = ns.capacitance(
        Warm(probe()), data_of((64,)), reading="exact", head="all", sign_errors=0
    )
    assert found.value is None
    assert found.cause == "rounding"
    assert found.numerator != 0
    assert "float64" not in str(found.status)


def test_few_digits_point_to_more() -> None:
    net = probe((64, 32, 32, 16, 10)).to(torch.bfloat16)
    found = ns.capacitance(net, data_of((64,)), sign_errors=0)
    assert (found.value, found.cause) == (None, "rounding")
    assert "In float64 (net.double()) it may have a value." in str(found.status)


@pytest.mark.parametrize(
    ("sizes", "options"),
    [
        ((64, 32, 32, 16, 10), {}),
        ((64, 32, 16, 10), {"batch_norm": "nodes"}),
        ((64, 32, 16, 10), {"absolute": True}),
        ((64, 32, 16, 10), {"masks": {"8": np.random.default_rng(0).random((10, 16)) < 0.5}}),
    ],
)
@pytest.mark.parametrize("reading", ["local", "exact"])
def test_what_has_a_value(sizes: tuple[int, ...], options: dict[str, Any], reading: Any) -> None:
    net = probe(sizes)
    found = ns.capacitance(net, data_of((64,)), reading=reading, sign_errors=0, **options)
    assert found.value == found.numerator / found.denominator
    assert found.status is None
    assert found.cause is None
    assert 0 < found.epsilon < abs(found.denominator)
    assert found.samples == 64


def test_a_masked_output_layer_whose_columns_are_full_or_empty_changes_nothing() -> None:
    mask = np.ones((10, 16), dtype=bool)
    mask[:, ::3] = False
    net = probe((64, 32, 16, 10))
    for _ in range(2):
        found = ns.capacitance(
            net, data_of((64,)), reading="exact", head="all", masks={"8": mask}, sign_errors=0
        )
        assert found.cause == "construction"
        net[5] = nn.LayerNorm(16)  # the second time no stack


@pytest.mark.parametrize("between", [nn.BatchNorm1d, nn.LayerNorm])
def test_two_layers_are_too_few(between: Any) -> None:
    net = probe((64, 32, 10))
    net[1] = between(32)
    found = ns.capacitance(net, data_of((64,)), reading="exact", head="all")
    assert found.value is None
    assert found.cause == "construction"
    assert "at least three are needed" in found.degenerate


def test_a_denominator_of_unknown_sign() -> None:
    torch.manual_seed(0)
    net = probe((64, 16, 16, 16, 10))
    with torch.no_grad():
        for weight in net.parameters():
            weight.mul_(0.1)  # nothing learnt: every sample pulls elsewhere
    kept = ns.capacitance(net, data_of((64,)), sign_errors=1e6)
    assert kept.value is None
    assert kept.cause == "sign"
    assert "sign_errors=0" in kept.status
    free = ns.capacitance(net, data_of((64,)), sign_errors=0)
    assert free.value is not None
    assert free.denominator_error == kept.denominator_error > 0


def test_the_standard_error_is_that_of_a_mean() -> None:
    net, ((x, y),) = probe((64, 16, 16, 16, 10)), data_of((64,), parts=1)
    options: dict[str, Any] = {"sign_errors": 0}
    single = [ns.capacitance(net, [(x[[i]], y[[i]])], **options).denominator for i in range(len(y))]
    found = ns.capacitance(net, [(x, y)], **options)
    assert found.denominator == pytest.approx(np.mean(single), rel=1e-4)
    expected = np.std(single, ddof=1) / len(y) ** 0.5
    assert found.denominator_error == pytest.approx(expected, rel=1e-4)


def test_confident_predictions_keep_their_digits() -> None:
    net, ((x, _),) = probe((64, 32, 32, 16, 10)), data_of((64,), n=64, parts=1)
    net[-1].weight.data *= 20
    sure = net.eval()(x).softmax(1).max(1)
    kept = sure.values > 1 - 1e-7  # in float32, where 1 - p would be 0 or one unit
    assert kept.sum() >= 5
    batch = [(x[kept], sure.indices[kept])]
    single = ns.capacitance(net, batch, sign_errors=0)
    double = ns.capacitance(net.double(), batch, sign_errors=0)
    assert single.denominator == pytest.approx(double.denominator, rel=1e-3)
    assert single.numerator == pytest.approx(double.numerator, rel=1e-3)


def test_weights_that_are_not_finite() -> None:
    net = probe((64, 16, 16, 16, 10))
    net[4].weight.data[0, 0] = float("nan")
    found = ns.capacitance(net, data_of((64,)))
    assert found.value is None
    assert found.cause == "not finite"


@pytest.mark.parametrize("reading", ["local", "exact"])
def test_batches_are_only_a_way_to_cut(reading: Any) -> None:
    data = ns.datasets.load("digits")
    net = ns.models.build("mlp-32-24-16", data.input_shape, data.classes, seed=0).double()
    options: dict[str, Any] = {"reading": reading, "sign_errors": 0, "split": "validation"}
    whole = ns.capacitance(net, data, batch_size=10_000, **options)
    for size in (1, 7, 128):
        cut = ns.capacitance(net, data, batch_size=size, **options)
        assert cut.value == pytest.approx(whole.value, rel=1e-9)
        assert cut.denominator_error == pytest.approx(whole.denominator_error, rel=1e-9)
        assert cut.samples == len(data.validation)
    half = net.float()
    assert ns.capacitance(half, data, **options).value == pytest.approx(whole.value, rel=1e-3)
    first = ns.capacitance(net, data, batch_size=50, max_batches=2, **options)
    assert first.samples == 100


def test_a_saved_network(tmp_path: Any) -> None:
    data = ns.datasets.load("digits")
    run = ns.train(
        ns.models.build("mlp-16-16", data.input_shape, 10, seed=0), data, "er", 0.7, epochs=1
    )
    about = ns.models.saving.Provenance(
        model="mlp-16-16", input_shape=data.input_shape, classes=10, seed=0
    )
    file = tmp_path / "net.safetensors"
    ns.save_network(file, run.net, run.masks, data.input_shape, provenance=about)
    saved = ns.load_network(file)
    options: dict[str, Any] = {"max_batches": 2, "sign_errors": 0}
    found = ns.capacitance(saved, data, **options)
    assert found == ns.capacitance(run.net, data, masks=run.masks, **options)
    assert found.nodes == run.masks.n_kept


def test_nothing_is_changed() -> None:
    net = probe((64, 16, 16, 16, 10)).train()
    net[0].weight.requires_grad_(False)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    state = torch.random.get_rng_state()
    for other in (net, Warm(net)):
        ns.capacitance(other, data_of((64,)), reading="exact", head="all")
    assert all(module.training for module in net.modules())
    assert all(torch.equal(before[k], v) for k, v in net.state_dict().items())
    assert all(p.grad is None for p in net.parameters())
    assert [p.requires_grad for p in net.parameters()].count(False) == 1
    assert torch.equal(torch.random.get_rng_state(), state)


class Net(nn.Module):
    """Convolutions with a shortcut, then a stack of linear layers called as functions."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(1, 2, 3, padding=1)
        self.two = nn.Conv2d(2, 2, 3, padding=1, bias=False)
        self.three = nn.Linear(8, 3)
        self.four = nn.Linear(3, 3)
        self.five = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.tanh(self.one(x))
        x = torch.tanh(self.two(x)) + x
        x = F.max_pool2d(x, 2).flatten(1)
        x = F.dropout(F.silu(self.three(x)), 0.5, training=self.training)
        return F.log_softmax(self.five(torch.tanh(self.four(x))), dim=1)


def test_the_stack_behind_a_convolutional_network() -> None:
    torch.manual_seed(0)
    net = Net().double().eval()
    data = [(x.double(), y) for x, y in data_of((1, 4, 4), 3, n=4)]
    alone = nn.Sequential(net.three, nn.SiLU(), net.four, nn.Tanh(), net.five)
    features = []
    net.three.register_forward_hook(lambda module, given, output: features.append(given[0]))
    for x, _ in data:
        net(x)
    onto = [(z.detach(), y) for z, (_, y) in zip(list(features), data, strict=True)]
    options: dict[str, Any] = {"reading": "exact", "absolute": True}
    found = ns.capacitance(net, data, **options)
    assert found.layers == ("three", "four", "five")
    assert found.value == pytest.approx(ns.capacitance(alone, onto, **options).value, rel=1e-12)
    assert ns.capacitance(net, data, head=["four", "five"]).layers == ("four", "five")


LINKS = [("one", "two"), ("one", "three"), ("two", "three"), ("three", "four"), ("four", "five")]


def test_all_layers_of_a_network_with_a_shortcut() -> None:
    torch.manual_seed(0)
    net = Net().double().eval()
    x, y = torch.randn(5, 1, 4, 4, dtype=torch.float64), torch.randint(3, (5,))
    mask = torch.rand(2, 2, 3, 3) < 0.5
    net.two.weight.data *= mask
    names = ["one", "two", "three", "four", "five"]

    def loss(*weights: Tensor) -> Tensor:
        named = {f"{name}.weight": w for name, w in zip(names, weights, strict=True)}
        return F.cross_entropy(functional_call(net, named, (x,)), y)

    weights = tuple(net.get_submodule(name).weight.detach() for name in names)
    hessian: Any = torch.autograd.functional.hessian(loss, weights)
    links = [torch.ones_like(w) for w in weights]
    links[1] = mask
    sizes = [w.numel() for w in weights]
    starts = np.cumsum([0, *sizes])
    matrix = np.zeros((starts[-1], starts[-1]))
    for a, b in LINKS:
        i, j = names.index(a), names.index(b)
        block = hessian[i][j].reshape(sizes[i], sizes[j]).numpy()
        kept = np.outer(links[i].numpy().ravel(), links[j].numpy().ravel())
        matrix[starts[i] : starts[i + 1], starts[j] : starts[j + 1]] = block * kept
    batches = [(x[:2], y[:2]), (x[2:], y[2:])]
    found = ns.capacitance(
        net, batches, reading="exact", head="all", masks={"two": mask}, sign_errors=0
    )
    assert found.numerator == pytest.approx(matrix.sum(0) @ matrix.sum(1), abs=1e-10)
    assert found.denominator == pytest.approx(matrix.sum(), abs=1e-10)
    assert found.value is not None


def test_a_large_head_without_its_matrix() -> None:
    net = probe((2048, 256, 128, 128, 10), norm=False)  # P has 17 thousand million entries
    for reading in ("local", "exact"):
        found = ns.capacitance(net, data_of((2048,), n=8, parts=1), reading=reading, sign_errors=0)
        assert found.value is not None
        assert found.nodes == 2048 * 256 + 256 * 128 + 128 * 128 + 128 * 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reading": "approximate"}, "expected local or exact"),
        ({"batch_norm": "train"}, "expected fixed or nodes"),
        ({"head": "classifier"}, "names no layer"),
        ({"head": ["0", "4"]}, "not the last linear layers"),
        ({"masks": {"nine": np.ones((2, 2))}}, "no Linear and no Conv2d"),
        ({"masks": {"0": np.ones((2, 2))}}, "has shape"),
        ({"masks": {"0": [[1, np.nan]]}}, "other than 0 and 1"),
        ({"batch_size": 0}, "at least one sample"),
        ({"batch_size": 2.5}, "whole numbers"),
        ({"head": []}, "head names no layer; without it"),
        ({"sign_errors": float("nan")}, "expected 0 or more"),
    ],
)
def test_what_cannot_be_asked(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ns.UserError, match=message):
        ns.capacitance(probe(), data_of((64,)), **options)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "no batch"),
        (torch.zeros(4, 64), "Expected a data set"),
        ("digits", "of nsgraph.datasets.load"),
        ((torch.zeros(4, 64), torch.zeros(4, dtype=torch.int64)), "such as \\[\\(inputs, labels"),
        ([(torch.zeros(4, 64), torch.zeros(3, dtype=torch.int64))], "are no batch"),
        ([(torch.zeros(4, 64), torch.zeros(4))], "are no batch"),
        ([(torch.zeros(4, 64), torch.full((4,), 10))], "has 10 outputs"),
        ([(torch.zeros(4, 3, 64), torch.zeros(4, dtype=torch.int64))], "numbers enter layer"),
    ],
)
def test_data_that_do_not_fit(data: Any, message: str) -> None:
    with pytest.raises(ns.UserError, match=message):
        ns.capacitance(probe(norm=False), data)


@pytest.mark.parametrize("label", [-100, 3])  # torch would leave the first one out
def test_labels_of_a_network_without_a_stack(label: int) -> None:
    batch = (torch.zeros(2, 1, 4, 4), torch.tensor([0, label]))
    with pytest.raises(ns.UserError, match="has 3 outputs") as caught:
        ns.capacitance(Net(), [batch], reading="exact", head="all")
    assert caught.value.__context__ is None


@pytest.mark.parametrize("reading", ["local", "exact"])
def test_images_with_other_channels_than_the_network_has(reading: Any) -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, 5), nn.ReLU())
    net = nn.Sequential(net, nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3))
    batch = (torch.zeros(2, 3, 4, 4), torch.tensor([0, 1]))
    with pytest.raises(ns.UserError, match=r"failed on inputs of shape \(2, 3, 4, 4\)"):
        ns.capacitance(net, [batch], reading=reading, head="all" if reading == "exact" else None)


def test_what_has_no_capacitance() -> None:
    with pytest.raises(ns.UserError, match="a str was given"):
        ns.capacitance("net.safetensors", data_of((64,)))  # type: ignore[arg-type]


def test_a_layer_without_weights_is_said() -> None:
    found = ns.capacitance(probe(), data_of((64,)), masks={"4": np.zeros((128, 256))})
    assert (found.value, found.cause) == (None, "construction")
    assert "No weight is left in 4" in str(found.degenerate)


def test_a_network_without_a_stack() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.Softmax(1))
    with pytest.raises(ns.UserError, match='head="all"'):
        ns.capacitance(net, data_of((4,), 4))
    exact: dict[str, Any] = {"reading": "exact", "head": "all"}
    for options in ({"head": "all"}, exact | {"absolute": True}, exact | {"batch_norm": "nodes"}):
        with pytest.raises(ns.UserError, match="have the exact reading only"):
            ns.capacitance(Net(), data_of((1, 4, 4), 3), **options)


def test_callable_whatever_was_imported_before() -> None:
    program = """
import nsgraph.capacitance.beta, torch
from nsgraph.capacitance import capacitance
import nsgraph as ns
net = torch.nn.Sequential(*(torch.nn.Linear(3, 3) for _ in range(4)))
data = [(torch.eye(3), torch.arange(3))]
print(ns.capacitance(net, data) == capacitance(net, data))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "True", done.stderr


def test_the_examples_of_the_page(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(ns.__file__).parents[1] / "docs" / "capacitance.md").read_text()
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for code in re.findall(r"```python\n(.*?)```", page, re.S):
        exec(compile(code, "capacitance.md", "exec"), names)
    assert (tmp_path / "weights.graphml").is_file()


@pytest.mark.cuda
@pytest.mark.parametrize("reading", ["local", "exact"])
def test_on_cuda(reading: Any) -> None:
    net, data = probe((64, 16, 16, 16, 10)).double(), data_of((64,))
    expected = ns.capacitance(net, data, reading=reading, sign_errors=0)
    found = ns.capacitance(net.cuda(), data, reading=reading, sign_errors=0)
    assert found.value == pytest.approx(expected.value, rel=1e-9)


def test_the_masked_network_is_that_of_zeroed_weights() -> None:
    case = make([4, 3, 3, 3], masked=[True, True, True, True])
    case.net.eval()
    masked = ns.capacitance(case.net, case.batch, masks=case.masks, sign_errors=0)
    for name, mask in case.masks.items():
        case.net.get_submodule(name).weight.data *= mask
    zeroed = ns.capacitance(case.net, case.batch, masks=case.masks, sign_errors=0)
    assert masked == zeroed
