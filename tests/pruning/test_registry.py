"""One method, one file: names without torch, options, and what a wrong name says."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nsgraph.adoption import CATEGORIES
from nsgraph.errors import UserError
from nsgraph.pruning import algorithms, prune, registry

BUILT_IN = {"dense", "uniform", "random", "er", "erk", "snip", "grasp", "synflow"}
BUILT_IN |= {"magnitude", "magnitude-at-init", "set", "rigl", "uniform-plus", "igq", "wanda"}
BUILT_IN |= {"iterative-snip", "force", "prospr", "px", "phew"}

NEW_METHOD = '''
"""Largest row first (nobody, never)."""

from nsgraph.pruning import algorithm
from nsgraph.pruning.gradients import weights


@algorithm("row-first", category="pruning at initialisation")
def row_first(net, batches, masks, *, sign: float = 1.0):
    scores = {}
    for name, weight in weights(net).items():
        rows = weight.flatten(1).sum(1) * sign
        scores[name] = rows.view(-1, *[1] * (weight.dim() - 1)).expand_as(weight)
    return scores
'''


def test_names_are_the_files():
    assert set(registry.names()) >= BUILT_IN


def test_names_need_no_torch():
    program = (
        "import sys; sys.modules['torch'] = None; from nsgraph.pruning import registry; "
        "registry.names(); registry.source_digest('snip')"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_method_describes_itself(name):
    method = registry.get(name)
    assert method.name == name
    assert method.category in CATEGORIES
    assert method.reference
    assert "\n" not in method.reference
    assert method.needs in (None, "shape", "batches", "training")
    assert method.configured(method.options).options == method.options


def test_categories():
    assert registry.get("erk").category == "layer-wise random"
    assert registry.get("synflow").category == "pruning at initialisation"
    assert registry.get("rigl").category == "dynamic sparse training"
    assert registry.get("magnitude").category == "magnitude"


def test_unknown_method_suggests():
    with pytest.raises(UserError, match=r"no pruning method 'snpi'.*Did you mean 'snip'"):
        registry.get("snpi")


def test_redrawn_methods():
    assert "snip-redrawn" not in registry.names()
    assert registry.exists("snip-redrawn")
    redrawn, snip = registry.get("snip-redrawn"), registry.get("snip")
    assert redrawn.name == "snip-redrawn"
    assert redrawn.category == "layer-wise random"
    assert redrawn.reference == (
        "Layer densities of snip, random within layers (Frankle et al. 2021)."
    )
    assert redrawn.options == snip.options
    assert redrawn.configured({"batch": 7}).redrawn
    assert not snip.redrawn
    assert registry.get("magnitude-redrawn").needs == "training"
    assert registry.source_digest("snip-redrawn") == registry.source_digest("snip")


@pytest.mark.parametrize("name", ["dense", "rigl", "set", "sparsegpt"])
def test_only_scores_can_be_redrawn(name):
    with pytest.raises(UserError, match=f"'{name}' cannot be redrawn; expected one that prunes"):
        registry.get(f"{name}-redrawn")


@pytest.mark.parametrize("name", ["snpi-redrawn", "snip-redrawn-redrawn", "-redrawn"])
def test_redrawn_of_nothing(name):
    assert not registry.exists(name)
    with pytest.raises(UserError, match=f"no pruning method '{name}'.* with the ending -redrawn"):
        registry.get(name)
    if name == "snpi-redrawn":
        with pytest.raises(UserError, match="Did you mean 'snip-redrawn'"):
            registry.get(name)


def test_a_file_of_its_own_comes_before_the_ending(new_folder, net):
    program = NEW_METHOD.replace("row-first", "row-redrawn").replace("row_first", "row_redrawn")
    (new_folder / "row_redrawn.py").write_text(program)
    assert not registry.get("row-redrawn").redrawn
    assert registry.get("row-redrawn-redrawn").redrawn
    assert prune(net, "row-redrawn-redrawn", 0.5) != prune(net, "row-redrawn", 0.5)


@pytest.mark.parametrize(
    "name", ["../snip", "__init__", "", "algorithms.snip", "magnitude_at_init"]
)
def test_only_names_of_the_list_are_methods(name):
    with pytest.raises(UserError, match="no pruning method"):
        registry.get(name)


def test_unknown_option_names_the_allowed_ones():
    with pytest.raises(UserError, match=r"'rigl' has no option 'evry'.*every, until"):
        registry.get("rigl").configured({"evry": 10})
    with pytest.raises(UserError, match="'dense' has no option 'every'; its options: none"):
        registry.get("dense").configured({"every": 10})


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("rigl", {"every": 0}),
        ("rigl", {"every": "fortnight"}),
        ("rigl", {"every": "0 epochs"}),
        ("rigl", {"until": 1.5}),
        ("rigl", {"fraction": 2}),
        ("rigl", {"grow": "faster"}),
        ("set", {"start": "nowhere"}),
        ("set", {"within": "house"}),
        ("synflow", {"rounds": 0}),
        ("snip", {"batch": "many"}),
        ("magnitude", {"after": -0.1}),
        ("grasp", {"temperature": "hot"}),
    ],
)
def test_impossible_option_is_refused(method, options):
    with pytest.raises(UserError, match=next(iter(options))):
        registry.get(method).configured(options)


def test_options_reach_the_method():
    rigl = registry.get("rigl").configured({"every": 20, "fraction": 0.5, "start": "uniform"})
    assert rigl.interval(7) == 20
    assert rigl.fraction(0) == 0.5
    assert rigl.fraction(0.5) == pytest.approx(0.25)  # the cosine keeps its shape
    assert rigl.options["start"] == "uniform"
    assert registry.get("set").configured({"every": "3 epochs"}).interval(7) == 21
    assert registry.get("grasp").configured({"temperature": 2}).options["temperature"] == 2.0


@pytest.fixture
def new_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(algorithms, "__path__", [*algorithms.__path__, str(tmp_path)])
    yield tmp_path
    for name in [n for n in sys.modules if n.startswith(algorithms.__name__ + ".")]:
        if str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


def test_a_new_method_is_one_file(new_folder, data, net):
    (new_folder / "row_first.py").write_text(NEW_METHOD)
    assert "row-first" in registry.names()
    method = registry.get("row-first")
    assert method.options["sign"] == 1.0
    assert method.reference == "Largest row first (nobody, never)."
    masks = prune(net, "row-first", 0.5, sign=-1.0)
    assert masks.n_kept == round(0.5 * masks.n_weights)
    assert masks != prune(net, "row-first", 0.5)


def test_file_without_its_method(new_folder):
    (new_folder / "hollow.py").write_text("x = 1\n")
    with pytest.raises(UserError, match=r"hollow\.py defines no method 'hollow'"):
        registry.get("hollow")


@pytest.mark.parametrize("text", ["def broken(:\n", "import nothing_of_that_name\n"])
def test_file_that_cannot_be_imported(new_folder, text):
    (new_folder / "broken.py").write_text(text)
    with pytest.raises(UserError, match=r"broken\.py cannot be imported"):
        registry.get("broken")
    if "import" not in text:
        with pytest.raises(UserError, match=r"broken\.py cannot be read"):
            registry.source_digest("broken")


def test_file_with_another_name(new_folder):
    (new_folder / "other.py").write_text(NEW_METHOD.replace("def row_first", "def other"))
    with pytest.raises(UserError, match=r"names its method 'row-first'.*asks for 'other'"):
        registry.get("other")


def test_unknown_category_is_refused(new_folder):
    (new_folder / "row_first.py").write_text(NEW_METHOD.replace("pruning at", "prunning at"))
    with pytest.raises(UserError, match="prunning at initialisation"):
        registry.get("row-first")


def test_digest_follows_the_program_and_not_its_text(new_folder):
    file = new_folder / "row_first.py"
    file.write_text(NEW_METHOD)
    before = registry.source_digest("row-first")
    file.write_text(NEW_METHOD.replace("Largest", "Longest") + "# the end\n")
    assert registry.source_digest("row-first") == before
    file.write_text(NEW_METHOD.replace("flatten(1)", "flatten(2)"))
    assert registry.source_digest("row-first") != before


@pytest.mark.parametrize(
    "line",
    [
        "from nsgraph.pruning.algorithms.row_first import row_first",
        "from nsgraph.pruning.algorithms import row_first",
        "import nsgraph.pruning.algorithms.row_first",
        "from .row_first import row_first",
        "from . import row_first as r",
        "from nsgraph.pruning.algorithms._between import row_first",
    ],
)
def test_digest_follows_the_files_it_is_built_from(new_folder, line):
    (new_folder / "_between.py").write_text("from .row_first import row_first\n")
    base, built, other = (new_folder / f"{n}.py" for n in ("row_first", "built", "other"))
    base.write_text(NEW_METHOD + "\nfrom nsgraph.pruning.algorithms import built\n")  # a circle
    built.write_text(f"{line}\n")
    other.write_text("from nsgraph.pruning import allocation\n")
    before = {name: registry.source_digest(name) for name in ("built", "row-first", "other")}
    base.write_text(base.read_text().replace("flatten(1)", "flatten(2)"))
    changed = {name for name in before if registry.source_digest(name) != before[name]}
    assert changed == {"built", "row-first"}


def test_digests_of_methods_built_from_others_differ():
    found = {registry.source_digest(name) for name in BUILT_IN}
    assert len(found) == len(BUILT_IN)
