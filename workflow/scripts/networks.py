"""Write the table of networks from the manifests alone."""

from job import job

with job(snakemake) as log:
    from nsgraph.report import networks_table, write_table
    from nsgraph.store import read_manifest

    entries = [entry for file in snakemake.input.cohorts for entry in read_manifest(file)]
    write_table(networks_table(entries), snakemake.output[0])
    log.info("%d networks", len(entries))
