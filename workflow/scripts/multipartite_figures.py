"""Draw the study's figures and hold the paper's claims against the scores."""

from job import job

with job(snakemake) as log:
    from pathlib import Path

    from nsgraph.prediction import null_table
    from nsgraph.report import read_table, write_table
    from nsgraph.studies.claims import claims_table
    from nsgraph.studies.figures import save_figures
    from nsgraph.studies.multipartite import all_figures

    scores, repeats, comparisons, importance, _ = map(read_table, snakemake.input.predictions)
    null = null_table(scores, read_table(snakemake.input.null))
    networks, pairs = read_table(snakemake.input.networks), read_table(snakemake.input.pairs)
    folder = Path(snakemake.output.captions).parent
    beside_nulls = read_table(snakemake.input.nulls)
    save_figures(all_figures(networks, beside_nulls, pairs, scores, null), folder)
    claims = claims_table(scores, repeats, comparisons, importance, null)
    write_table(claims, snakemake.output.claims)
    write_table(null, snakemake.output.null[0])
