"""The public names, as the README uses them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nsgraph as ns


@pytest.mark.parametrize("name", ns.__all__)
def test_every_public_name_is_there(name):
    assert getattr(ns, name) is not None
    assert name in dir(ns)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = ns.nonsense


@pytest.mark.parametrize(
    "first", ["", "import nsgraph.distance", "import nsgraph.distance.stability as s"]
)
def test_the_distance_can_be_called_whatever_was_imported_before(first):
    program = (
        f"{first}\nimport nsgraph as ns\nm = {{'a': [[1, 0]]}}\nprint(ns.distance(m, m).value)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "0.0", done.stderr


def test_the_tour_of_the_readme(tmp_path, monkeypatch, capsys):
    readme = (Path(ns.__file__).parents[1] / "README.md").read_text()
    (code,) = re.findall(r"<!-- tour -->\n```python\n(.*?)```", readme, re.S)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    sizes, _, z, distance = capsys.readouterr().out.splitlines()
    assert sizes.split()[0] == str(784 + 100 + 10)
    assert abs(float(z)) < 5
    assert distance == "0.0"


def test_from_a_data_set_to_numbers(tmp_path):
    net = ns.models.build("mlp-16", input_shape=(1, 8, 8), classes=10, seed=0)
    data = ns.datasets.load("digits")
    masks = ns.prune(net, "snip", sparsity=0.9, data=data, seed=0)
    assert masks.n_kept == round(0.1 * masks.n_weights)
    run = ns.train(net, data, method="set", sparsity=0.9, seed=0, epochs=1)
    assert run.masks.n_kept == masks.n_kept
    ns.save_network(tmp_path / "net.safetensors", net, masks, input_shape=(1, 8, 8))
    saved = ns.load_network(tmp_path / "net.safetensors")
    assert saved.masks == masks
    graph = ns.encode(net, masks, input_shape=(1, 8, 8), encoding="multipartite")
    source, target, weight = graph.edges()
    assert len(source) == len(target) == len(weight) == graph.n_edges == masks.n_kept
    assert ns.measure(graph) == ns.measure(ns.encode(saved))
    assert ns.distance(masks, run.masks).value > 0
    np.testing.assert_array_equal(ns.encode(saved).edges()[0], source)
