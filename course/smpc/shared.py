"""What you hold of a secret that is shared: a tensor of which every holder has a share, and nobody the values.

A `SharedTensor` is a torch.Tensor whose memory is elsewhere. torch tells it what it would do with the values, operation
by operation, forward and backward (`__torch_dispatch__`); `as_torch` says which program the holders run for each. So
models, losses, autograd and optimizers are torch's own.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import torch
from torch import Tensor

from course.errors import (
    AlreadyFetchedError,
    HoldersDifferError,
    NotSendableError,
    PrecisionError,
    RingLeftError,
    SavePointerError,
    SharedError,
    ValueRefusedError,
)
from course.messages import Get, Group, Item, Joint, Send, Split
from course.pointers import PointerTensor, make_pointer
from course.smpc.authenticated import received, told
from course.smpc.engine import draws_of
from course.smpc.fixed_precision import FixedPrecisionTensor, Precision
from course.smpc.holders import Held, Holders
from course.smpc.shares import split, total
from course.virtual_worker import VirtualWorker

__all__ = [
    "Batch",
    "SharedTensor",
    "ask",
    "batch_of",
    "check_products",
    "scale_of",
    "share_at",
    "share_from_here",
]


def fetched(held: Held) -> Tensor:
    """Copies of what each holder has, (holders, *shape)."""
    network = held.holders.network
    answers = [
        network.deliver(Get(network.me.id, worker.id, (id,), True))
        for worker, id in zip(held.holders.workers, held.ids, strict=True)
    ]
    return torch.stack([answer.items[0].value for answer in answers])


class SharedTensor(torch.Tensor):
    """A tensor that is shared among workers. `holders`: who they are; `child`: a pointer to the share of each.

    Its dtype is that of the values: float ones are in fixed precision, `precision`; int64 and bool are integers of the
    ring. Arithmetic works as on any tensor, and is run by the holders; a comparison is shared as well. `get()` opens it
    to you: a FixedPrecisionTensor, or the integers.
    """

    held: Held | None
    fetched_from: tuple[str, str]  # whom and what get() asked, when it has
    precision: Precision | None
    asked_by_torch: Callable[..., Any]  # what torch's operations become: as_torch/table.py sets it
    bound: float | None = None  # what everybody may know: no number in it is larger (as_torch/bounds.py)
    batch: Batch | None = None  # of products whose check it has to wait for, before it is opened
    is_positive: SharedTensor | None = None  # where it is positive, once that is known
    in_powers: SharedTensor | None = None  # e to the power of it, once that is known
    places: SharedTensor | None = None  # of the number of a place: 1 there and 0 elsewhere

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @staticmethod
    def of(held: Held, shape: Sequence[int], dtype: torch.dtype, precision: Precision | None) -> SharedTensor:
        """The tensor for these shares."""
        tensor: SharedTensor = torch.Tensor._make_wrapper_subclass(SharedTensor, tuple(shape), dtype=dtype)
        tensor.held, tensor.precision = held, precision
        return tensor

    def share_with(self, other: SharedTensor) -> None:
        """Take the very shares of another one, and what is known of them."""
        self.held, self.batch = other._held, other.batch
        self.is_positive, self.in_powers, self.places = other.is_positive, other.in_powers, other.places

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        return cls.asked_by_torch(func, args, kwargs or {})

    # ---- who holds it ----------------------------------------------------------------------------------------------

    @property
    def _held(self) -> Held:
        if self.held is None:
            raise AlreadyFetchedError(*self.fetched_from)
        return self.held

    @property
    def holders(self) -> Holders:
        """Who holds the shares, and who deals."""
        return self._held.holders

    @property
    def location(self) -> list[VirtualWorker]:
        """The holders."""
        return list(self.holders.workers)

    @property
    def child(self) -> list[PointerTensor]:
        """A pointer to the share of each holder; they last as long as this tensor."""
        held = self._held
        me = held.holders.network.me
        pointers = []
        for worker, id in zip(held.holders.workers, held.ids, strict=True):
            pointer = make_pointer(me, worker, id, None, False, owns=False)
            pointer.keeps = held  # type: ignore[attr-defined]  # `held` would make it a shared tensor
            pointers.append(pointer)
        return pointers

    # ---- the values ------------------------------------------------------------------------------------------------

    def get(self) -> Any:
        """Open it to you: the shares come here and are added, and their holders forget them.

        Float tensors come as a FixedPrecisionTensor, whose float_precision() are the numbers; others as they are.

        Raises RingLeftError where a product that led to it, or another one of the same time, has left the ring: the
        holders look after that before they open anything (`check_products`).
        """
        value = self.virtual_get()
        self.fetched_from = ", ".join(self.holders.names), str(self._held.ids[0])
        self.held = None
        return value

    def virtual_get(self) -> Any:
        """Open it to you; the holders keep their shares."""
        held = self._held
        if self.batch is not None:
            self.batch.check(held.holders)
        if held.holders.protocol:
            form = torch.empty((4, *self.shape), dtype=torch.int64, device="meta")
            values = received(fetched(ask("deliver", self, out=form, precision=None)._held))
        else:
            values = total(fetched(held))
        if self.dtype.is_floating_point:
            return FixedPrecisionTensor(values, self._fixed)
        return values.to(self.dtype)

    def decrypt(self) -> Tensor:
        """`get()`, as ordinary numbers."""
        value = self.get()
        return value.float_precision() if isinstance(value, FixedPrecisionTensor) else value

    def refresh(self) -> SharedTensor:
        """The same secret in other shares, which have nothing to do with those of before."""
        return Refreshed.apply(self)  # type: ignore[no-untyped-call,no-any-return]

    @property
    def data(self) -> Any:
        """The same shares, outside autograd."""
        return self.detach()

    @data.setter
    def data(self, value: Any) -> None:
        with torch.no_grad():
            self.copy_(value)

    def float_precision(self) -> NoReturn:
        """The numbers are nowhere: `get()` opens them first."""
        instead = "x.get().float_precision() opens it to you, where that is meant"
        raise SharedError("float_precision() of a shared tensor", "nobody holds its numbers", instead)

    float_prec = float_precision

    def fix_precision(self, *how: Any, **more: Any) -> NoReturn:
        """It has a precision, or is made of whole numbers."""
        why = "its digits were fixed when it was shared, and its numbers are nowhere to be rounded"
        raise SharedError("fix_precision() of a shared tensor", why, "Say how many digits before share()")

    fix_prec = fix_precision

    def move(self, *where: Any, **how: Any) -> NoReturn:
        """Shares stay with their holders."""
        how_to_open = "x.get() opens it, where that is meant"
        raise NotSendableError("A shared tensor", "its shares are with their holders, and nowhere else", how_to_open)

    send = move

    @property
    def _fixed(self) -> Precision:
        if self.precision is None:
            why = "these are whole numbers, shared without digits after the point"
            raise SharedError("A fraction of shared integers", why, "x.fix_precision().share(...) keeps digits")
        return self.precision

    # ---- what it shows, and what it refuses ------------------------------------------------------------------------

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        if self.held is None:
            return "(Wrapper)>[AdditiveSharingTensor] (spent: get() brought it home)"
        links = "AutogradTensor>" if self.requires_grad else ""
        links += "FixedPrecisionTensor>" if self.dtype.is_floating_point else ""
        dealer = "nobody" if self.holders.dealer is None else self.holders.dealer.id
        lines = [
            f"(Wrapper)>{links}[AdditiveSharingTensor]",
            *[f"-> {pointer!r}".replace("(Wrapper)>", "") for pointer in self.child],
        ]
        return "\n\t".join([*lines, f"*crypto provider: {dealer}*"])

    __str__ = __repr__

    def _repr_html_(self) -> str:
        from course.rich import pointer_html

        return pointer_html(self)

    def __format__(self, spec: str) -> str:
        if spec:
            self._refuse(f"Formatting with {spec!r}")
        return repr(self)

    def _refuse(self, asked: str) -> NoReturn:
        raise ValueRefusedError(asked, ", ".join(self.holders.names))

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise SavePointerError("A shared tensor", ", ".join(self.holders.names))

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            twin = self.detach().clone().requires_grad_(self.requires_grad)
            memo[id(self)] = torch.nn.Parameter(twin) if isinstance(self, torch.nn.Parameter) else twin
        return memo[id(self)]

    __hash__ = torch.Tensor.__hash__


def _refused(name: str) -> Callable[..., NoReturn]:
    def method(self: SharedTensor, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse(f"{name.strip('_')}()")

    return method


for _name in ("__bool__", "__int__", "__float__", "__index__", "__complex__", "item", "tolist", "numpy", "__array__"):
    setattr(SharedTensor, _name, _refused(_name))


class Refreshed(torch.autograd.Function):
    """Other shares of the same secret: the gradient passes as it is."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return ask("refresh", x, out=x, precision=x.precision)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return gradients[0]


