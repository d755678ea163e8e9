from __future__ import annotations

from nsgraph.report import facts_of, networks_table, read_table, write_study_page
from nsgraph.studies.accuracy import accuracy_table
from nsgraph.studies.accuracy_figure import accuracy_figure
from nsgraph.studies.figures import save_figures
from nsgraph.studies.methods.contrasts import method_claims_table
from nsgraph.studies.methods.results import methods_table


def test_a_study_that_measures_nothing_has_a_page_and_a_dictionary(tmp_path, rows):
    networks = networks_table(rows.manifests)
    methods = methods_table(sorted(networks["method"].unique()))
    tables = {
        "networks": networks,
        "accuracy": accuracy_table(networks),
        "methods": methods,
        "claims": method_claims_table(networks, methods),
    }
    save_figures([accuracy_figure(tables["accuracy"])], tmp_path / "figures")
    write_study_page(
        tmp_path / "report.html",
        tmp_path / "tables" / "columns.csv",
        title="Methods",
        headline="",
        about_claims="",
        facts={"study": "methods"},
        packages=("numpy",),
        figures=tmp_path / "figures",
        tables=tables,
    )
    described = read_table(tmp_path / "tables" / "columns.csv")
    assert set(described["table"]) == {*tables, "columns"}
    page = (tmp_path / "report.html").read_text("utf-8")
    for name in ("accuracy", "methods", "networks", "columns"):
        assert f'id="data-{name}"' in page
    assert 'href="tables/claims.csv"' in page
    assert page.count('id="figure-') == 1


def test_facts_say_what_differs_from_the_rule():
    settings = {
        "datasets": ["digits"],
        "models": ["mlp-8"],
        "methods": ["dense", "er"],
        "sparsities": [0.9],
        "seeds": [0],
        "recipe": {"epochs": 2, "lr": 0.1},
    }
    facts = facts_of("methods", "test", settings)
    assert facts["study"] == "methods, tier test"
    assert facts["recipe"] == "epochs 2, lr 0.1"
    assert not [label for label in facts if " of " in label or "encodings" in label]
    more = {
        "skip": {"mlp-8": ["obs"]},
        "recipe_overrides": {"digits": {"epochs": 3}},
        "options": {"er": {"pattern": "rows"}},
        "encodings": ["rolled"],
    }
    facts = facts_of("methods", "test", {**settings, **more})
    assert facts["left out for mlp-8"] == ["obs"]
    assert facts["recipe of digits"] == "epochs 3"
    assert facts["options of er"] == "{'pattern': 'rows'}"
    assert facts["encodings"] == ["rolled"]
