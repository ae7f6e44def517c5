"""How tensors, pointers and models become shared: what the hook adds to torch for that.

x = torch.tensor([1.5, 2.0]).fix_precision().share(bob, alice, crypto_provider=cp)
model.fix_precision().share(bob, alice, crypto_provider=cp)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import torch
from torch import Tensor, nn, optim
from torch.autograd.graph import get_gradient_edge
from torch.optim import Optimizer

from course.errors import FloatSharedError, PrecisionError, SharedError
from course.hook import BEFORE_STEPS, module_method, optimizer_method, tensor_method
from course.modules import OTHERWISE_AWAY, parts, tensors
from course.pointers import PointerTensor
from course.pointers.travel import at_once, swap_memory
from course.smpc.fixed_precision import FixedPrecisionTensor, Precision, decode, encode
from course.smpc.holders import Holders
from course.smpc.shared import SharedTensor, share_at, share_from_here

__all__ = ["FixedPrecisionPointer", "PointerToShares", "fix_optimizer"]

UNFIXED = (
    "share() of floats",
    "shares are integers that wrap around, and a float has no remainder",
    "x.fix_precision().share(...) first says how many digits are kept",
)


class FixedPrecisionPointer:
    """A pointer to numbers that will be encoded in fixed precision where they are, when they are shared."""

    def __init__(self, pointer: PointerTensor, precision: Precision) -> None:
        self.pointer = pointer
        self.precision = precision

    def __repr__(self) -> str:
        return f"(Wrapper)>FixedPrecisionTensor>{self.pointer!r}"

    def share(
        self, *workers: Any, crypto_provider: Any = None, requires_grad: bool = False, protocol: str = "",
        bound: float | None = None,
    ) -> PointerToShares:  # fmt: skip
        """Let the worker that holds them split them among these. `.get()` gives the shared tensor, and no value."""
        holders = Holders(workers, crypto_provider, protocol)
        shared = declared(share_at(self.pointer, self.precision, holders), bound)
        shared.requires_grad_(requires_grad)
        return PointerToShares(shared)

    def get(self) -> FixedPrecisionTensor:
        """The numbers, here."""
        value = self.pointer.get()
        return FixedPrecisionTensor(encode(value, self.precision), self.precision)


class PointerToShares:
    """What `pointer.share(...)` returns. The shares are at their holders already; `get()` gives the tensor for them."""

    def __init__(self, shared: SharedTensor) -> None:
        self.shared = shared

    def __repr__(self) -> str:
        return f"(Wrapper)>[PointerTensor to]>{self.shared!r}"

    def get(self) -> SharedTensor:
        """The shared tensor: pointers to shares, no value."""
        return self.shared


@tensor_method("fix_precision")
def fix_precision(self: Tensor, precision_fractional: int = 3, base: int = 10) -> Any:
    """These numbers with so many digits after the point. `x.fix_precision(5)` means five digits.

    Raises PrecisionError for a number or a precision that has no room, TypeError for what are no real numbers.
    """
    precision = Precision(precision_fractional, base).check()
    if isinstance(self, PointerTensor):
        return FixedPrecisionPointer(self, precision)
    return FixedPrecisionTensor(encode(self, precision), precision)


@tensor_method("fix_prec")
def fix_prec(self: Tensor, precision_fractional: int = 3, base: int = 10) -> Any:
    """The short name of `fix_precision`."""
    return fix_precision(self, precision_fractional, base)


@tensor_method("share")
def share(
    self: Tensor,
    *workers: Any,
    crypto_provider: Any = None,
    requires_grad: bool = False,
    protocol: str = "",
    bound: float | None = None,
) -> Any:
    """Split whole numbers among workers: additive shares in Z_2^64, of which all but one together tell nothing.

    protocol: "spdz2k" for shares with MACs. bound: what no number is beyond, as everybody may know; it goes through
    operations, and one that could leave the ring is an error beforehand.

    Raises SharedError for floats without a precision, and for holders or a crypto_provider that cannot be.
    """
    if isinstance(self, SharedTensor):
        raise SharedError(
            "share() of a shared tensor", "its values are nowhere to be split", "refresh() gives it other shares"
        )
    if self.dtype.is_floating_point or self.dtype.is_complex:
        raise FloatSharedError(*UNFIXED)
    holders = Holders(workers, crypto_provider, protocol)
    if isinstance(self, PointerTensor):
        return PointerToShares(declared(share_at(self, None, holders), bound))
    check_bound(self, bound)
    return declared(share_from_here(self.detach().long(), self.dtype, None, holders), bound)


def declared(shared: SharedTensor, bound: float | None) -> SharedTensor:
    """The same, with what everybody may know of its size."""
    shared.bound = None if bound is None else float(bound)
    return shared


def check_bound(x: Tensor, bound: float | None) -> None:
    """PrecisionError for a number beyond the bound that is about to be declared."""
    if bound is not None and x.numel() and float(x.abs().max()) > bound:
        raise PrecisionError("One of these numbers", f"the bound that share(bound={bound:g}) tells everybody")


@tensor_method("encrypt")
def encrypt(self: Tensor, *workers: Any, precision_fractional: int = 3, base: int = 10, **how: Any) -> Any:
    """`fix_precision(...)` and `share(...)` in one. Workers may come as a list, too: `workers=[bob, alice]`."""
    named = how.pop("workers", None) or workers
    return fix_precision(self, precision_fractional, base).share(*named, **how)


def share_fixed(
    self: FixedPrecisionTensor,
    *workers: Any,
    crypto_provider: Any = None,
    requires_grad: bool = False,
    protocol: str = "",
    bound: float | None = None,
) -> SharedTensor:
    """Split these numbers among workers: additive shares in Z_2^64, of which all but one together tell nothing."""
    holders = Holders(workers, crypto_provider, protocol)
    check_bound(self.float_precision(), bound)
    shared = declared(share_from_here(self.child, torch.get_default_dtype(), self.precision, holders), bound)
    shared.requires_grad_(requires_grad)
    return shared


FixedPrecisionTensor.share = share_fixed  # type: ignore[attr-defined]


# ---- models ----------------------------------------------------------------------------------------------------------


@module_method("fix_precision")
def fix_model(self: nn.Module, precision_fractional: int = 3, base: int = 10) -> nn.Module:
    """Round parameters and buffers to so many digits, and remember how many. In place; returns the model."""
    precision = Precision(precision_fractional, base).check()
    rounded = [(tensor, encode(tensor, precision)) for tensor in real(self)]
    for tensor, integers in rounded:
        tensor.data.copy_(decode(integers, precision))
    self.__dict__["_precision"] = precision
    return self


@module_method("fix_prec")
def fix_model_short(self: nn.Module, precision_fractional: int = 3, base: int = 10) -> nn.Module:
    """The short name of `fix_precision`."""
    model: nn.Module = fix_model(self, precision_fractional, base)
    return model


@module_method("float_precision")
def float_model(self: nn.Module) -> nn.Module:
    """Numbers of any precision again. In place; returns the model."""
    self.__dict__.pop("_precision", None)
    return self


@module_method("float_prec")
def float_model_short(self: nn.Module) -> nn.Module:
    """The short name of `float_precision`."""
    model: nn.Module = float_model(self)
    return model


@module_method("share")
def share_model(
    self: nn.Module, *workers: Any, crypto_provider: Any = None, requires_grad: bool = True, protocol: str = ""
) -> nn.Module:
    """Split parameters and buffers among workers. In place: optimizers and the model keep the same parameter objects.

    Raises SharedError for a model without `fix_precision()`, and for one that is away.
    """
    precision = self.__dict__.get("_precision")
    if precision is None:
        raise SharedError(
            "share() of a model", UNFIXED[1], "model.fix_precision().share(...) first says how many digits are kept"
        )
    holders = Holders(workers, crypto_provider, protocol)
    here = real(self)
    if any(isinstance(tensor, (PointerTensor, SharedTensor)) for tensor in here):
        raise SharedError(
            "share() of a model that is away", "its numbers are not here to be split", "model.get() first"
        )
    become(here, [share_from_here(encode(one, precision), one.dtype, precision, holders) for one in here])
    return self if requires_grad else self.requires_grad_(False)


@module_method("encrypt")
def encrypt_model(
    self: nn.Module, *workers: Any, precision_fractional: int = 3, base: int = 10, **how: Any
) -> nn.Module:
    """`fix_precision(...)` and `share(...)` in one. Workers may come as a list, too: `workers=[bob, alice]`."""
    named = how.pop("workers", None) or workers
    model: nn.Module = share_model(fix_model(self, precision_fractional, base), *named, **how)
    return model


@module_method("decrypt")
def decrypt_model(self: nn.Module) -> nn.Module:
    """`get()` and `float_precision()` in one."""
    model: nn.Module = float_model(open_model(self))
    return model


def open_model(self: nn.Module) -> nn.Module:
    """Open a shared model to you. In place, into the same parameter objects; returns the model."""
    shared = [tensor for tensor in tensors(parts(self)) if isinstance(tensor, SharedTensor)]
    values = [tensor.virtual_get() for tensor in shared]
    become(shared, [value.float_precision() if isinstance(value, FixedPrecisionTensor) else value for value in values])
    return self


OTHERWISE_AWAY.append(open_model)


def become(tensors: Sequence[Tensor], others: Sequence[Tensor]) -> None:
    """Let these very objects, which models and optimizers know, be the others from here on: all of them or none.

    A graph from before still holds what they were. A gradient through it would reach nobody, so it is refused.
    """
    steps: list[tuple[Any, ...]] = []
    for tensor, other in zip(tensors, others, strict=True):
        if isinstance(tensor, nn.Parameter):
            other = nn.Parameter(other, requires_grad=tensor.requires_grad)
        if tensor.requires_grad and tensor.is_leaf:
            steps.append((get_gradient_edge(tensor).node.register_prehook, refuse_gradient))
        steps += [(swap_memory, tensor, other)]
        for name in ("__class__", "__dict__"):
            steps += [(setattr, tensor, name, getattr(other, name)), (setattr, other, name, getattr(tensor, name))]
    at_once(steps)


def refuse_gradient(gradients: Any) -> NoReturn:
    why = "the model was shared, or came home, after that, and its parameters of then are gone"
    raise SharedError("backward() through an output of before", why, "Compute the output again, and go back from there")


def real(model: nn.Module) -> list[Any]:
    """The tensors of real numbers in a model: what has digits after the point. Counts stay as they are."""
    return [tensor for tensor in tensors(parts(model)) if tensor.dtype.is_floating_point]


# ---- optimizers ------------------------------------------------------------------------------------------------------


@optimizer_method("fix_precision")
def fix_optimizer(self: Optimizer, precision_fractional: int = 3, base: int = 10) -> Optimizer:
    """Returns the optimizer as it is: its step sizes are public, and its steps are in the precision of the parameters.

    Raises PrecisionError for a precision that no parameter can have.
    """
    Precision(precision_fractional, base).check()
    return self


@optimizer_method("fix_prec")
def fix_optimizer_short(self: Optimizer, precision_fractional: int = 3, base: int = 10) -> Optimizer:
    """The short name of `fix_precision`."""
    optimizer: Optimizer = fix_optimizer(self, precision_fractional, base)
    return optimizer


LINEAR = (optim.SGD, optim.ASGD)  # their steps are sums of gradients, times public numbers


def refuse_step(optimizer: Optimizer, args: Any, kwargs: Any) -> None:
    """SharedError for an optimizer of torch, or one made of it, whose steps on shares would not be those on numbers.

    Most divide by the root of an average of squared gradients: where a gradient is below 0.004, its square is below the
    last of 16 bits. After four steps of 0.05 a weight was off by 0.04 with Adam, by 0.10 with RMSprop, and nothing
    showed it.
    """
    kinds = [kind for kind in type(optimizer).__mro__ if kind.__module__.startswith("torch.optim")]
    if kinds[0] is Optimizer or isinstance(optimizer, LINEAR):
        return
    if any(isinstance(one, SharedTensor) for group in optimizer.param_groups for one in group["params"]):
        why = (
            "it divides by squares of gradients, or asks how large they are; squares of small ones are below the last "
            "digit that is kept, so that it would learn something else without a word"
        )
        instead = "Take torch.optim.SGD, with momentum if you like: its steps are sums of gradients"
        raise SharedError(f"{type(optimizer).__name__}.step() on shares", why, instead)


BEFORE_STEPS.append(refuse_step)
