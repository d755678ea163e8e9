"""Neural capacitance of the networks of a cohort; what the same code measured before is taken."""

from job import Progress, job

with job(snakemake) as log:
    import json
    from pathlib import Path

    from nsgraph import datasets
    from nsgraph.capacitance.measuring import measure_cohort
    from nsgraph.files import atomic_write
    from nsgraph.store import read_manifest

    entries = read_manifest(snakemake.input.cohort, verify=True)
    rows = measure_cohort(
        entries,
        datasets.load(entries[0].dataset, split_seed=snakemake.params.split_seed),
        snakemake.params.cache,
        Progress(log, "capacitance " + " / ".join(snakemake.wildcards)),
    )
    with atomic_write(Path(snakemake.output[0])) as path:
        path.write_text(json.dumps(rows, indent=0, allow_nan=False) + "\n")
