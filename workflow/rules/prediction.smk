# Prediction: what do the graphs tell? Models under random and grouped folds, beside trivial baselines
# and shuffled labels.

PREDICTIONS = [
    f"prediction_{part}"
    for part in ("scores", "repeats", "comparisons", "importance", "columns")
]


rule predict:
    input:
        networks="<results>/tables/networks.parquet",
        code=code(
            *BASE_CODE, "graphs", "prediction", "report/frames.py", "report/tables.py"
        ),
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
        repeats=SETTINGS.get("prediction", {}).get("repeats", 10),
    message:
        "predict category, algorithm and accuracy drop from the metrics"
    script:
        "../scripts/predict.py"


rule predict_null:
    input:
        networks="<results>/tables/networks.parquet",
        code=code(
            *BASE_CODE, "graphs", "prediction", "report/frames.py", "report/tables.py"
        ),
    output:
        both_formats("prediction_null_samples"),
    log:
        "<logs>/prediction_null.log",
    benchmark:
        "<benchmarks>/prediction_null.tsv"
    conda:
        ENVIRONMENT
    params:
        encodings=SETTINGS["encodings"],
        folds=SETTINGS.get("prediction", {}).get("folds", 5),
        samples=SETTINGS.get("prediction", {}).get("null_samples", 20),
    message:
        "predict the same from shuffled labels"
    script:
        "../scripts/predict_null.py"
