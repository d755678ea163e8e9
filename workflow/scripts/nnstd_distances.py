"""Distances of all pairs of one experiment, with chance; finished pairs are kept in a store."""

from job import Progress, job

with job(snakemake) as log:
    import json

    from nsgraph.files import atomic_write
    from nsgraph.store import read_manifest
    from nsgraph.studies.nnstd.distances import Work, rows_of

    wildcards = snakemake.wildcards
    work = Work(
        snakemake.params.settings,
        read_manifest(snakemake.input.dense),
        read_manifest(snakemake.input.evolved) if snakemake.input.evolved else [],
        snakemake.params.store,
        Progress(log, f"distances {wildcards.experiment}"),
    )
    about = {"dataset": snakemake.params.dataset, "model": snakemake.params.model}
    rows = [about | row for row in rows_of(wildcards.experiment, work)]
    with atomic_write(snakemake.output[0]) as path:
        path.write_text(json.dumps(rows, indent=0, allow_nan=False) + "\n")
