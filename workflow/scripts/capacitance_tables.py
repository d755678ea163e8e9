"""Curves of all candidates, forecasts from their early epochs, and how these rank them."""

from job import job

with job(snakemake) as log:
    import json
    from pathlib import Path

    from nsgraph.capacitance.zoo import read_zoo
    from nsgraph.report import write_table
    from nsgraph.studies.capacitance.zoo import (
        candidates_table,
        curves_table,
        differences_table,
        forecasts_table,
        ranking_table,
        starts_table,
    )

    zoo = read_zoo(snakemake.params.settings)
    runs = [run for file in snakemake.input.probes for run in json.loads(Path(file).read_text())]
    forecasts = forecasts_table(runs, zoo.observe, zoo.tuning.epochs)
    tables = {
        "curves": curves_table(runs),
        "candidates": candidates_table(runs),
        "forecasts": forecasts,
        "ranking": ranking_table(forecasts),
        "ranking_differences": differences_table(forecasts),
        "starts": starts_table(runs, forecasts, zoo.observe),
    }
    folder = Path(snakemake.output[0]).parent
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")
    log.info("%d runs of %d candidates", len(runs), len(tables["candidates"]))
