# Train and prune. A job is a cohort (data set, model, method); networks go to the store,
# the job declares its manifest only, so that nothing finished is ever lost or trained again.


rule train:
    input:
        "<results>/datasets/{dataset}.json",
    output:
        ensure(COHORT, non_empty=True),
    log:
        "<logs>/cohorts/{dataset}/{model}/{method}.log",
    benchmark:
        "<benchmarks>/cohorts/{dataset}/{model}/{method}.tsv"
    wildcard_constraints:
        method=f"(?:{one_of(registry.names())})(?:{registry.REDRAWN})?",
    conda:
        ENVIRONMENT
    resources:
        gpu=1 if GPU else 0,
    params:
        specs=specs,
        store=STORE,
    message:
        "train {wildcards.dataset} / {wildcards.model} / {wildcards.method}"
    script:
        "../scripts/train.py"


rule template:
    input:
        "<results>/datasets/{dataset}.json",
    output:
        ensure(TEMPLATE, non_empty=True),
    log:
        "<logs>/templates/{dataset}/{model}/{seed}.log",
    benchmark:
        "<benchmarks>/templates/{dataset}/{model}/{seed}.tsv"
    conda:
        ENVIRONMENT
    params:
        spec=dense_spec,
    message:
        "template {wildcards.dataset} / {wildcards.model} / seed {wildcards.seed}"
    script:
        "../scripts/template.py"


rule adopt:
    input:
        dataset="<results>/datasets/{dataset}.json",
        templates=expand(TEMPLATE, seed=SEEDS, allow_missing=True),
        networks=external_files,
    output:
        ensure(COHORT, non_empty=True),
    log:
        "<logs>/cohorts/{dataset}/{model}/{method}.log",
    benchmark:
        "<benchmarks>/cohorts/{dataset}/{model}/{method}.tsv"
    wildcard_constraints:
        method=one_of(EXTERNAL),
    conda:
        ENVIRONMENT
    resources:
        gpu=1 if GPU else 0,
    params:
        specs=specs,
        about=about_external,
        store=STORE,
    message:
        "adopt {wildcards.dataset} / {wildcards.model} / {wildcards.method}"
    script:
        "../scripts/adopt.py"
