"""All perfect matchings of the pairs that a best assignment may hold, interchangeable ones once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from nsgraph.distance.structure import IntArray

__all__ = ["matchings"]


def matchings(
    allowed: npt.NDArray[np.bool_],
    partner: IntArray,
    kind_of_row: IntArray,
    kind_of_column: IntArray,
    spend: Callable[[float], None],
) -> Iterator[tuple[IntArray, float, float]]:
    """Perfect matchings [n] of `allowed` [n, n], of which `partner` is one.

    With each comes which share of all that can be tried was tried before it and which it is.

    Every pair of `allowed` occurs in one of them (`openings`).

    Of matchings that pair the same kinds of rows with the same kinds of columns equally often only
    one is given. `spend` is called for every pair tried, with the share tried before it.
    """
    open_rows = np.flatnonzero(np.count_nonzero(allowed, axis=1) > 1)
    columns_like = _types(kind_of_column, allowed.T)
    rows_like = _types(kind_of_row, allowed)
    # Rows of one type side by side: of two in a row the second takes the later column.
    open_rows = open_rows[np.argsort(rows_like[open_rows], kind="stable")]
    choices = {row: np.flatnonzero(allowed[row]).tolist() for row in open_rows.tolist()}
    seen: set[bytes] = set()

    def extend(
        place: int, current: IntArray, owner: IntArray, before: float, share: float
    ) -> Iterator[tuple[IntArray, float, float]]:
        if place == len(open_rows):
            pairs = kind_of_row[open_rows] * len(owner) + kind_of_column[current[open_rows]]
            key = np.sort(pairs).tobytes()
            if key not in seen:
                seen.add(key)
                yield current, before, share
            return
        row = int(open_rows[place])
        done = set(open_rows[:place].tolist())
        like_last = place > 0 and rows_like[row] == rows_like[open_rows[place - 1]]
        least = int(current[open_rows[place - 1]]) if like_last else -1
        tried: set[int] = set()
        share /= len(choices[row])
        for number, column in enumerate(choices[row]):
            if owner[column] in done or column < least or int(columns_like[column]) in tried:
                continue
            tried.add(int(columns_like[column]))
            spend(before + number * share)
            moved = _exchange(row, column, current, owner, done, choices)
            if moved is not None:
                yield from extend(place + 1, *moved, before + number * share, share)

    owner = np.empty_like(partner)
    owner[partner] = np.arange(len(partner))
    yield from extend(0, partner, owner, 0.0, 1.0)


def _types(kind: IntArray, lines: npt.NDArray[np.bool_]) -> IntArray:
    """Equal numbers for equal kinds with equal lines."""
    keys = [
        (int(k), line.tobytes()) for k, line in zip(kind, np.ascontiguousarray(lines), strict=True)
    ]
    number = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    return np.array([number[key] for key in keys])


def _exchange(
    row: int,
    column: int,
    partner: IntArray,
    owner: IntArray,
    done: set[int],
    choices: dict[int, list[int]],
) -> tuple[IntArray, IntArray] | None:
    """The matching with `row` on `column` and the rows in `done` as they are, if there is one."""
    free, first = int(partner[row]), int(owner[column])
    if free == column:
        return partner, owner
    # From the row that loses its column along pairs that are allowed to the column left free.
    before, queue = {first: (-1, column)}, [first]
    for displaced in queue:
        for wanted in choices[displaced]:
            if wanted == free:
                partner, owner = partner.copy(), owner.copy()
                while displaced >= 0:
                    partner[displaced], owner[wanted] = wanted, displaced
                    displaced, wanted = before[displaced]
                partner[row], owner[column] = column, row
                return partner, owner
            holder = int(owner[wanted])
            if holder not in before and holder not in done and holder != row:
                before[holder] = displaced, wanted
                queue.append(holder)
    return None
