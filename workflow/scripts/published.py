"""Read the published tables and write them as a table of networks."""

from job import job

with job(snakemake) as log:
    from pathlib import Path

    from nsgraph.prediction.published import read_published
    from nsgraph.report import write_table

    found = read_published(snakemake.params.path)
    folder = Path(snakemake.output[0]).parent
    write_table(found.networks, folder / "networks.csv")
    joins = found.joins.rename_axis("position").reset_index()
    write_table(joins, folder / "published_joins.csv")
    for row in found.joins.itertuples():
        log.info("%s, %s: %d %s", row.source, row.what, row.n, row.note)
