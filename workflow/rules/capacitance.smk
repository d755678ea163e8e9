# beta_eff of a study's networks, and what it tells about their accuracy drops beside the metrics of their graphs.
SPARSE = ["capacitance", "sparse_scores", "sparse_comparisons"]


rule capacitance:
    input:
        cohort=COHORT,
        code=code(*BASE_CODE, "capacitance", "datasets", "models", "graphs"),
    output:
        ensure("<results>/capacitance/{dataset}/{model}/{method}.json", non_empty=True),
    log:
        "<logs>/capacitance/{dataset}/{model}/{method}.log",
    benchmark:
        "<benchmarks>/capacitance/{dataset}/{model}/{method}.tsv"
    conda:
        ENVIRONMENT
    params:
        split_seed=SETTINGS["split_seed"],
        cache=MEASUREMENTS,
    message:
        "neural capacitance of {wildcards.dataset} / {wildcards.model} / {wildcards.method}"
    script:
        "../scripts/capacitance_networks.py"


rule sparse_tables:
    input:
        networks="<results>/tables/networks.parquet",
        layers="<results>/tables/layers.parquet",
        capacitance=over_cohorts(
            "<results>/capacitance/{dataset}/{model}/{method}.json"
        ),
        code=code(
            *BASE_CODE,
            "graphs",
            "prediction",
            "ranking",
            "studies",
            "report/entries.py",
            "report/frames.py",
            "report/tables.py",
        ),
    output:
        both_formats(*SPARSE),
    log:
        "<logs>/sparse_tables.log",
    benchmark:
        "<benchmarks>/sparse_tables.tsv"
    conda:
        ENVIRONMENT
    params:
        folds=SETTINGS.get("prediction", {}).get("folds", 5),
        repeats=SETTINGS.get("prediction", {}).get("repeats", 10),
        encodings=SETTINGS.get("encodings", []),
    message:
        "predict the accuracy drop from beta_eff and from metrics"
    script:
        "../scripts/capacitance_sparse.py"
