"""Write the data dictionary and the report page of the study `methods`."""

from job import job

with job(snakemake) as log:
    from pathlib import Path

    from nsgraph.report import facts_of, read_table, write_study_page
    from nsgraph.studies.methods.contrasts import ABOUT
    from nsgraph.studies.methods.results import headline

    tables = {Path(file).stem: read_table(file) for file in snakemake.input.tables}
    asked = snakemake.params
    write_study_page(
        snakemake.output.page,
        snakemake.output.columns[0],
        title="How accurate is every pruning method, and where does it put its weights?",
        headline=headline(tables["accuracy"], tables["claims"]),
        about_claims=ABOUT,
        facts=facts_of(asked.study, asked.tier, asked.settings),
        packages=("torch", "numpy", "scipy", "snakemake"),
        figures=Path(snakemake.input.captions).parent,
        tables=tables,
    )
