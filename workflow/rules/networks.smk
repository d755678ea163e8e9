# The table of networks of a study that measures no graphs: where they come from, their accuracies.


rule networks:
    input:
        cohorts=all_cohorts,
        code=code(
            *BASE_CODE, "report/entries.py", "report/frames.py", "report/tables.py"
        ),
    output:
        both_formats("networks"),
    log:
        "<logs>/networks.log",
    benchmark:
        "<benchmarks>/networks.tsv"
    conda:
        ENVIRONMENT
    message:
        "table: networks"
    script:
        "../scripts/networks.py"
