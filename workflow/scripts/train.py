"""Train the networks of a cohort that the store lacks, and write the cohort's manifest."""

from job import Progress, job

with job(snakemake) as log:
    from nsgraph.store import NetworkSpec, write_manifest
    from nsgraph.training import train_cohort

    specs = [NetworkSpec(**spec) for spec in snakemake.params.specs]
    label = " / ".join(snakemake.wildcards)
    entries = train_cohort(specs, snakemake.params.store, progress=Progress(log, label))
    write_manifest(snakemake.output[0], entries)
