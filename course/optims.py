"""One optimizer for each worker: what `sy.Optims` gives to a model that visits several of them.

A model that learns on bob and then on alice with one optimizer carries bob's momentum over to alice. With an
optimizer of its own for each worker, what bob's optimizer remembers of bob's data stays on bob.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from torch.optim import Optimizer

from course.errors import CourseError
from course.virtual_worker import VirtualWorker

__all__ = ["Optims", "OptimsError"]


class OptimsError(CourseError, LookupError):
    """Asking for the optimizer of a worker that has none."""


class Optims:
    """One optimizer per worker, all over the same parameters, each with a state of its own.

        optims = sy.Optims(["bob", "alice"], optim=optim.Adam(params=model.parameters(), lr=0.1))
        opt = optims.get_optim(data.location)

    Each has the class and the settings of `optim` and starts without memory; `optim` itself is not used. Its
    state is made where the model is when it first steps, and stays there when the model travels on.

    Raises TypeError when `workers` is no list of names or workers, or `optim` is no torch optimizer.
    """

    def __init__(self, workers: Iterable[str | VirtualWorker], optim: Optimizer) -> None:
        if isinstance(workers, (str, VirtualWorker)):
            raise TypeError(
                f"Optims needs a list of workers, even for one: Optims([{_name(workers)!r}], ...)"
            )
        if not isinstance(optim, Optimizer):
            raise TypeError(f"optim must be an optimizer such as torch.optim.SGD(...), not {optim!r}")
        self.optimizers = {_name(worker): twin(optim) for worker in workers}

    def get_optim(self, worker: str | VirtualWorker) -> Optimizer:
        """The optimizer of this worker. OptimsError if it has none."""
        name = _name(worker)
        if name not in self.optimizers:
            raise OptimsError(_nothing_for(name, ", ".join(self.optimizers) or "nobody"))
        return self.optimizers[name]

    def count(self) -> int:
        """How many optimizers there are."""
        return len(self.optimizers)

    def __repr__(self) -> str:
        kinds = {type(optimizer).__name__ for optimizer in self.optimizers.values()}
        return f"<Optims {' '.join(kinds)} for {', '.join(self.optimizers) or 'nobody'}>"


def _name(worker: str | VirtualWorker) -> str:
    if not isinstance(worker, (str, VirtualWorker)):
        raise TypeError(f"Optims needs workers or their names, not {worker!r}")
    return worker if isinstance(worker, str) else worker.id


def _nothing_for(worker: str, known: str) -> str:
    return (
        f"There is no optimizer for {worker}: these were made for {known}. An optimizer remembers something"
        f" of the data it has seen, so nobody is given another worker's. Name {worker} in"
        f" sy.Optims([...], optim=...), or ask for one that is there."
    )


def twin(optim: Optimizer) -> Optimizer:
    """Another optimizer of the same class, over the same parameters with the same settings, without memory.

    Made by the constructor, because some make their state there (Adagrad). `defaults` are its arguments, but
    for what a class sets itself (AdamW); a group's own settings, such as a changed lr, are in the group.
    """
    groups = [_group(group) for group in optim.param_groups]
    accepted = inspect.signature(type(optim)).parameters
    settings = {name: deepcopy(value) for name, value in optim.defaults.items() if name in accepted}
    another: Any = type(optim)
    made: Optimizer = another(groups, **settings)
    return made


def _group(group: dict[str, Any]) -> dict[str, Any]:
    """The same parameters, and settings of its own: a tensor among them could be changed in place."""
    return {name: list(value) if name == "params" else deepcopy(value) for name, value in group.items()}
