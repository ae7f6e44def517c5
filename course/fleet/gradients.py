"""The gradients of many clients in one batched program, and the reasons for which a model cannot be batched.

The clients' parameters are stacked, (clients, *shape); torch.func runs the model for all of them at once. An operation
that torch could only loop over in silence is refused instead. A handful of clients is cheaper one by one, so that is
how they are computed: by size, with equal results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from course.errors import CourseError
from course.fleet.dropout import OwnDropout

__all__ = ["CannotBatchError", "Gradients"]

FEW = 2  # up to so many clients the loop was faster, on networks of 2,187 and of 101,770 parameters and on a small CNN
Tensors = dict[str, torch.Tensor]
Loss = Callable[[Any, Any], torch.Tensor]


class CannotBatchError(CourseError, ValueError):
    """A model, or a loss, that cannot be computed for many clients at once with the results of one by one."""


class Gradients:
    """Loss and gradients of stacked clients for one model and one loss, which is of outputs and targets of a batch."""

    def __init__(self, model: nn.Module, loss: Loss) -> None:
        refuse_batch_norm(model)
        self.model, self.loss = model, loss
        self.fixed = {name: p.detach() for name, p in model.named_parameters() if not p.requires_grad}
        self.fixed |= dict(model.named_buffers())
        tensors = [*model.named_parameters(remove_duplicate=False), *model.named_buffers(remove_duplicate=False)]
        self.tied = len(tensors) > len({id(tensor) for _, tensor in tensors})  # asked at each call, it would cost time
        self.by_rows: Loss | None = None  # the loss as mean or sum over rows, once it was needed

    def __call__(
        self, stacked: Tensors, x: torch.Tensor, y: torch.Tensor, keys: torch.Tensor, counts: torch.Tensor | None
    ) -> tuple[Tensors, torch.Tensor]:
        """(gradients, losses) for stacked parameters (clients, *shape) and batches (clients, rows, ...).

        keys: each client's, for its dropout. counts: how many rows of each batch are real, None for all.
        """
        if len(x) <= FEW:
            return self.one_by_one(stacked, x, y, keys, counts)
        return self.batched(stacked, x, y, keys, counts)

    def one_by_one(
        self, stacked: Tensors, x: torch.Tensor, y: torch.Tensor, keys: torch.Tensor, counts: torch.Tensor | None
    ) -> tuple[Tensors, torch.Tensor]:
        """The same in a loop."""
        gradients: list[tuple[torch.Tensor, ...]] = []
        losses: list[torch.Tensor] = []
        for n in range(len(x)):
            rows = x.shape[1] if counts is None else int(counts[n])
            mine = {name: p[n].detach().requires_grad_() for name, p in stacked.items()}
            with OwnDropout(keys[n]):
                outputs = self.outputs(mine, x[n, :rows])
            loss = self.loss(outputs, y[n, :rows])
            gradients.append(torch.autograd.grad(loss, list(mine.values()), materialize_grads=True))
            losses.append(loss.detach())
        together = map(stack, zip(*gradients, strict=True))
        return dict(zip(stacked, together, strict=True)), stack(losses)

    def batched(
        self, stacked: Tensors, x: torch.Tensor, y: torch.Tensor, keys: torch.Tensor, counts: torch.Tensor | None
    ) -> tuple[Tensors, torch.Tensor]:
        """The same in one program."""
        real = () if counts is None else (torch.arange(x.shape[1], device=x.device) < counts[:, None].to(x.device),)
        mine = {name: p.detach().requires_grad_() for name, p in stacked.items()}
        with no_silent_loop():
            losses = vmap(self.loss_of)(mine, x, y, keys, *real)
        # A client's loss depends on its own parameters alone: the gradient of the sum is each one's own gradient.
        gradients = torch.autograd.grad(losses.sum(), list(mine.values()), materialize_grads=True)
        return dict(zip(mine, gradients, strict=True)), losses.detach()

    def outputs(self, mine: Tensors, x: torch.Tensor) -> Any:
        return functional_call(self.model, {**mine, **self.fixed}, (x,), tie_weights=self.tied)

    def loss_of(
        self, mine: Tensors, x: torch.Tensor, y: torch.Tensor, key: torch.Tensor, real: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The loss of one client's batch, of its `real` rows only if they are given; run for all clients at once."""
        with ForStacks(key):
            outputs = self.outputs(mine, x)
        if real is None:
            return self.loss(outputs, y)
        assert self.by_rows is not None
        each = vmap(lambda output, target: self.loss(output[None], target[None]))(outputs, y)
        return self.by_rows(each, real)

    # ---- what can be batched -----------------------------------------------------------------------------------------

    def try_out(self, x: torch.Tensor, y: torch.Tensor) -> None:
        """CannotBatchError if this model cannot be batched, tried on one client's rows."""
        mine = {name: p.detach() for name, p in self.model.named_parameters() if p.requires_grad}
        key = torch.zeros((1,), dtype=torch.int64, device=x.device)
        kept, self.fixed = self.fixed, {name: tensor.clone() for name, tensor in self.fixed.items()}
        versions = {name: tensor._version for name, tensor in self.fixed.items()}
        try:
            together = {**mine, **self.fixed}
            with torch.no_grad(), OwnDropout(key[0]):
                functional_call(self.model, together, (x,))  # what the model changed is in `together` after it
            for name, tensor in self.fixed.items():
                if together[name] is not tensor or tensor._version != versions[name]:
                    raise changes_buffer(name, self.model)
            self.batched({name: p[None] for name, p in mine.items()}, x[None], y[None], key, None)
        except CannotBatchError:
            raise
        except Exception as error:
            raise cannot_batch(error, self.model) from error
        finally:
            self.fixed = kept

    def try_ragged(self, x: torch.Tensor, y: torch.Tensor) -> None:
        """Find out how the loss is made of rows. CannotBatchError if it is not, or if the model mixes rows.

        Batches of different sizes are filled up with rows that count nothing, so each row must be on its own.
        """
        if self.by_rows is not None:
            return
        was_training = self.model.training
        self.model.eval()
        with torch.no_grad():
            outputs = self.model(x)
            alone = torch.cat([self.model(x[n : n + 1]) for n in range(len(x))])
            together = self.loss(outputs, y)
            each = torch.stack([self.loss(outputs[n : n + 1], y[n : n + 1]) for n in range(len(x))])
        self.model.train(was_training)
        if not torch.allclose(outputs, alone, rtol=1e-3, atol=1e-5):
            raise CannotBatchError(
                f"The clients have batches of different sizes, and {type(self.model).__name__} makes one row's output"
                f" depend on the other rows of its batch: rows that only fill up a batch would change it. Give all"
                f" clients equally many rows, or train with sy.Federation."
            )
        reductions: list[Loss] = [mean_of_real, sum_of_real]
        everyone = torch.ones(len(x), dtype=torch.bool, device=x.device)
        for reduction in reductions:
            if torch.allclose(reduction(each, everyone), together, rtol=1e-3, atol=1e-6):
                self.by_rows = reduction
                return
        raise CannotBatchError(
            "The clients have batches of different sizes, and the loss of a batch is neither the mean nor the sum of"
            " the losses of its rows (class weights do that): rows that only fill up a batch would count. Give all"
            " clients equally many rows, or a loss that is a mean over rows."
        )


