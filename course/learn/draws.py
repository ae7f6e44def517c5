"""What is drawn from torch's generators while a function runs: whoever knows a seed can draw it again."""

from __future__ import annotations

from typing import Any

from torch.overrides import TorchFunctionMode

from course.operations import DRAWING

__all__ = ["Draws"]

DRAW = frozenset(form.rpartition(".")[2] for form in DRAWING)


class Draws(TorchFunctionMode):
    """Counts the draws of a block from torch's generators, whoever made and seeded them."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += getattr(func, "__name__", "") in DRAW
        return func(*args, **(kwargs or {}))
