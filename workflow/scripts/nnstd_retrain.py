"""Train the topologies of snapshots again, with fixed links."""

from job import Progress, job

with job(snakemake) as log:
    import json
    from pathlib import Path

    from nsgraph.files import atomic_write
    from nsgraph.store import read_manifest
    from nsgraph.training import retrain, retrainings

    asked = snakemake.params
    entries = [
        entry
        for entry in read_manifest(snakemake.input.evolved, verify=True)
        if entry.seed % asked.evolution["networks"] < asked.retrain["networks"]
    ]
    rows = retrain(
        retrainings(entries, asked.retrain["epochs"]),
        asked.recipe,
        asked.store,
        json.loads(Path(snakemake.input.dataset).read_text())["digest"],
        Progress(log, "retrain " + " / ".join(snakemake.wildcards)),
    )
    with atomic_write(snakemake.output[0]) as path:
        path.write_text(json.dumps(rows, indent=0, allow_nan=False) + "\n")