# ---- products that may have left the ring ----------------------------------------------------------------------------

CHECKED = frozenset(
    {
        *("mul", "square", "matmul", "linear", "mul_public", "matmul_public", "quotient"),
        *("conv2d", "conv2d_public", "conv2d_input", "conv2d_weight"),
    }
)  # programs that multiply
WAITING = 2**22  # numbers that wait for a check at most: holders keep factors and products until then
EACH = 2**12  # for how many numbers a product counts besides: holders look through all of them at a change in place


class Batch:
    """Products of secrets of the same holders that wait for one check: it comes before the next `get()` of a result.

    Where it fails, the error comes back with everything that was computed since the check before, or from that.
    """

    def __init__(self, *left: str) -> None:
        self.numbers = 0
        self.passed = False
        self.left = left  # the facts of the error, where one of them has left the ring

    def check(self, holders: Holders) -> None:
        """Let the holders find out, once. RingLeftError if a product has left the ring."""
        self.refuse()
        if self.passed:
            return
        try:
            ask("products_hold", out=(), precision=None, holders=holders)
        except RingLeftError as error:
            self.left = error.facts
            raise
        self.passed = True

    def refuse(self) -> None:
        """RingLeftError where that has been found."""
        if self.left:
            raise RingLeftError(*self.left)

    def add(self, holders: Holders, numbers: int) -> None:
        """So many more numbers wait. Too many are not: they are checked now."""
        self.numbers += numbers
        if self.numbers > WAITING:
            self.check(holders)


