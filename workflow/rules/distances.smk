# Topology distance and shared edges of pairs that differ in one thing only, with chance beside them.


rule distances:
    input:
        cohorts=cohorts_of_model,
        code=code(*BASE_CODE, "distance", "snapshots.py", "topologies"),
    output:
        ensure("<results>/distances/seeds/{dataset}/{model}.json", non_empty=True),
    log:
        "<logs>/distances/seeds/{dataset}/{model}.log",
    benchmark:
        "<benchmarks>/distances/seeds/{dataset}/{model}.tsv"
    conda:
        ENVIRONMENT
    params:
        differ="seed",
        chance_samples=SETTINGS.get("chance_samples", 5),
        nulls=SETTINGS.get("chance_nulls", ["er"]),
        others=SETTINGS.get("other_distances", []),
        store=PAIRS,
    message:
        "distances {wildcards.dataset} / {wildcards.model}: pairs of seeds, and chance"
    script:
        "../scripts/distances.py"


rule distances_across:
    input:
        cohorts=cohorts_across,
        code=code(*BASE_CODE, "distance", "snapshots.py", "topologies"),
    output:
        ensure("<results>/distances/datasets/{model}.json", non_empty=True),
    log:
        "<logs>/distances/datasets/{model}.log",
    benchmark:
        "<benchmarks>/distances/datasets/{model}.tsv"
    conda:
        ENVIRONMENT
    params:
        differ="dataset",
        chance_samples=SETTINGS.get("chance_samples", 5),
        nulls=SETTINGS.get("chance_nulls", ["er"]),
        others=SETTINGS.get("other_distances", []),
        store=PAIRS,
    message:
        "distances {wildcards.model}: pairs of data sets, and chance"
    script:
        "../scripts/distances.py"


rule pairs:
    input:
        distances=all_distances,
        code=code(
            *BASE_CODE, "report/entries.py", "report/frames.py", "report/tables.py"
        ),
    output:
        both_formats("pairs", "pair_layers"),
    log:
        "<logs>/pairs.log",
    benchmark:
        "<benchmarks>/pairs.tsv"
    conda:
        ENVIRONMENT
    message:
        "tables: pairs, pair_layers"
    script:
        "../scripts/pairs.py"
