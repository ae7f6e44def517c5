"""Values that are fixed before any of them is seen, and a coin that nobody can load.

Who speaks last could fit its words to those of the others. So everybody first sends a hash of what it will say, with a
nonce that keeps it from being guessed, and only then the words: M. Blum, "Coin flipping by telephone", CRYPTO 1981. The
hash is SHA-256; that it binds and hides is the one assumption here beside the cipher of `randomness`.
"""

from __future__ import annotations

import hashlib
import json

import numpy
import torch
from torch import Tensor

from course.errors import CorruptedSharesError
from course.smpc.parties import Parties
from course.smpc.randomness import Randomness
from course.smpc.shares import total

__all__ = ["coefficients", "coin", "committed", "digest"]

RANDOMNESS = Randomness()
NONCE = 4  # numbers, 256 bits


def committed(parties: Parties, what: str, values: Tensor) -> Tensor:
    """What all parties say, (parties here, numbers) -> (all parties, numbers), none knowing another's: two rounds.

    1. Each party sends a hash of its place, a fresh nonce and its values.
    2. Then the nonce and the values; everybody compares them with the hash. The place is in it, so that nobody can
       repeat another's commitment as its own.
    Raises CorruptedSharesError where they do not fit.
    """
    said = torch.cat([RANDOMNESS.uniform((len(values), NONCE)), values], dim=1)
    own = torch.stack([digest(place, part) for place, part in zip(parties.here, said, strict=True)])
    (promised,) = parties.exchange(f"hashes of {what}", own)
    (said,) = parties.exchange(what, said)
    for place, part in enumerate(said):
        if not torch.equal(digest(place, part), promised[place]):
            reason = f"what {parties.names[place]} said does not fit the hash that it had sent before"
            raise CorruptedSharesError(reason, ", ".join(parties.names))
    return said[:, NONCE:]


def coin(parties: Parties) -> Tensor:
    """Two numbers, 128 bits, uniform if a single party is honest, and unknown to all until now: two rounds."""
    return total(committed(parties, "parts of the coin", RANDOMNESS.uniform((len(parties.here), 2))))


def coefficients(seed: Tensor, count: int) -> Tensor:
    """So many numbers in [-2**31, 2**31), the same for all who know the seed: the output of SHAKE-128."""
    stretched = hashlib.shake_128(seed.numpy().tobytes()).digest(4 * count)
    return torch.from_numpy(numpy.frombuffer(stretched, numpy.int32).astype(numpy.int64))


def digest(place: int, *values: Tensor) -> Tensor:
    """SHA-256 of a place and values, as four numbers."""
    found = hashlib.sha256(json.dumps([place, [list(part.shape) for part in values]]).encode())
    for part in values:
        found.update(part.contiguous().numpy().tobytes())
    return torch.frombuffer(bytearray(found.digest()), dtype=torch.int64)
