"""The network in one process: a message is handed to the worker it is for, after the transcript has written it down."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from course.errors import GraphEndsWarning, UnknownWorkerError
from course.messages import Answer, Delete, Get, GraphEnds, Item, Joint, Message, Move, Peek, PointerSpec, Send
from course.pointers import call_at, check_sendable, make_pointer, spec_of
from course.transcript import Transcript
from course.virtual_worker import VirtualWorker
from course.worker import Worker, apart, pack

__all__ = ["Kept", "Network"]

Kept: TypeAlias = "tuple[tuple[int, ...], ...] | None"


class Network:
    """Workers that can send each other messages, and the transcript of what they sent."""

    spec_of = staticmethod(spec_of)
    call_at = staticmethod(call_at)
    run_together: Callable[[Network, Sequence[Joint]], Kept]  # a protocol: course/smpc/engine.py is what sets it
    apart = staticmethod(apart)  # what a message carries is handed over as it is, so it has to be a copy

    def __init__(self, me: VirtualWorker, seed: int | None) -> None:
        self.seed = seed
        self.workers: dict[str, Worker] = {}
        self.handles: dict[str, VirtualWorker] = {}
        self.transcript = Transcript()
        self.log: Callable[[Message], None] = self.transcript.append
        self.watched: tuple[str, ...] = ()  # the workers whose messages come to the log with their values
        self.backwards = 0  # how often gradients may have changed: what pointers know of them is stamped with it
        self.shared = False  # whether two pointers have ever pointed to one object
        self.moving: tuple[Move, int, tuple[int, ...] | None] | None = None  # what the last Move has sent on
        self.graph_end_told = False
        self.heirs: dict[tuple[str, int], Any] = {}  # who gets an id when it is free: pointers, held weakly
        self.is_open = True
        self.me = me
        self.workers[me.id] = Worker(me.id, self, seed)
        self.handles[me.id] = me

    def enter(self) -> None:
        """Make this the network of the local worker."""
        self.me.network = self
        self.me.new_id = self.workers[self.me.id].ids.new

    def start(self) -> None:
        """Get ready for messages now; else the first one waits until the network is."""

    def catch_up(self) -> None:
        """Write down what was said and not yet written down. Here everything is, at once."""

    def watch(self, names: tuple[str, ...]) -> None:
        """From here on messages to and from these workers come to the log with their values. Here all of them do."""
        self.watched = names

    def deliver(self, message: Message) -> Any:
        """Carry a message to its receiver. Returns the reply, or None."""
        self.log(message)
        worker = self.workers.get(message[1])
        if worker is None:
            raise UnknownWorkerError(message.receiver, f"A {type(message).__name__} message")
        reply = worker.execute(message)
        if reply is not None:
            self.log(reply)
        return reply

    def deliver_joint(self, messages: Sequence[Joint]) -> Kept:
        """Carry these messages to the parties of a protocol, who run it together.

        Returns for each party the ids of its results, or None where these are those that were asked for.
        """
        for message in messages:
            self.log(message)
            if message.receiver not in self.workers:
                raise UnknownWorkerError(message.receiver, "A Joint message")
        return self.run_together(self, messages)

    def forward(self, message: Move, send: Send) -> Answer | None:
        """Deliver what a Move sends on, and remember it until the Move is complete."""
        self.moving = message, len(self.ids_on(send.receiver)), None
        reply: Answer | None = self.deliver(send)
        self.moving = message, 0, tuple([item.id for item in send.items]) if reply is None else reply.answer
        return reply

    def withdraw(self, message: Move) -> None:
        """Whoever asked for a Move was interrupted before he knew: what has arrived goes, and stays where it was."""
        moving, count, refs = self.moving or (None, 0, ())
        if moving != message or message.to not in self.workers:
            return
        objects = self.workers[message.to].store.objects
        for ref in list(objects)[count:] if refs is None else refs:
            objects.pop(ref, None)

    def release(self, message: Get | Move) -> None:
        """What was asked for has arrived whole: only now it leaves its store. Not a message, no row."""
        if message.receiver in self.workers:
            self.workers[message.receiver].release(message)

    def restore(self, message: Get, item: Item) -> None:
        """Somebody was interrupted when the reply to a Get was here already: its object is where it was."""
        if message.receiver in self.workers:
            self.workers[message.receiver].restore(item)

    def drop(self, message: Delete) -> None:
        """Carry a `Delete`, sent when a pointer is gone. Nobody waits; it is ignored after the session closes."""
        if self.is_open:
            self.log(message)
            self.workers[message.receiver].store.delete(message.ref)

    def add(self, name: str) -> VirtualWorker:
        """A handle to the worker of this name, which is made if it is new."""
        return self.handles.get(name) or self._add_here(name)

    def _add_here(self, name: str) -> VirtualWorker:
        worker = self.workers[name] = Worker(name, self, self.seed)
        handle = self.handles[name] = VirtualWorker.connect(name, self, worker.ids.new)
        return handle

    def handle(self, name: str) -> VirtualWorker:
        """The handle of a worker that exists. UnknownWorkerError otherwise."""
        try:
            return self.handles[name]
        except KeyError:
            raise UnknownWorkerError(name, "Your request") from None

    def point(self, owner: str, spec: PointerSpec, id: int | None, hold: bool) -> Any:
        """A live pointer of this owner to what the spec names."""
        return make_pointer(self.handle(owner), self.handle(spec.location), spec.ref, id, hold, owns=hold)

    def send_on(self, owner: str, value: Any, to: str) -> Any:
        """Send a value that this owner has to another worker, as a step of a plan does. The owner's pointer to it."""
        there = self.handle(to)
        check_sendable(value, there, self.handle(owner))
        id = self.workers[owner].ids.new()
        reply = self.deliver(Send(owner, to, pack([(id, value)], self)))
        return make_pointer(self.handle(owner), there, id if reply is None else reply.answer[0], None, False)

    def move_on(self, pointer: Any, to: str) -> Any:
        """Move what a pointer of a plan points to."""
        return pointer.move(self.handle(to))

    def graph_ends(self, owner: str, id: int) -> None:
        """A backward pass came to an object of this owner that had left its graph elsewhere. Said once a session."""
        if self.graph_end_told:
            return
        self.graph_end_told = True
        if owner != self.me.id:
            self.log(GraphEnds(owner, self.me.id, id))
        self.warn_of_graph_end(owner, id)

    def warn_of_graph_end(self, owner: str, id: int) -> None:
        warnings.warn(GraphEndsWarning(owner, str(id)), stacklevel=2)

    def restart_ids(self, seed: int | None) -> None:
        """Begin the ids of all workers anew, from this seed."""
        self.seed = seed
        for worker in self.workers.values():
            worker.ids.restart(seed)

    def close(self) -> None:
        """Forget the workers. Pointers that are still around point to nothing."""
        self.is_open = False
        self.workers.clear()

    def count(self, name: str) -> int:
        """How many objects a worker holds."""
        return len(self.ids_on(name))

    def ids_on(self, name: str) -> list[int]:
        """The ids of the objects that a worker holds; none after the end of the session."""
        worker = self.workers.get(name)
        return [] if worker is None else list(worker.store.objects)

    def peek(self, name: str, ids: list[int]) -> tuple[Item, ...]:
        """Copies of objects in a worker's store, looked at from outside and written down as a Peek."""
        if name not in self.workers:
            raise UnknownWorkerError(name, "A look at its objects")
        store = self.workers[name].store
        items = pack([(id, store.find(id)) for id in ids], self)
        if items:
            self.log(Peek(name, self.me.id, items))
        return items
