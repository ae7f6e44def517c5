"""The ring Z_2^64: integers modulo 2**64, as int64 tensors.

An int64 is read as the residue it stands for: sums, differences and products of int64 tensors wrap around by
themselves, which is exactly arithmetic modulo 2**64. What does not wrap by itself is here: quotients of unsigned
numbers.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = [
    "BITS",
    "conv2d",
    "conv2d_input",
    "conv2d_weight",
    "in_limbs",
    "in_threads",
    "matmul",
    "patches",
    "quotient",
    "residue",
]

BITS = 64
WORTH_A_THREAD = 2**22  # multiplications; below that starting a thread costs more than it brings (0.1 ms or less)
WORTH_A_TRIAL = 2**24  # multiplications; from here on the choice of a kernel matters
EXACT_INNER = 2048


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """The matrix product modulo 2**64: (..., i, k) @ (..., k, j) -> (..., i, j). Exact, whatever kernel computes it."""
    work = a.numel() * b.shape[-1] if b.dim() > 1 else a.numel()
    if work >= WORTH_A_TRIAL and a.dim() == b.dim() == 2 and a.shape[-1] <= EXACT_INNER:
        return fastest(torch.get_num_threads())(a, b)
    return in_strips(a, b) if work >= WORTH_A_THREAD else a @ b


def in_strips(a: Tensor, b: Tensor) -> Tensor:
    """By torch's own product of integers.

    torch multiplies int64 matrices on one thread, whatever it is told, and releases the interpreter meanwhile: so the
    rows of `a` are split over as many threads as torch would use.
    """
    threads = torch.get_num_threads()
    if threads < 2 or a.dim() < 2 or a.shape[-2] < threads:
        return a @ b
    strips = a.tensor_split(threads, dim=-2)
    return torch.cat(list(in_threads(lambda strip: strip @ b, strips)), dim=-2)


def in_limbs(a: Tensor, b: Tensor) -> Tensor:
    """By six products of float64, which some processors do many times faster: (i, k) @ (k, j), k up to 2,048.

    1. Each number is low + mid 2**22 + high 2**43, with |low| <= 2**21 and the others <= 2**20.
    2. A sum of k products of two limbs is at most 2**53, so float64 holds it exactly.
    3. Shifted and added; what is shifted by 64 or more is gone.
    """
    (a0, a1, a2), (b0, b1, b2) = limbs(a), limbs(b)
    once = (a0 @ b1).long() + (a1 @ b0).long()
    twice = (a0 @ b2).long() + (a2 @ b0).long()
    return (a0 @ b0).long() + (once << 22) + (twice << 43) + ((a1 @ b1).long() << 44)


def limbs(x: Tensor) -> list[Tensor]:
    """Three float64 tensors: x = low + mid 2**22 + high 2**43, modulo 2**64."""
    low = ((x + 2**21) & (2**22 - 1)) - 2**21
    rest = (x - low) >> 22
    mid = ((rest + 2**20) & (2**21 - 1)) - 2**20
    return [low.double(), mid.double(), ((rest - mid) >> 21).double()]


@cache
def fastest(threads: int) -> Callable[[Tensor, Tensor], Tensor]:
    """The kernel that is faster on this machine: a trial of milliseconds, at the first product that is worth it."""
    a, b = torch.randint(-(2**62), 2**62, (2, 192, 192))
    seconds = {kernel: min(timed(kernel, a, b) for _ in range(4)) for kernel in (in_strips, in_limbs)}
    return min(seconds, key=seconds.__getitem__)


def timed(kernel: Callable[[Tensor, Tensor], Tensor], a: Tensor, b: Tensor) -> float:
    started = time.perf_counter()
    kernel(a, b)
    return time.perf_counter() - started


def in_threads(function: Callable[..., Any], *arguments: Sequence[Any]) -> Iterator[Any]:
    """`map`, on as many threads as torch would use; most of torch's work lets go of the interpreter."""
    return _pool(torch.get_num_threads()).map(function, *arguments)


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    # Each of these is one of the processors, so torch must not spread its work over all of them once more.
    return ThreadPoolExecutor(threads, "ring", initializer=torch.set_num_threads, initargs=(1,))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a child has none of its parent's threads


def conv2d(x: Tensor, weight: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """The convolution modulo 2**64, as one matrix product.

    x: (rows, channels, height, width), weight: (out, channels, kh, kw) -> (rows, out, height', width')
    """
    out, _, kh, kw = weight.shape
    columns, (rows, high, wide) = patches(x, (kh, kw), stride, padding)
    product = matmul(columns, weight.reshape(out, -1).T.contiguous())
    return product.view(rows, high, wide, out).permute(0, 3, 1, 2).contiguous()


def conv2d_weight(x: Tensor, gradient: Tensor, size: Sequence[int], stride: int = 1, padding: int = 0) -> Tensor:
    """The gradient of `conv2d` for its weight, modulo 2**64: (out, channels, *size)."""
    columns, _ = patches(x, size, stride, padding)
    by_output = gradient.transpose(0, 1).reshape(gradient.shape[1], -1)
    return matmul(by_output, columns).view(-1, x.shape[1], *size)


def conv2d_input(gradient: Tensor, weight: Tensor, size: Sequence[int], stride: int = 1, padding: int = 0) -> Tensor:
    """The gradient of `conv2d` for its input, modulo 2**64: (rows, channels, *size)."""
    (rows, out, high, wide), (_, channels, kh, kw) = gradient.shape, weight.shape
    columns = matmul(gradient.permute(0, 2, 3, 1).reshape(-1, out), weight.reshape(out, -1))
    parts = columns.view(rows, high, wide, channels, kh, kw).permute(0, 3, 4, 5, 1, 2)
    whole = gradient.new_zeros(rows, channels, size[0] + 2 * padding, size[1] + 2 * padding)
    for i in range(kh):
        for j in range(kw):
            whole[:, :, i : i + stride * high : stride, j : j + stride * wide : stride] += parts[:, :, i, j]
    return whole[:, :, padding : padding + size[0], padding : padding + size[1]].contiguous()


def patches(x: Tensor, size: Sequence[int], stride: int, padding: int) -> tuple[Tensor, tuple[int, int, int]]:
    """All patches that a window of this size sees, one a row, and how many: rows, down, across."""
    windows = F.pad(x, (padding,) * 4).unfold(2, size[0], stride).unfold(3, size[1], stride)
    rows, channels, high, wide = windows.shape[:4]  # and the window's own two axes
    columns = windows.permute(0, 2, 3, 1, 4, 5).reshape(rows * high * wide, channels * size[0] * size[1])
    return columns, (rows, high, wide)


def residue(x: Tensor, bits: int) -> Tensor:
    """x modulo 2**bits, as the signed number that stands for it: in [-2**(bits - 1), 2**(bits - 1))."""
    return x if bits == BITS else (x << (BITS - bits)) >> (BITS - bits)


def quotient(x: Tensor, divisor: int) -> Tensor:
    """x / divisor rounded to the nearest integer, halves up; x is read as a number in [0, 2**64).

    divisor: 2 to 2**62.
    """
    if divisor & (divisor - 1) == 0:
        shift = divisor.bit_length() - 1
        return ((x >> shift) & ((1 << (BITS - shift)) - 1)) + ((x >> (shift - 1)) & 1)
    low = (x >> 1) & (2**63 - 1)  # x / 2, which fits into the positive half of int64
    whole = torch.div(low, divisor, rounding_mode="trunc") << 1
    rest = x - whole * divisor  # below 2 * divisor + 1, so it fits too
    return whole + torch.div(rest + divisor // 2, divisor, rounding_mode="trunc")
