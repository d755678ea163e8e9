"""Topology distance and shared edges of all pairs of seeds of each configuration, with chance."""

from job import Progress, job

with job(snakemake) as log:
    import json

    from nsgraph.distance import pairs
    from nsgraph.files import atomic_write
    from nsgraph.network_file import load_network
    from nsgraph.store import read_manifest

    entries = [e for file in snakemake.input.cohorts for e in read_manifest(file, verify=True)]
    rows = pairs(
        ((entry.network, load_network(entry.file)) for entry in entries if entry.sparsity > 0),
        samples=snakemake.params.chance_samples,
        progress=Progress(log, "distances " + " / ".join(snakemake.wildcards)),
    )
    with atomic_write(snakemake.output[0]) as path:
        path.write_text(json.dumps(rows, indent=0, allow_nan=False) + "\n")
