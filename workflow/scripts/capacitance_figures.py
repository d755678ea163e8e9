"""Draw the figures of the study `capacitance` and hold its claims against the numbers."""

from job import job

with job(snakemake) as log:
    from pathlib import Path

    from nsgraph.capacitance.zoo import read_zoo
    from nsgraph.report import read_table, write_table
    from nsgraph.studies.capacitance.claims import claims_table
    from nsgraph.studies.capacitance.results import all_figures
    from nsgraph.studies.figures import save_figures

    files = [*snakemake.input.zoo, *snakemake.input.sparse]
    tables = {Path(file).stem: read_table(file) for file in files}
    zoo = read_zoo(snakemake.params.settings)
    save_figures(all_figures(tables, zoo.tuning.epochs), Path(snakemake.output.captions).parent)
    write_table(claims_table(tables, zoo.target), snakemake.output.claims)
