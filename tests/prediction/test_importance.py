from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nsgraph.prediction.explain import fit
from nsgraph.prediction.importance import held_fixed, importance
from nsgraph.prediction.out_of_fold import BOTH, HELD, LEFT, MEASURED, Seen, answers
from nsgraph.prediction.tasks import TASKS, Asked

DENSITIES = ["mask.density.01", "mask.density.02"]
METHODS = {"er": "layer-wise random", "snip": "pruning at initialisation", "set": "dynamic sparse "
           "training"}  # fmt: skip


def planted(topology: float, seeds: int = 3, per_method: int = 12) -> pd.DataFrame:
    """Drops from the first layer's density and, as much as asked for, from a metric beside it.

    `local.of_density` is a function of the densities, `motifs.planted` is not, `motifs.twin` says
    the same as that one, and `strength.noise` nothing.
    """
    rng = np.random.default_rng(3)
    rows = []
    for method, category in METHODS.items():
        for sparsity in np.linspace(0.5, 0.95, per_method).round(3):
            first, second = (1 - sparsity) * rng.uniform(0.5, 1.5, 2)
            own = rng.normal()
            for seed in range(seeds):
                noise = rng.normal(size=4) * 0.01
                rows.append(
                    {
                        "dataset": "d",
                        "model": "m",
                        "method": method,
                        "category": category,
                        "sparsity": sparsity,
                        "seed": seed,
                        "accuracy_drop": first + topology * own + noise[0],
                        "mask.density.01": first,
                        "mask.density.02": second,
                        "multipartite.local.of_density": first**2,
                        "multipartite.motifs.planted": own + noise[1],
                        "multipartite.motifs.twin": np.exp(own + noise[2]),
                        "multipartite.strength.noise": rng.normal(),
                    }
                )
    return pd.DataFrame(rows)


def metrics_of(table: pd.DataFrame) -> list[str]:
    return [c for c in table if c.startswith("multipartite.")]


def weigh(table, **options):
    options = {"tasks": ["accuracy-drop"], "repeats": 2, "resamples": 200} | options
    return importance(table, metrics_of(table), DENSITIES, features="multipartite", **options)


@pytest.fixture(scope="module")
def with_topology():
    return weigh(planted(topology=0.3))


@pytest.fixture(scope="module")
def density_alone():
    return weigh(planted(topology=0.0))


def cell(table, column, **where):
    keep = np.logical_and.reduce([table[k] == v for k, v in where.items()])
    assert keep.sum() == 1
    return table[keep].iloc[0][column]


@pytest.mark.parametrize("kind", ["regress", "classify"])
def test_contributions_add_up_to_the_margins(kind):
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(90, 4))
    target = matrix[:, 0] * matrix[:, 1]
    if kind == "classify":
        target = np.digitize(target, [-0.5, 0.5])
    model = fit(kind, matrix[:60], target[:60], 0)
    values, margins = model.contributions(matrix[60:]), model.margins(matrix[60:])
    assert values.shape == (30, 1 if kind == "regress" else 3, 5)
    np.testing.assert_allclose(values.sum(axis=2), margins, atol=1e-4)
    used = np.abs(values[:, :, :4]).mean(axis=(0, 1))
    assert used[:2].min() > 1.5 * used[2:].max()
    gains = model.gains(4)
    assert gains.sum() == pytest.approx(1)
    assert gains[:2].min() > gains[2:].max()


@pytest.mark.parametrize("kind", ["regress", "classify"])
def test_the_model_is_the_one_that_is_scored(kind):
    from nsgraph.prediction import fit_predict

    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(80, 3))
    target = matrix[:, 0] if kind == "regress" else np.digitize(matrix[:, 0], [0.0]) + 4
    theirs = fit_predict("xgboost", kind, matrix[:60], target[:60], matrix[60:], 0)
    np.testing.assert_allclose(fit(kind, matrix[:60], target[:60], 0).predict(matrix[60:]), theirs)


def test_a_planted_family_leads_by_every_way_of_weighing(with_topology):
    found = with_topology.importance
    for way in ("permutation", "SHAP", "gain"):
        where = {"sees": MEASURED, "level": "family", "way": way}
        own = cell(found, "importance", name="motifs", **where)
        noise = cell(found, "importance", name="strength", **where)
        assert own > 5 * abs(noise)
        assert cell(found, "lead_low", name="motifs", **where) > 0
        assert cell(found, "lead_high", name="strength", **where) < 0
    row = found[(found["name"] == "strength") & (found["sees"] == MEASURED)]
    lost = row[(row["way"] == "permutation") & (row["level"] == "family")].iloc[0]
    assert lost["low"] < 0.02


