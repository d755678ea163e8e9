"""Put the tables of all jobs of the prediction together."""

from job import job

with job(snakemake) as log:
    from pathlib import Path

    from nsgraph.report import read_table, write_table
    from nsgraph.studies.prediction.predicting import joined

    folder = Path(snakemake.output[0]).parent
    for table in snakemake.params.tables:
        name = table.removeprefix("prediction_")
        files = [file for file in map(Path, snakemake.input.tables) if file.stem == name]
        found = joined(name, [read_table(file) for file in files])
        write_table(found, folder / f"{table}.csv")
        log.info("%s: %d rows of %d jobs", table, len(found), len(files))
