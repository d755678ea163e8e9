"""Fine-tune a candidate with a probe, run by run; what is there already is not run again."""

from job import Progress, job

with job(snakemake) as log:
    import json
    from pathlib import Path

    from nsgraph.capacitance.candidates import run_candidate
    from nsgraph.capacitance.zoo import Candidate, read_zoo
    from nsgraph.files import atomic_write

    candidate = Candidate(**snakemake.params.candidate)
    runs = run_candidate(
        candidate,
        read_zoo(snakemake.params.settings),
        networks=snakemake.params.networks,
        runs=snakemake.params.runs,
        progress=Progress(log, f"probe {candidate.name}"),
    )
    with atomic_write(Path(snakemake.output[0])) as path:
        path.write_text(json.dumps(runs, indent=0, allow_nan=False) + "\n")
