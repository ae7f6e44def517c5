"""The view: what an attacker really received, with its values. It is all that an attack gets.

    with sy.attacks.watch(secure_worker) as view:
        federation.run(sy.FedAvg(), rounds=1, epochs=5, lr=0.01)
    update = view.update("bob")

The attacker is honest but curious: it follows the protocol and reads what passes through its hands. That is the values
in the messages to it, and in those from it, which it had before. A view holds copies of these and nothing else: no
model, no pointer, no store. Several attackers who put together what they saw share one view.

Outside of a `watch` block nothing is kept, for the transcript keeps no values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from course.errors import CourseError
from course.messages import Deal, Joint, Message, Open, Peek, Reply, Send
from course.session import local_worker
from course.transcript import look
from course.virtual_worker import VirtualWorker, check_worker

__all__ = [
    "NotSeenError",
    "NothingSeenError",
    "Seen",
    "Update",
    "View",
    "check_seen",
    "check_update",
    "check_view",
    "watch",
]


class NothingSeenError(CourseError, LookupError):
    """Asking a view for an update that its attackers did not see."""


class NotSeenError(CourseError, TypeError):
    """An attack on something that is not from a view."""


class Seen(NamedTuple):
    """One message that an attacker received or sent: its tensors in their order, and the gradient beside each.

    `what`: what they are in a protocol on shares, such as "x - a" or "Triple"; else "".
    """

    sender: str
    receiver: str
    tensors: tuple[torch.Tensor, ...]
    grads: tuple[torch.Tensor | None, ...]
    what: str = ""


@dataclass(frozen=True)
class Update:
    """What one client made of a model: its tensors before and after, weight, bias, weight, bias and so on."""

    client: str
    seen_by: tuple[str, ...]
    before: tuple[torch.Tensor, ...]
    after: tuple[torch.Tensor, ...]

    @property
    def change(self) -> tuple[torch.Tensor, ...]:
        """before - after in float64: for plain SGD the sum of lr * gradient over the local steps."""
        return tuple([b.double() - a.double() for b, a in zip(self.before, self.after, strict=True)])

    def __repr__(self) -> str:
        return f"<Update of {self.client}, seen by {' and '.join(self.seen_by)}: {shapes(self.before)}>"


class View:
    """What these attackers received and sent while they were watched."""

    def __init__(self, attackers: tuple[str, ...]) -> None:
        self.attackers = attackers
        self._kept: list[Seen] = []

    @property
    def messages(self) -> tuple[Seen, ...]:
        """The messages with values to or from an attacker, oldest first."""
        return tuple(self._kept)

    def received(self, sender: Any = None) -> list[Seen]:
        """Those that an attacker received, from this worker or from all."""
        name = name_of(sender)
        return [seen for seen in self._kept if seen.receiver in self.attackers and name in (None, seen.sender)]

    def sent(self, receiver: Any = None) -> list[Seen]:
        """Those that an attacker sent, to this worker or to all."""
        name = name_of(receiver)
        return [seen for seen in self._kept if seen.sender in self.attackers and name in (None, seen.receiver)]

    def updates(self, client: Any) -> list[Update]:
        """Each model (two tensors or more) that an attacker handed to this client and got back, oldest first."""
        client, found, handed = name_of(client), [], {}
        for seen in self._kept:
            key = shapes(seen.tensors)
            if len(seen.tensors) < 2 or seen.what:
                continue
            if seen.receiver == client and seen.sender in self.attackers:
                handed[key] = seen.tensors
            elif seen.sender == client and seen.receiver in self.attackers and key in handed:
                found.append(Update(client, self.attackers, handed.pop(key), seen.tensors))
        return found

    def update(self, client: Any) -> Update:
        """The last of the updates of this client. NothingSeenError if the attackers saw none."""
        client, found = name_of(client), self.updates(client)
        if not found:
            raise NothingSeenError(
                f"{self} holds no update of {client}. An update is a model that an attacker handed to {client} and that"
                f" came back. Whoever gets only a mean, or another's messages, does not see it: that is what protects"
                f" {client}. Watch the worker that receives the update, while it arrives: with sy.attacks.watch(worker)"
                f" as view: ..."
            )
        return found[-1]

    def note(self, message: Message) -> None:
        """Keep copies of the values of a message to or from an attacker."""
        if isinstance(message, (Deal, Joint, Open)):
            self._note_step(message)
        if not isinstance(message, (Send, Reply, Peek)):
            return
        items = [item for item in message.items if isinstance(item.value, torch.Tensor)]
        if items and {message.sender, message.receiver} & set(self.attackers):
            tensors = tuple([copied(item.value) for item in items])
            grads = tuple([None if item.grad is None else copied(item.grad) for item in items])
            self._kept.append(Seen(message.sender, message.receiver, tensors, grads))

    def _note_step(self, message: Deal | Joint | Open) -> None:
        """What was dealt and opened in a protocol on shares, and the public numbers that it was started with."""
        if message.values and {message.sender, message.receiver} & set(self.attackers):
            tensors = tuple([copied(value) for value in message.values])
            what = message.op if isinstance(message, Joint) else message.what
            self._kept.append(Seen(message.sender, message.receiver, tensors, (None,) * len(tensors), what))

    def __repr__(self) -> str:
        received = len(self.received())
        return f"<View of {' and '.join(self.attackers)}: {received} received, {len(self._kept) - received} sent>"


@contextmanager
def watch(*attackers: VirtualWorker) -> Iterator[View]:
    """Keep what these workers, who collude if they are several, receive and send in this block. Gives their View.

    >>> import torch, course as sy
    >>> hook = sy.TorchHook(torch)
    >>> bob, alice = sy.VirtualWorker(hook, id="bob"), sy.VirtualWorker(hook, id="alice")
    >>> with sy.attacks.watch(bob) as view:
    ...     x, y = torch.tensor([1, 2]).send(bob), torch.tensor([3, 4]).send(alice)
    >>> view.received("me")[0].tensors
    (tensor([1, 2]),)
    >>> view
    <View of bob: 1 received, 0 sent>
    """
    if not attackers:
        raise ValueError("watch() needs an attacker: a worker, such as the aggregator, or sy.local_worker for yourself")
    view = View(tuple([check_worker(worker, "watch").id for worker in attackers]))
    network = local_worker.network
    outer, watched = network.log, network.watched

    def both(message: Message) -> None:
        outer(message)
        view.note(message)

    network.log = both
    try:
        network.watch((*watched, *view.attackers))
        yield view
    finally:
        network.catch_up()
        network.watch(watched)
        network.log = outer


def name_of(worker: Any) -> Any:
    """The name of a worker, which may be given by its name."""
    return getattr(worker, "id", worker)


def copied(tensor: Any) -> torch.Tensor:
    """A copy without history: what the worker does to its own tensor later changes nothing in the view."""
    copy: torch.Tensor = tensor.detach().clone()
    return copy


def shapes(tensors: Sequence[torch.Tensor]) -> str:
    return ", ".join([look(tensor) for tensor in tensors])  # type: ignore[arg-type]


def check_view(view: Any, attack: str) -> View:
    """The view. NotSeenError for anything else."""
    if isinstance(view, View):
        return view
    raise NotSeenError(
        f"{attack}() takes a View, what attackers saw, and not {type(view).__name__}. An attack that reads a model, a"
        f" pointer or a tensor of yours would know what no attacker knows, and prove nothing. Watch the workers that"
        f" collude: with sy.attacks.watch(alice, claire) as view: ...; then {attack}(view, ...)."
    )


def check_update(update: Any, attack: str) -> Update:
    """The update. NotSeenError for anything else, such as a model or a tensor."""
    if isinstance(update, Update):
        return update
    raise NotSeenError(
        f"{attack}() takes an Update, what an attacker saw, and not {type(update).__name__}. An attack that reads a"
        f" model, a pointer or a tensor of yours would know what no attacker knows, and prove nothing. Watch the worker"
        f" that receives the update: with sy.attacks.watch(worker) as view: ...; then {attack}(view.update('bob'))."
    )


def check_seen(seen: Any, attack: str) -> list[Seen]:
    """The messages as a list. NotSeenError for anything else, and for none."""
    messages = [seen] if isinstance(seen, Seen) else seen
    if isinstance(messages, (list, tuple)) and messages and all(isinstance(message, Seen) for message in messages):
        return list(messages)
    what = "no messages" if isinstance(messages, (list, tuple)) and not messages else type(seen).__name__
    raise NotSeenError(
        f"{attack}() takes messages that an attacker saw, view.received('bob'), and not {what}. An attack that reads a"
        f" model, a pointer or a tensor of yours would know what no attacker knows, and prove nothing. Watch the worker"
        f" that receives them: with sy.attacks.watch(worker) as view: ..."
    )
