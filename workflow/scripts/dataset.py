"""Read a data set and write what it holds: its shape, classes and the sizes of its parts."""

from job import job

with job(snakemake) as log:
    from nsgraph import datasets
    from nsgraph.files import atomic_write, canonical_json

    data = datasets.load(snakemake.params.name, split_seed=snakemake.params.split_seed)
    about = {
        "name": data.name,
        "classes": data.classes,
        "input_shape": data.input_shape,
        "split_seed": snakemake.params.split_seed,
        "digest": data.digest(),
        "images": {
            part: len(getattr(data, part).labels) for part in ("train", "validation", "test")
        },
    }
    log.info("%s", about)
    with atomic_write(snakemake.output[0]) as path:
        path.write_text(canonical_json(about) + "\n")