def stack(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """torch.stack, which would copy a single tensor too."""
    return torch.stack(list(tensors)) if len(tensors) > 1 else tensors[0][None]


class ForStacks(OwnDropout):
    """Within the block a linear layer is computed as (W x^T)^T, so that the gradient of W lies in memory as W does.

    With many clients the weights do not fit into the cache, and a step along two different orders of the numbers takes
    ten times as long.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is F.linear and not kwargs and args[0].dim() > 1:
            return linear(*args)
        return super().__torch_function__(func, types, args, kwargs)


def linear(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    outputs = torch.mm(weight, x.reshape(-1, x.shape[-1]).t())  # (outputs, rows)
    outputs = outputs if bias is None else outputs + bias[:, None]
    return outputs.t().reshape(*x.shape[:-1], len(weight))


def mean_of_real(each: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    return (each * real).sum() / real.sum()


def sum_of_real(each: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    return (each * real).sum()


def refuse_batch_norm(model: nn.Module) -> None:
    """CannotBatchError for BatchNorm in any form."""
    for name, module in model.named_modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            raise CannotBatchError(
                f"{type(module).__name__} ({name or 'the model itself'}) cannot be batched: it takes its mean and"
                f" variance over the rows of a client's batch, also those that only fill it up, and counts in buffers"
                f" of its own. Take GroupNorm or LayerNorm, which look at one row at a time and suit non-IID clients"
                f" better, or train with sy.Federation."
            )


def changes_buffer(name: str, model: nn.Module) -> CannotBatchError:
    return CannotBatchError(
        f"The buffer {name!r} of {type(model).__name__} changes while the model computes, and a fleet has one model for"
        f" all clients: nobody could say whose value stays. Leave the buffer out, or train with sy.Federation, where"
        f" each client has a model of its own."
    )


def cannot_batch(error: Exception, model: nn.Module) -> CannotBatchError:
    """The refusal that names the part of the model where it happened, and torch's own reason."""
    part, trace = model, error.__traceback__
    while trace is not None:
        inside = trace.tb_frame.f_locals.get("self")
        part = inside if isinstance(inside, nn.Module) else part
        trace = trace.tb_next
    reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    if "randomness" in str(error):
        reason = "it draws random numbers, and only torch's dropout functions have numbers of each client's own here"
    return CannotBatchError(
        f"{type(part).__name__} cannot be batched over clients, and a fleet never loops in silence: {reason}. Take"
        f" another module in its place, or train with sy.Federation, client by client."
    )


@contextmanager
def no_silent_loop() -> Iterator[None]:
    """Where torch has no batched form of an operation it would loop over the clients: within the block it raises.

    Attention has one if it is computed from its formula, not by a kernel of its own.
    """
    functorch: Any = torch._C._functorch
    before = functorch._is_vmap_fallback_enabled()
    functorch._set_vmap_fallback_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        functorch._set_vmap_fallback_enabled(before)
