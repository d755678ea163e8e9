"""MEST with elastic mutation and a soft memory bound (Yuan et al.: NeurIPS 2021).

Between updates 2 %, later 1 % of all weights are alive beyond the density; every five epochs the
least important links go, by |w| + lambda |gradient|, and as many come at random. From three
quarters of the training on the network has its final number of links. With `surplus: 0` and a
`fraction` it is the variant with a hard bound. Departures: the first epochs have no surplus, and an
update takes the place of a step, so that the gradient is that of its batch.
"""

from __future__ import annotations

from nsgraph.pruning.dynamic import Dynamic
from nsgraph.pruning.rules import magnitude_and_gradient, random
from nsgraph.pruning.starts import uniform
from nsgraph.schedules import constant, stairs

MEST = Dynamic(
    start=uniform,
    drop=magnitude_and_gradient,
    grow=random,
    fraction=constant(0.0),
    surplus=stairs((0, 0.02), (0.5625, 0.01), (0.75, 0)),
    every="5 epochs",
)
