# Configuration, names and paths: everything the rules share. No rule stands here.
import os
import re
import shutil
import sys
from pathlib import Path

import snakemake.utils
from snakemake.exceptions import WorkflowError

# One thread per process, set before any library is imported: jobs run side by side.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# `python` in a rule is the one that runs Snakemake, also if its environment is not activated.
os.environ.update(
    PATH=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()])
)

from nsgraph.adoption import CATEGORIES
from nsgraph.datasets.loading import fingerprint
from nsgraph.errors import UserError
from nsgraph.pruning import registry
from nsgraph.store import number, safe_name
from nsgraph.studies import configuration

ROOT = Path(workflow.basedir)
CONFIGURATION = ROOT / "workflow" / "config"
ENVIRONMENT = str(ROOT / "environment.yml")
GPU = shutil.which("nvidia-smi") is not None
STORE = "results/networks"
MEASUREMENTS = "results/measurements"
PAIRS = "results/pairs"


def settings_of_the_run():
    """Study, tier and settings from `--config` and the study's file, held against its schema."""
    overrides = dict(config)
    study = overrides.pop("study", "multipartite")
    try:
        tier, settings = configuration.read(
            CONFIGURATION, study, overrides.pop("tier", None), overrides
        )
    except UserError as error:
        raise WorkflowError(str(error))
    schema = CONFIGURATION / "schemas" / f"{study}.yaml"
    for part in (schema, ROOT / "workflow" / "rules" / "studies" / f"{study}.smk"):
        if not part.exists():
            raise WorkflowError(
                f"The study {study!r} lacks {part.relative_to(ROOT)}; "
                "workflow/rules/studies/README.md says what a study consists of."
            )
    snakemake.utils.validate(settings, str(schema))
    return study, tier, settings


STUDY, TIER, SETTINGS = settings_of_the_run()

# The default tier owns results/<study>; the others stand beside it and overwrite nothing.
RESULTS = Path("results") / (STUDY if TIER == "quick" else f"{STUDY}-{TIER}")

# a study may train nothing
DATASETS = {safe_name(name): name for name in SETTINGS.get("datasets", [])}
MODELS = {safe_name(name): name for name in SETTINGS.get("models", [])}
SPARSITIES = [number(sparsity) for sparsity in sorted(SETTINGS.get("sparsities", []))]
SEEDS = sorted(SETTINGS.get("seeds", []))

EXTERNAL_RULES = sorted((ROOT / "workflow" / "rules" / "methods").glob("*.smk"))
EXTERNAL = {}

COHORT = "<results>/cohorts/{dataset}/{model}/{method}.json"
TEMPLATE = "<results>/templates/{dataset}/{model}/{seed}.safetensors"


def external_method(name, category, reference, trained=False):
    """Declare a method whose networks an external program writes; returns the path it writes.

    trained: whether the program hands back trained weights. If not, the workflow trains the
    template's initial weights under the program's masks, with the study's recipe.
    """
    if registry.exists(name):
        raise WorkflowError(
            f"The external method {name!r} has the name of a built-in method."
        )
    if category not in CATEGORIES:
        raise WorkflowError(
            f"The external method {name!r} has the category {category!r}; expected one of "
            f"{', '.join(CATEGORIES)}."
        )
    EXTERNAL[name] = {"category": category, "reference": reference, "trained": trained}
    return f"<results>/external/{{dataset}}/{{model}}/{name}/{{sparsity}}-{{seed}}.safetensors"


def settle_methods():
    """Write out `all`, and refuse a configuration that names a method nobody provides."""
    SETTINGS.setdefault("methods", [])
    known = [*registry.names(), *EXTERNAL]
    named = [
        *(method for method in SETTINGS["methods"] if method != configuration.ALL),
        *SETTINGS.get("options", {}),
        *(
            method
            for methods in SETTINGS.get("skip", {}).values()
            for method in methods
        ),
    ]
    for method in named:
        if method not in known and not registry.exists(method):
            raise WorkflowError(
                f"Unknown method {method!r} in study {STUDY}, tier {TIER}. Known methods: "
                f"{', '.join(sorted(known))}, and those that prune by a score with the ending "
                f"{registry.REDRAWN}. A new one is a file in nsgraph/pruning/algorithms or a rule "
                "in workflow/rules/methods."
            )
    SETTINGS["methods"] = configuration.written_out(SETTINGS["methods"], known)
    for method in {*SETTINGS.get("options", {}), *SETTINGS["methods"]} - set(EXTERNAL):
        options = configuration.options_for(SETTINGS, method)
        if (
            options or method not in registry.names()
        ):  # looking into a method costs time
            try:
                registry.get(method).configured(options)
            except UserError as error:
                raise WorkflowError(f"Study {STUDY}, tier {TIER}: {error}")


