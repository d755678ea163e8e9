"""A network of influences reduced to one node (Gao, Barzel & Barabási 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from nsgraph.errors import UserError
from nsgraph.graphs.graph import Graph

__all__ = ["Reduction", "reduction"]

ROUNDING = 8 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Reduction:
    """The one effective node.

    Attributes
    ----------
    beta
        beta_eff = <s_out s_in> / <s>; None if the weights sum to 0 within rounding.
    state
        x_eff = <s_out x> / <s>; None likewise, or if no states were given.
    mean_strength
        <s>, the mean weighted degree: beta_eff of a network of equal nodes.
    symmetry
        S, the correlation of s_in and s_out over nodes, in [-1, 1]; None if either is constant.
    heterogeneity
        H = sd(s_in) sd(s_out) / <s>, so that beta_eff = <s> + S H; None where beta is.
    status
        Why `beta` is None; None if it is not.
    """

    beta: float | None
    state: float | None
    mean_strength: float
    symmetry: float | None
    heterogeneity: float | None
    status: str | None


def reduction(
    graph: Any, states: npt.ArrayLike | None = None, *, weights: str | None = None
) -> Reduction:
    """beta_eff and x_eff of any weighted directed network.

    The dynamics dx_i/dt = F(x_i) + sum_j A_ij G(x_i, x_j) of N nodes are followed by one node with
    the state x_eff and the strength beta_eff, if strengths of neighbours are not correlated.

    Parameters
    ----------
    graph
        A `Graph`, a `networkx` graph, or a square matrix, scipy or numpy. An edge leads from the
        node that acts to the one that is acted upon: from row to column. (A_ij of the formula is
        its transpose; beta_eff is the same for both.)
    states
        x, `[nodes]`, in the order of the graph's nodes.
    weights
        Of a `Graph` the kind of weights; of a `networkx` graph the edge attribute, by default
        `"weight"`, 1 where it is missing.

    Raises
    ------
    UserError
        If the matrix is not square or the states do not fit.

    References
    ----------
    Gao, Barzel & Barabási, Universal resilience patterns in complex networks, Nature 530 (2016).

    Examples
    --------
    A star whose centre leads to three nodes, and one of them back:

    >>> reduction([[0, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]).beta
    1.0
    """
    matrix = _matrix(graph, weights)
    sent = np.asarray(matrix.sum(axis=1)).ravel()
    received = np.asarray(matrix.sum(axis=0)).ravel()
    n, total = len(sent), float(sent.sum())
    x = None if states is None else np.asarray(states, dtype=np.float64).ravel()
    if x is not None and len(x) != n:
        raise UserError(f"{len(x)} states were given for {n} nodes.")
    mean = total / n if n else 0.0
    spread = float(sent.std() * received.std()) if n else 0.0
    constant = n == 0 or min(np.ptp(sent), np.ptp(received)) == 0
    symmetry = None if constant else float(np.corrcoef(sent, received)[0, 1])
    if abs(total) <= ROUNDING * float(abs(matrix).sum()):
        status = "the weights sum to 0"
        return Reduction(None, None, mean, symmetry, None, status)
    return Reduction(
        beta=float(sent @ received) / total,
        state=None if x is None else float(sent @ x) / total,
        mean_strength=mean,
        symmetry=symmetry,
        heterogeneity=spread / mean,
        status=None,
    )


def _matrix(graph: Any, weights: str | None) -> Any:
    """Weights in float64; row = source, column = target."""
    if isinstance(graph, Graph):
        source, target, values = graph.edges(weights)
        shape = (graph.n_nodes, graph.n_nodes)
        return sp.coo_array((values.astype(np.float64), (source, target)), shape=shape)
    if hasattr(graph, "adjacency") and hasattr(graph, "nodes"):
        import networkx as nx

        attribute = weights or "weight"
        return nx.to_scipy_sparse_array(graph, weight=attribute, dtype=np.float64, format="coo")
    if sp.issparse(graph):
        matrix = sp.coo_array(graph, dtype=np.float64)
    else:
        matrix = sp.coo_array(np.atleast_2d(np.asarray(graph, dtype=np.float64)))
    if matrix.shape[0] != matrix.shape[1]:
        raise UserError(f"A weighted graph is a square matrix; this one is {matrix.shape}.")
    return matrix
