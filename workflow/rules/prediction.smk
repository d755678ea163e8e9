# Prediction: what do the graphs tell? Models under random and grouped folds, beside trivial baselines and
# shuffled labels. Which jobs there are is in the configuration (`prediction`); what is finished is not asked
# again: a killed run goes on with the job where it was.


include: "prediction_jobs.smk"


wildcard_constraints:
    kind=one_of(PREDICTED),
    job=one_of(job for kind in PREDICTED for job in jobs(SETTINGS, kind)),


rule predict:
    input:
        networks=parquet("networks"),
        layers=LAYERS_TABLE,
        code=code(
            *BASE_CODE,
            "graphs",
            "prediction",
            "report/frames.py",
            "report/tables.py",
            "studies/prediction/jobs.py",
            "studies/prediction/predicting.py",
        ),
    output:
        predict_outputs("scores"),
    log:
        "<logs>/prediction/{kind}/{job}/{task}.log",
    benchmark:
        "<benchmarks>/prediction/{kind}/{job}/{task}.tsv"
    priority: 10
    conda:
        ENVIRONMENT
    params:
        asked=asked_of_prediction,
    message:
        "predict {wildcards.task} ({wildcards.job})"
    script:
        "../scripts/predict.py"


use rule predict as predict_importance with:
    output:
        predict_outputs("importance"),
    priority: 5
    message:
        "what answers rest on, and what is left beyond layer densities: {wildcards.task} ({wildcards.job})"


use rule predict as predict_answers with:
    output:
        predict_outputs("answers"),
    priority: 5
    message:
        "answers network by network: {wildcards.task} ({wildcards.job})"


use rule predict as predict_null with:
    output:
        predict_outputs("null"),
    priority: 5
    message:
        "predict from shuffled labels: {wildcards.task} ({wildcards.job})"


use rule predict as predict_curve with:
    output:
        predict_outputs("curve"),
    priority: 5
    message:
        "predict from fewer networks: {wildcards.task} ({wildcards.job})"


rule prediction_tables:
    input:
        tables=[table for kind in PREDICTED for table in predicted(kind)],
        code=code(
            *BASE_CODE,
            "graphs",
            "prediction",
            "report/frames.py",
            "report/tables.py",
            "studies/prediction/jobs.py",
            "studies/prediction/predicting.py",
        ),
    output:
        both_formats(*PREDICTIONS),
    log:
        "<logs>/prediction_tables.log",
    benchmark:
        "<benchmarks>/prediction_tables.tsv"
    conda:
        ENVIRONMENT
    params:
        tables=PREDICTIONS,
    message:
        "tables of predictions"
    script:
        "../scripts/prediction_tables.py"
