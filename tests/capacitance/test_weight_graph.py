"""The weight graph of a small network: names, measures, files, and the reduction of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import nsgraph as ns
from nsgraph.capacitance import WeightGraph, weight_graph
from nsgraph.graphs import export, reduction
from tests.capacitance.networks import Case, make


def masked_case() -> Case:
    torch.manual_seed(3)
    return make([4, 3, 3, 3], samples=8, masked=[True, True, True, True])


def graph_of(case: Case, **options: Any) -> WeightGraph:
    return weight_graph(case.net, case.batch, masks=case.masks, **options)


def test_an_entry_by_hand() -> None:
    net = torch.nn.Sequential(
        torch.nn.Linear(1, 1, bias=False), torch.nn.ReLU(), torch.nn.Linear(1, 2, bias=False)
    )
    net[0].weight.data[:] = 2
    net[2].weight.data[:] = torch.tensor([[1.0], [0.0]])
    found = weight_graph(net, [(torch.tensor([[3.0]]), torch.tensor([0]))])
    assert found.labels == ["0[0,0]", "2[0,0]", "2[1,0]"]
    p = 1 / (1 + np.exp(-6))  # of the label: logits 6 and 0
    expected = np.zeros((3, 3))
    expected[0, 1:] = 3 * (p - 1), 3 * (1 - p)  # z times dC/da
    np.testing.assert_allclose(found.matrix.toarray(), expected, rtol=1e-6)
    assert found.samples == 1


@pytest.mark.parametrize("reading", ["local", "exact"])
@pytest.mark.parametrize("batch_norm", ["fixed", "nodes"])
def test_its_reduction_is_the_capacitance(reading: Any, batch_norm: Any) -> None:
    torch.manual_seed(5)
    case = make([4, 3, 3, 3], samples=8, with_norm=True, masked=[True, True, True, True])
    options: dict[str, Any] = {"reading": reading, "batch_norm": batch_norm}
    graph = graph_of(case, **options)
    found = ns.capacitance(case.net, case.batch, masks=case.masks, sign_errors=0, **options)
    assert found.value is not None
    assert reduction(graph.matrix).beta == pytest.approx(found.value, rel=1e-9)
    assert reduction(graph.to_networkx()).beta == pytest.approx(found.value, rel=1e-9)
    assert found.nodes == graph.matrix.shape[0]


def test_it_is_a_graph_like_any_other(tmp_path: Any) -> None:
    case = masked_case()
    found = graph_of(case)
    graph, coo = found.graph, found.matrix.tocoo()
    assert graph.n_nodes == len(found.labels) == sum(int(m.sum()) for m in case.masks.values())
    assert graph.n_edges == coo.nnz > 0
    assert [s.id for s in graph.sets] == ["fc1", "fc2", "fc3", "fc4"]
    assert [s.size for s in graph.sets] == [int(m.sum()) for m in case.masks.values()]
    assert (graph.to_scipy() != abs(found.matrix)).nnz == 0
    source, target, _ = graph.edges()
    labels = [graph.layers[at] for at in graph.edge_layers]
    for u, v, label in zip(source, target, labels, strict=True):
        layers = found.layers[found.layer[u]], found.layers[found.layer[v]]
        assert label == "{} to {}".format(*layers)
        assert found.output[u] == found.input[v]  # the local reading is a line graph
    values = ns.measure(graph, ["size", "local", "strength", "motifs", "spectral"])
    assert values["size.edges"] == graph.n_edges
    assert values["strength.final_mean"] > 0
    export(graph, tmp_path / "weights.parquet")
    export(graph, tmp_path / "weights.graphml")
    directed = found.to_networkx()
    assert [directed.nodes[node]["label"] for node in range(graph.n_nodes)] == found.labels
    assert {(u, v): w for u, v, w in directed.edges(data="weight")} == {
        (u, v): w for u, v, w in zip(coo.row, coo.col, coo.data, strict=True)
    }


def test_signs_are_in_the_matrix() -> None:
    signed, absolute = graph_of(masked_case()), graph_of(masked_case(), absolute=True)
    assert signed.matrix.min() < 0 <= absolute.matrix.min()
    assert (absolute.matrix - abs(signed.matrix)).min() > -1e-15


def test_too_many_entries() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(500, 300), torch.nn.ReLU(), torch.nn.Linear(300, 200))
    data = [(torch.zeros(1, 500), torch.tensor([0]))]
    with pytest.raises(ns.UserError, match="30,000,000 entries"):
        weight_graph(net, data)


def test_no_data() -> None:
    with pytest.raises(ns.UserError, match="no batch"):
        weight_graph(masked_case().net, [])
