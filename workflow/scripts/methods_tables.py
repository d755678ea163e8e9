"""Accuracies over seeds, densities of the layers, and what the methods are."""

from job import job

with job(snakemake) as log:
    import json
    from pathlib import Path

    from nsgraph.network_file import load_network
    from nsgraph.report import read_table, write_table
    from nsgraph.store import read_manifest
    from nsgraph.studies.accuracy import accuracy_table
    from nsgraph.studies.methods.densities import ABOUT, densities_table, layer_rows
    from nsgraph.studies.methods.results import methods_table

    entries = [e for file in snakemake.input.cohorts for e in read_manifest(file, verify=True)]
    layers = [
        row for file in snakemake.input.profiles for row in json.loads(Path(file).read_text())
    ]
    for entry in entries:
        about = {name: getattr(entry, name) for name in ABOUT}
        layers += layer_rows(load_network(entry.file).masks, **about)
    folder = Path(snakemake.output[0]).parent
    networks = read_table(snakemake.input.networks)
    write_table(accuracy_table(networks), folder / "accuracy.csv")
    write_table(densities_table(layers), folder / "densities.csv")
    methods = methods_table(
        snakemake.params.methods, snakemake.params.options, snakemake.params.external
    )
    write_table(methods, folder / "methods.csv")
    log.info("%d networks of %d methods", len(entries), len(methods))
