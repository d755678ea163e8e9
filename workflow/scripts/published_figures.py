"""Draw the figures of the published tables and hold the claims against the scores."""

from job import job

with job(snakemake) as log:
    from pathlib import Path

    from nsgraph.prediction import null_table
    from nsgraph.report import read_table, write_table
    from nsgraph.studies.figures import save_figures
    from nsgraph.studies.multipartite.published import published_claims_table
    from nsgraph.studies.prediction.figures import prediction_figures

    tables = {Path(file).stem: read_table(file) for file in snakemake.input.tables}
    null = null_table(tables["prediction_scores"], tables["prediction_null_samples"])
    tables["prediction_null"] = null
    figures = prediction_figures(tables, snakemake.params.figures)
    save_figures(figures, Path(snakemake.output.captions).parent)
    write_table(published_claims_table(tables), snakemake.output.claims)
    write_table(null, snakemake.output.null[0])
