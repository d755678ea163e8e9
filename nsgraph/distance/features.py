"""What tells equally good matches apart: features of neurons that no relabelling changes.

Where many neurons are equally far from each other, the assignment is free, and the choice leaks
into the layers behind. The choice made here prefers partners that are alike in how they are tied to
the labelled inputs and outputs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from nsgraph.distance.hashing import Colours, mix
from nsgraph.distance.network import Network

__all__ = ["dissimilarity", "neuron_features"]

FloatArray = npt.NDArray[np.float64]

SKETCH = 8
"""Random signs per labelled neuron."""


def neuron_features(network: Network) -> FloatArray:
    """Features of the neurons, [n_neurons, 2 * SKETCH + 6].

    - sketches: every labelled input carries `SKETCH` fixed random signs; a neuron has the sum over
      its input set, divided by its root, the signs changed by kernel position; likewise backward
      from the labelled outputs. Two neurons that see the same inputs through the same routes agree.
    - logarithms of the out-degree, the fan-in, the paths from the input and to the output, and the
      summed degrees of the neurons read and of the readers (two hops).
    """
    structure = network.structure
    n = structure.n_neurons
    forward, backward = np.zeros((n, SKETCH)), np.zeros((n, SKETCH))
    labels = _signs(np.arange(n))
    ends = _ends(network)
    forward[ends[0]], backward[ends[1]] = labels[ends[0]], labels[ends[1]]
    counts = np.zeros((n, 6))
    counts[ends[0], 2], counts[ends[1], 3] = 1.0, 1.0
    layers = list(zip(structure.layers, network.sparse, strict=True))
    signs = [
        _signs(layer.column_tag + (position << 40))
        for position, layer in enumerate(structure.layers)
    ]
    for position, (layer, matrix) in enumerate(layers):
        fan_in = network.fan_in[position]
        sketch = forward[layer.column_neuron] * signs[position]
        reads = matrix @ np.hstack([sketch, counts[layer.column_neuron]])
        forward[layer.rows] += reads[:, :SKETCH] / np.sqrt(np.maximum(fan_in, 1))[:, None]
        counts[layer.rows, 2] += reads[:, SKETCH + 2]
        counts[layer.rows, 1] += fan_in
    for position in reversed(range(len(layers))):
        layer, matrix = layers[position]
        ones = np.ones((len(layer.rows), 1))
        columns = matrix.T @ np.hstack([backward[layer.rows], counts[layer.rows], ones])
        degree = columns[:, -1]
        np.add.at(
            backward,
            layer.column_neuron,
            columns[:, :SKETCH] * signs[position] / np.sqrt(np.maximum(degree, 1))[:, None],
        )
        np.add.at(counts[:, 3], layer.column_neuron, columns[:, SKETCH + 3])
        np.add.at(counts[:, 0], layer.column_neuron, degree)
        np.add.at(counts[:, 5], layer.column_neuron, columns[:, SKETCH + 1])
    for layer, matrix in layers:
        counts[layer.rows, 4] += matrix @ counts[layer.column_neuron, 0]
    return np.hstack([forward, backward, np.log1p(counts)])


def dissimilarity(
    features_a: FloatArray,
    features_b: FloatArray,
    colours_a: Colours,
    colours_b: Colours,
    most: int,
) -> npt.NDArray[np.int64]:
    """How unlike the neurons of two groups are, [n_a, n_b] whole numbers from 0 to `most`.

    Twice the L1 distance of the features, each divided by its mean deviation over both networks and
    all together quantised to `most // 2` levels, plus 1 where the refined colours differ.
    """
    both = np.vstack([features_a, features_b])
    scale = np.abs(both - both.mean(axis=0)).mean(axis=0)
    keep = scale > 1e-12
    levels = np.zeros((len(features_a), len(features_b)), dtype=np.int64)
    if keep.any():
        one, other = (f[:, keep] / scale[keep] for f in (features_a, features_b))
        apart = cdist(one, other, "cityblock")
        largest = apart.max(initial=0)
        if largest > 0:
            levels = np.rint(apart / largest * ((most - 1) // 2)).astype(np.int64)
    differ = colours_a[:, None] != colours_b[None, :]
    return 2 * levels + differ


def _signs(values: npt.NDArray[np.int64]) -> FloatArray:
    bits = mix(values.astype(np.uint64))[:, None] >> np.arange(SKETCH, dtype=np.uint64)
    return (bits & np.uint64(1)).astype(np.float64) * 2 - 1


def _ends(network: Network) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Labelled neurons that no layer computes (inputs), and those that one does (outputs)."""
    structure = network.structure
    computed = np.zeros(structure.n_neurons, dtype=np.bool_)
    for layer in structure.layers:
        computed[layer.rows] = True
    return (
        np.flatnonzero(structure.labelled & ~computed),
        np.flatnonzero(structure.labelled & computed),
    )