def test_what_says_the_same_is_weighed_together(with_topology):
    clusters = with_topology.clusters.set_index("column")
    pair = ["multipartite.motifs.planted", "multipartite.motifs.twin"]
    assert clusters.loc[pair[0], "cluster"] == clusters.loc[pair[1], "cluster"]
    assert clusters["cluster"].nunique() == 3
    found = with_topology.importance
    named = clusters.loc[pair[0], "representative"]
    where = {"sees": MEASURED, "way": "permutation", "level": "cluster"}
    assert cell(found, "n_features", name=named, **where) == 2
    assert cell(found, "importance", name=named, **where) > 0.3


def test_a_function_of_density_has_nothing_left(density_alone):
    beyond = density_alone.beyond
    assert cell(beyond, "score", sees=MEASURED) > 0.8
    assert cell(beyond, "score", sees=HELD) > 0.8
    assert cell(beyond, "high", sees=LEFT) < 0.1
    assert cell(beyond, "gained_low", sees=BOTH) < 0.02
    explained = density_alone.clusters.set_index("column")["explained"]
    assert explained["multipartite.local.of_density"] > 0.99
    assert explained["multipartite.motifs.planted"] < 0.2
    left = density_alone.importance
    where = {"sees": LEFT, "level": "family", "name": "local"}
    assert cell(left, "importance", way="SHAP", **where) == 0
    assert cell(left, "importance", way="permutation", **where) == 0


def test_what_topology_tells_beyond_density_stays(with_topology):
    beyond = with_topology.beyond
    assert cell(beyond, "low", sees=LEFT) > 0.2
    assert cell(beyond, "gained_low", sees=BOTH) > 0.1
    where = {"sees": LEFT, "way": "permutation", "level": "family"}
    assert cell(with_topology.importance, "lead_low", name="motifs", **where) > 0


@pytest.mark.parametrize("folding", ["random", "grouped"])
def test_nothing_is_fitted_outside_the_fold(folding):
    """A network's answer does not depend on its own drop, nor on that of its fold."""
    table = planted(topology=0.3)
    matrix, held = table[metrics_of(table)].to_numpy(), held_fixed(table, DENSITIES)

    def predicted(drops):
        asked = Asked(TASKS["accuracy-drop"], folding, drops, 5, range(1), 0)
        found = answers(asked, Seen(matrix, held), {"all": np.arange(4)})
        return asked.folds[0], {kind: own.predicted[0] for kind, own in found.items()}

    folds, before = predicted(table)
    changed = table.assign(accuracy_drop=table["accuracy_drop"].where(folds != 2, 99.0))
    again, after = predicted(changed)
    np.testing.assert_array_equal(folds, again)
    for kind in before:
        np.testing.assert_array_equal(before[kind][folds == 2], after[kind][folds == 2])
        assert (before[kind][folds == 0] != after[kind][folds == 0]).any()


def test_residuals_of_training_networks_do_not_know_the_test_networks():
    table = planted(topology=0.3)
    matrix, held = table[metrics_of(table)].to_numpy(), held_fixed(table, DENSITIES)
    train, test = np.arange(90), np.arange(90, len(table))
    groups = np.arange(len(table)) // 3
    before = Seen(matrix, held).of_fold(train, test, groups)
    other = matrix.copy()
    other[test] *= -7
    after = Seen(other, held).of_fold(train, test, groups)
    for kind in (MEASURED, HELD, LEFT, BOTH):
        np.testing.assert_array_equal(before[kind][0], after[kind][0])
    assert (before[LEFT][1] != after[LEFT][1]).any()


def test_same_seed_same_tables_and_classes_too():
    table = planted(topology=0.3, per_method=4)
    asked = {"tasks": ["category-of-three"], "repeats": 1, "resamples": 50}
    first, second = weigh(table, **asked), weigh(table, **asked)
    for name in ("importance", "beyond", "clusters"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))
    assert set(first.beyond["metric"]) == {"balanced accuracy"}
    assert len(first.importance) == 2 * 3 * (3 + 3)


def test_what_cannot_be_asked_says_why():
    table = planted(topology=0.3).assign(accuracy_drop=0.1)
    found = weigh(table, tasks=["accuracy-drop"])
    assert list(found.beyond["score.status"]) == ["constant target"]
    assert found.importance.empty
