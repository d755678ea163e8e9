# Study `nnstd`: how far apart are sparse topologies, before and after training, and how far by chance?


include: "../networks.smk"
include: "../evolved.smk"


TABLES = ["networks", "evolved", "distances", "accuracy", "retrained", "claims"]
FIGURES = ["accuracy", "chain", "heat_maps", "evolution", "trajectory", "retraining"]
TARGETS = ["<results>/report.html"]
EXPERIMENTS = ["chain", "densities", *OF_EVOLVED]


rule evolve:
    input:
        "<results>/datasets/{dataset}.json",
    output:
        ensure(EVOLVED, non_empty=True),
    log:
        "<logs>/evolved/{dataset}/{model}.log",
    benchmark:
        "<benchmarks>/evolved/{dataset}/{model}.tsv"
    conda:
        ENVIRONMENT
    resources:
        gpu=1 if GPU else 0,
    params:
        specs=specs_of_evolved,
        store=STORE,
    message:
        "train {wildcards.dataset} / {wildcards.model} from starts that are nearly alike"
    script:
        "../../scripts/train.py"


rule retrain:
    input:
        dataset="<results>/datasets/{dataset}.json",
        evolved=EVOLVED,
    output:
        ensure("<results>/retrained/{dataset}/{model}.json", non_empty=True),
    log:
        "<logs>/retrained/{dataset}/{model}.log",
    benchmark:
        "<benchmarks>/retrained/{dataset}/{model}.tsv"
    conda:
        ENVIRONMENT
    resources:
        gpu=1 if GPU else 0,
    params:
        evolution=SETTINGS["evolution"],
        retrain=SETTINGS["retrain"],
        recipe=recipe_of,
        store=STORE,
    message:
        "train topologies of {wildcards.dataset} / {wildcards.model} again"
    script:
        "../../scripts/nnstd_retrain.py"


rule topology_distances:
    input:
        dense="<results>/cohorts/{dataset}/{model}/dense.json",
        evolved=evolved_if_needed,
        code=code(
            *BASE_CODE,
            "distance",
            "models/names.py",
            "pruning",
            "snapshots.py",
            "schedules.py",
            "adoption.py",
            "studies/configuration.py",
            "studies/nnstd/distances.py",
            "studies/nnstd/networks.py",
            "topologies",
        ),
    output:
        ensure(
            "<results>/distances/{dataset}/{model}/{experiment}.json", non_empty=True
        ),
    log:
        "<logs>/distances/{dataset}/{model}/{experiment}.log",
    benchmark:
        "<benchmarks>/distances/{dataset}/{model}/{experiment}.tsv"
    wildcard_constraints:
        experiment=one_of(EXPERIMENTS),
    conda:
        ENVIRONMENT
    params:
        dataset=lookup_dataset,
        model=lookup_model,
        settings=settings_for(
            "chain", "evolution", "chance_samples", "turnover_samples"
        ),
        store=PAIRS,
    message:
        "distances {wildcards.dataset} / {wildcards.model}: {wildcards.experiment}"
    script:
        "../../scripts/nnstd_distances.py"


rule nnstd_tables:
    input:
        networks="<results>/tables/networks.parquet",
        evolved=over_cases(EVOLVED),
        dense=over_cases("<results>/cohorts/{dataset}/{model}/dense.json"),
        retrained=over_cases("<results>/retrained/{dataset}/{model}.json"),
        distances=expand(
            over_cases("<results>/distances/{dataset}/{model}/{experiment}.json"),
            experiment=EXPERIMENTS,
        ),
        code=code(
            *BASE_CODE,
            "adoption.py",
            "distance",
            "models/names.py",
            "pruning",
            "schedules.py",
            "snapshots.py",
            "studies",
            "topologies",
            "report/entries.py",
            "report/frames.py",
            "report/tables.py",
        ),
    output:
        both_formats("accuracy", "distances", "evolved", "retrained"),
    log:
        "<logs>/nnstd_tables.log",
    benchmark:
        "<benchmarks>/nnstd_tables.tsv"
    conda:
        ENVIRONMENT
    params:
        settings=settings_for(
            "chain", "evolution", "chance_samples", "turnover_samples"
        ),
        store=PAIRS,
    message:
        "tables: accuracy, distances, evolved, retrained"
    script:
        "../../scripts/nnstd_tables.py"


rule figures:
    input:
        tables=parquet("accuracy", "distances", "evolved", "networks", "retrained"),
        code=code(
            *BASE_CODE,
            "adoption.py",
            "distance",
            "pruning",
            "studies",
            "topologies",
            "report/entries.py",
            "report/frames.py",
            "report/tables.py",
        ),
    output:
        report(
            expand("<results>/figures/{figure}.svg", figure=FIGURES),
            category="Figures",
            caption="../../report/figures.rst",
        ),
        expand("<results>/figures/{figure}.png", figure=FIGURES),
        captions="<results>/figures/captions.json",
        claims=report(
            "<results>/tables/claims.csv",
            category="Claims",
            caption="../../report/claims.rst",
        ),
        parquet="<results>/tables/claims.parquet",
    log:
        "<logs>/figures.log",
    benchmark:
        "<benchmarks>/figures.tsv"
    conda:
        ENVIRONMENT
    message:
        "figures and claims"
    script:
        "../../scripts/nnstd_figures.py"


rule page:
    input:
        tables=parquet(*TABLES),
        captions="<results>/figures/captions.json",
        code=code(
            *BASE_CODE,
            "capacitance/dictionary.py",
            "adoption.py",
            "distance",
            "graphs",
            "metrics",
            "pruning",
            "report",
            "studies",
            "topologies",
        ),
    output:
        page=report(
            "<results>/report.html",
            category="Report",
            caption="../../report/page.rst",
        ),
        columns=both_formats("columns"),
    log:
        "<logs>/report.log",
    benchmark:
        "<benchmarks>/report.tsv"
    conda:
        ENVIRONMENT
    params:
        study=STUDY,
        tier=TIER,
        settings=SETTINGS,
    message:
        "report: {output.page}"
    script:
        "../../scripts/nnstd_page.py"
