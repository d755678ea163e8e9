"""What the assignments of least cost leave open, and the choice among them.

With duals of one best assignment the pairs are known whose reduced cost is 0: the best assignments
are the perfect matchings of these pairs, no more and no fewer. A pair lies in some of them where it
is on a cycle that alternates with one of them, so that the neurons fall into parts with nothing to
choose between (the strongly connected components of what could follow what).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nsgraph.distance.solver import LARGEST, Assignment, square
from nsgraph.distance.structure import IntArray

__all__ = ["Openings", "openings"]


@dataclass(frozen=True)
class Openings:
    """All assignments of least cost. They do not depend on the one they were found from.

    Attributes
    ----------
    shape : numbers of rows and columns of the costs; places behind them stand for "no partner"
    whole : [max(shape)] column of each row in one of the assignments
    rows : [m] those that have several columns, part by part
    columns : [m] those that have several rows, part by part
    start : [parts + 1] where in `rows` and in `columns` a part begins
    allowed : [m, m] which row may have which column
    """

    shape: tuple[int, int]
    whole: IntArray
    rows: IntArray
    columns: IntArray
    start: IntArray
    allowed: npt.NDArray[np.bool_]

    def none(self) -> bool:
        """Whether there is but one assignment of least cost."""
        return self.rows.size == 0

    def partner(self, chosen: IntArray | None = None) -> IntArray:
        """[rows of the costs] column of each row, -1 for none; `chosen` [m] is for the open ones.

        Without `chosen`, one of the assignments.
        """
        whole = self.whole
        if chosen is not None:
            whole = whole.copy()
            whole[self.rows] = self.columns[chosen]
        rows, columns = self.shape
        return np.where(whole[:rows] < columns, whole[:rows], -1)

    def chosen(self) -> IntArray:
        """[m] place in `columns` of the column that each open row has in `whole`."""
        place = np.empty(len(self.whole), dtype=np.int64)
        place[self.columns] = np.arange(len(self.columns))
        return place[self.whole[self.rows]]

    def least(self, tie: IntArray) -> IntArray:
        """[m] `chosen` of the least total of `tie` [m, m] >= 0, which may be rounded for that."""
        from nsgraph.distance import openings_kernels  # numba starts only when it is needed

        # A pair that is not allowed has to cost more than all others together.
        most = LARGEST // int(np.diff(self.start).max()) ** 2 - 1
        largest = int(tie.max())
        if largest > most:
            tie, largest = tie // (largest // most + 1), most
        return openings_kernels.solve_parts(self.start, self.allowed, tie, largest + 1)  # type: ignore[no-any-return]

    def block(self, pairs: IntArray) -> IntArray:
        """[m, m] of what is [rows, columns] of the costs; 0 for "no partner"."""
        rows, columns = self.shape
        inside = np.minimum(self.rows, rows - 1)[:, None], np.minimum(self.columns, columns - 1)
        block = pairs[inside]
        block[self.rows >= rows] = 0
        block[:, self.columns >= columns] = 0
        return block

    def missed(self, gain: IntArray) -> IntArray:
        """[m, m] how much less a gain [rows, columns] is than the largest of them."""
        block = self.block(gain)
        return np.asarray(block.max() - block)


def openings(costs: IntArray, found: Assignment) -> Openings:
    """What is open beside a best assignment `found` of `costs`."""
    from nsgraph.distance import openings_kernels

    open_pairs = openings_kernels.open_pairs(square(costs), found.whole, found.duals)
    return Openings((costs.shape[0], costs.shape[1]), found.whole, *open_pairs)
