# Topology distance and shared edges within each configuration, with chance beside them.


rule distances:
    input:
        cohorts=cohorts_of_model,
        code=code(*BASE_CODE, "distance", "topologies"),
    output:
        ensure("<results>/distances/{dataset}/{model}.json", non_empty=True),
    log:
        "<logs>/distances/{dataset}/{model}.log",
    benchmark:
        "<benchmarks>/distances/{dataset}/{model}.tsv"
    conda:
        ENVIRONMENT
    params:
        chance_samples=SETTINGS.get("chance_samples", 5),
    message:
        "distances {wildcards.dataset} / {wildcards.model}: pairs of seeds, and chance"
    script:
        "../scripts/distances.py"


rule pairs:
    input:
        distances=all_distances,
        code=code(
            *BASE_CODE, "report/entries.py", "report/frames.py", "report/tables.py"
        ),
    output:
        both_formats("pairs"),
    log:
        "<logs>/pairs.log",
    benchmark:
        "<benchmarks>/pairs.tsv"
    conda:
        ENVIRONMENT
    message:
        "table: pairs"
    script:
        "../scripts/pairs.py"
