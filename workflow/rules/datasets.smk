# Data sets: is every data set there and whole? Said before anything is trained.


rule dataset:
    output:
        "<results>/datasets/{dataset}.json",
    log:
        "<logs>/datasets/{dataset}.log",
    benchmark:
        "<benchmarks>/datasets/{dataset}.tsv"
    conda:
        ENVIRONMENT
    params:
        name=lookup_dataset,
        split_seed=SETTINGS.get("split_seed"),
        files=files_of_dataset,
    message:
        "data set {wildcards.dataset}: read and split"
    script:
        "../scripts/dataset.py"
