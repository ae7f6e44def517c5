"""Robust strategies: an aggregator that a few clients cannot fool, because it does not take the mean.

All of them count each client once, whatever its number of rows: a client that lies can lie about its rows too. They
need all updates of a round at once, where a mean can be made of parts. On non-IID data they cost accuracy, for an
honest client that is different looks like a liar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from course.federated.strategies import FedAvg, Tensors, at_least

__all__ = ["Krum", "Median", "TrimmedMean"]


@dataclass(frozen=True)
class Median(FedAvg):
    """The median of each coordinate; of an even number of clients the mean of the middle two.

    Yin et al. 2018, Byzantine-Robust Distributed Learning (arXiv 1803.01498), definition 1.
    """

    is_mean: ClassVar[bool] = False

    def combine(self, updates: Tensors, weights: list[float]) -> Tensors:
        low, high = (len(weights) - 1) // 2, len(weights) // 2
        return {name: middle(stacked, low, high) for name, stacked in updates.items()}


@dataclass(frozen=True)
class TrimmedMean(FedAvg):
    """The mean of each coordinate without its largest and its smallest values, a share `beta` of each.

    Yin et al. 2018, Byzantine-Robust Distributed Learning (arXiv 1803.01498), definition 2.
    """

    beta: float = 0.1
    is_mean: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not 0 <= self.beta < 0.5:
            raise ValueError(f"{self}: beta must be at least 0 and less than 0.5, for it is cut off at both ends")

    def combine(self, updates: Tensors, weights: list[float]) -> Tensors:
        cut = int(self.beta * len(weights) + 1e-9)  # 0.3 * 10 is 3, also where it is 2.9999999999999996
        return {name: middle(stacked, cut, len(weights) - 1 - cut) for name, stacked in updates.items()}


@dataclass(frozen=True)
class Krum(FedAvg):
    """The update of the client that is closest to its n - f - 2 nearest others, of n clients of whom f may lie.

    Blanchard et al. 2017, Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent (NeurIPS 30),
    section 4: the smallest score s(i) = sum over those nearest j of ||y_i - y_j||^2. Proved for 2f + 2 < n: among fewer
    clients, f who lie together could look like the honest ones.
    """

    f: int = 1
    is_mean: ClassVar[bool] = False

    def __post_init__(self) -> None:
        at_least(self, "f", 0)

    def fewest(self) -> int:
        return 2 * self.f + 3

    def combine(self, updates: Tensors, weights: list[float]) -> Tensors:
        clients = len(weights)
        flat = torch.cat([stacked.reshape(clients, -1).double() for stacked in updates.values()], 1)
        apart = torch.cdist(flat, flat, compute_mode="donot_use_mm_for_euclid_dist") ** 2  # (clients, clients)
        nearest = torch.nan_to_num(apart, nan=float("inf")).sort(1).values[:, 1 : clients - self.f - 1]  # 0: itself
        chosen = nearest.sum(1).argmin().reshape(1)
        return {name: torch.index_select(stacked, 0, chosen)[0] for name, stacked in updates.items()}


def middle(stacked: Any, first: int, last: int) -> Any:
    """The mean of the values from place `first` to place `last`, sorted for each coordinate; NaN counts as largest."""
    return stacked.sort(0).values[first : last + 1].double().mean(0)
