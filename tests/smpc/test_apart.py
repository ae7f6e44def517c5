"""Every protocol gives the same secrets with all parties in this process and with each in a process of its own."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from course.smpc.apart import from_bytes, to_bytes
from course.smpc.parties import Parties
from course.smpc.randomness import Randomness
from course.smpc.shares import exclusive, split, total
from tests.smpc.far import DEATHS, PROGRAMS, Far

DRAWS = Randomness()
SCALE = 2**16
LONG = 60  # seconds: nothing here takes so long, unless it hangs


@pytest.fixture(scope="module", params=[2, 3, 5])
def far(request: pytest.FixtureRequest) -> Iterator[Far]:
    parties = Far(request.param)
    yield parties
    parties.close()


def fixed(low: float, high: float, *shape: int) -> Tensor:
    return (torch.linspace(low, high, shape[0] * shape[1]).double().view(shape) * SCALE).round().long()


ANY = [0, 1, -1, 2**63 - 1, -(2**63), 12345, -(2**40), 2**62]
INPUTS: dict[str, tuple[Tensor, ...]] = {
    "multiply": (torch.tensor([ANY, ANY[::-1]]), torch.tensor(ANY)),
    "square": (torch.tensor(ANY),),
    "matmul": (torch.tensor([ANY, ANY[::-1]]), torch.tensor([ANY, ANY[::-1]]).T.contiguous()),
    "conv2d": (torch.arange(-96, 96).view(1, 3, 8, 8), torch.arange(-54, 54).view(4, 3, 3, 3)),
    "divide": (torch.tensor([0, 1, -1, 499, 501, -501, 2**62 - 1, -(2**62)]),),
    **{name: (torch.tensor(ANY),) for name in ("negative", "relu", "to_bits", "highest")},
    **{name: (fixed(0.25, 8, 3, 4),) for name in ("log", "reciprocal", "sqrt", "inverse_sqrt")},
    **{name: (fixed(-8, 2, 3, 4),) for name in ("exp", "sigmoid", "tanh", "softmax", "log_softmax")},
}


@pytest.mark.parametrize("name", INPUTS)
def test_the_same_secrets_from_processes_of_their_own(far: Far, name: str) -> None:
    count = len(far.links)
    shares = [split(x, count, DRAWS) for x in INPUTS[name]]
    here = PROGRAMS[name](Parties([f"party {i}" for i in range(count)]), *shares)
    there = far.run(name, *shares)
    opened = exclusive if name in ("to_bits", "highest") else total
    assert there.shape == here.shape
    # Masks differ from run to run, and with them the last digit of a division, which later steps carry on.
    difference = (opened(there) - opened(here)).abs().max()
    assert difference <= (0 if name in EXACT else 8), difference


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows kills without signals")
@pytest.mark.parametrize("round", DEATHS)
def test_a_party_that_is_killed_in_the_middle_ends_the_protocol_for_all(round: int) -> None:
    """Nobody waits for it, nobody gets a result, and nobody has its share."""
    count = 3
    parties = Far(count)
    x = split(torch.tensor(ANY), count, DRAWS)
    for place, link in enumerate(parties.links):
        link.send_bytes(json.dumps([f"killed in round {round}", [list(x.shape[1:])]]).encode())
        link.send_bytes(to_bytes(x[place : place + 1]))
    with pytest.raises(EOFError):
        parties.links[0].recv_bytes()
    for link in parties.links[1:]:
        assert json.loads(link.recv_bytes()) == [1]
        assert from_bytes(link.recv_bytes(), torch.int64, (1,)).tolist() == [1]
        link.send_bytes(b"[null, []]")
    for process in parties.processes:
        process.join(LONG)
    assert parties.processes[0].exitcode == -signal.SIGKILL
    assert parties.processes[-1].exitcode == 1  # the dealer: it deals to all or to nobody


EXACT = {"multiply", "square", "matmul", "conv2d", "negative", "relu", "to_bits", "highest"}
