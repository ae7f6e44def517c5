"""What is drawn from torch's generators while a function runs: whoever knows a seed can draw it again."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["Draws"]


class Draws(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the draws of a block from torch's generators, whoever made and seeded them."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += torch.Tag.nondeterministic_seeded in func.tags
        return func(*args, **(kwargs or {}))
