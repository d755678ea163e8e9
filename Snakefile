# nsgraph: sparse neural networks as graphs. `snakemake --cores all` runs the main study;
# `--config study=NAME tier=TIER` another one (workflow/config/), `-n` shows what would be done.
from snakemake.utils import min_version

min_version("9.0")


include: "workflow/rules/common.smk"


pathvars:
    results=str(RESULTS),
    logs=str(RESULTS / "logs"),
    benchmarks=str(RESULTS / "benchmarks"),


wildcard_constraints:
    dataset=one_of(DATASETS),
    model=one_of(MODELS),
    sparsity=one_of(SPARSITIES),
    seed=one_of(SEEDS),


include: "workflow/rules/datasets.smk"


# external methods register themselves before the built-in rule learns what it is to leave alone
for rules_of_a_method in EXTERNAL_RULES:

    include: rules_of_a_method


settle_methods()


include: "workflow/rules/training.smk"
# what the study asks of its networks: further stages, figures, page, and TARGETS
include: f"workflow/rules/studies/{STUDY}.smk"


rule all:
    default_target: True
    input:
        TARGETS,
    message:
        f"all of {STUDY}, tier {TIER}, is there"


onsuccess:
    say_where_the_report_is()
