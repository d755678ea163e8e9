# Stage 6: tidy tables, the same as CSV and Parquet.


rule tables:
    input:
        cohorts=all_cohorts,
        metrics=all_metrics,
        distances=all_distances,
        code=code(
            *BASE_CODE, "report/entries.py", "report/frames.py", "report/tables.py"
        ),
    output:
        both_formats("networks", "layers", "nulls", "pairs"),
    log:
        "<logs>/tables.log",
    benchmark:
        "<benchmarks>/tables.tsv"
    conda:
        ENVIRONMENT
    message:
        "tables: networks, layers, nulls, pairs"
    script:
        "../scripts/tables.py"
