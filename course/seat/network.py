"""The workers as they look from the seat: handles. They, their stores and the transcript are with the judge."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from course.codec import decode, encode
from course.errors import UnknownWorkerError
from course.messages import Delete, Get, Item, Joint, Message, Move
from course.seat.desk import Desk
from course.seat.wire import Ended
from course.transports.host import as_they_are, may_draw, random_state, set_random_state
from course.transports.in_process import Kept, Network
from course.virtual_worker import VirtualWorker

__all__ = ["SeatNetwork"]

SEED = 8  # of the ids that are drawn here; the judge's are drawn from another


class SeatNetwork(Network):
    """Every message goes to the judge as bytes, and so does its reply."""

    apart = staticmethod(as_they_are)

    def __init__(self, me: VirtualWorker, desk: Desk) -> None:
        super().__init__(me, SEED)
        self.desk = desk
        self.dropped: list[bytes] = []  # deletes that nobody waits for: they go with what is asked next

    def ask(self, verb: str, *parts: Any) -> Any:
        """Ask the judge's network."""
        if not self.is_open:
            raise UnknownWorkerError("a worker", "A message of an older question")
        dropped, self.dropped = self.dropped, []
        reply, changed, self.shared = self.desk.ask("network", dropped, verb, *parts)
        self.backwards += bool(changed)
        return reply

    def deliver(self, message: Message) -> Any:
        if message.receiver not in self.handles:
            raise UnknownWorkerError(message.receiver, f"A {type(message).__name__} message")
        draws = random_state() if may_draw(message) else None
        reply, drawn = self.ask("deliver", encode(message), draws)
        if drawn is not None:  # there is one generator, wherever it is drawn from
            set_random_state(drawn)
        return None if reply is None else decode(reply)

    def deliver_joint(self, messages: Sequence[Joint]) -> Kept:
        kept = self.ask("joint", [encode(message) for message in messages])
        return None if kept is None else tuple(map(tuple, kept))

    def drop(self, message: Delete) -> None:
        if self.is_open:
            self.dropped.append(encode(message))

    def add(self, name: str) -> VirtualWorker:
        if name not in self.handles:
            self.ask("add", name)
            self.know([name])
        return self.handles[name]

    def know(self, names: Sequence[str]) -> None:
        """These workers exist."""
        for name in names:
            if name not in self.handles:
                self.handles[name] = VirtualWorker.connect(name, self)

    def release(self, message: Get | Move) -> None:
        self.ask("release", encode(message))

    def withdraw(self, message: Move) -> None:
        self.ask("withdraw", encode(message))

    def restore(self, message: Get, item: Item) -> None:
        self.ask("restore", encode(message), item.id)

    def ids_on(self, name: str) -> list[int]:
        return list(self.ask("ids_on", name)) if self.is_open else []

    def peek(self, name: str, ids: list[int]) -> tuple[Item, ...]:
        if not ids:
            return ()
        found = self.ask("peek", name, list(ids))
        return () if found is None else decode(found).items  # type: ignore[union-attr]

    def watch(self, names: tuple[str, ...]) -> None:
        """The judge watches."""

    def close(self) -> None:
        with suppress(Ended):
            super().close()
