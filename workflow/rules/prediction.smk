# Prediction: what do the graphs tell? Models under random and grouped folds, beside trivial baselines and
# shuffled labels. Which jobs there are is in the configuration (`prediction`); what is finished is not asked
# again: a killed run goes on with the job where it was.

from nsgraph.studies.prediction_jobs import ask_of, jobs, shares

PREDICTED = {  # kind of job: the tables it gives
    "scores": ["scores", "repeats", "comparisons", "columns"],
    "importance": ["importance", "beyond", "clusters"],
    "answers": ["confusion", "drops"],
    "null": ["null_samples"],
    "curve": ["curve"],
}
PREDICTIONS = [
    f"prediction_{table}"
    for kind, tables in PREDICTED.items()
    if jobs(SETTINGS, kind)
    for table in tables
]
# the densities of the layers stand in a table of their own, unless the networks come with them
LAYERS_TABLE = parquet("layers") if "families" in SETTINGS else []


wildcard_constraints:
    kind=one_of(PREDICTED),
    job=one_of(job for kind in PREDICTED for job in jobs(SETTINGS, kind)),


def asked_of_prediction(wildcards):
    """What one job asks of one task."""
    return ask_of(SETTINGS, wildcards.kind, wildcards.job, wildcards.task)


def predicted(kind):
    """Tables of all jobs of a kind and their tasks."""
    return [
        f"<results>/prediction/{kind}/{job}/{task}/{table}.parquet"
        for job, asked in jobs(SETTINGS, kind).items()
        for task in shares(asked)
        for table in PREDICTED[kind]
    ]


def predict_outputs(kind):
    """Tables of one job and task."""
    return [
        f"<results>/prediction/{{kind,{kind}}}/{{job}}/{{task}}/{table}.parquet"
        for table in PREDICTED[kind]
    ]


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
            "studies/prediction_jobs.py",
            "studies/predicting.py",
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
            "studies/prediction_jobs.py",
            "studies/predicting.py",
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
