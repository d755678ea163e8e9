# Study `capacitance`: do early epochs, read through beta_eff, tell which candidate ends best? And does beta_eff of
# a sparse network tell its accuracy drop?


include: "../zoo.smk"


PROBES = "results/probes"
CANDIDATES = candidates_of_the_zoo()
ZOO_TABLES = [
    *("curves", "candidates", "forecasts"),
    *("ranking", "ranking_differences", "starts"),
]
TABLES = ["networks", *ZOO_TABLES, "claims"]
FIGURES = ["ranking", "forecasts", "curves", "shares", "starts"]
SPARSE = []
TARGETS = ["<results>/report.html"]

# what the accuracy drop is predicted from, if the tier measures graphs
if "encodings" in SETTINGS:

    include: "../measuring.smk"
    include: "../capacitance.smk"

    TABLES += ["layers", "nulls", *SPARSE]
    FIGURES.append("sparse")

else:

    include: "../networks.smk"


wildcard_constraints:
    candidate=one_of(CANDIDATES),


# as with training, runs are kept by what decides them, and no edit of code repeats them
rule probe:
    output:
        ensure("<results>/probes/{candidate}.json", non_empty=True),
    log:
        "<logs>/probes/{candidate}.log",
    benchmark:
        "<benchmarks>/probes/{candidate}.tsv"
    conda:
        ENVIRONMENT
    resources:
        gpu=1 if GPU else 0,
    params:
        candidate=plain_candidate,
        settings=settings_for("zoo", "recipe", "options", "split_seed"),
        files=files_of_zoo,
        networks=STORE,
        runs=PROBES,
    message:
        "fine-tune {wildcards.candidate} with a probe"
    script:
        "../../scripts/capacitance_probe.py"


rule zoo_tables:
    input:
        probes=expand("<results>/probes/{candidate}.json", candidate=CANDIDATES),
        code=code(
            *BASE_CODE,
            "capacitance/__init__.py",
            "capacitance/zoo.py",
            "ranking",
            "studies",
            "report/entries.py",
            "report/frames.py",
            "report/tables.py",
        ),
    output:
        both_formats(*ZOO_TABLES),
    log:
        "<logs>/zoo_tables.log",
    benchmark:
        "<benchmarks>/zoo_tables.tsv"
    conda:
        ENVIRONMENT
    params:
        settings=settings_for("zoo", "recipe", "options", "split_seed"),
    message:
        "tables: curves, forecasts and ranks of the candidates"
    script:
        "../../scripts/capacitance_tables.py"


rule figures:
    input:
        zoo=parquet(*ZOO_TABLES),
        sparse=parquet(*SPARSE),
        code=code(
            *BASE_CODE,
            "capacitance/__init__.py",
            "capacitance/zoo.py",
            "ranking",
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
    log:
        "<logs>/figures.log",
    benchmark:
        "<benchmarks>/figures.tsv"
    conda:
        ENVIRONMENT
    params:
        settings=settings_for("zoo", "recipe", "options", "split_seed"),
    message:
        "figures and claims"
    script:
        "../../scripts/capacitance_figures.py"


rule page:
    input:
        tables=parquet(*TABLES),
        captions="<results>/figures/captions.json",
        code=code(
            *BASE_CODE,
            "capacitance/__init__.py",
            "capacitance/dictionary.py",
            "capacitance/zoo.py",
            "distance",
            "graphs",
            "metrics",
            "ranking",
            "report",
            "studies",
            "tails",
            "topologies",
        ),
    output:
        page=report(
            "<results>/report.html",
            category="Report",
            caption="../../report/page.rst",
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
        "../../scripts/capacitance_page.py"
