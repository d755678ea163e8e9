# The candidates of a zoo: which there are, and what their jobs depend on. No rule stands here.
from nsgraph.capacitance.zoo import read_zoo


def candidates_of_the_zoo():
    """Candidates by name; a wrong zoo ends the run with one sentence."""
    try:
        zoo = read_zoo(SETTINGS)
    except UserError as error:
        raise WorkflowError(f"Study {STUDY}, tier {TIER}: {error}")
    for candidate in zoo.candidates:
        if not registry.exists(candidate.method):
            raise WorkflowError(
                f"Study {STUDY}, tier {TIER}: the candidate {candidate.name} asks for the method "
                f"{candidate.method!r}, which there is not."
            )
    return {candidate.name: candidate for candidate in zoo.candidates}


def plain_candidate(wildcards):
    """The candidate's fields, as data."""
    candidate = CANDIDATES[wildcards.candidate]
    return {name: getattr(candidate, name) for name in candidate.__struct_fields__}


def files_of_zoo(wildcards):
    """Names, sizes and times of the files of the zoo's data sets."""
    names = [SETTINGS["zoo"][k] for k in ("source", "target") if k in SETTINGS["zoo"]]
    return [fingerprint(name) for name in names]
