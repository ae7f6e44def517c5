"""What a pointer answers without giving a value away: shape, dtype and the like are public.

Each answer is a message, an `Ask`: the pointer itself knows only an address.
"""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["Metadata"]


class Metadata(torch.Tensor):
    """The part of a pointer that answers what torch asks of any tensor; `_ask` sends the question."""

    known_layout: torch.layout | None = None  # of a gradient: it came with the answer that there is one

    def _ask(self, question: str) -> Any:
        raise NotImplementedError

    @property
    def shape(self) -> torch.Size:  # type: ignore[override]
        return torch.Size(self._ask("shape"))

    @property
    def dtype(self) -> torch.dtype:  # type: ignore[override]
        dtype: torch.dtype = self._ask("dtype")
        return dtype

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        device: torch.device = self._ask("device")
        return device

    @property
    def layout(self) -> torch.layout:  # type: ignore[override]
        layout: torch.layout = self.known_layout or self._ask("layout")
        return layout

    @property
    def is_sparse(self) -> bool:  # type: ignore[override]
        return self.layout is torch.sparse_coo

    @property
    def is_leaf(self) -> bool:  # type: ignore[override]
        return bool(self._ask("is_leaf"))

    @property
    def requires_grad(self) -> bool:
        return bool(self._ask("requires_grad"))

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        self.requires_grad_(flag)

    def size(self, dim: int | None = None) -> Any:
        return self.shape if dim is None else self.shape[dim]

    def stride(self, dim: int | None = None) -> Any:
        return self._ask("stride") if dim is None else self._ask("stride")[dim]

    def dim(self) -> int:
        return len(self.shape)

    def numel(self) -> int:
        return self.shape.numel()

    def is_floating_point(self) -> bool:
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        return self.dtype.is_complex

    def is_contiguous(self, *args: Any, **kwargs: Any) -> bool:
        return bool(torch.empty(self.shape, device="meta").stride() == tuple(self.stride()))

    ndim = property(dim)
    nelement = numel
    ndimension = dim
    is_cuda = property(lambda self: self.device.type == "cuda")
    itemsize = property(lambda self: self.dtype.itemsize)
    nbytes = property(lambda self: self.numel() * self.dtype.itemsize)
    names = property(lambda self: (None,) * self.dim())
    grad_fn = None
    is_cpu = property(lambda self: self.device.type == "cpu")
    is_meta = property(lambda self: self.device.type == "meta")
    is_quantized = is_mkldnn = is_nested = is_sparse_csr = False
