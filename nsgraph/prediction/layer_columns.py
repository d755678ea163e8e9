"""Columns that say how a network's weights are spread over its layers, and what it costs.

They carry the prefix `mask`, as the rows of the layers table do: they are known from the masks
alone, before any graph is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from nsgraph.errors import UserError

__all__ = ["COST", "density_columns", "layer_columns", "with_layers"]

COST = {
    "mask.cost.weights": "layer.weights",
    "mask.cost.kept": "layer.kept",
    "mask.cost.multiply_adds_dense": "layer.multiply_adds_dense",
    "mask.cost.multiply_adds": "layer.multiply_adds",
}
"""Column -> the metric of the layers table that it sums over layers."""

TENTHS = 10


def density_columns(densities: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Densities of each network's layers as columns.

    Parameters
    ----------
    densities
        Network -> densities of its layers, in the order of the network.

    Returns
    -------
    frame
        One row a network, in the order given, with the column `network`; `mask.density.01`,
        `mask.density.02`, ...: the density of the layer at that position, missing behind the last
        layer; `mask.profile.00` to `mask.profile.10`: the density at relative depth 0, .1, ... 1,
        linear between layers, which networks of any depth have.

    Examples
    --------
    >>> frame = density_columns({"a": [0.2, 0.4], "b": [0.3, 0.1, 0.5]})
    >>> frame["mask.density.03"].tolist(), frame["mask.profile.05"].round(3).tolist()
    ([nan, 0.5], [0.3, 0.1])
    """
    deepest = max((len(own) for own in densities.values()), default=0)
    places = np.full((len(densities), deepest), np.nan)
    profiles = np.full((len(densities), TENTHS + 1), np.nan)
    depths = np.linspace(0.0, 1.0, TENTHS + 1)
    for row, own in enumerate(densities.values()):
        places[row, : len(own)] = own
        if len(own):
            profiles[row] = np.interp(depths, np.linspace(0.0, 1.0, len(own)), own)
    columns: dict[str, object] = {"network": list(densities)}
    columns |= {f"mask.density.{k + 1:02d}": places[:, k] for k in range(deepest)}
    columns |= {f"mask.profile.{k:02d}": profiles[:, k] for k in range(TENTHS + 1)}
    return pd.DataFrame(columns)


def layer_columns(layers: pd.DataFrame) -> pd.DataFrame:
    """Densities (`density_columns`) and costs of each network, from the layers table.

    Parameters
    ----------
    layers
        Table with the columns `network`, `encoding`, `layer`, `metric` and `value`.

    Returns
    -------
    frame
        One row a network. Costs are sums over layers: weights before and after pruning, and
        multiply-adds of one image before and after pruning where the sizes of the maps are known.
    """
    rows = layers[(layers["encoding"] == "mask").to_numpy(dtype=bool)]
    wide = rows.pivot(index=["network", "layer"], columns="metric", values="value")
    lacking = [m for m in ("layer.position", "layer.density") if m not in wide]
    if lacking:
        raise UserError(f"The layers table has no rows of {lacking[0]}; measure the networks anew.")
    wide = wide.reset_index().sort_values(["network", "layer.position"], kind="stable")
    listed = {str(name): list(own) for name, own in wide.groupby("network")["layer.density"]}
    known = {column: metric for column, metric in COST.items() if metric in wide}
    sums = wide.groupby("network")[list(known.values())].agg(lambda own: own.sum(skipna=False))
    costs = sums.set_axis(list(known), axis=1).reset_index()
    return density_columns(listed).merge(costs, on="network", validate="one_to_one")


def with_layers(networks: pd.DataFrame, layers: pd.DataFrame) -> pd.DataFrame:
    """The networks table with the columns of `layer_columns`; its rows stay as they are.

    Raises
    ------
    UserError
        If a network appears twice in the networks table, or has no layers.
    """
    repeated = int(networks["network"].duplicated().sum())
    if repeated:
        raise UserError(f"Networks table: {repeated} rows repeat another row's network.")
    columns = layer_columns(layers)
    missing = sorted(set(networks["network"]) - set(columns["network"]))
    if missing:
        raise UserError(
            f"{len(missing)} networks are not in the layers table, the first is {missing[0]}; "
            "measure them again."
        )
    return networks.merge(columns, on="network", how="left", validate="one_to_one")