def one_of(values):
    """Regular expression that matches exactly these values (none at all if there are none)."""
    return "|".join(re.escape(str(value)) for value in values) or "(?!)"


def code(*places):
    """Source files that a stage depends on: an edit there repeats the stage, and no other."""
    files = []
    for place in places:
        path = ROOT / "nsgraph" / place
        files += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return [str(path.relative_to(ROOT)) for path in files]


def lookup_dataset(wildcards):
    """The data set's name in the configuration; in file names it may be written otherwise."""
    return DATASETS[wildcards.dataset]


def files_of_dataset(wildcards):
    """Names, sizes and times of the data set's files: another file is read anew."""
    return fingerprint(DATASETS[wildcards.dataset])


def files_of_profiles(wildcards):
    """The same of the data sets that are only pruned for."""
    return [fingerprint(name) for name in SETTINGS["profiles"]["datasets"]]


def file_fingerprint(path):
    """Size and time of a file, or of the files of a folder: another one is read anew."""
    files = sorted(Path(path).rglob("*")) if Path(path).is_dir() else [Path(path)]
    return [
        f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files
    ]


def settings_for(*keys):
    """Those of the settings that a rule depends on, as far as they are there."""
    return {key: SETTINGS[key] for key in keys if key in SETTINGS}


def about_external(wildcards):
    """What the external method's rules file says of it."""
    return EXTERNAL[wildcards.method]


BASE_CODE = [
    "errors.py",
    "files.py",
    "masks.py",
    "network_file.py",
    "seeds.py",
    "store.py",
    "wiring.py",
]


def specs(wildcards):
    """Specifications of a cohort's networks, as plain data."""
    method = wildcards.method
    digest = "" if method in EXTERNAL else registry.source_digest(method)
    return [
        plain(spec)
        for spec in configuration.cohort_specs(
            SETTINGS,
            DATASETS[wildcards.dataset],
            MODELS[wildcards.model],
            method,
            digest,
        )
    ]


def dense_spec(wildcards):
    """Specification of the dense network that a template stands for."""
    return next(
        plain(spec)
        for spec in configuration.cohort_specs(
            SETTINGS, DATASETS[wildcards.dataset], MODELS[wildcards.model], "dense", ""
        )
        if spec.seed == int(wildcards.seed)
    )


def plain(spec):
    """A specification as data, all but the digest of the data set, which its job has to read."""
    fields = {name: getattr(spec, name) for name in spec.__struct_fields__}
    del fields["data_digest"]
    return fields


def external_files(wildcards):
    """What the external program of a method writes, one file a sparsity and seed."""
    return expand(
        "<results>/external/{dataset}/{model}/{method}/{sparsity}-{seed}.safetensors",
        dataset=wildcards.dataset,
        model=wildcards.model,
        method=wildcards.method,
        sparsity=SPARSITIES,
        seed=SEEDS,
    )


def over_cohorts(pattern, datasets=DATASETS, models=MODELS):
    """`pattern` for every cohort of the study: data set, model and method that is not skipped."""
    return [
        path
        for dataset in datasets
        for model in models
        for path in expand(
            pattern,
            dataset=dataset,
            model=model,
            method=configuration.methods_for(
                SETTINGS, DATASETS[dataset], MODELS[model]
            ),
        )
    ]


def all_cohorts(wildcards):
    """Manifests of all cohorts."""
    return over_cohorts(COHORT)


def cohorts_of_model(wildcards):
    """Manifests of the cohorts of one data set and model."""
    return over_cohorts(COHORT, [wildcards.dataset], [wildcards.model])


def all_metrics(wildcards):
    """Metric rows of all cohorts."""
    return over_cohorts("<results>/metrics/{dataset}/{model}/{method}.json")


def cohorts_across(wildcards):
    """Manifests of the cohorts of one model on all data sets."""
    return over_cohorts(COHORT, models=[wildcards.model])


def all_distances(wildcards):
    """Pair rows of all models: of seeds for each data set, and across data sets."""
    return [
        *expand(
            "<results>/distances/seeds/{dataset}/{model}.json",
            dataset=DATASETS,
            model=MODELS,
        ),
        *expand(
            "<results>/distances/datasets/{model}.json",
            model=MODELS if len(DATASETS) > 1 else [],
        ),
    ]


def both_formats(*tables):
    """CSV and Parquet file of each table."""
    return expand(
        "<results>/tables/{table}.{suffix}", table=tables, suffix=["csv", "parquet"]
    )


def parquet(*tables):
    """Parquet file of each table."""
    return expand("<results>/tables/{table}.parquet", table=tables)


def say_where_the_report_is():
    """The last line of a run."""
    if (RESULTS / "report.html").exists():
        print(f"Report: {RESULTS}/report.html", file=sys.stderr)
