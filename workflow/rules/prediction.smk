# Stage 7: what do the graphs tell? Models under random and grouped folds, beside trivial baselines.


rule predict:
    input:
        networks="<results>/tables/networks.parquet",
        code=code("seeds.py", "prediction", "report/frames.py", "report/tables.py"),
    output:
        both_formats(*PREDICTIONS),
    log:
        "<logs>/prediction.log",
    benchmark:
        "<benchmarks>/prediction.tsv"
    conda:
        ENVIRONMENT
    params:
        encodings=SETTINGS["encodings"],
        folds=SETTINGS.get("prediction", {}).get("folds", 5),
        repeats=SETTINGS.get("prediction", {}).get("repeats", 3),
    message:
        "predict category, algorithm and accuracy drop from the metrics"
    script:
        "../scripts/predict.py"
