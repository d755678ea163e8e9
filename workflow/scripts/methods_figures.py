"""Draw the figures of the study `methods` and hold its claims against the accuracies."""

from job import job

with job(snakemake) as log:
    from pathlib import Path

    from nsgraph.report import read_table, write_table
    from nsgraph.studies.figures import save_figures
    from nsgraph.studies.methods.contrasts import method_claims_table
    from nsgraph.studies.methods.results import all_figures

    accuracy, densities = map(read_table, (snakemake.input.accuracy, snakemake.input.densities))
    save_figures(all_figures(accuracy, densities), Path(snakemake.output.captions).parent)
    networks, methods = map(read_table, (snakemake.input.networks, snakemake.input.methods))
    write_table(method_claims_table(networks, methods), snakemake.output.claims)
