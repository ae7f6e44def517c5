"""What the exercises of notebook 13 share: networks and tables on shares, and looks at what left them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from course.learn.difference import kind
from course.learn.evidence import values_to, what_travelled
from course.learn.exercise import Draw, Evidence, Looks, Watched, workers
from course.learn.plain import Plain, Pointer
from course.learn.words import brief

UNIT = 2**16  # 16 binary digits
NEAR = 0.01  # rounding of a few products is far below
DEALER = "crypto_provider"


def drawn(draw: Draw, widths: Sequence[int]) -> list[Plain]:
    """Weight and bias of a linear layer between each two of these widths."""
    pairs = zip(widths, widths[1:], strict=False)
    return [(draw.floats(after, before, low=-1, high=1), draw.floats(after, low=-1, high=1)) for before, after in pairs]


def made(weights: Sequence[Plain], relus: bool = True) -> nn.Sequential:
    """The network, here: linear layers, with a relu between each two or without."""
    layers: list[nn.Module] = []
    for weight, bias in weights:
        linear = nn.Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            linear.weight.copy_(weight)
            linear.bias.copy_(bias)
        layers += [nn.ReLU(), linear] if relus and layers else [linear]
    return nn.Sequential(*layers)


def shared(value: Any, names: Sequence[str], requires_grad: bool = False) -> Any:
    """This tensor or network, shared among these workers."""
    (dealer,) = workers(DEALER)
    return value.fix_precision(16, base=2).share(
        *workers(*names), crypto_provider=dealer, requires_grad=requires_grad or isinstance(value, nn.Module)
    )


def is_shared(seen: Plain) -> bool:
    """Whether it is what is left to see of a shared tensor: a pointer to int64 for each holder, of one shape."""
    if not isinstance(seen, list) or len(seen) < 2:
        return False
    if not all(isinstance(one, Pointer) and isinstance(one.value, torch.Tensor) for one in seen):
        return False
    return len({(one.value.dtype, tuple(one.value.shape)) for one in seen}) == 1 and seen[0].value.dtype == torch.int64


def opened(seen: Plain) -> torch.Tensor:
    """The numbers behind the shares."""
    return torch.stack([one.value for one in seen]).sum(dim=0) / UNIT


def near(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Equal but for rounding."""
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), rtol=1e-3, atol=NEAR)


def rounded(tensor: torch.Tensor) -> list[float]:
    """Its first numbers, for a message."""
    return [round(number, 3) for number in tensor.flatten()[:3].tolist()]


def stays_shared(call: Evidence, holders: Sequence[str] = ()) -> Looks:
    """Nothing came to you or to the dealer, and all that left you were shares, to these holders.

    What you tell in public does not depend on anybody's numbers (course/learn/twins.py).
    """
    rows = call["messages"]
    came = values_to(rows, "me")
    what = what_travelled(came[:2])
    yield bool(came), "came-home", {"what": what, "sender": came[0]["sender"] if came else ""}
    told = [row for row in call["told"] if row["kind"] == "joint"]
    yield bool(told), "left-public", {"what": told[0]["text"] if told else ""}
    protocol = ("open", "deal", "joint")
    sent = [row for row in rows if row["values"] and row["kind"] not in protocol and not _a_share(row, holders)]
    what = what_travelled(sent[:1])
    yield bool(sent), "sent-bare", {"what": what, "receiver": sent[0]["receiver"] if sent else ""}


def sent_anew(call: Evidence) -> Looks:
    """Of what you sent nothing is the same in a second call with the same numbers: all of it is under fresh masks."""
    first, again = (one["handed"] for one in call["calls"][:2])
    for (_, receiver, one), (_, _, other) in zip(first, again, strict=False):
        same = one.shape == other.shape and bool((one == other).any())
        yield same, "sent-bare", {"what": brief(one), "receiver": receiver}


def _a_share(row: dict[str, Any], holders: Sequence[str]) -> bool:
    is_int64 = str(row["detail"]).endswith("int64")
    return row["sender"] == "me" and row["kind"] == "send" and row["receiver"] in holders and is_int64


def asked_twice(answer: Watched, holders: Sequence[str], *arguments: Any) -> Any:
    """Ask, and ask again with copies of the first two arguments and the same seed; what holders are sent is kept.

    Returns the first result.
    """
    answer.follows = tuple(holders)
    copies = [copy.deepcopy(one) for one in arguments[:2]]
    torch.manual_seed(7)
    result = answer(*arguments)
    torch.manual_seed(7)
    answer(*copies, *arguments[2:])
    return result


def dtype(result: Any) -> str:
    """The dtype of what came back, for the evidence: shares themselves are int64 whatever they are shares of."""
    return str(getattr(result, "dtype", "")).removeprefix("torch.")


def returned_shares(call: Evidence, shape: tuple[int, ...], dtype: str) -> Looks:
    """A shared float32 tensor of this shape came back."""
    seen = call["returned"]
    yield not is_shared(seen), "not-shared", {"what": kind(seen)}
    yield dtype != "float32", "not-shared", {"what": f"shares of {dtype or 'nothing'}"}
    got = tuple(seen[0].value.shape)
    yield got != shape, "wrong-shape", {"got": got, "due": shape}
