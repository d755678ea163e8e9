"""Accuracies over seeds, distances, and what the trained and retrained networks reached."""

from job import job

with job(snakemake) as log:
    import json
    from pathlib import Path

    from nsgraph.report import read_table, write_table
    from nsgraph.store import read_manifest
    from nsgraph.studies.accuracy import accuracy_table
    from nsgraph.studies.nnstd.distances import Work, evolved_rows

    def rows(files):
        return [row for file in files for row in json.loads(Path(file).read_text())]

    given = snakemake.input
    folder = Path(snakemake.output[0]).parent
    evolved = []
    for dense, manifest in zip(given.dense, given.evolved, strict=True):
        entries = read_manifest(manifest, verify=True)
        work = Work(
            snakemake.params.settings, read_manifest(dense), entries, snakemake.params.store
        )
        evolved += evolved_rows(work)
    write_table(accuracy_table(read_table(given.networks)), folder / "accuracy.csv")
    write_table(rows(given.distances), folder / "distances.csv")
    write_table(evolved, folder / "evolved.csv")
    write_table(rows(given.retrained), folder / "retrained.csv")
    log.info("%d networks that SET trained", len(evolved))
