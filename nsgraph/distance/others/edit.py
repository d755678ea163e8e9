"""Graph edit distance of tiny networks: the gold standard that NNSTD bounds.

The edits are those that leave layers and labels alone: removing or adding one link costs 1, a
neuron may only be taken for one of its own group, and labelled neurons only for themselves. The
distance is then the least number of links that differ under any matching of the neurons.

How NNSTD relates to it, for networks of equal widths. Under the matching that NNSTD found let c_l
be the number of links of layer l that differ (`changed_links`), v_l its distance, n_l its number of
neurons and f_l that of a neuron's possible inputs. A neuron with d > 0 differing links costs d / u
with d <= u <= f_l, so that

    edit distance <= sum c_l   and   n_l v_l <= c_l <= f_l n_l v_l.

Hence the edit distance is at most sum f_l n_l v_l, and NNSTD is 0 exactly where the edit distance
is (in the canonical procedure, which finds every relabelled copy). NNSTD does not bound it from
below: its matching is the best layer by layer, not of all layers together.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nsgraph.distance.network import Network, as_networks
from nsgraph.distance.nnstd import Distance
from nsgraph.distance.others.registry import Undefined, other_distance
from nsgraph.distance.structure import Group
from nsgraph.wiring import Wiring

__all__ = ["changed_links", "edit"]

MATCHINGS = 20_000
"""Matchings of the neurons beyond which the search, exponential, is not begun."""


@other_distance(
    "edit",
    invariant=True,
    always=False,
    meaning="least number of links to remove and add until the networks are the same up to "
    "relabelling of neurons; tiny networks only",
    unit="links",
    formula="least size of A xor P(B) over matchings P that keep groups and labels",
    source="Sanfeliu and Fu 1983; Abu-Aisheh et al. 2015 (networkx)",
)
def edit(a: Network, b: Network) -> float:
    """Exact graph edit distance by networkx."""
    import networkx as nx

    free = [(g.size, h.size) for g, h in _groups(a, b) if not g.labelled]
    if math.prod(math.factorial(max(sizes)) for sizes in free) > MATCHINGS:
        raise Undefined(f"there are more than {MATCHINGS:,} matchings of the neurons")
    # More than all links cost together: no neuron is left over unless the widths differ, none is
    # taken for one of another group, and the search, which looks for cheap edits first, is short.
    leave = _links(a) + _links(b) + 1
    found = nx.graph_edit_distance(
        _graph(a),
        _graph(b),
        node_subst_cost=lambda one, other: 0 if one == other else 2 * leave + 1,
        node_del_cost=lambda node: leave,
        node_ins_cost=lambda node: leave,
        edge_subst_cost=lambda one, other: len(one["tags"] ^ other["tags"]),
        edge_del_cost=lambda edge: len(edge["tags"]),
        edge_ins_cost=lambda edge: len(edge["tags"]),
    )
    return float(found - leave * sum(abs(g - h) for g, h in free))


def changed_links(a: Any, b: Any, found: Distance, wiring: Wiring | None = None) -> dict[str, int]:
    """Links of each layer that differ under the matching that NNSTD found; an upper bound in sum.

    Parameters
    ----------
    a, b, wiring
        As given to `nsgraph.distance.distance`.
    found
        What it returned.

    Examples
    --------
    >>> from nsgraph.distance import distance
    >>> a, b = {"fc": [[1, 1, 0]]}, {"fc": [[0, 1, 1]]}
    >>> changed_links(a, b, distance(a, b))
    {'fc': 2}
    """
    one, other = as_networks(a, b, wiring, found.outputs == "labelled")
    structures = one.structure, other.structure
    partner = np.full(structures[0].n_neurons, -1)
    for g, h in _groups(one, other):
        if g.labelled:
            partner[g.neurons] = np.arange(h.start, h.start + h.size)
    layers = list(zip(structures[0].layers, structures[1].layers, strict=True))
    for mine, theirs in layers:
        place = found.assignment[mine.set]
        partner[mine.rows] = np.where(place >= 0, theirs.rows[place], -1)
    changed = {}
    for position, (mine, theirs) in enumerate(layers):
        row = theirs.row_of(structures[1].n_neurons)[partner[mine.rows]]
        column = theirs.find_columns(partner[mine.column_neuron], mine.column_tag)
        matched = np.flatnonzero(partner[mine.rows] >= 0), np.flatnonzero(column >= 0)
        kept = one.matrices[position][np.ix_(*matched)]
        others = other.matrices[position][np.ix_(row[matched[0]], column[matched[1]])]
        links = [int(np.count_nonzero(net.matrices[position])) for net in (one, other)]
        changed[mine.name] = sum(links) - 2 * int(np.count_nonzero(kept & others))
    return changed


def _groups(a: Network, b: Network) -> list[tuple[Group, Group]]:
    return list(zip(a.structure.groups, b.structure.groups, strict=True))


def _links(network: Network) -> int:
    return sum(int(np.count_nonzero(matrix)) for matrix in network.matrices)


def _graph(network: Network) -> Any:
    """networkx graph: nodes carry group and label, edges the weights that they stand for."""
    import networkx as nx

    structure, graph = network.structure, nx.DiGraph()
    for number, group in enumerate(structure.groups):
        for place in range(group.size):
            label = place if group.labelled else None
            graph.add_node(group.start + place, group=number, label=label)
    for position, layer in enumerate(structure.layers):
        for row, column in np.argwhere(network.matrices[position]).tolist():
            ends = int(layer.column_neuron[column]), int(layer.rows[row])
            if not graph.has_edge(*ends):
                graph.add_edge(*ends, tags=set())
            graph.edges[ends]["tags"].add((position, int(layer.column_tag[column])))
    return graph