def batch_of(holders: Holders) -> Batch:
    """The one that new products of these holders belong to."""
    batches = _batches.setdefault(holders.network, {})
    batch = batches.get(holders)
    if batch is None or batch.passed or batch.left:
        batch = batches[holders] = Batch()
    return batch


_batches: weakref.WeakKeyDictionary[Any, dict[Holders, Batch]] = weakref.WeakKeyDictionary()


class check_products:  # noqa: N801  as torch.set_grad_enabled: a switch, and a block in which it is so
    """Whether the holders look if a product of secrets has left the ring, before `get()` opens what came of it.

    >>> import course as sy
    >>> with sy.check_products(True):
    ...     sy.cost(lambda x, y: (x * y).get(), (100,), (100,))
    Cost(rounds=6, opened=6440, dealt=10432)
    >>> with sy.check_products(False):
    ...     sy.cost(lambda x, y: (x * y).get(), (100,), (100,))
    Cost(rounds=2, opened=2400, dealt=4800)

    With True, and as long as nobody says otherwise, a result of such a product is not given out: RingLeftError. All
    products since the last time are checked together, in four rounds however many they are (`exact`). A product has 60
    bits and a sign then; and a quotient of secrets, which is a product by 1 / y, 40 bits in units of the last digit.
    With False you say that all have room.

    A product whose factors have a declared bound (`share(..., bound=...)`) is known to fit before it runs, and is not
    checked. Nor are whole numbers that were shared without a precision, which wrap around as int64 does; nor sums:
    those of fewer than 2**20 numbers have room for numbers up to 2**42, in units of the last digit.
    """

    on = True  # if nobody says otherwise

    def __init__(self, mode: bool) -> None:
        self.before = check_products.on
        check_products.on = mode

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        check_products.on = self.before


def is_claimed(program: str, args: Sequence[Any], out: Tensor) -> bool:
    """Whether this product is to be checked: of numbers with digits after the point, and not of one with a bit."""
    is_bit = any(isinstance(arg, Tensor) and arg.dtype is torch.bool for arg in args)
    return check_products.on and program in CHECKED and out.dtype.is_floating_point and not is_bit


# ---- asking the holders ----------------------------------------------------------------------------------------------


def scale_of(x: SharedTensor) -> int:
    """What the values are multiplied by: 1 for integers."""
    return x._fixed.scale if x.dtype.is_floating_point else 1


def ask(
    program: str,
    *args: Any,
    out: Any,
    precision: Precision | None,
    into: SharedTensor | None = None,
    holders: Holders | None = None,
) -> Any:
    """Let the holders run a program on these arguments.

    args: shared tensors, lists of them, public tensors (int64), plain constants. out: tensors (a tuple of them, for
    several results) of which shape and dtype are those of the results. into: what to write the result to. holders: who
    is asked, where no argument is shared.
    """
    shared = [
        part for arg in args for part in (arg if isinstance(arg, list) else [arg]) if isinstance(part, SharedTensor)
    ]
    holders = holders or shared[0].holders
    for other in shared:
        if other.holders is not holders and other.holders != holders:
            raise HoldersDifferError(program, repr(holders), repr(other.holders))
    forms = out if isinstance(out, tuple) else (out,)
    earlier = {part.batch for part in shared if part.batch is not None and not part.batch.passed}
    for batch in earlier:
        batch.refuse()
    claimed = bool(forms) and is_claimed(program, args, forms[0])
    network = holders.network
    ids = [(network.me.new_id(),) * len(holders.workers) for _ in forms] if into is None else [into._held.ids]
    kept = network.deliver_joint(joint(program, (*args, True) if claimed else args, ids, holders))
    if into is None:
        held = [Held(holders, id) for id in (ids if kept is None else zip(*kept, strict=True))]
        results = [
            SharedTensor.of(one, form.shape, form.dtype, precision) for one, form in zip(held, forms, strict=True)
        ]
    else:
        results = [into]
    waits = batch_of(holders) if claimed or earlier else None
    for result in results:
        result.batch = waits
    if waits is not None and claimed:
        waits.add(holders, EACH + sum(arg.numel() for arg in (*args, *forms) if isinstance(arg, Tensor)))
    return tuple(results) if isinstance(out, tuple) else results[0]


