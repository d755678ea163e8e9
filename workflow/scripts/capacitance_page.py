"""Write the data dictionary and the report page of the study `capacitance`."""

from job import job

with job(snakemake) as log:
    from pathlib import Path

    from nsgraph.capacitance.zoo import read_zoo
    from nsgraph.report import facts_of, read_table, write_study_page
    from nsgraph.studies.capacitance.claims import ABOUT
    from nsgraph.studies.capacitance.results import facts_of_zoo, headline

    tables = {Path(file).stem: read_table(file) for file in snakemake.input.tables}
    asked = snakemake.params
    facts = facts_of(asked.study, asked.tier, asked.settings)
    write_study_page(
        snakemake.output.page,
        snakemake.output.columns[0],
        title="Which network will be the best? Neural capacitance of the first epochs",
        headline=headline(tables),
        about_claims=ABOUT,
        facts={**facts, **facts_of_zoo(read_zoo(asked.settings))},
        packages=("torch", "numpy", "scipy", "scikit-learn", "snakemake"),
        figures=Path(snakemake.input.captions).parent,
        tables=tables,
    )
