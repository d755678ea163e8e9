# The networks whose topologies study `nnstd` compares: which there are, and where. No rule stands here.
from nsgraph.studies.nnstd.networks import METHOD, evolved_specs

EVOLVED = "<results>/evolved/{dataset}/{model}.json"
OF_EVOLVED = ["before", "after", "trajectory"]


def specs_of_evolved(wildcards):
    """Specifications of the networks whose topologies are compared, as plain data."""
    dataset, model = DATASETS[wildcards.dataset], MODELS[wildcards.model]
    digest = registry.source_digest(METHOD)
    return [plain(spec) for spec in evolved_specs(SETTINGS, dataset, model, digest)]


def evolved_if_needed(wildcards):
    """Manifest of the trained networks, for the experiments that compare them."""
    return EVOLVED if wildcards.experiment in OF_EVOLVED else []


def recipe_of(wildcards):
    """How networks are trained."""
    dataset, model = DATASETS[wildcards.dataset], MODELS[wildcards.model]
    return configuration.recipe_for(SETTINGS, dataset, model)


def lookup_model(wildcards):
    """The model's name in the configuration."""
    return MODELS[wildcards.model]


def over_cases(pattern):
    """`pattern` for every data set and model."""
    return expand(pattern, dataset=DATASETS, model=MODELS, allow_missing=True)
