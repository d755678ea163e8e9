# Encode and measure, and the tables of it. Needs no torch. A network that was measured by the same code is not
# measured again (results/measurements), so a killed job goes on where it was.


rule kernels:
    input:
        code=code(
            *BASE_CODE,
            "graphs",
            "topologies",
            "tails",
            "metrics",
            "studies/measuring.py",
        ),
    output:
        touch("results/.kernels"),
    log:
        "<logs>/kernels.log",
    benchmark:
        "<benchmarks>/kernels.tsv"
    conda:
        ENVIRONMENT
    message:
        "compile the graph kernels (once after each change to them)"
    script:
        "../scripts/kernels.py"


rule measure:
    input:
        kernels="results/.kernels",
        cohort=COHORT,
        code=code(
            *BASE_CODE,
            "graphs",
            "topologies",
            "tails",
            "metrics",
            "studies/measuring.py",
        ),
    output:
        ensure("<results>/metrics/{dataset}/{model}/{method}.json", non_empty=True),
    log:
        "<logs>/metrics/{dataset}/{model}/{method}.log",
    benchmark:
        "<benchmarks>/metrics/{dataset}/{model}/{method}.tsv"
    conda:
        ENVIRONMENT
    params:
        encodings=SETTINGS["encodings"],
        families=SETTINGS["families"],
        nulls=SETTINGS.get("nulls"),
        cache=MEASUREMENTS,
    message:
        "measure {wildcards.dataset} / {wildcards.model} / {wildcards.method}"
    script:
        "../scripts/measure.py"


rule tables:
    input:
        cohorts=all_cohorts,
        metrics=all_metrics,
        code=code(
            *BASE_CODE, "report/entries.py", "report/frames.py", "report/tables.py"
        ),
    output:
        both_formats("networks", "layers", "nulls"),
    log:
        "<logs>/tables.log",
    benchmark:
        "<benchmarks>/tables.tsv"
    conda:
        ENVIRONMENT
    message:
        "tables: networks, layers, nulls"
    script:
        "../scripts/tables.py"
