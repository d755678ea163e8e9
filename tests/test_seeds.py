from __future__ import annotations

import pytest

from nsgraph.errors import UserError
from nsgraph.seeds import stream, torch_seed


def test_streams_repeat_and_do_not_depend_on_each_other():
    assert stream(3, "weights").integers(1 << 60) == stream(3, "weights").integers(1 << 60)
    drawn = {stream(s, n).integers(1 << 60) for s in (0, 1) for n in ("split", "weights", "method")}
    assert len(drawn) == 6


def test_streams_are_the_same_on_every_machine():
    assert stream(0, "weights").integers(1000, size=4).tolist() == [795, 482, 442, 338]
    assert torch_seed(0, "weights") == 7799871881198585501


@pytest.mark.parametrize("seed", [-1, 0.5, True, "1"])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(UserError, match="whole number"):
        stream(seed, "weights")
