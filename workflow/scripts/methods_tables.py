"""Accuracies over seeds, densities of the layers, and what the methods are."""

from job import job

with job(snakemake) as log:
    from pathlib import Path

    from nsgraph.network_file import load_network
    from nsgraph.report import read_table, write_table
    from nsgraph.store import read_manifest
    from nsgraph.studies.accuracy import accuracy_table
    from nsgraph.studies.densities import densities_table, layer_rows
    from nsgraph.studies.methods import methods_table

    entries = [e for file in snakemake.input.cohorts for e in read_manifest(file, verify=True)]
    layers = [row for e in entries for row in layer_rows(e, load_network(e.file).masks)]
    folder = Path(snakemake.output[0]).parent
    networks = read_table(snakemake.input.networks)
    write_table(accuracy_table(networks), folder / "accuracy.csv")
    write_table(densities_table(layers), folder / "densities.csv")
    about = methods_table(
        snakemake.params.methods, snakemake.params.options, snakemake.params.external
    )
    write_table(about, folder / "methods.csv")
    log.info("%d networks of %d methods", len(entries), len(about))
