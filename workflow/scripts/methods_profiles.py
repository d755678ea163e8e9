"""Prune networks that are not trained, and write what their layers keep."""

from job import Progress, job

with job(snakemake) as log:
    import json
    from pathlib import Path

    from nsgraph.files import atomic_write
    from nsgraph.studies.methods.profiles import profile_rows

    rows = profile_rows(snakemake.params.settings, Progress(log, "profiles"))
    with atomic_write(Path(snakemake.output[0])) as path:
        path.write_text(json.dumps(rows, indent=0, allow_nan=False) + "\n")
