"""Write the data dictionary and the report page of the study `nnstd`."""

from job import job

with job(snakemake) as log:
    from pathlib import Path

    from nsgraph.report import facts_of, read_table, write_study_page
    from nsgraph.studies.nnstd.claims import ABOUT
    from nsgraph.studies.nnstd.results import headline

    tables = {Path(file).stem: read_table(file) for file in snakemake.input.tables}
    asked = snakemake.params
    facts = facts_of(asked.study, asked.tier, asked.settings)
    facts |= {key: str(asked.settings[key]) for key in ("evolution", "retrain", "chain")}
    write_study_page(
        snakemake.output.page,
        snakemake.output.columns[0],
        title="How far apart are sparse topologies, and how far by chance?",
        headline=headline(tables["distances"], tables["evolved"], tables["claims"]),
        about_claims=ABOUT,
        facts=facts,
        packages=("torch", "numpy", "scipy", "snakemake"),
        figures=Path(snakemake.input.captions).parent,
        tables=tables,
    )
