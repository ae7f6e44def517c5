"""Every party in a process of its own: the same protocols, with nothing between the parties but bytes.

A party has a link to each other party and one to the dealer. A link carries frames of bytes (it is a connection of
`multiprocessing`, of which only `send_bytes` and `recv_bytes` are used: nothing is ever unpickled).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from course.errors import WorkerGoneError
from course.smpc.authenticated import One, Uniform
from course.smpc.bits import And, BitMask, Mask
from course.smpc.comparison import SignMask
from course.smpc.dealer import Authenticated, Dealer, Request, Zeros
from course.smpc.exact import InnerMask, LiftMask
from course.smpc.products import Product, Square, Triple
from course.smpc.truncation import QuotientMask

__all__ = ["Exchange", "FarDealer", "Link", "serve"]

KINDS = (
    *(And, Authenticated, BitMask, InnerMask, LiftMask, Mask, One, Product, QuotientMask, SignMask, Square),
    *(Triple, Uniform, Zeros),
)
REQUESTS: dict[str, type] = {kind.__name__: kind for kind in KINDS}
DTYPES = {str(dtype)[6:]: dtype for dtype in (torch.int64, torch.int32, torch.int16, torch.int8)}
FINISHED = b"finished"


class Link(Protocol):
    """One end of a connection."""

    def send_bytes(self, data: Any) -> None: ...
    def recv_bytes(self) -> bytes: ...


class Exchange:
    """How one party opens: its slices go to all others, theirs come here. `links`: to each other one, by its place."""

    def __init__(self, place: int, links: Mapping[int, Link]) -> None:
        self.here = range(place, place + 1)
        self.links = links
        self._sender = ThreadPoolExecutor(1)  # both ends send first: a pipe that is full must not stop the reading

    def gather(self, names: Sequence[str], slices: list[Tensor], add: Callable[[Tensor], Tensor]) -> list[Tensor]:
        """One round: the values that all these slices add up to. WorkerGoneError where a party has died.

        Whoever is left then knows what was opened before, and no more: nothing puts a lost share together again.
        """
        own = self.here.start
        sent = self._sender.submit(self._send, [to_bytes(part) for part in slices])
        parts = {own: slices}
        for place, link in self.links.items():
            try:
                parts[place] = [from_bytes(link.recv_bytes(), part.dtype, tuple(part.shape)) for part in slices]
            except (EOFError, OSError):
                raise WorkerGoneError(names[place], "its link ended in the middle of a protocol") from None
        sent.result()
        return [add(torch.cat([parts[place][k] for place in sorted(parts)])) for k in range(len(slices))]

    def _send(self, frames: list[bytes]) -> None:
        for link in self.links.values():
            for frame in frames:
                link.send_bytes(frame)


class FarDealer(Dealer):
    """The dealer as a party reaches it: each request goes over the link, its own slices come back."""

    def __init__(self, count: int, link: Link) -> None:
        self.count = count
        self.link = link

    def deal(self, request: Request, here: range) -> tuple[Tensor, ...]:
        """This party's slices of the next material."""
        self.link.send_bytes(written(request))
        looks = json.loads(self.link.recv_bytes())
        material = [from_bytes(self.link.recv_bytes(), DTYPES[dtype], (1, *shape)) for dtype, shape in looks]
        return tuple(material)

    def finish(self) -> None:
        """Tell the dealer that this party needs nothing more."""
        self.link.send_bytes(FINISHED)


def serve(links: Sequence[Link], dealer: Dealer | None = None) -> None:
    """Deal until all parties have finished. links: to the parties, in their order.

    All have to ask for the same, request by request: else one of them is somewhere else in the program, and a
    ValueError says what they asked for. Nothing that was dealt is dealt again.
    """
    dealer = dealer or Dealer(len(links))
    while True:
        asked = [link.recv_bytes() for link in links]
        if all(request == FINISHED for request in asked):
            return
        if any(request != asked[0] for request in asked):
            told = "; ".join(f"party {place}: {request.decode()[:80]}" for place, request in enumerate(asked))
            raise ValueError(f"the parties are not at the same step, so what they would be dealt would not fit: {told}")
        material = dealer.deal(read(asked[0]), range(len(links)))
        looks = json.dumps([[str(part.dtype)[6:], list(part.shape[1:])] for part in material]).encode()
        for place, link in enumerate(links):
            link.send_bytes(looks)
            for part in material:
                link.send_bytes(to_bytes(part[place : place + 1]))


def written(request: Request) -> bytes:
    """A request as bytes: its kind and its fields, which may be requests themselves."""
    return json.dumps(_plain(request)).encode()


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        plain = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return {"kind": type(value).__name__, **plain}
    return str(value)[6:] if isinstance(value, torch.dtype) else value


def read(frame: bytes) -> Request:
    """The request that these bytes stand for."""
    request: Request = _made(json.loads(frame))
    return request


def _made(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return REQUESTS[value.pop("kind")](**{name: _made(part, name) for name, part in value.items()})
    if isinstance(value, list):
        return tuple(value)
    return DTYPES[value] if name == "dtype" else value


def to_bytes(part: Tensor) -> bytes:
    return part.contiguous().numpy().tobytes()


def from_bytes(frame: bytes, dtype: torch.dtype, shape: tuple[int, ...]) -> Tensor:
    return torch.frombuffer(bytearray(frame), dtype=dtype).view(shape) if frame else torch.empty(shape, dtype=dtype)
