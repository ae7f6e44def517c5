"""What crosses between the parties while a shared model learns: masked values, and the loss where the program gets it.

The training is that of seed 002, in its own words. Everything here holds on both transports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import pytest
import torch
from torch import Tensor

import course as sy
import course.compat  # noqa: F401  the seed imports the library by its old name
from course.messages import Deal, Delete, Get, Joint, Open, Reply
from course.smpc.exact import PRIME
from course.smpc.fixed_precision import Precision, encode
from course.transcript import values_in
from tests.seeds.test_seed_002 import Arguments, Model
from tests.seeds.test_seed_002_encrypted import (
    encrypted_federated_train,
    encrypted_model,
    get_private_data_loaders,
    the_arguments,
    the_dataset,
)

# All that parties ever open to each other: a secret less, plus or XOR a mask that the dealer drew for this once.
MASKED = {"x - a", "x - a, y - b", "x + r", "x + r, coin", "x ^ a, y ^ b", "bits ^ b", "sign ^ b"}
RESIDUES = "x - a, y - b modulo p"  # the same, of residues
CHECK = "a multiple of what is wrong"  # and before a result is opened: 0, if no product has left the ring
NAMES = ["bob", "alice", "claire"]
UNITS = 64  # of the last place: so far two roundings of one number may lie apart
EPOCHS, ROWS = 2, 3
SIGMAS = 7  # for up to half a million places looked at: a false alarm once in a million runs


@pytest.fixture(params=[2, 3])
def holders(request: pytest.FixtureRequest, hook: sy.TorchHook) -> list[Any]:
    return [sy.VirtualWorker(hook, id=name) for name in NAMES[: request.param]]


@pytest.fixture
def cp(hook: sy.TorchHook) -> Any:
    return sy.VirtualWorker(hook, id="crypto_provider")


def arguments() -> Arguments:
    args = the_arguments()
    args.epochs = EPOCHS
    return args


def shared_training(rows: list[Any], seed: int, holders: list[Any], cp: Any) -> Callable[[], None]:
    """The training of seed 002: data and model are shared here, and learn when it is called."""
    args = arguments()
    loader, _ = get_private_data_loaders(rows, args.precision_fractional, holders, cp)
    torch.manual_seed(seed)
    model, optimizer = encrypted_model(args, holders, cp)
    return lambda: encrypted_federated_train(model, loader, optimizer, args)


def plain_numbers(rows: list[Any], seed: int) -> dict[str, list[Tensor]]:
    """The numbers of the same training in plain torch, by what they are."""
    torch.manual_seed(seed)
    args = arguments()
    model = Model(args).fix_precision(args.precision_fractional)
    found: dict[str, list[Tensor]] = {"inputs": [], "parameters": [], "activations": [], "gradients": [], "losses": []}

    def keep(layer: Any, given: Any, output: Tensor) -> None:
        found["activations"] += [output.detach().clone(), output.detach().relu()]
        output.register_hook(lambda gradient: found["gradients"].append(gradient.clone()))

    for layer in (*model.hidden_layers, model.output):
        layer.register_forward_hook(keep)
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr)
    for _ in range(args.epochs):
        for data, target in rows:
            found["inputs"] += [data.detach(), target]
            found["parameters"] += [parameter.detach().clone() for parameter in model.parameters()]
            optimizer.zero_grad()
            loss = ((model(data) - target) ** 2).sum()
            loss.backward()
            found["gradients"] += [parameter.grad.clone() for parameter in model.parameters()]
            optimizer.step()
            found["losses"].append(loss.detach())
    return found


def encodings(tensors: list[Tensor]) -> Tensor:
    """Their integers, sorted; without those that are no bigger than a bit, which say nothing."""
    precision = Precision(arguments().precision_fractional)
    integers = torch.cat([encode(tensor, precision).flatten() for tensor in tensors]).unique()
    return integers[integers.abs() > UNITS]


def among(secrets: Tensor, seen: Tensor) -> int:
    """How many of the numbers seen are within UNITS of a secret."""
    places = torch.searchsorted(secrets, seen)
    around = torch.stack([secrets[(places - 1).clamp(min=0)], secrets[places.clamp(max=len(secrets) - 1)]])
    apart = (around.double() - seen.double()).abs()
    return int((apart <= UNITS).any(0).sum())


def added_up(messages: list[Any]) -> Iterator[tuple[str, list[Tensor]]]:
    """The openings among what all parties saw: the shares that each sent, put together."""
    opened = [seen for seen in messages if seen.what in MASKED | {RESIDUES, CHECK}]
    count = len({seen.sender for seen in opened})
    for start in range(0, len(opened), count * (count - 1)):
        one = opened[start : start + count * (count - 1)]
        assert len({(seen.sender, seen.receiver) for seen in one}) == len(one)
        sent = {seen.sender: seen.tensors for seen in one}
        yield one[0].what, [together(one[0].what, list(parts)) for parts in zip(*sent.values(), strict=True)]


def together(what: str, shares: list[Tensor]) -> Tensor:
    whole = shares[0].clone()
    for share in shares[1:]:
        whole = whole ^ share if "^" in what else whole + share
    return whole % PRIME if what in (RESIDUES, CHECK) else whole


def ones_of(seen: Tensor) -> Tensor:
    """How often each bit of these numbers is 1, over the last axis: (..., bits)."""
    return torch.stack([((seen >> place) & 1).sum(-1) for place in range(8 * seen.element_size())], -1).double()


def test_only_masked_values_are_opened_and_the_loss_where_it_is_asked_for(holders: list[Any], cp: Any) -> None:
    train = shared_training(the_dataset()[:ROWS], 42, holders, cp)
    with sy.record() as log, sy.check_products(True):
        train()
    names = {holder.id for holder in holders}
    steps = EPOCHS * ROWS
    asked, told = 0, []
    for message in log:
        assert isinstance(message, (Deal, Delete, Get, Joint, Open, Reply))
        if isinstance(message, Open):
            assert message.what in MASKED | {RESIDUES, CHECK} and {message.sender, message.receiver} <= names
        if isinstance(message, Deal):
            assert message.sender == cp.id and message.receiver in names
        asked += isinstance(message, Get)
        if message.receiver == "me" and values_in(message):
            told.append([(spec.dtype, spec.shape) for spec in values_in(message)])
    assert asked == steps * len(holders)
    assert told == [[(torch.int64, ())]] * asked  # one share of one loss each


def test_nothing_that_was_opened_is_an_input_parameter_activation_or_gradient(holders: list[Any], cp: Any) -> None:
    rows = the_dataset()[:ROWS]
    secrets = {name: encodings(tensors) for name, tensors in plain_numbers(rows, 42).items()}
    with sy.attacks.watch(sy.local_worker, cp, *holders) as view, sy.check_products(True):
        shared_training(rows, 42, holders, cp)()

    opened: dict[tuple[str, torch.dtype], list[Tensor]] = {}
    for what, tensors in added_up(list(view.messages)):
        for tensor in tensors:
            opened.setdefault((what, tensor.dtype), []).append(tensor.flatten())
    checks = torch.cat(opened.pop((CHECK, torch.int64)))
    assert checks.tolist() == [0] * (EPOCHS * ROWS)
    ring = [parts for (what, dtype), parts in opened.items() if dtype == torch.int64 and what != RESIDUES]
    whole = torch.cat([numbers for parts in ring for numbers in parts])
    assert len(whole) > 10_000
    residues = torch.cat(opened[RESIDUES, torch.int64])
    for numbers in secrets.values():  # of 31 bits only: by chance some are equal
        chance = len(residues) * len(numbers) * (2 * UNITS + 1) / PRIME
        assert among((numbers % PRIME).unique(), residues) <= chance + SIGMAS * (chance**0.5 + 1) < len(residues) / 100
    assert {name: among(numbers, whole) for name, numbers in secrets.items()} == dict.fromkeys(secrets, 0)
    for numbers in opened.values():
        seen = torch.cat(numbers)
        ones = ones_of(seen)
        used = ones[ones > 0]  # a shared bit is one bit of a byte
        assert len(used) and ((used - len(seen) / 2).abs() < SIGMAS * (len(seen) / 4) ** 0.5).all()

    # The same eyes do find what somebody may see: the losses that came to me, and the data, whose shares I sent.
    losses = sums([seen for seen in view.messages if seen.receiver == "me"], len(holders))
    assert among(secrets["losses"], losses) == len(losses) == EPOCHS * ROWS
    sent = sums([seen for seen in view.messages if seen.sender == "me" and not seen.what], len(holders))
    assert among(secrets["inputs"], sent) >= len(secrets["inputs"])


def sums(messages: list[Any], count: int) -> Tensor:
    """The secrets whose shares these messages carried, to or from one holder after the other."""
    groups = [messages[at : at + count] for at in range(0, len(messages), count)]
    return torch.cat([torch.stack([seen.tensors[0].flatten() for seen in group]).sum(0) for group in groups])


# ---- what all but one saw --------------------------------------------------------------------------------------------

COPIES = 4_000  # of one secret, so that chances become shares


def a_step(x: Any) -> Any:
    """A step of training for each number by itself: its own weight, its own row."""
    weight = x.detach().clone().requires_grad_()
    ((weight * x - 1).relu() ** 2).sum().backward()
    with torch.no_grad():
        weight -= 0.25 * weight.grad
    return weight


BLOCKS: dict[str, Callable[[Any], Any]] = {
    "x + 1": lambda x: x + 1,
    "refresh": lambda x: x.refresh(),
    "x * x": lambda x: x * x.detach().clone(),
    "x ** 2": lambda x: x**2,
    "x / 3": lambda x: x / 3,
    "x < 0": lambda x: x < 0,
    "relu": lambda x: x.relu(),
    "a step of training": a_step,
}


def columns(view: Any) -> list[Tensor]:
    """All that the watched ones saw, tensor by tensor, as rows of COPIES; and what they can add up of it."""
    seen = list(view.messages)
    found = [part for message in seen for part in message.tensors]
    for _, same in groupby(seen, key=lambda message: (message.sender == "me", message.what)):
        group = list(same)
        for parts in zip(*[message.tensors for message in group], strict=False):
            if len({(part.shape, part.dtype) for part in parts}) == 1:
                found += [torch.stack(parts).sum(0), *[parts[0] ^ part for part in parts[1:]]]
    return [row for part in found if part.shape[-1:] == (COPIES,) for row in part.reshape(-1, COPIES)]


def profile(view: Any) -> list[Tensor]:
    """How often each bit was 1 in each column, and in each column XOR the next, and the next but one."""
    rows = columns(view)
    wide = [row.long() for row in rows]
    pairs = [one ^ other for step in (1, 2) for one, other in zip(wide, wide[step:], strict=False)]
    return [ones_of(row) for row in (*rows, *pairs)]


def seen_of(secret: float, block: Callable[[Any], Any], holders: list[Any], cp: Any, watched: list[Any]) -> Any:
    with sy.attacks.watch(*watched) as view:
        x = torch.full((COPIES,), secret).fix_precision(8, base=2).share(*holders, crypto_provider=cp)
        block(x)
    return view


def alike(one: list[Tensor], other: list[Tensor]) -> bool:
    """Two secrets, one distribution: no bit is 1 more often under one of them than chance would have it."""
    assert len(one) == len(other) > 0
    chance = (2 * COPIES / 4) ** 0.5
    return all(bool(((a - b).abs() < SIGMAS * chance).all()) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", BLOCKS)
def test_what_all_but_one_saw_does_not_depend_on_the_secret(name: str, holders: list[Any], cp: Any) -> None:
    for honest in holders:
        watched = [holder for holder in holders if holder is not honest]
        one, other = [profile(seen_of(secret, BLOCKS[name], holders, cp, watched)) for secret in (25.0, -3.5)]
        assert alike(one, other)
        assert ((one[0] - COPIES / 2).abs() < SIGMAS * (COPIES / 4) ** 0.5).all()  # a share of the secret: uniform


@pytest.mark.parametrize("name", BLOCKS)
def test_the_same_eyes_tell_secrets_apart_that_all_holders_put_together(name: str, holders: list[Any], cp: Any) -> None:
    one, other = [profile(seen_of(secret, BLOCKS[name], holders, cp, holders)) for secret in (25.0, -3.5)]
    assert not alike(one, other)


def test_the_public_numbers_of_a_training_are_the_same_for_other_secrets(holders: list[Any], cp: Any) -> None:
    """What I tell the holders to do, and all that they tell each other but for the masked values."""

    def run(shift: float, seed: int) -> list[Any]:
        sy.reset()
        sy.seed(0)
        workers = [sy.VirtualWorker(sy.TorchHook(torch), id=holder.id) for holder in (*holders, cp)]
        rows = [(data.detach() + shift, target) for data, target in the_dataset()[:ROWS]]
        train = shared_training(rows, seed, workers[:-1], workers[-1])
        with sy.attacks.watch(*workers) as view:
            train()
        told = []
        for seen in view.messages:
            plan = seen.sender == "me" and seen.what
            forms = [(part.dtype, tuple(part.shape)) for part in seen.tensors]
            values = [part.tolist() for part in seen.tensors] if plan else []
            told.append((seen.sender, seen.receiver, seen.what, forms, values))
        return told

    assert run(0.0, 1) == run(0.5, 2)
