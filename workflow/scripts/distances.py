"""Topology distance and shared edges of all pairs that differ in one thing only, with chance."""

from job import Progress, job

with job(snakemake) as log:
    import json
    from dataclasses import asdict

    from nsgraph.distance import pair_tables
    from nsgraph.files import atomic_write
    from nsgraph.network_file import load_network
    from nsgraph.store import read_manifest

    entries = [e for file in snakemake.input.cohorts for e in read_manifest(file, verify=True)]
    asked = snakemake.params
    tables = pair_tables(
        ((entry.network, load_network(entry.file)) for entry in entries if entry.sparsity > 0),
        differ=asked.differ,
        samples=asked.chance_samples,
        nulls=asked.nulls,
        others=asked.others,
        store=asked.store,
        progress=Progress(log, "distances " + " / ".join(snakemake.wildcards)),
    )
    with atomic_write(snakemake.output[0]) as path:
        path.write_text(json.dumps(asdict(tables), indent=0, allow_nan=False) + "\n")
