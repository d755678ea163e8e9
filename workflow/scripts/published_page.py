"""Write the data dictionary and the report page of the published tables."""

from job import job

with job(snakemake) as log:
    from pathlib import Path

    from nsgraph.prediction.published_columns import dictionary
    from nsgraph.report import read_table, write_study_page
    from nsgraph.studies.multipartite.claims import ABOUT
    from nsgraph.studies.multipartite.published import facts, headline

    tables = {Path(file).stem: read_table(file) for file in snakemake.input.tables}
    asked = snakemake.params
    write_study_page(
        snakemake.output.page,
        snakemake.output.columns[0],
        title="The published table of sparse networks, asked again",
        headline=headline(tables),
        about_claims=ABOUT,
        facts=facts(asked.study, asked.tier, asked.settings),
        packages=("numpy", "scipy", "xgboost", "scikit-learn", "snakemake"),
        figures=Path(snakemake.input.captions).parent,
        tables=tables,
        metrics=dictionary(),
    )
