from __future__ import annotations

import csv
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from nsgraph.errors import UserError
from nsgraph.report import (
    layers_table,
    networks_table,
    nulls_table,
    pairs_table,
    read_table,
    write_table,
)
from nsgraph.report.frames import column, frame_of, python_values
from nsgraph.store import Entry


@pytest.fixture
def networks(rows):
    return networks_table(rows.manifests, rows.metrics)


def test_one_row_a_network_with_its_metrics(rows, networks):
    assert len(networks) == len(rows.manifests) == 150
    by_name = networks.set_index("network")
    for row in (rows.metrics[0], rows.metrics[-1]):
        for name, value in row.items():
            if name != "network" and value is not None:
                assert by_name.loc[row["network"], name] == value


def test_accuracy_drop_is_against_dense_of_the_same_seed(rows, networks):
    accuracy = {r["network"]: r["test_accuracy"] for r in rows.manifests}
    row = networks.set_index("network").loc["digits/mlp-64-64/rigl/0.9-2"]
    dense = accuracy["digits/mlp-64-64/dense/0-2"]
    assert row["dense_accuracy"] == dense
    assert row["accuracy_drop"] == 1 - accuracy["digits/mlp-64-64/rigl/0.9-2"] / dense
    assert (networks.loc[networks["method"] == "dense", "accuracy_drop"] == 0).all()
    assert networks["accuracy_drop.status"].isna().all()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda e: e["method"] == "dense" and e["seed"] == 1, "no dense network"),
        ({"test_accuracy": None}, "no test accuracy"),
        ({"test_accuracy": 0.0}, "dense accuracy is zero"),
    ],
)
def test_a_drop_that_cannot_be_computed_is_null_with_a_status(rows, change, status):
    manifests, metrics = rows.manifests, rows.metrics
    if callable(change):
        gone = {e["network"] for e in manifests if change(e)}
        manifests = [e for e in manifests if e["network"] not in gone]
        metrics = [r for r in metrics if r["network"] not in gone]
    else:
        manifests = [
            {**e, **change} if e["method"] == "dense" and e["seed"] == 1 else e for e in manifests
        ]
    table = networks_table(manifests, metrics)
    asked = table[(table["seed"] == 1) & (table["method"] != "dense")]
    assert asked["accuracy_drop"].isna().all()
    assert set(asked["accuracy_drop.status"]) == {status}
    assert table.loc[table["seed"] == 0, "accuracy_drop"].notna().all()


def test_another_recipe_is_another_reference(rows):
    manifests = [
        {**e, "recipe": {"epochs": 5 if e["method"] == "dense" else 12}} for e in rows.manifests
    ]
    table = networks_table(manifests, rows.metrics)
    assert set(table.loc[table["method"] != "dense", "accuracy_drop.status"]) == {
        "no dense network"
    }


def test_manifest_entries_of_the_store_are_taken_as_they_are(rows):
    entries = [Entry(**{k: e[k] for k in Entry.__struct_fields__}) for e in rows.manifests]
    assert_frame_equal(
        networks_table(entries, rows.metrics)[["network", "accuracy_drop"]],
        networks_table(rows.manifests, rows.metrics)[["network", "accuracy_drop"]],
    )


@pytest.mark.parametrize(
    ("manifests", "metrics", "expected"),
    [
        (lambda r: [*r, r[0], r[1]], lambda r: r, "Manifests: 2 rows repeat"),
        (lambda r: r, lambda r: [*r, r[3]], "Metric rows: 1 rows repeat"),
        (lambda r: r, lambda r: r[:-2], "2 networks are not in the metric rows"),
        (lambda r: r[:-1], lambda r: r, "1 networks are not in the manifests"),
        (lambda r: [], lambda r: r, "no network in the manifests"),
        (lambda r: r, lambda r: [{**x, "seed": 1} for x in r], "repeat columns.*: seed"),
    ],
)
def test_joins_refuse_what_does_not_match(rows, manifests, metrics, expected):
    with pytest.raises(UserError, match=expected):
        networks_table(manifests(rows.manifests), metrics(rows.metrics))


def test_networks_that_were_not_measured_have_a_table_too(rows, networks):
    table = networks_table(rows.manifests)
    assert_frame_equal(table, networks[list(table.columns)])
    assert "accuracy_drop" in table
    assert not any(c.startswith("multipartite.") for c in table)


