from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nsgraph.errors import UserError
from nsgraph.prediction import feature_sets, usable_columns
from nsgraph.prediction.features import encodings_of
from nsgraph.prediction.published import read_published
from nsgraph.prediction.published_columns import CATEGORIES, dictionary
from nsgraph.pruning import registry
from tests.prediction.made_up_published import (
    LAYERS,
    identities,
    tables,
    write_archive,
    write_folder,
)

UNROLLED = "graph_metrics/unrolled/unrolled.csv"
ROLLED = "graph_metrics/rolled/rolled-CIFAR-10-CONV-6.csv"
RAMANUJAN = "ramanunjan_results/CONV-6/rolled-CIFAR-10-CONV-6.csv"


@pytest.fixture
def found():
    return tables(identities())


def counted(published, source, what):
    rows = published.joins
    return int(rows[(rows["source"] == source) & (rows["what"] == what)]["n"].iloc[0])


def test_archive_folder_and_single_table_are_the_same(tmp_path, found):
    archive = read_published(write_archive(tmp_path / "data.tar.xz", found))
    folder = read_published(write_folder(tmp_path / "unpacked", found))
    alone = read_published(tmp_path / "unpacked" / UNROLLED)
    pd.testing.assert_frame_equal(archive.networks, folder.networks)
    shared = list(alone.networks.columns)
    pd.testing.assert_frame_equal(archive.networks[shared], alone.networks)
    assert encodings_of(alone.networks) == ["multipartite"]
    assert counted(alone, "rolled", "rows") == 0


def test_columns_are_encoding_family_and_the_published_name(tmp_path, found):
    networks = read_published(write_archive(tmp_path / "a.tar.xz", found)).networks
    assert encodings_of(networks) == ["multipartite", "rolled", "rolled-channel"]
    theirs = found[UNROLLED].set_index(["pruning", "sparsity", "seed"])
    ours = networks.assign(pruning=networks["method"].str.removeprefix("published-"))
    ours = ours.set_index(["pruning", "sparsity", "seed"]).loc[theirs.index]
    for name, column in (
        ("motif", "multipartite.motifs.motif"),
        ("nodes", "multipartite.size.nodes"),
    ):
        np.testing.assert_array_equal(ours[column], theirs[name])
    layers = found[ROLLED].groupby(["pruning_algorithm", "sparsity", "seed"])["motifs_count"].mean()
    np.testing.assert_allclose(ours["rolled.motifs.motifs_count"], layers.loc[theirs.index])
    assert not [c for c in networks if c.endswith(".motifs.motifs")]  # always empty there
    described = {entry.name for entry in dictionary()}
    metrics = [c for c in networks if c.split(".")[0] in encodings_of(networks)]
    assert {c.split(".", 1)[1] for c in metrics} <= described


def test_no_published_method_has_the_name_of_one_of_ours(tmp_path, found):
    networks = read_published(write_archive(tmp_path / "a.tar.xz", found)).networks
    assert not set(networks["method"]) & set(registry.names())
    assert set(networks["category"]) == {CATEGORIES[m] for m in ("uniform", "snip", "rigl")}


def test_initial_and_final_weights_never_share_a_column(tmp_path, found):
    networks = read_published(write_archive(tmp_path / "a.tar.xz", found)).networks
    dynamic = (networks["category"] == "dynamic sparse training").to_numpy()
    for name in (
        "multipartite.strength.{}_avg_node_strength",
        "rolled.spectral.{}_spectral_gap_weighted_undirected",
    ):
        initial, final = (networks[name.format(kind)].notna() for kind in ("initial", "final"))
        np.testing.assert_array_equal(initial, ~dynamic)
        np.testing.assert_array_equal(final, dynamic)
    assert "multipartite.strength.avg_node_strength" not in networks
    columns = feature_sets(networks, ["multipartite"], "initial")["multipartite"]
    left_out = dict(usable_columns(networks, columns)[2])
    assert "missing" in left_out["multipartite.strength.initial_avg_node_strength"]
    untrained = networks[~dynamic]
    assert (
        "multipartite.strength.initial_avg_node_strength" in usable_columns(untrained, columns)[1]
    )


def test_the_target_is_relative_to_the_best_sparse_network(tmp_path):
    found = tables(identities(models=("CONV-6", "Resnet-20")))
    networks = read_published(write_archive(tmp_path / "a.tar.xz", found)).networks
    for _, own in networks.groupby(["dataset", "model"]):
        assert own["accuracy_drop"].min() == 0
        np.testing.assert_allclose(
            own["accuracy_drop"], 1 - own["test_accuracy"] / own["test_accuracy"].max()
        )


def test_layer_densities_come_in_the_order_of_the_layers(tmp_path, found):
    networks = read_published(write_archive(tmp_path / "a.tar.xz", found)).networks
    rows = found[ROLLED]
    first = networks.iloc[0]
    own = rows[
        (rows["pruning_algorithm"] == first["method"].removeprefix("published-"))
        & (rows["sparsity"] == first["sparsity"])
        & (rows["seed"] == first["seed"])
    ]
    columns = [f"mask.density.{k:02d}" for k in range(1, len(LAYERS) + 1)]
    np.testing.assert_allclose(first[columns].astype(float), own["layer_sparsity"])
    assert feature_sets(networks)["layer densities"] == columns


