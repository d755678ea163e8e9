"""Sums and matrices against second derivatives of automatic differentiation, one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from nsgraph.capacitance import capacitance, weight_graph
from nsgraph.capacitance.closed_form import add_batch
from nsgraph.capacitance.heads import find_stack
from nsgraph.capacitance.hessian import Network
from nsgraph.capacitance.sums import Sums
from tests.capacitance.networks import Blocks, Case, brute_force, cases

READINGS = st.sampled_from(["local", "exact"])
NORMS = st.sampled_from(["fixed", "nodes"])


def sums_of(case: Case, reading: str, batch_norm: Any, absolute: bool, size: int) -> Sums:
    """All row and column sums, batch by batch."""
    net, sums = case.net.eval(), Sums()
    stack = find_stack(net, case.masks, batch_norm=batch_norm, absolute=absolute)
    with torch.no_grad():
        for x, y in zip(case.inputs.split(size), case.labels.split(size), strict=True):
            passed = stack.run(stack.entering(x, y), y, second=reading == "exact")
            add_batch(passed, sums, exact=reading == "exact", absolute=absolute, every=True)
    for i, layer in enumerate(stack.layers):
        sums.keep(i, layer.at_links)
    return sums


def expected_sums(blocks: list[Tensor], links: list[Tensor]) -> tuple[dict[Any, Any], ...]:
    """Row and column sums by layer, of the mean P."""
    rows = {i: b.flatten(links[i].dim()).sum(-1) for i, b in enumerate(blocks)}
    columns = {i + 1: b.flatten(0, links[i].dim() - 1).sum(0) for i, b in enumerate(blocks)}
    return rows, columns


def expected_beta(found: Blocks, absolute: bool) -> tuple[float, float]:
    """Numerator and denominator, from the matrix of all weights."""
    blocks = found.mean(absolute)
    sizes = [link.numel() for link in found.links]
    starts = np.cumsum([0, *sizes])
    matrix = np.zeros((starts[-1], starts[-1]))
    for i, block in enumerate(blocks):
        to = slice(starts[i + 1], starts[i + 2])
        matrix[starts[i] : starts[i + 1], to] = block.reshape(sizes[i], sizes[i + 1]).numpy()
    delta_in, delta_out = matrix.sum(1), matrix.sum(0)
    return float(delta_out @ delta_in), float(delta_in.sum())


@settings(max_examples=30)
@given(cases(), READINGS, NORMS, st.booleans(), st.integers(1, 6))
def test_sums_of_rows_and_columns(
    case: Case, reading: str, batch_norm: str, absolute: bool, size: int
) -> None:
    found = sums_of(case, reading, batch_norm, absolute, size)
    brute = brute_force(case, reading, batch_norm == "nodes")
    rows, columns = expected_sums(brute.mean(absolute), brute.links)
    n = len(case.labels)
    assert found.rows.keys() == rows.keys()
    assert found.columns.keys() == columns.keys()
    for i in rows:
        torch.testing.assert_close(found.rows[i] / n, rows[i], rtol=0, atol=1e-10)
        torch.testing.assert_close(found.columns[i + 1] / n, columns[i + 1], rtol=0, atol=1e-10)


@settings(max_examples=20)
@given(cases(), READINGS, NORMS, st.booleans(), st.integers(1, 6))
def test_numerator_and_denominator(
    case: Case, reading: Any, batch_norm: Any, absolute: bool, size: int
) -> None:
    batches = zip(case.inputs.split(size), case.labels.split(size), strict=True)
    found = capacitance(
        case.net,
        batches,
        reading=reading,
        masks=case.masks,
        batch_norm=batch_norm,
        absolute=absolute,
        sign_errors=0,
    )
    brute = brute_force(case, reading, batch_norm == "nodes")
    numerator, denominator = expected_beta(brute, absolute)
    assert found.numerator == pytest.approx(numerator, abs=1e-10)
    assert found.denominator == pytest.approx(denominator, abs=1e-10)
    assert found.samples == len(case.labels)
    assert found.nodes == sum(int(links.sum()) for links in brute.links)
    if found.value is None:
        assert found.cause in ("construction", "rounding")
        assert abs(numerator) < 1e-12 or abs(denominator) < 1e-12
    else:
        assert found.value == pytest.approx(numerator / denominator, rel=1e-6)


@settings(max_examples=20)
@given(cases(norms=True), st.integers(1, 6))
def test_hessian_vector_products(case: Case, size: int) -> None:
    names = [name for name, _ in case.net.named_modules() if name.startswith("fc")]
    network, sums = Network(case.net, names, case.masks), Sums()
    for x, y in zip(case.inputs.split(size), case.labels.split(size), strict=True):
        network.add_batch(x, y, sums)
    brute = brute_force(case, "exact", norm_nodes=False)
    rows, columns = expected_sums(brute.mean(absolute=False), brute.links)
    n = len(case.labels)
    for i in rows:
        torch.testing.assert_close(sums.rows[names[i]] / n, rows[i], rtol=0, atol=1e-10)
        other = sums.columns[names[i + 1]] / n
        torch.testing.assert_close(other, columns[i + 1], rtol=0, atol=1e-10)


@settings(max_examples=20)
@given(cases(), READINGS, NORMS, st.booleans())
def test_the_matrix_itself(case: Case, reading: Any, batch_norm: Any, absolute: bool) -> None:
    found = weight_graph(
        case.net,
        case.batch,
        reading=reading,
        masks=case.masks,
        batch_norm=batch_norm,
        absolute=absolute,
        batch_size=2,
    )
    brute = brute_force(case, reading, batch_norm == "nodes")
    at = [tuple(link.nonzero().T.numpy()) for link in brute.links]
    assert list(found.layers) == brute.names
    dense = found.matrix.toarray()
    for i, block in enumerate(brute.mean(absolute)):
        expected = block.numpy()[
            tuple(index[:, None] for index in at[i]) + tuple(index[None] for index in at[i + 1])
        ]
        rows, columns = found.layer == i, found.layer == i + 1
        np.testing.assert_allclose(dense[np.ix_(rows, columns)], expected, atol=1e-10)
        dense[np.ix_(rows, columns)] = 0
    assert not dense.any()
    sums = sums_of(case, reading, batch_norm, absolute, size=6)
    for i, links in enumerate(brute.links[:-1]):
        kept = sums.rows[i][links > 0].numpy() / len(case.labels)
        np.testing.assert_allclose(found.delta_in[found.layer == i], kept, atol=1e-10)
    for i, links in enumerate(brute.links[1:], 1):
        kept = sums.columns[i][links > 0].numpy() / len(case.labels)
        np.testing.assert_allclose(found.delta_out[found.layer == i], kept, atol=1e-10)
