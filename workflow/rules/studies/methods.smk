# Study `methods`: how accurate is every method at equal budget, and where does it put its weights?


include: "../networks.smk"


TABLES = ["networks", "accuracy", "densities", "methods", "claims"]
FIGURES = ["accuracy", "densities"]
TARGETS = ["<results>/report.html"]

# layer densities of networks that are not trained, if the tier asks for any
PROFILES = ["<results>/profiles.json"] if "profiles" in SETTINGS else []


rule profiles:
    input:
        code=code(*BASE_CODE, "adoption.py", "datasets", "models", "pruning", "studies"),
    output:
        ensure("<results>/profiles.json", non_empty=True),
    log:
        "<logs>/profiles.log",
    benchmark:
        "<benchmarks>/profiles.tsv"
    conda:
        ENVIRONMENT
    params:
        settings=settings_for(
            "datasets",
            "methods",
            "models",
            "options",
            "profiles",
            "seeds",
            "skip",
            "sparsities",
            "split_seed",
        ),
        files=files_of_profiles,
    message:
        "layer densities of networks that are not trained"
    script:
        "../../scripts/methods_profiles.py"


rule methods_tables:
    input:
        cohorts=all_cohorts,
        profiles=PROFILES,
        networks="<results>/tables/networks.parquet",
        code=code(
            *BASE_CODE,
            "adoption.py",
            "pruning",
            "studies",
            "report/entries.py",
            "report/frames.py",
            "report/tables.py",
        ),
    output:
        both_formats("accuracy", "densities", "methods"),
    log:
        "<logs>/methods_tables.log",
    benchmark:
        "<benchmarks>/methods_tables.tsv"
    conda:
        ENVIRONMENT
    params:
        methods=SETTINGS["methods"],
        options=SETTINGS.get("options", {}),
        external=EXTERNAL,
    message:
        "tables: accuracy, densities, methods"
    script:
        "../../scripts/methods_tables.py"


rule figures:
    input:
        networks="<results>/tables/networks.parquet",
        accuracy="<results>/tables/accuracy.parquet",
        densities="<results>/tables/densities.parquet",
        methods="<results>/tables/methods.parquet",
        code=code(
            *BASE_CODE,
            "adoption.py",
            "pruning",
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
    message:
        "figures and claims"
    script:
        "../../scripts/methods_figures.py"


rule page:
    input:
        tables=parquet(*TABLES),
        captions="<results>/figures/captions.json",
        code=code(
            *BASE_CODE,
            "capacitance/dictionary.py",
            "adoption.py",
            "distance",
            "graphs",
            "metrics",
            "pruning",
            "report",
            "studies",
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
        "../../scripts/methods_page.py"
