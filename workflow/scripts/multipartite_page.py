"""Write the data dictionary and the report page of the study `multipartite`."""

from job import job

with job(snakemake) as log:
    from pathlib import Path

    from nsgraph.report import facts_of, read_table, write_study_page
    from nsgraph.studies.capacitance.sparse_claims import sparse_in_words
    from nsgraph.studies.multipartite.claims import ABOUT
    from nsgraph.studies.multipartite.headline import headline

    tables = {Path(file).stem: read_table(file) for file in snakemake.input.tables}
    asked = snakemake.params
    found = headline(tables["prediction_scores"], tables["prediction_null"])
    write_study_page(
        snakemake.output.page,
        snakemake.output.columns[0],
        title="Sparse networks as multipartite graphs",
        headline=" ".join([found, *sparse_in_words(tables.get("sparse_scores"))]),
        about_claims=ABOUT,
        facts=facts_of(asked.study, asked.tier, asked.settings),
        packages=("torch", "numpy", "scipy", "xgboost", "scikit-learn", "numba", "snakemake"),
        figures=Path(snakemake.input.captions).parent,
        tables=tables,
    )
