"""Join manifests and metric rows into tidy tables."""

from job import job

with job(snakemake) as log:
    import json
    from pathlib import Path

    from nsgraph.report import layers_table, networks_table, nulls_table, write_table
    from nsgraph.store import read_manifest

    entries = [entry for file in snakemake.input.cohorts for entry in read_manifest(file)]
    measured = [json.loads(Path(file).read_text()) for file in snakemake.input.metrics]
    metrics = [row for rows in measured for row in rows["networks"]]
    layers = [row for rows in measured for row in rows["layers"]]
    nulls = [row for rows in measured for row in rows["nulls"]]
    folder = Path(snakemake.output[0]).parent
    write_table(networks_table(entries, metrics), folder / "networks.csv")
    write_table(layers_table(layers), folder / "layers.csv")
    write_table(nulls_table(nulls), folder / "nulls.csv")
    counts = len(entries), len(layers), len(nulls)
    log.info("%d networks, %d layer rows, %d rows beside null models", *counts)
