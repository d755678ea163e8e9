from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nsgraph.errors import UserError
from nsgraph.prediction import feature_sets, layer_columns, with_layers
from nsgraph.prediction.layer_columns import COST


def rows(network, layers, costs=True):
    """Rows of the layers table: (name, density) in the order of the network, 10 weights each."""
    found = []
    for position, (layer, density) in enumerate(layers, 1):
        values = {"position": position, "density": density, "weights": 10, "kept": 10 * density}
        if costs:
            values |= {"multiply_adds": 40 * density, "multiply_adds_dense": 40}
        found += [
            {"network": network, "encoding": "mask", "layer": layer, "metric": f"layer.{m}",
             "value": float(v)}
            for m, v in values.items()
        ]  # fmt: skip
    return found


@pytest.fixture
def layers():
    """Alphabetically the second network's layers are in another order than in the network."""
    other = {"network": "a", "encoding": "rolled", "layer": "z", "metric": "layer.density"}
    listed = rows("a", [("z", 0.5), ("y", 0.1)]) + rows("b", [("x", 0.2), ("v", 0.3), ("w", 1.0)])
    return pd.DataFrame([*listed, {**other, "value": 9.0}]).sample(frac=1, random_state=0)


def test_columns_are_in_the_order_of_the_network(layers):
    found = layer_columns(layers).set_index("network")
    assert found.loc["a", "mask.density.01":"mask.density.02"].tolist() == [0.5, 0.1]
    assert np.isnan(found.loc["a", "mask.density.03"])
    assert found.loc["b", "mask.density.01":"mask.density.03"].tolist() == [0.2, 0.3, 1.0]
    assert found.loc["b", "mask.profile.05"] == pytest.approx(0.3)
    assert found.loc["a", "mask.profile.00"] == 0.5
    assert found.loc["a", "mask.profile.10"] == pytest.approx(0.1)


def test_costs_are_sums_over_layers(layers):
    found = layer_columns(layers).set_index("network")
    assert found.loc["a", list(COST)].tolist() == pytest.approx([20, 6, 80, 24])
    assert found.loc["b", list(COST)].tolist() == pytest.approx([30, 15, 120, 60])


def test_what_is_not_known_of_one_network_is_missing_there():
    found = layer_columns(pd.DataFrame(rows("a", [("z", 0.5)]) + rows("b", [("z", 0.5)], False)))
    assert found.set_index("network")["mask.cost.multiply_adds"].isna().tolist() == [False, True]


def test_join_keeps_the_rows_and_refuses_what_does_not_fit(layers):
    networks = pd.DataFrame({"network": ["b", "a"], "sparsity": [0.5, 0.7]})
    joined = with_layers(networks, layers)
    assert joined["network"].tolist() == ["b", "a"]
    assert joined["mask.density.01"].tolist() == [0.2, 0.5]
    with pytest.raises(UserError, match="1 rows repeat another row's network"):
        with_layers(pd.concat([networks, networks[:1]]), layers)
    with pytest.raises(UserError, match="1 networks are not in the layers table, the first is c"):
        with_layers(pd.concat([networks, networks[:1].assign(network="c")]), layers)
    with pytest.raises(UserError, match=r"no rows of layer\.position"):
        with_layers(networks, layers[layers["metric"] != "layer.position"])


def test_joined_columns_are_the_baselines_of_layers_and_costs(layers):
    networks = pd.DataFrame({"network": ["b", "a"], "sparsity": [0.5, 0.7]})
    networks["rolled.size.nodes"] = networks["rolled.size.edges"] = 1
    sets = feature_sets(with_layers(networks, layers))
    assert sets["parameters and FLOPs"] == list(COST)
    assert len(sets["layer densities"]) == 11
    assert sets["rolled"] == ["rolled.size.nodes", "rolled.size.edges"]
