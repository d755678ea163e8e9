"""Write the pairs of all data sets and models, and their layers, as two tables."""

from job import job

with job(snakemake) as log:
    import json
    from pathlib import Path

    from nsgraph.report import pairs_table, write_table

    found = [json.loads(Path(file).read_text()) for file in snakemake.input.distances]
    rows = [row for each in found for row in each["rows"]]
    layer_rows = [row for each in found for row in each["layer_rows"]]
    folder = Path(snakemake.output[0]).parent
    write_table(pairs_table(rows), folder / "pairs.csv")
    write_table(pairs_table(layer_rows, layers=True), folder / "pair_layers.csv")
    log.info("%d pairs, %d rows of layers", len(rows), len(layer_rows))
