"""Draw the figures of the study `nnstd` and hold the paper's claims against the distances."""

from job import job

with job(snakemake) as log:
    from pathlib import Path

    from nsgraph.report import read_table, write_table
    from nsgraph.studies.figures import save_figures
    from nsgraph.studies.nnstd.claims import nnstd_claims_table
    from nsgraph.studies.nnstd.results import all_figures

    tables = {Path(file).stem: read_table(file) for file in snakemake.input.tables}
    save_figures(all_figures(tables), Path(snakemake.output.captions).parent)
    write_table(nnstd_claims_table(tables), snakemake.output.claims)
