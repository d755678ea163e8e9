"""The same predictions on shuffled labels: what the scores have to beat."""

from job import Progress, job

with job(snakemake) as log:
    from nsgraph.prediction import predict_null
    from nsgraph.report import read_table, write_table

    samples = predict_null(
        read_table(snakemake.input.networks),
        encodings=list(snakemake.params.encodings),
        folds=snakemake.params.folds,
        samples=snakemake.params.samples,
        progress=Progress(log, "predict_null"),
    )
    write_table(samples, snakemake.output[0])
