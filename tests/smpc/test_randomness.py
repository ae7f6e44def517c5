import os
import subprocess
import sys

import pytest
import torch

from course.smpc.randomness import CHUNK, Randomness, SeededForTests

BITS = 2**20  # of each place, drawn below: their mean is 5 sigma away from one half once in 1.7 million tests


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.int16, torch.int8])
def test_each_bit_is_0_or_1_with_equal_chance(dtype: torch.dtype) -> None:
    numbers = Randomness().uniform((BITS,), dtype)
    for place in range(8 * numbers.element_size()):
        ones = ((numbers >> place) & 1).sum().item()
        assert abs(ones - BITS / 2) < 5.5 * (BITS / 4) ** 0.5, place


def test_all_bytes_come_equally_often() -> None:
    counts = torch.bincount(Randomness().uniform((BITS,), torch.int8).long() + 128, minlength=256).double()
    chi_squared = ((counts - BITS / 256) ** 2 / (BITS / 256)).sum().item()
    assert 255 - 6 * 510**0.5 < chi_squared < 255 + 6 * 510**0.5


def test_it_goes_on_across_chunks_and_calls() -> None:
    draws = Randomness()
    pieces = [draws.uniform((size,)) for size in (0, 1, len(CHUNK) // 8, len(CHUNK) // 8 + 3, 5)]
    together = torch.cat(pieces)
    assert len(together.unique()) == len(together)


def test_two_of_them_draw_different_numbers() -> None:
    assert not torch.equal(Randomness().uniform((4,)), Randomness().uniform((4,)))


def test_torch_cannot_seed_it() -> None:
    drawn = []
    for _ in range(2):
        torch.manual_seed(0)
        drawn.append(Randomness().uniform((4,)))
    assert not torch.equal(*drawn)


def test_the_seeded_one_repeats() -> None:
    assert torch.equal(SeededForTests(3).uniform((4,)), SeededForTests(3).uniform((4,)))
    assert not torch.equal(SeededForTests(3).uniform((4,)), SeededForTests(4).uniform((4,)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks exist on Unix")
def test_a_forked_child_draws_others_than_its_parent() -> None:
    program = """
import os
from course.smpc.randomness import Randomness
draws = Randomness()
draws.uniform((4,))
child = os.fork()
if child:
    os.waitpid(child, 0)
print(*draws.uniform((4,)).tolist(), flush=True)
"""
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert len(set(printed)) == 8


def test_without_the_cipher_all_bits_come_from_the_operating_system() -> None:
    program = """
import sys
sys.modules["cryptography"] = None
from course.smpc import randomness
assert randomness.stream(bytes(16)) is None
numbers = randomness.Randomness().uniform((100_000,))
assert len(numbers.unique()) == 100_000
ones = sum(((numbers >> place) & 1).sum().item() for place in range(64))
assert abs(ones - 3_200_000) < 5.5 * 1_600_000 ** 0.5
"""
    subprocess.run([sys.executable, "-c", program], check=True)
