"""Strategies: what a client does to its gradients, how the aggregator makes one model of many, and what it does then.

A strategy is its settings and three formulas. It keeps nothing: what has to be remembered (momentum, control variates)
is handed to it. The formulas are written for one tensor of the model, so they are the same for a pointer at the
aggregator, for a tensor here, and for a stack of a thousand clients (`course.fleet`). In the papers' words: x is the
global model, y_i the model of client i after its local steps, g_i its gradient, eta_l and eta_g the local and the
server learning rate, delta = mean(y_i) - x the step that the clients propose.

To write one of your own, derive from FedAvg and change a formula.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from course.federated.average import mean

__all__ = ["FedAdam", "FedAvg", "FedAvgM", "FedProx", "FedYogi", "SCAFFOLD"]

Tensors = dict[str, Any]  # by name: a tensor, or a pointer to one


@dataclass(frozen=True)
class FedAvg:
    """Federated averaging: x <- sum_i n_i/n y_i, for clients with n_i of n rows.

    McMahan et al. 2017, Communication-Efficient Learning of Deep Networks from Decentralized Data
    (arXiv 1602.05629), algorithm 1.
    """

    changes_gradients: ClassVar[bool] = False  # whether local_gradient does anything
    control_variates: ClassVar[bool] = False  # whether clients and server keep control variates
    is_mean: ClassVar[bool] = True  # whether `combine` is the weighted mean, which can be made part by part

    def fewest(self) -> int:
        """How many updates `combine` needs at least."""
        return 1

    def local_gradient(self, gradient: Any, y: Any, x: Any, own: Any = 0, server: Any = 0) -> Any:
        """At the client: the gradient that its optimizer steps with. y: the local model, x: the one that came."""
        return gradient

    def combine(self, updates: Tensors, weights: list[float]) -> Tensors:
        """At the aggregator: one tensor of those of the clients, (clients, *shape), for each name."""
        return {name: mean(stacked, weights) for name, stacked in updates.items()}

    def server_step(self, x: Any, combined: Any, memory: Tensors) -> Any:
        """At the aggregator: the next parameter. `memory` is this parameter's own, empty at first."""
        return combined


@dataclass(frozen=True)
class FedProx(FedAvg):
    """FedAvg against client drift: clients minimize F_i(y) + mu/2 ||y - x||^2, so the gradient is g_i + mu (y - x).

    Li et al. 2020, Federated Optimization in Heterogeneous Networks (arXiv 1812.06127), equation 2. Clients do a fixed
    number of local steps, not the paper's varying ones.
    """

    mu: float = 0.01
    changes_gradients: ClassVar[bool] = True

    def __post_init__(self) -> None:
        at_least(self, "mu", 0)

    def local_gradient(self, gradient: Any, y: Any, x: Any, own: Any = 0, server: Any = 0) -> Any:
        return gradient + self.mu * (y - x)


@dataclass(frozen=True)
class FedAvgM(FedAvg):
    """FedAvg with momentum at the server: v <- beta v - delta, x <- x - eta_g v.

    Hsu, Qi, Brown 2019, Measuring the Effects of Non-Identical Data Distribution (arXiv 1909.06335), section 4.3.
    """

    lr: float = 1.0
    beta: float = 0.9

    def __post_init__(self) -> None:
        at_least(self, "lr", 0)
        between_0_and_1(self, "beta")

    def server_step(self, x: Any, combined: Any, memory: Tensors) -> Any:
        v = memory["v"] = self.beta * memory.get("v", 0) + (x - combined)
        return x - self.lr * v


@dataclass(frozen=True)
class FedAdam(FedAvg):
    """FedAvg with Adam at the server.

    m <- beta1 m + (1 - beta1) delta, v <- beta2 v + (1 - beta2) delta^2, x <- x + eta_g m / (sqrt(v) + tau), with
    m = 0 and v = tau^2 at first and no bias correction.

    Reddi et al. 2021, Adaptive Federated Optimization (arXiv 2003.00295), algorithm 2.
    """

    lr: float = 0.1
    beta1: float = 0.9
    beta2: float = 0.99
    tau: float = 1e-3

    def __post_init__(self) -> None:
        at_least(self, "lr", 0)
        between_0_and_1(self, "beta1")
        between_0_and_1(self, "beta2")
        if not self.tau > 0:
            raise ValueError(f"{self}: tau must be more than 0, for the step is divided by sqrt(v) + tau")

    def server_step(self, x: Any, combined: Any, memory: Tensors) -> Any:
        delta = combined - x
        m = memory["m"] = self.beta1 * memory.get("m", 0) + (1 - self.beta1) * delta
        v = memory["v"] = self.second_moment(memory.get("v", delta * 0 + self.tau**2), delta**2)
        return x + self.lr * m / (v.sqrt() + self.tau)

    def second_moment(self, v: Any, squared: Any) -> Any:
        return self.beta2 * v + (1 - self.beta2) * squared


@dataclass(frozen=True)
class FedYogi(FedAdam):
    """FedAdam with Yogi's second moment: v <- v - (1 - beta2) delta^2 sign(v - delta^2).

    Reddi et al. 2021, Adaptive Federated Optimization (arXiv 2003.00295), algorithm 2.
    """

    def second_moment(self, v: Any, squared: Any) -> Any:
        return v - (1 - self.beta2) * squared * torch.sign(v - squared)


@dataclass(frozen=True)
class SCAFFOLD(FedAvg):
    """FedAvg with control variates, which take the client drift out: a client steps with g_i - c_i + c.

    After its local steps a client's control variate c_i is the mean of the gradients g_i that it saw on the way (for
    plain SGD this is the paper's option II, c_i - c + (x - y_i) / (K eta_l)). The server's c is the weighted mean of
    all c_i, also of those who did not join, and x <- x + eta_g delta. A client keeps c_i between rounds.

    Karimireddy et al. 2020, SCAFFOLD: Stochastic Controlled Averaging (arXiv 1910.06378), algorithm 1.
    """

    lr: float = 1.0
    changes_gradients: ClassVar[bool] = True
    control_variates: ClassVar[bool] = True

    def __post_init__(self) -> None:
        at_least(self, "lr", 0)

    def local_gradient(self, gradient: Any, y: Any, x: Any, own: Any = 0, server: Any = 0) -> Any:
        return gradient - own + server

    def server_step(self, x: Any, combined: Any, memory: Tensors) -> Any:
        return x + self.lr * (combined - x)


def at_least(strategy: Any, name: str, least: float) -> None:
    """ValueError for a setting that is less than this."""
    if not getattr(strategy, name) >= least:
        raise ValueError(f"{strategy}: {name} must be at least {least}")


def between_0_and_1(strategy: Any, name: str) -> None:
    """ValueError for a setting that is not in [0, 1)."""
    if not 0 <= getattr(strategy, name) < 1:
        raise ValueError(f"{strategy}: {name} must be at least 0 and less than 1")
