"""Cross-validated predictions from the metrics, and every baseline beside them."""

from job import Progress, job

with job(snakemake) as log:
    from dataclasses import fields
    from pathlib import Path

    from nsgraph.prediction import predict
    from nsgraph.report import read_table, write_table

    found = predict(
        read_table(snakemake.input.networks),
        encodings=list(snakemake.params.encodings),
        folds=snakemake.params.folds,
        repeats=snakemake.params.repeats,
        progress=Progress(log, "predict"),
    )
    folder = Path(snakemake.output[0]).parent
    for field in fields(found):
        write_table(getattr(found, field.name), folder / f"prediction_{field.name}.csv")
