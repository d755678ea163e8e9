from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import nsgraph
from nsgraph.errors import UserError
from nsgraph.pruning import registry
from nsgraph.studies import configuration

FOLDER = Path(nsgraph.__file__).parents[1] / "workflow" / "config"


@pytest.mark.parametrize("study", configuration.names(FOLDER))
def test_every_study_has_its_tiers_its_schema_and_its_rules(study):
    for tier in ("test", "quick", "cpu", "paper"):
        name, settings = configuration.read(FOLDER, study, tier, {})
        assert name == tier
        assert {"dense", "all"} & set(settings.get("methods", ["all"]))
    assert (FOLDER / "schemas" / f"{study}.yaml").exists()
    assert (FOLDER.parent / "rules" / "studies" / f"{study}.smk").exists()


def test_methods_and_options_of_every_tier_are_there():
    for study in configuration.names(FOLDER):
        for tier in ("test", "quick", "cpu", "paper"):
            _, settings = configuration.read(FOLDER, study, tier, {})
            skipped = [m for left_out in settings.get("skip", {}).values() for m in left_out]
            for method in {*settings.get("methods", []), *skipped} - {"all"}:
                assert registry.exists(method), f"{study}, {tier}: {method}"
            for method, options in settings.get("options", {}).items():
                registry.get(method).configured(options)


def test_the_main_job_is_as_large_as_promised():
    _, settings = configuration.read(FOLDER, "multipartite", None, {})
    specs = [
        spec
        for dataset in settings["datasets"]
        for model in settings["models"]
        for method in settings["methods"]
        for spec in configuration.cohort_specs(settings, dataset, model, method, "")
    ]
    assert len({spec.path("store") for spec in specs}) == len(specs) >= 150
    assert len(settings["methods"]) >= 9
    assert len(settings["seeds"]) >= 3


def test_overrides_from_the_command_line_become_numbers():
    overrides = {"seeds": ["0", "7"], "recipe": {"epochs": "3"}, "methods": ["dense", "er"]}
    _, settings = configuration.read(FOLDER, "multipartite", "test", overrides)
    assert settings["seeds"] == [0, 7]
    assert settings["recipe"] == {"epochs": 3}
    assert settings["methods"] == ["dense", "er"]


def test_dense_has_one_network_a_seed():
    _, settings = configuration.read(FOLDER, "multipartite", "test", {})
    specs = configuration.cohort_specs(settings, "digits", "mlp-16", "dense", "")
    assert [(s.sparsity, s.seed) for s in specs] == [(0.0, 0), (0.0, 1)]


def test_methods_are_left_out_by_data_set_and_by_model():
    settings = {
        "methods": ["dense", "er", "obs", "phew"],
        "skip": {"digits": ["phew"], "resnet8-4": ["er", "obs"]},
    }
    assert configuration.methods_for(settings, "digits", "mlp-8") == ["dense", "er", "obs"]
    assert configuration.methods_for(settings, "digits", "resnet8-4") == ["dense"]
    assert configuration.methods_for(settings, "mnist", "mlp-8") == settings["methods"]


def test_all_stands_for_every_method_there_is():
    found = configuration.written_out(["dense", "all", "er", "snip-redrawn"], ["er", "snip"])
    assert found == ["dense", "er", "snip", "snip-redrawn"]
    assert configuration.written_out(["er", "dense"], ["er", "snip"]) == ["er", "dense"]


def test_recipes_are_overridden_by_data_set_and_then_by_model():
    settings = {
        "recipe": {"lr": 0.1, "epochs": 2, "batch": 8},
        "recipe_overrides": {"digits": {"lr": 0.2, "epochs": 3}, "mlp-8": {"lr": 0.3}},
    }
    assert configuration.recipe_for(settings, "digits", "mlp-8") == {
        "lr": 0.3,
        "epochs": 3,
        "batch": 8,
    }
    assert configuration.recipe_for(settings, "mnist", "mlp-9")["lr"] == 0.1


def test_snapshots_are_a_key_of_the_tier():
    overrides = {"snapshots": ["2", "0"], "snapshot_weights": "true"}
    _, settings = configuration.read(FOLDER, "multipartite", "test", overrides)
    specs = configuration.cohort_specs(settings, "digits", "mlp-16", "dense", "")
    assert [(s.snapshots, s.snapshot_weights) for s in specs] == [([0, 2], True)] * 2
    _, plain = configuration.read(FOLDER, "multipartite", "test", {})
    [spec, _] = configuration.cohort_specs(plain, "digits", "mlp-16", "dense", "")
    assert (spec.snapshots, spec.snapshot_weights) == ([], False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("study: [", "not valid YAML"),
        ("study: mine", "expected the keys"),
        (yaml.safe_dump({"tiers": {"quick": {}}, "teirs": 1}), "unknown key 'teirs'"),
        (yaml.safe_dump({"tier": "quick", "tiers": {"cpu": {}}}), "has no tier 'quick'"),
    ],
)
def test_a_wrong_file_is_said_to_be_one(text, message, tmp_path):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(UserError, match=message):
        configuration.read(tmp_path, "mine", None, {})


def test_an_unknown_study_names_the_known_ones():
    with pytest.raises(UserError, match=r"there are .*methods, multipartite"):
        configuration.read(FOLDER, "multiparty", None, {})
