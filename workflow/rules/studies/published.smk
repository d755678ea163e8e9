# Study `published`: the published tables of sparse networks, asked the same questions as our own.

if not SETTINGS["published_csv"]:
    raise WorkflowError(
        "The study 'published' needs the published tables: get graph_data.tar.xz from "
        "https://github.com/eliacunegatti/mge-snn and give its path, "
        "--config study=published published_csv=PATH (or the folder it unpacks to, or unrolled.csv)."
    )
if not Path(SETTINGS["published_csv"]).exists():
    raise WorkflowError(
        f"published_csv: there is no {SETTINGS['published_csv']}; expected graph_data.tar.xz, the folder it "
        "unpacks to, or its table unrolled.csv."
    )


include: "../prediction.smk"


from nsgraph.studies.prediction.jobs import figures as figures_of_prediction

TABLES = ["networks", "published_joins", *PREDICTIONS, "claims"]
FIGURES = figures_of_prediction(SETTINGS)
TARGETS = ["<results>/report.html"]


rule published:
    input:
        code=code(
            "errors.py",
            "graphs",
            "prediction",
            "report/frames.py",
            "report/tables.py",
            "files.py",
        ),
    output:
        both_formats("networks", "published_joins"),
    log:
        "<logs>/published.log",
    benchmark:
        "<benchmarks>/published.tsv"
    conda:
        ENVIRONMENT
    params:
        path=SETTINGS["published_csv"],
        fingerprint=file_fingerprint(SETTINGS["published_csv"]),
    message:
        "read {params.path}"
    script:
        "../../scripts/published.py"


rule figures:
    input:
        tables=parquet("networks", *PREDICTIONS),
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
        figures=FIGURES,
    message:
        "figures and claims"
    script:
        "../../scripts/published_figures.py"


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
            "prediction",
            "studies",
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
        "../../scripts/published_page.py"
