from __future__ import annotations

import pandas as pd
import pytest

from nsgraph.errors import UserError
from nsgraph.prediction import PARTS
from nsgraph.prediction.parts import parts_of

TABLE = pd.DataFrame(
    {
        "sparsity": [0.8, 0.95, 0.8, 0.95, 0.8],
        "model": ["mlp", "mlp", "conv", "conv", "conv"],
        "dataset": ["digits", "digits", "digits", "digits", "cifar10"],
        "rolled.size.nodes": [1, 1, None, 1, 1],
        "rolled.size.edges": [1, 1, None, None, 1],
        "multipartite.size.nodes": 1,
    }
)


def test_every_part_by_hand():
    parts = parts_of(TABLE, tuple(PARTS))
    assert {name: rows.nonzero()[0].tolist() for name, rows in parts.items()} == {
        "all": [0, 1, 2, 3, 4],
        "complete": [0, 1, 3, 4],
        "sparsity 0.8": [0, 2, 4],
        "sparsity 0.95": [1, 3],
        "model conv": [2, 3, 4],
        "model mlp": [0, 1],
        "dataset cifar10": [4],
        "dataset digits": [0, 1, 2, 3],
        "conv on cifar10": [4],
        "conv on digits": [2, 3],
        "mlp on digits": [0, 1],
    }


def test_a_cut_that_leaves_the_table_whole_is_left_out():
    one = TABLE[TABLE["model"] == "mlp"].reset_index(drop=True)
    assert list(parts_of(one, tuple(PARTS))) == ["all", "sparsity 0.8", "sparsity 0.95"]


def test_unknown_parts_are_refused():
    with pytest.raises(UserError, match="no parts by 'method'"):
        parts_of(TABLE, ("method",))
