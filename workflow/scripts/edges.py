"""Write the edge list of every network of a cohort, one row for each unpruned weight."""

from job import Progress, job

with job(snakemake) as log:
    from pathlib import Path

    from nsgraph.graphs import write_edge_list
    from nsgraph.network_file import load_network
    from nsgraph.store import number, read_manifest

    progress = Progress(log, "edge lists")
    for entry in read_manifest(snakemake.input.cohort, verify=True):
        saved = load_network(entry.file)
        path = Path(snakemake.output[0]) / f"{number(entry.sparsity)}-{entry.seed}.parquet"
        write_edge_list(saved, path)
        progress(f"{path}: {saved.masks.n_kept} edges")
