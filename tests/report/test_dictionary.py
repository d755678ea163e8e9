from __future__ import annotations

import numpy as np
import pytest

from nsgraph.errors import UserError
from nsgraph.masks import Masks
from nsgraph.prediction import null_table, predict, predict_null
from nsgraph.prediction.answers import predict_answers
from nsgraph.prediction.importance import importance
from nsgraph.prediction.run import sparse_networks
from nsgraph.report import columns_table, layers_table, networks_table, nulls_table, pairs_table
from nsgraph.report.tables import KEYS
from nsgraph.studies.accuracy import accuracy_table
from nsgraph.studies.methods.densities import ABOUT, densities_table, layer_rows
from nsgraph.studies.methods.results import methods_table
from nsgraph.studies.multipartite.claims import claims_table


@pytest.fixture(scope="module")
def tables(rows):
    networks = networks_table(rows.manifests, rows.metrics)
    found = predict(networks, repeats=1, resamples=20, tasks=["accuracy-drop"])
    samples = predict_null(networks, samples=2, tasks=["accuracy-drop"])
    null = null_table(found.scores, samples)
    columns = [c for c in networks if c.startswith("multipartite.local.")]
    about = {"features": "multipartite", "tasks": ["accuracy-drop"], "repeats": 1, "folds": 2}
    asked = sparse_networks(networks)
    weighed = importance(asked, columns, ["density"], **about, resamples=20)
    tasks = {**about, "tasks": ["category", "accuracy-drop"], "foldings": ["grouped"]}
    answers = predict_answers(asked, columns, **tasks)
    predicted = {
        "prediction_scores": found.scores,
        "prediction_repeats": found.repeats,
        "prediction_comparisons": found.comparisons,
        "prediction_importance": weighed.importance,
        "prediction_beyond": weighed.beyond,
        "prediction_clusters": weighed.clusters,
        "prediction_confusion": answers.confusion,
        "prediction_drops": answers.drops,
        "prediction_null": null,
        "prediction_null_samples": samples,
        "prediction_columns": found.columns,
    }
    return {
        **predicted,
        "networks": networks,
        "layers": layers_table(rows.layers),
        "nulls": nulls_table(rows.nulls),
        "pairs": pairs_table(rows.pairs),
        "claims": claims_table(predicted),
    }


def test_every_column_of_every_table_has_one_entry(tables, metrics_dictionary):
    columns = columns_table(tables, metrics_dictionary)
    entries = set(zip(columns["table"], columns["column"], strict=True))
    assert len(entries) == len(columns)
    expected = {(name, c) for name, table in tables.items() for c in table.columns}
    expected |= {("columns", c) for c in columns.columns}
    assert expected | {("layers", "value of layer.edges")} == entries
    assert (columns["meaning"].str.len() > 0).all()


def test_every_table_says_what_one_row_is(tables, tables_of_methods):
    for name, table in {**tables, **tables_of_methods}.items():
        assert not table.duplicated(list(KEYS[name])).any(), name


@pytest.fixture(scope="module")
def tables_of_methods(rows, tables):
    kept = Masks({"fc1": np.eye(3, 4, dtype=bool), "fc2": np.ones((2, 3), dtype=bool)})
    layers = []
    for row in rows.manifests:
        layers += layer_rows(kept, **{name: row[name] for name in ABOUT})
    return {
        "networks": networks_table(rows.manifests),
        "accuracy": accuracy_table(tables["networks"]),
        "densities": densities_table(layers),
        "methods": methods_table(["dense", "snip"]),
        "claims": tables["claims"],
    }


def test_the_study_of_methods_needs_no_metrics_to_describe_its_tables(tables_of_methods):
    columns = columns_table(tables_of_methods, metrics=(), distances=())
    entries = set(zip(columns["table"], columns["column"], strict=True))
    expected = {(name, c) for name, table in tables_of_methods.items() for c in table.columns}
    assert entries == expected | {("columns", c) for c in columns.columns}
    assert (columns["meaning"].str.len() > 0).all()


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("networks", "multipartite.local.invented"),
        ("pairs", "distance.invented"),
        ("claims", "luck"),
    ],
)
def test_a_column_without_entry_is_an_error_that_names_it(tables, metrics_dictionary, table, name):
    more = {**tables, table: tables[table].assign(**{name: 1})}
    with pytest.raises(UserError, match=f"Table {table} has a column {name} that"):
        columns_table(more, metrics_dictionary)


def test_metrics_keep_their_definition_and_suffixes_are_explained(tables, metrics_dictionary):
    more = {**tables, "networks": tables["networks"].assign(**{"rolled.motifs.chain_er_z": 1.0})}
    columns = columns_table(more, metrics_dictionary).set_index("column")
    assert columns.loc["rolled.motifs.chain", "meaning"] == "chains a -> b -> c (rolled encoding)"
    assert "(motifs.chain - mean) / sd" in columns.loc["rolled.motifs.chain_er_z", "formula"]
    status = columns.loc["rolled.strength.initial_mean.status", "meaning"]
    assert status == "why strength.initial_mean is empty (rolled encoding)"


def test_the_package_s_own_dictionaries_fit(tables):
    from nsgraph.metrics import dictionary

    names = [e.name for e in dictionary() if not e.name.startswith("layer.")]
    own = tables["networks"][["network"]].assign(**{f"multipartite.{n}": 1 for n in names})
    assert len(columns_table({"networks": own})) == len(names) + 1 + 7


def test_a_metric_of_the_layers_without_entry_is_an_error(tables, metrics_dictionary):
    more = {**tables, "layers": tables["layers"].assign(metric="layer.invented")}
    with pytest.raises(UserError, match=r"column value of layer\.invented that"):
        columns_table(more, metrics_dictionary)
