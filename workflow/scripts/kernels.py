"""Compile every graph kernel by measuring a tiny network, so that parallel jobs find them ready."""

from job import job

with job(snakemake) as log:
    from nsgraph.studies.measuring import compile_kernels

    compile_kernels()