def test_layers_and_pairs_refuse_duplicates(rows):
    with pytest.raises(UserError, match="Layer rows: 1 rows repeat"):
        layers_table([*rows.layers, rows.layers[0]])
    with pytest.raises(UserError, match="Pair rows: 1 rows repeat"):
        pairs_table([*rows.pairs, rows.pairs[0]])


def test_no_pairs_is_an_empty_table(tmp_path):
    write_table(pairs_table([]), tmp_path / "pairs.csv")
    assert (tmp_path / "pairs.csv").read_text() == (
        "differ,dataset,dataset_b,model,method,sparsity,seed_a,seed_b\n"
    )
    assert read_table(tmp_path / "pairs.csv").empty


def test_files_are_exact_sorted_and_the_same_bytes(tmp_path):
    frame = pd.DataFrame(
        {
            "name": ["b", "a", None],
            "whole": [3, None, 2**40],
            "huge": pd.Series([2**80, None, -1], dtype=object),
            "share": [0.1, 1 / 3, math.nan],
            "flag": [True, None, False],
        }
    )
    frame["whole"] = column("whole", [3, None, 2**40])
    write_table(frame, tmp_path / "t.csv", keys=["name"])
    assert (tmp_path / "t.csv").read_bytes() == (
        b"name,whole,huge,share,flag\n"
        b"a,,,0.3333333333333333,\n"
        b"b,3,1208925819614629174706176,0.1,true\n"
        b",1099511627776,-1,,false\n"
    )
    first = (tmp_path / "t.parquet").read_bytes()
    write_table(frame.sample(frac=1, random_state=1), tmp_path / "t.csv", keys=["name"])
    assert (tmp_path / "t.parquet").read_bytes() == first
    back = read_table(tmp_path / "t.csv")
    assert python_values(back["huge"]) == [None, 2**80, -1]
    assert python_values(back["whole"]) == [None, 3, 2**40]
    assert back["whole"].dtype == "Int64"


@given(
    st.lists(
        st.tuples(
            st.integers() | st.none(),
            st.floats(allow_nan=False) | st.none(),
            st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), min_size=1),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_what_is_written_reads_back_the_same(tmp_path_factory, content):
    content = [(i and i % 2**200, f, s) for i, f, s in content]
    frame = frame_of([{"i": i, "f": f, "s": s} for i, f, s in content])
    path = tmp_path_factory.mktemp("t") / "t.csv"
    write_table(frame, path, keys=[])
    back = read_table(path)
    assert [tuple(python_values(back[c])) for c in "ifs"] == [
        tuple(python_values(frame[c])) for c in "ifs"
    ]
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))[1:]
    assert [r[0] for r in rows] == ["" if i is None else str(i) for i, _, _ in content]
    assert [float(r[1]) if r[1] else None for r in rows] == [f for _, f, _ in content]
    assert [r[2] for r in rows] == [s for _, _, s in content]


def test_tables_sort_by_their_keys(tmp_path, rows, networks):
    write_table(networks.sample(frac=1, random_state=0), tmp_path / "networks.csv")
    again = read_table(tmp_path / "networks.csv")
    assert_frame_equal(again, networks)


def test_types_of_columns():
    assert column("x", [1, np.int64(2), None]).dtype == "Int64"
    assert column("x", [1, 0.5]).dtype == "float64"
    assert column("x", [True, None]).dtype == "boolean"
    assert column("x.status", [None, None]).dtype == "string"
    assert column("x", [None]).dtype == "float64"
    with pytest.raises(UserError, match=r"Column x holds float, str"):
        column("x", [1.0, "one"])


def test_a_missing_or_broken_table_is_said(tmp_path):
    with pytest.raises(UserError, match="no such table"):
        read_table(tmp_path / "none.csv")
    (tmp_path / "bad.parquet").write_bytes(b"not parquet")
    with pytest.raises(UserError, match="not a whole Parquet file"):
        read_table(tmp_path / "bad.csv")


def test_rows_beside_nulls_are_floats_and_unique(tmp_path, rows):
    table = nulls_table(rows.nulls)
    assert table["value"].dtype.kind == "f"
    assert table.loc[(table["metric"] == "motifs.chain").to_numpy(), "z"].isna().all()
    with pytest.raises(UserError, match="rows repeat"):
        nulls_table([*rows.nulls, rows.nulls[0]])
    write_table(nulls_table([]), tmp_path / "nulls.csv")
    assert (tmp_path / "nulls.csv").read_text() == "network,encoding,metric,null_model\n"
