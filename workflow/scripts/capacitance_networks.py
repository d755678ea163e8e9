"""beta_eff of the networks of a cohort."""

from job import job

with job(snakemake) as log:
    import json
    from pathlib import Path

    from nsgraph import datasets
    from nsgraph.capacitance.networks import capacitance_rows
    from nsgraph.files import atomic_write
    from nsgraph.network_file import load_network
    from nsgraph.store import read_manifest

    entries = read_manifest(snakemake.input.cohort, verify=True)
    data = datasets.load(entries[0].dataset, split_seed=snakemake.params.split_seed)
    rows = [
        {"network": entry.network, **row}
        for entry in entries
        for row in capacitance_rows(load_network(entry.file), data)
    ]
    with atomic_write(Path(snakemake.output[0])) as path:
        path.write_text(json.dumps(rows, indent=0, allow_nan=False) + "\n")
    log.info("%d networks", len(entries))
