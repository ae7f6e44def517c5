"""Keys: what two clients agree on through a server who reads along, what they seal, and what grows out of a key.

Three standard parts, all from the package `cryptography`: X25519 (RFC 7748) for the agreement, HKDF with SHA-256 (RFC
5869) to make of it one key for each use, AES-128-GCM (NIST SP 800-38D) to seal. Masks are the stream of
`course/smpc/randomness.py`, AES-128 in counter mode.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from course.smpc.randomness import CHUNK, stream

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

__all__ = [
    "KEY",
    "PUBLIC",
    "SEAL",
    "agree",
    "load",
    "mask",
    "new_key",
    "new_pair",
    "public",
    "seal",
    "to_bytes",
    "to_tensor",
    "unseal",
]

PUBLIC = 32  # bytes of a public key, and of a secret one
KEY = 16  # bytes of a key for AES-128
SEAL = 16  # bytes by which what is sealed is longer than what is in it


def mask(key: bytes, count: int) -> Tensor:
    """The mask that grows out of a key: (count,) int64, uniform for whoever lacks the key. A key is for one mask only.

    The cipher's stream, which is what it makes of zeros.
    """
    numbers = torch.empty(count, dtype=torch.int64)
    memory, cipher = numbers.numpy().data.cast("B"), stream(key)
    for start in range(0, len(memory), len(CHUNK)):
        part = memory[start : start + len(CHUNK)]
        cipher.update_into(CHUNK[: len(part)], part)
    return numbers


def new_key() -> bytes:
    """A key for one mask, from the operating system's generator."""
    return os.urandom(KEY)


def new_pair() -> X25519PrivateKey:
    """A secret key for agreements, from the operating system's generator. `public` gives the key that goes with it."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return X25519PrivateKey.generate()


def load(secret: bytes) -> X25519PrivateKey:
    """The secret key of these bytes."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return X25519PrivateKey.from_private_bytes(secret)


def public(pair: X25519PrivateKey) -> bytes:
    return pair.public_key().public_bytes_raw()


def agree(mine: X25519PrivateKey, theirs: bytes, use: str) -> bytes:
    """The key for this use that only the two owners of these keys can compute. ValueError for a key that is none."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    shared = mine.exchange(X25519PublicKey.from_public_bytes(theirs))
    return HKDF(SHA256(), KEY, salt=None, info=f"course.aggregation {use}".encode()).derive(shared)


def seal(key: bytes, content: bytes) -> bytes:
    """The content, which nobody reads or changes without the key. A key is for one content only."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key).encrypt(bytes(12), content, None)


def unseal(key: bytes, sealed: bytes) -> bytes:
    """What was sealed with this key. ValueError if it was another key, or if somebody changed a bit."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(bytes(12), sealed, None)
    except InvalidTag:
        raise ValueError("this was sealed with another key, or changed on its way") from None


def to_tensor(content: bytes) -> Tensor:
    """Bytes as a tensor, uint8: what a message carries."""
    return torch.frombuffer(bytearray(content), dtype=torch.uint8)


def to_bytes(tensor: Tensor) -> bytes:
    return bytes(tensor.tolist())
