# Study `multipartite`: sparse networks as multipartite graphs, all stages.


include: "../edges.smk"
include: "../measuring.smk"
include: "../distances.smk"
include: "../prediction.smk"


from nsgraph.studies.prediction.jobs import figures as figures_of_prediction

PREDICTED_FIGURES = figures_of_prediction(SETTINGS)
TABLES = ["networks", "layers", "nulls", "pairs", "pair_layers", *PREDICTIONS, "claims"]
FIGURES = ["accuracy", "metrics", "motifs", *PREDICTED_FIGURES, "distance"]
SPARSE = []
TARGETS = [
    "<results>/report.html",
    *over_cohorts("<results>/edges/{dataset}/{model}/{method}"),
]

if SETTINGS.get("capacitance"):

    include: "../capacitance.smk"

    TABLES += SPARSE
    FIGURES.append("sparse")


rule figures:
    input:
        tables=parquet("networks", "nulls", "pairs", *PREDICTIONS, *SPARSE),
        code=code(
            *BASE_CODE,
            "graphs",
            "metrics/census/types.py",
            "prediction",
            "studies",
            "report/entries.py",
            "report/frames.py",
            "report/tables.py",
        ),
    output:
        report(
            expand("<results>/figures/{figure}.svg", figure=FIGURES),
            category="Figures",
            caption="../../report/figures.rst",
        ),
        expand("<results>/figures/{figure}.png", figure=FIGURES),
        captions="<results>/figures/captions.json",
        claims=report(
            "<results>/tables/claims.csv",
            category="Claims",
            caption="../../report/claims.rst",
        ),
        parquet="<results>/tables/claims.parquet",
        null=both_formats("prediction_null"),
    log:
        "<logs>/figures.log",
    benchmark:
        "<benchmarks>/figures.tsv"
    conda:
        ENVIRONMENT
    params:
        predicted=PREDICTED_FIGURES,
    message:
        "figures and claims"
    script:
        "../../scripts/multipartite_figures.py"


rule page:
    input:
        tables=parquet(*TABLES, "prediction_null"),
        captions="<results>/figures/captions.json",
        code=code(
            *BASE_CODE,
            "capacitance/dictionary.py",
            "graphs",
            "topologies",
            "report",
            "metrics",
            "distance",
            "prediction/folds.py",
            "studies/capacitance/__init__.py",
            "studies/capacitance/sparse_claims.py",
            "studies/multipartite/claim_rows.py",
            "studies/multipartite/claims.py",
            "studies/multipartite/headline.py",
            "studies/verdicts.py",
        ),
    output:
        page=report(
            "<results>/report.html", category="Report", caption="../../report/page.rst"
        ),
        columns=both_formats("columns"),
    log:
        "<logs>/report.log",
    benchmark:
        "<benchmarks>/report.tsv"
    conda:
        ENVIRONMENT
    params:
        study=STUDY,
        tier=TIER,
        settings=SETTINGS,
    message:
        "report: {output.page}"
    script:
        "../../scripts/multipartite_page.py"
