"""Work spread over processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

__all__ = ["in_parallel"]


def in_parallel(
    work: Callable[..., Any], tasks: Iterable[tuple[Any, ...]], workers: int
) -> Iterator[tuple[int, Any]]:
    """Results of `work(*task)` with the places of their tasks, as they come."""
    from joblib import Parallel, delayed

    # Processes, for much of a pair holds Python's lock; not memory maps: every task has its own.
    pool = Parallel(n_jobs=workers, return_as="generator_unordered", max_nbytes=None)
    yield from pool(delayed(_placed)(work, i, task) for i, task in enumerate(tasks))


def _placed(work: Callable[..., Any], place: int, task: tuple[Any, ...]) -> tuple[int, Any]:
    return place, work(*task)
