from __future__ import annotations

import numpy as np
import pytest

from nsgraph.errors import UserError
from nsgraph.wiring import ActivationSet, Link, Wiring, conv_output

INPUT = ActivationSet("input", 2, 4, 4, "input")


def residual() -> Wiring:
    """conv -> (conv, 1x1 shortcut) summed -> pool -> flatten -> linear."""
    return Wiring(
        (
            INPUT,
            ActivationSet("a", 3, 4, 4),
            ActivationSet("sum", 4, 2, 2),
            ActivationSet("pool", 4, 1, 1),
            ActivationSet("flat", 4),
            ActivationSet("out", 5, role="output"),
        ),
        (
            Link("conv", "input", "a", "conv1", kernel=(3, 3), padding=(1, 1)),
            Link("conv", "a", "sum", "conv2", kernel=(3, 3), stride=(2, 2), padding=(1, 1)),
            Link("conv", "input", "sum", "short", stride=(2, 2)),
            Link("pool", "sum", "pool", kernel=(2, 2)),
            Link("flatten", "pool", "flat"),
            Link("linear", "flat", "out", "fc"),
        ),
    )


def test_json_gives_the_same_wiring_back():
    wiring = residual()
    assert Wiring.from_json(wiring.to_json()) == wiring


def test_questions_to_a_residual_network():
    wiring = residual()
    assert wiring.layers == ("conv1", "conv2", "short", "fc")
    assert [s.id for s in wiring.node_sets()] == ["input", "a", "sum", "out"]
    assert [link.layer for link in wiring.into("sum")] == ["conv2", "short"]
    assert [link.layer for link in wiring.out_of("input")] == ["conv1", "short"]
    assert wiring.input.size == 32
    assert [s.id for s in wiring.outputs] == ["out"]


def test_masks_must_fit():
    wiring = residual()
    masks = {
        "conv1": np.ones((3, 2, 3, 3)),
        "conv2": np.ones((4, 3, 3, 3)),
        "short": np.ones((4, 2, 1, 1)),
        "fc": np.ones((5, 4)),
    }
    wiring.check_masks(masks)
    with pytest.raises(UserError, match=r"'fc' has shape \(4, 5\).*\(5, 4\)"):
        wiring.check_masks({**masks, "fc": np.ones((4, 5))})
    with pytest.raises(UserError, match="no mask for fc; no layer named fc2"):
        wiring.check_masks({**{k: masks[k] for k in list(masks)[:3]}, "fc2": masks["fc"]})


def broken(**change: object) -> dict[str, object]:
    return {"kind": "linear", "source": "input", "target": "out", "layer": "fc", **change}


@pytest.mark.parametrize(
    ("sets", "links", "message"),
    [
        ((INPUT, INPUT), (), "twice"),
        ((INPUT,), (), "at least one output"),
        ((INPUT, ActivationSet("out", 3, role="output")), (), "without a source"),
        ((INPUT, ActivationSet("out", 0, role="output")), (), "empty shape"),
        ((INPUT, ActivationSet("out", 3, role="output")), (broken(),), "joins flat sets"),
        ((INPUT, ActivationSet("out", 3, role="output")), (broken(source="x"),), "not both sets"),
        (
            (INPUT, ActivationSet("out", 3, 4, 4, "output")),
            (broken(kind="conv", groups=2),),
            "cannot form 2 groups",
        ),
        (
            (INPUT, ActivationSet("out", 2, 4, 4, "output")),
            (broken(kind="identity"),),
            "name a layer",
        ),
        (
            (INPUT, ActivationSet("out", 31, role="output")),
            (broken(kind="flatten", layer=None),),
            "gives 32 channels",
        ),
        (
            (INPUT, ActivationSet("out", 2, 3, 3, "output")),
            (broken(kind="identity", layer=None, stride=(2, 2)),),
            "is not 3",
        ),
        (
            (INPUT, ActivationSet("out", 3, 4, 4, "output")),
            (broken(kind="concat", layer=None, channel_offset=2),),
            "channels up to 4",
        ),
        (
            (INPUT, ActivationSet("b", 2, 4, 4), ActivationSet("out", 2, 4, 4, "output")),
            (
                broken(kind="conv", source="out", target="b"),
                broken(kind="conv"),
            ),
            "not forward",
        ),
    ],
)
def test_what_is_no_network_is_refused(sets, links, message):
    with pytest.raises(UserError, match=message):
        Wiring(sets, tuple(Link(**link) for link in links))


def test_unknown_fields_and_wrong_types_are_refused():
    with pytest.raises(UserError, match="wiring cannot be read"):
        Wiring.from_json(residual().to_json().replace('"stride"', '"strides"'))
    with pytest.raises(UserError, match="wiring cannot be read"):
        Wiring.from_data({"sets": [{"id": "input", "channels": "two"}], "links": []})


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_output_size_counts_the_places_of_the_kernel(size, stride):
    kernel, before, after, dilation = 2, 1, 0, 2
    span = dilation * (kernel - 1) + 1
    places = [x for x in range(0, size + before + after - span + 1, stride)]
    if places:
        assert conv_output(size, kernel, stride, before, after, dilation) == len(places)
