# Edge lists: one Parquet file a network with one row for every unpruned weight.


rule edges:
    input:
        cohort=COHORT,
        code=code(*BASE_CODE, "graphs"),
    output:
        directory("<results>/edges/{dataset}/{model}/{method}"),
    log:
        "<logs>/edges/{dataset}/{model}/{method}.log",
    benchmark:
        "<benchmarks>/edges/{dataset}/{model}/{method}.tsv"
    conda:
        ENVIRONMENT
    message:
        "edge lists {wildcards.dataset} / {wildcards.model} / {wildcards.method}"
    script:
        "../scripts/edges.py"