def test_repeated_rows_are_dropped_and_counted(tmp_path, found):
    found[UNROLLED] = pd.concat([found[UNROLLED], found[UNROLLED].iloc[:3]])
    published = read_published(write_archive(tmp_path / "a.tar.xz", found))
    assert counted(published, "multipartite", "duplicates dropped") == 3
    assert counted(published, "multipartite", "networks") == len(published.networks) == 16
    assert counted(published, "rolled", "networks matched") == 16


def test_networks_without_a_metric_are_dropped_and_named(tmp_path, found):
    found[UNROLLED].loc[2, "sink_nodes"] = np.nan
    published = read_published(write_archive(tmp_path / "a.tar.xz", found))
    rows = published.joins
    note = rows[rows["what"] == "networks that lack a metric, dropped"].iloc[0]
    assert note["n"] == 1
    assert "uniform, 0.9, seed 0" in note["note"]
    assert len(published.networks) == 15
    assert counted(published, "rolled", "left over there") == 1


def test_two_methods_of_equal_accuracy_are_told_apart_by_their_links(tmp_path):
    networks = identities()
    networks["accuracy"] = 0.75  # all the same: accuracy alone says nothing
    found = tables(networks)
    published = read_published(write_archive(tmp_path / "a.tar.xz", found))
    assert counted(published, "Ramanujan", "networks whose method is known") == 16
    rows, bounds = found[ROLLED], found[RAMANUJAN]
    assert (rows["edges"] == bounds["no_weights"]).all()  # same order in the made-up files
    wanted = bounds.groupby(np.arange(len(bounds)) // len(LAYERS))["degree_bound"].mean()
    by = ["method", "sparsity", "seed"]
    owners = rows.iloc[:: len(LAYERS)].assign(
        method="published-" + rows["pruning_algorithm"], wanted=wanted.to_numpy()
    )
    both = published.networks.merge(owners[[*by, "wanted"]], on=by, validate="one_to_one")
    np.testing.assert_allclose(both["rolled.expansion.degree_bound"], both["wanted"])


def test_networks_that_the_layers_lack_stay_and_are_counted(tmp_path, found):
    lacking = found[ROLLED]["pruning_algorithm"] == "snip"
    found[ROLLED] = found[ROLLED][~lacking]
    published = read_published(write_archive(tmp_path / "a.tar.xz", found))
    assert counted(published, "rolled", "networks without a partner there") == 4
    assert counted(published, "Ramanujan", "networks whose method is not known") == 4
    snip = published.networks["method"] == "published-snip"
    assert published.networks.loc[snip, "rolled.size.nodes"].isna().all()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: t.rename(columns={"motif": "m"}), "the column motif is not there"),
        (lambda t: t.assign(motif="many"), "something other than numbers"),
        (lambda t: t.replace({"pruning": {"snip": "magic"}}), "unknown method 'magic'"),
        (lambda t: t.assign(accuracy=t["accuracy"] * 100), "between 0 and 1"),
        (
            lambda t: pd.concat([t, t.iloc[:2].assign(motif=-1.0)]),
            "2 rows speak of a network that another row describes otherwise",
        ),
    ],
)
def test_a_table_that_is_something_else_is_refused(tmp_path, found, change, sentence):
    found[UNROLLED] = change(found[UNROLLED])
    with pytest.raises(UserError, match=sentence):
        read_published(write_archive(tmp_path / "a.tar.xz", found))


def test_layers_that_speak_twice_of_one_network_are_refused(tmp_path, found):
    again = found[ROLLED].iloc[:1].assign(bridges=-1.0)
    found[ROLLED] = pd.concat([found[ROLLED], again])
    with pytest.raises(UserError, match="describes otherwise"):
        read_published(write_archive(tmp_path / "a.tar.xz", found))


def test_files_that_are_absent_truncated_or_others_are_refused(tmp_path, found):
    with pytest.raises(UserError, match="there is no such file; expected graph_data"):
        read_published(tmp_path / "nothing.tar.xz")
    whole = write_archive(tmp_path / "a.tar.xz", found)
    cut = tmp_path / "cut.tar.xz"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(UserError, match="not a whole archive"):
        read_published(cut)
    (tmp_path / "text.tar.xz").write_text("hello")
    with pytest.raises(UserError, match="not a whole archive"):
        read_published(tmp_path / "text.tar.xz")
    (tmp_path / "unrolled.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="the column pruning is not there"):
        read_published(tmp_path / "unrolled.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds none of the published tables"):
        read_published(tmp_path / "empty")
    del found[UNROLLED]
    with pytest.raises(UserError, match="there is no unrolled"):
        read_published(write_archive(tmp_path / "b.tar.xz", found))
