"""Sums of integers that may pass 64 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["exact_dot", "exact_product", "exact_sum"]


def exact_sum(values: npt.NDArray[Any]) -> int:
    """Sum of non-negative integers [n] without overflow.

    >>> exact_sum(np.full(4, 2**62)) == 2**64
    True
    """
    if values.dtype == object:
        return sum(values.ravel().tolist())
    high, low = values >> 32, values & 0xFFFFFFFF
    return (int(high.sum()) << 32) + int(low.sum())


def exact_dot(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> int:
    """Sum of products of non-negative integers, two arrays of one shape, without overflow.

    >>> exact_dot(np.full(4, 2**62), np.full(4, 2**62)) == 2**126
    True
    """
    if left.size == 0:
        return 0
    if object in (left.dtype, right.dtype):
        return sum((left.astype(object) * right).ravel().tolist())
    left, right = (values.astype(np.int64, copy=False).ravel() for values in (left, right))
    if left.max() < right.max():
        left, right = right, left
    largest = int(left.max())
    if largest * int(right.max()) * left.size < 2**63:
        return int(left @ right)
    half = largest.bit_length() // 2
    low = left & ((1 << half) - 1)
    return (exact_dot(left >> half, right) << half) + exact_dot(low, right)


def exact_product(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Products of non-negative integers, of Python integers where 64 bits might not suffice."""
    largest = int(left.max(initial=0)) * int(right.max(initial=0))
    return left * right if largest < 2**63 else left.astype(object) * right
