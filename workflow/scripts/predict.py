"""One job of the prediction: cross-validated answers to one question, and what they rest on."""

from job import Progress, job

with job(snakemake) as log:
    from pathlib import Path

    from nsgraph.report import read_table
    from nsgraph.report.frames import frame_of
    from nsgraph.report.tables import write_file
    from nsgraph.studies.prediction.predicting import answer, networks_asked

    asked, kind = snakemake.params.asked, snakemake.wildcards.kind
    layers = [read_table(file) for file in snakemake.input.layers]
    networks = read_table(snakemake.input.networks[0])
    table = networks_asked(networks, *(layers or [None]), asked["where"])
    label = f"{kind}, {snakemake.wildcards.job}"
    found = answer(kind, table, asked, Progress(log, label))
    for file in map(Path, snakemake.output):
        write_file(frame_of(found[file.stem]), file)
