# The jobs of a prediction: which there are, what each asks, and the tables it gives. No rule stands here.
from nsgraph.studies.prediction.jobs import ask_of, jobs, shares

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
