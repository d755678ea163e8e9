"""Measure every network of a cohort; what the same code measured before is taken as it is."""

from job import Progress, job

with job(snakemake) as log:
    import json

    from nsgraph.files import atomic_write
    from nsgraph.store import read_manifest
    from nsgraph.studies.measuring import measure_cohort

    rows = measure_cohort(
        read_manifest(snakemake.input.cohort, verify=True),
        encodings=snakemake.params.encodings,
        families=snakemake.params.families,
        cache=snakemake.params.cache,
        nulls=snakemake.params.nulls,
        progress=Progress(log, "measure " + " / ".join(snakemake.wildcards)),
    )
    with atomic_write(snakemake.output[0]) as path:
        path.write_text(json.dumps(rows, indent=0, allow_nan=False) + "\n")
