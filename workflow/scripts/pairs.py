"""Write the pair rows of all data sets and models as one table."""

from job import job

with job(snakemake) as log:
    import json
    from pathlib import Path

    from nsgraph.report import pairs_table, write_table

    rows = [row for f in snakemake.input.distances for row in json.loads(Path(f).read_text())]
    write_table(pairs_table(rows), snakemake.output[0])
    log.info("%d pairs", len(rows))
