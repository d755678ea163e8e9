"""Train the networks of a cohort that the store lacks, and write the cohort's manifest."""

from job import Progress, job

with job(snakemake) as log:
    import json
    from pathlib import Path

    from nsgraph.store import NetworkSpec, write_manifest
    from nsgraph.training import train_cohort

    digest = json.loads(Path(snakemake.input[0]).read_text())["digest"]
    specs = [NetworkSpec(**spec, data_digest=digest) for spec in snakemake.params.specs]
    label = " / ".join(snakemake.wildcards)
    entries = train_cohort(specs, snakemake.params.store, progress=Progress(log, label))
    write_manifest(snakemake.output[0], entries)
