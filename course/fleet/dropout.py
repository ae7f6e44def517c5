"""Dropout with random numbers that belong to a client, its round and its step, inside a batched program.

torch's generator is one stream for all clients: what it gives a client would depend on who else is in the chunk. Here
a mask is a hash of the client's key and of the place in the tensor (`course.federated.chance`), so that a client drops
the same numbers whether it is trained alone, in a chunk of ten or of a thousand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from course.federated import chance

__all__ = ["OwnDropout"]

# How many of the last axes are dropped together.
TOGETHER: dict[Callable[..., Any], int] = {F.dropout: 0, F.dropout1d: 1, F.dropout2d: 2, F.dropout3d: 3}


class OwnDropout(TorchFunctionMode):
    """Within the block, torch's dropout functions take their masks from this key, an int64 tensor without axes."""

    def __init__(self, key: torch.Tensor) -> None:
        super().__init__()
        self.key = key
        self.calls = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in TOGETHER:
            return self.dropout(TOGETHER[func], *args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))

    def dropout(
        self, together: int, input: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> torch.Tensor:
        if not training or p == 0:
            return input
        self.calls += 1
        shape = torch.Size([*input.shape[: input.dim() - together], *[1] * together])
        places = torch.arange(shape.numel(), device=input.device)
        drawn = chance.numbers(chance.key(self.key, self.calls), places.reshape(shape))
        scale = (drawn >= p * (chance.LOW + 1)).to(input.dtype) * (1 / (1 - p) if p < 1 else 0)
        return input.mul_(scale) if inplace else input * scale
