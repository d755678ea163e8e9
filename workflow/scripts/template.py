"""Write the dense network at initialisation that external methods start from."""

from job import job

with job(snakemake) as log:
    from nsgraph.store import NetworkSpec
    from nsgraph.training import write_template

    write_template(NetworkSpec(**snakemake.params.spec), snakemake.output[0])
