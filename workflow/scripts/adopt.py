"""Adopt the networks that an external program wrote: stamp, train or evaluate, store, list."""

from job import Progress, job

with job(snakemake) as log:
    import json
    from pathlib import Path

    from nsgraph.store import NetworkSpec, number, write_manifest
    from nsgraph.training import adopt_cohort

    digest = json.loads(Path(snakemake.input.dataset).read_text())["digest"]
    specs = [NetworkSpec(**spec, data_digest=digest) for spec in snakemake.params.specs]
    files = {Path(file).stem: file for file in snakemake.input.networks}
    templates = {Path(file).stem: file for file in snakemake.input.templates}
    entries = adopt_cohort(
        specs,
        snakemake.params.store,
        files=[files[f"{number(spec.sparsity)}-{spec.seed}"] for spec in specs],
        templates=[templates[str(spec.seed)] for spec in specs],
        category=snakemake.params.about["category"],
        trained=snakemake.params.about["trained"],
        progress=Progress(log, " / ".join(snakemake.wildcards)),
    )
    write_manifest(snakemake.output[0], entries)
