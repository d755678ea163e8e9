# Stage 8: figures, claims, data dictionary, and the page that shows them all.


rule figures:
    input:
        networks="<results>/tables/networks.parquet",
        pairs="<results>/tables/pairs.parquet",
        predictions=parquet(*PREDICTIONS),
        code=code("studies", "report/frames.py", "report/tables.py"),
    output:
        report(
            expand("<results>/figures/{figure}.svg", figure=FIGURES),
            category="Figures",
            caption="../report/figures.rst",
        ),
        expand("<results>/figures/{figure}.png", figure=FIGURES),
        captions="<results>/figures/captions.json",
        claims=report(
            "<results>/tables/claims.csv",
            category="Claims",
            caption="../report/claims.rst",
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
        "../scripts/figures.py"


rule page:
    input:
        tables=parquet(*TABLES),
        captions="<results>/figures/captions.json",
        code=code("report", "metrics", "distance"),
    output:
        page=report(
            "<results>/report.html", category="Report", caption="../report/page.rst"
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
        "../scripts/page.py"
