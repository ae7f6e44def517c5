"""Keys: against published test vectors, and what nobody else can read or change."""

import pytest
import torch

from course.aggregation import keys
from tests.aggregation.plain import look_uniform

# RFC 7748, section 6.1
BOB = bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
BOB_PUBLIC = bytes.fromhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")


def test_public_keys_are_those_of_the_standard() -> None:
    assert keys.public(keys.load(BOB)) == BOB_PUBLIC


def test_both_ends_agree_on_one_key_for_each_use() -> None:
    one, other, third = keys.new_pair(), keys.new_pair(), keys.new_pair()
    found = keys.agree(one, keys.public(other), "mask")
    assert found == keys.agree(other, keys.public(one), "mask")
    assert len(found) == keys.KEY
    assert len({found, keys.agree(one, keys.public(other), "seal"), keys.agree(one, keys.public(third), "mask")}) == 3


def test_a_public_key_with_which_everybody_would_agree_on_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="."):
        keys.agree(keys.new_pair(), bytes(32), "mask")


def test_what_is_sealed_opens_with_its_key_only_and_unchanged() -> None:
    key = keys.new_key()
    sealed = keys.seal(key, b"two shares")
    assert keys.unseal(key, sealed) == b"two shares"
    assert len(sealed) == len(b"two shares") + keys.SEAL
    with pytest.raises(ValueError, match="another key"):
        keys.unseal(keys.new_key(), sealed)
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(ValueError, match="changed on its way"):
            keys.unseal(key, changed)


def test_a_mask_is_the_cipher_s_stream_and_looks_uniform() -> None:
    """AES-128 in counter mode, from counter 0: the second block is the cipher of the number 1."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key = keys.new_key()
    block = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update((1).to_bytes(16, "big"))
    assert keys.mask(key, 4).numpy().tobytes()[16:] == block
    assert torch.equal(keys.mask(key, 100_000), keys.mask(key, 100_000))
    assert torch.equal(keys.mask(key, 100_000)[:5], keys.mask(key, 5))
    assert look_uniform(keys.mask(key, 100_000))
    assert not torch.equal(keys.mask(keys.new_key(), 5), keys.mask(key, 5))
    assert keys.mask(key, 0).shape == (0,)


def test_bytes_travel_as_tensors() -> None:
    content = bytes(range(256))
    assert keys.to_bytes(keys.to_tensor(content)) == content
