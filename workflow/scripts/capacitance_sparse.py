"""Predict the accuracy drop from beta_eff, from topological metrics, and from both."""

from job import Progress, job

with job(snakemake) as log:
    import json
    from pathlib import Path

    from nsgraph.report import read_table, write_table
    from nsgraph.studies.capacitance.sparse import capacitance_table, predict_drop

    files = snakemake.input.capacitance
    rows = [row for file in files for row in json.loads(Path(file).read_text())]
    networks = read_table(snakemake.input.networks)
    table = capacitance_table(rows, networks)
    scores, comparisons = predict_drop(
        networks,
        read_table(snakemake.input.layers),
        table,
        encoding=snakemake.params.encodings[0],
        folds=snakemake.params.folds,
        repeats=snakemake.params.repeats,
        progress=Progress(log, "predict"),
    )
    folder = Path(snakemake.output[0]).parent
    write_table(table, folder / "capacitance.csv")
    write_table(scores, folder / "sparse_scores.csv")
    write_table(comparisons, folder / "sparse_comparisons.csv")