def joint(program: str, args: Sequence[Any], ids: Sequence[Sequence[int]], holders: Holders) -> list[Joint]:
    """The message to each holder: the same program, its own shares. ids: of each result, at all holders."""
    values: list[Tensor] = []
    named = [reference(arg, values) for arg in args]
    me = holders.network.me.id
    dealer = "" if holders.dealer is None else holders.dealer.id
    return [
        Joint(
            me, worker.id, program, holders.names, dealer, holders.protocol,
            tuple([at_place(name, place) for name in named]), tuple([id[place] for id in ids]), tuple(values),
        )
        for place, worker in enumerate(holders.workers)
    ]  # fmt: skip


def reference(arg: Any, values: list[Tensor]) -> Any:
    """An argument as a Joint message names it; of a share, still the ids at all holders (`at_place`)."""
    if isinstance(arg, SharedTensor):
        return arg._held
    if isinstance(arg, Tensor):
        values.append(arg)
        return Group("public", ((len(values) - 1,),))
    if isinstance(arg, list) and arg and isinstance(arg[0], SharedTensor):
        return [part._held for part in arg]
    return (tuple(arg) if isinstance(arg, list) else arg,)


def at_place(name: Any, place: int) -> Any:
    """What an argument is called at one of the holders."""
    if isinstance(name, Held):
        return name.ids[place]
    return Group("list", tuple([held.ids[place] for held in name])) if isinstance(name, list) else name


# ---- sharing ---------------------------------------------------------------------------------------------------------


def share_from_here(values: Tensor, dtype: torch.dtype, precision: Precision | None, holders: Holders) -> SharedTensor:
    """Split values that are here, int64, and send each holder its share."""
    if holders.protocol:
        return share_with_macs(values, dtype, precision, holders)
    network = holders.network
    me = network.me
    shares = split(values, len(holders.workers), draws_of(network))
    ids = []
    for worker, share in zip(holders.workers, shares.unbind(0), strict=True):
        id = me.new_id()
        reply = network.deliver(Send(me.id, worker.id, (Item(id, share),)))
        ids.append(id if reply is None else reply.answer[0])
    return SharedTensor.of(Held(holders, ids), values.shape, dtype, precision)


def share_with_macs(values: Tensor, dtype: torch.dtype, precision: Precision | None, holders: Holders) -> SharedTensor:
    """The holders take shares with MACs of a mask; you learn the mask, and tell them the values minus the mask.

    Raises PrecisionError for values of more than 32 bits: the other half of the ring is the MACs'.
    """
    if values.numel() and not -(2**31) <= int(values.min()) <= int(values.max()) < 2**31:
        raise PrecisionError("A number of more than 32 bits among shares with MACs", "2**31")
    form = torch.empty(values.shape, dtype=dtype, device="meta")
    slices = torch.empty((3, *values.shape), dtype=torch.int64, device="meta")
    masked, tells = ask("masks", tuple(values.shape), out=(form, slices), precision=precision, holders=holders)
    mask = told(fetched(tells._held))
    return ask("add_public", masked, values - mask, 1, out=form, precision=precision)  # type: ignore[no-any-return]


def share_at(pointer: PointerTensor, precision: Precision | None, holders: Holders) -> SharedTensor:
    """Let the worker that holds a tensor split it, and send each holder its share: nothing of it comes here."""
    if holders.protocol:
        why = "whoever brings in a secret masks it, and only what is here can be masked so far"
        raise SharedError("share() from a pointer, with MACs", why, "Leave out the protocol, or share what is here")
    dtype = pointer.dtype if precision is None else torch.get_default_dtype()
    shape = tuple(pointer.shape)
    network = holders.network
    me = network.me
    ids = tuple([me.new_id() for _ in holders.workers])
    scale = 1 if precision is None else precision.scale
    reply = network.deliver(Split(me.id, pointer.location.id, pointer.ref, holders.names, scale, ids))
    return SharedTensor.of(Held(holders, ids if reply is None else reply.answer), shape, dtype, precision)
