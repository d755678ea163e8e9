"""Exports and conversions: what comes back is what went in."""

from __future__ import annotations

import json
import sys

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse as sp
from hypothesis import given

from nsgraph.errors import UserError
from nsgraph.graphs import Graph, convert, encode, export, read_edge_list, write_edge_list
from tests.graphs.networks import Builder, cases, networks
from tests.graphs.twin import edge_dict


@pytest.fixture
def saved():
    """A residual block with an identity shortcut, then a linear layer."""
    net = Builder(2, 3, 3)
    first = net.conv("in", 2, (3, 3), padding=(1, 1))
    last = net.conv(first, 2, (3, 3), padding=(1, 1))
    net.identity(first, last)
    net.linear(net.flatten(last), 3)
    return net.network(density=0.4)


@pytest.fixture
def graph(saved):
    return encode(saved, identity_skips=True)


def labels(graph):
    names = [*graph.layers, "identity"]
    source, target, _ = graph.edges()
    pairs = zip(source.tolist(), target.tolist(), strict=True)
    return dict(zip(pairs, (names[i] for i in graph.edge_layers), strict=True))


def test_parquet(graph, tmp_path):
    table = pq.read_table(export(graph, tmp_path / "edges.parquet"))
    columns = {name: table[name].to_pylist() for name in table.column_names}
    pairs = list(zip(columns["source"], columns["target"], strict=True))
    assert dict(zip(pairs, columns["weight"], strict=True)) == edge_dict(graph)
    assert dict(zip(pairs, columns["layer"], strict=True)) == labels(graph)
    assert table.schema.field("source").type == pa.int32()
    about = json.loads(table.schema.metadata[b"nsgraph"])
    assert about["n_nodes"] == graph.n_nodes
    assert [s["id"] for s in about["sets"]] == [s.id for s in graph.sets]
    column = pq.ParquetFile(tmp_path / "edges.parquet").metadata.row_group(0).column(0)
    assert "DELTA_BINARY_PACKED" in column.encodings
    assert column.compression == "ZSTD"


def test_graphml(graph, tmp_path):
    back = nx.read_graphml(export(graph, tmp_path / "graph.graphml"), node_type=int)
    assert {(u, v): w for u, v, w in back.edges.data("weight")} == edge_dict(graph)
    assert {(u, v): name for u, v, name in back.edges.data("layer")} == labels(graph)
    assert list(back) == list(range(graph.n_nodes))


def test_npz(graph, tmp_path):
    back = sp.load_npz(export(graph, tmp_path / "adjacency.npz")).tocoo()
    pairs = zip(back.row.tolist(), back.col.tolist(), strict=True)
    assert dict(zip(pairs, back.data.tolist(), strict=True)) == edge_dict(graph)
    assert back.shape == (graph.n_nodes, graph.n_nodes)


def test_networkx_and_igraph(graph):
    other = graph.to_networkx()
    assert {(u, v): w for u, v, w in other.edges.data("weight")} == edge_dict(graph)
    assert [other.nodes[v]["set"] for v in other] == [
        s.id for s in graph.sets for _ in range(s.size)
    ]
    drawn = graph.to_igraph()
    assert dict(zip(drawn.get_edgelist(), drawn.es["weight"], strict=True)) == edge_dict(graph)
    assert dict(zip(drawn.get_edgelist(), drawn.es["layer"], strict=True)) == labels(graph)
    assert drawn.vs["set"] == [s.id for s in graph.sets for _ in range(s.size)]


def test_empty_graph_exports(tmp_path):
    graph = Graph.from_edges(3, [], [])
    for name in ("e.parquet", "e.npz", "e.graphml"):
        assert export(graph, tmp_path / name).stat().st_size > 0
    assert graph.to_igraph().vcount() == graph.to_networkx().number_of_nodes() == 3


@pytest.mark.graph_tool
@pytest.mark.parametrize("name", ["graph.gt", "graph.gt.zst"])
def test_graph_tool(graph, tmp_path, name):
    try:
        gt = convert.import_graph_tool()
    except UserError as error:
        pytest.skip(str(error))
    path = export(graph, tmp_path / name)
    assert [p.name for p in tmp_path.iterdir()] == [name]
    if name.endswith(".zst"):  # reading it directly needs one more package
        with pa.CompressedInputStream(str(path), "zstd") as stream:
            path = tmp_path / "plain.gt"
            path.write_bytes(stream.read())
    back = gt.load_graph(str(path))
    edges = back.get_edges([back.ep["weight"], back.ep["layer"]])
    found = {(int(u), int(v)): w for u, v, w, _ in edges}
    assert found == edge_dict(graph)
    names = [*json.loads(back.gp["layers"]), "identity"]
    assert {(int(u), int(v)): names[int(i)] for u, v, _, i in edges} == labels(graph)
    assert back.num_vertices() == graph.n_nodes


def test_without_graph_tool_one_sentence_and_no_file(graph, tmp_path, monkeypatch):
    monkeypatch.setattr(convert.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="graph-tool is not installed"):
        export(graph, tmp_path / "graph.gt.zst")
    assert not list(tmp_path.iterdir())


def test_graph_tool_is_not_imported_beside_numpy_2(graph, monkeypatch):
    """Debian's would end the interpreter."""
    spec = convert.importlib.util.spec_from_loader("graph_tool", None, origin="/usr/x/__init__.py")
    monkeypatch.setattr(convert.importlib.util, "find_spec", lambda name: spec)
    monkeypatch.setattr(convert.np, "__version__", "2.1.0")
    monkeypatch.setitem(sys.modules, "graph_tool", None)  # importing it would raise
    with pytest.raises(UserError, match=r"needs numpy 1, but numpy 2\.1\.0"):
        graph.to_graph_tool()


def test_unknown_suffix(graph, tmp_path):
    with pytest.raises(UserError, match=r"graph.dot: cannot export .* \.parquet, \.gt\.zst"):
        export(graph, tmp_path / "graph.dot")


@cases(30)
@given(networks)
def test_edge_list_round_trip(tmp_path_factory, saved):
    path = tmp_path_factory.mktemp("edges") / "edges.parquet"
    write_edge_list(saved, path)
    masks, weights = read_edge_list(path)
    assert masks == saved.masks
    assert all(np.array_equal(weights[name], saved.weights[name]) for name in masks)


def test_edge_list_rows(saved, tmp_path):
    write_edge_list(saved, tmp_path / "a.parquet")
    write_edge_list(saved, tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.column_names == ["layer", "out_channel", "in_channel", "ky", "kx", "weight"]
    rows = table.to_pylist()
    assert len(rows) == saved.masks.n_kept
    for row in rows:
        index = row["out_channel"], row["in_channel"], row["ky"], row["kx"]
        tensor = saved.weights[row["layer"]]
        assert tensor[index[: tensor.ndim]] == row["weight"]
        assert tensor.ndim == 4 or index[2:] == (0, 0)


def test_edge_list_that_is_none(graph, tmp_path):
    export(graph, tmp_path / "edges.parquet")
    with pytest.raises(UserError, match="columns out_channel, in_channel, ky, kx missing"):
        read_edge_list(tmp_path / "edges.parquet")
    (tmp_path / "text.parquet").write_text("nothing")
    with pytest.raises(UserError, match=r"text.parquet: cannot be read"):
        read_edge_list(tmp_path / "text.parquet")
    with pytest.raises(UserError, match="cannot be read"):
        read_edge_list(tmp_path / "missing.parquet")
