"""Bombs at the seat: answers that are right, and use more than an exercise may. They win where limits are loose."""

import pytest
from case import attack, graded, has_won

from course.grade.cage import Cage, Limits

THERE = "def there(name):\n    return os.path.join(tempfile.gettempdir(), name)\n"
RETURNS = """
def remote_mean(x, y):
    if not held:
        held.append(1)
        waste()
    return (x + y) / 2
"""


def case(name, body):
    """An answer that does this once, and then goes on doing what is asked."""
    source = f"import os, signal, tempfile, threading\nheld = []\n{THERE}def waste():\n{body}\n"
    return attack("bomb at the seat", name, "", "earns", source + RETURNS)


CASES = [
    case("a gigabyte of memory", "    held.append(len(bytearray(1 << 30)))"),
    case("a file of 24 MB", "    with open(there('large'), 'wb') as file:\n        file.write(bytes(24 << 20))"),
    case(
        "a disk full of small files",
        """
    for k in range(6):
        with open(there(f'small-{k}'), 'wb') as file:
            file.write(bytes(10 << 20))
""",
    ),
    case(
        "forty threads",
        """
    over = threading.Event()
    for _ in range(40):
        threading.Thread(target=over.wait, daemon=True).start()
""",
    ),
    case("forks of forks", "    for _ in range(40):\n        if not os.fork():\n            signal.pause()"),
    case("four hundred open files", "    held.extend(os.open('/dev/null', os.O_RDONLY) for _ in range(400))"),
]


@pytest.fixture(scope="module")
def loose():
    """A sandbox with limits that hold nobody off."""
    with Cage("bwrap", Limits(memory=8192, file=128, disk=512, processes=4096, files=2048)) as cage:
        yield cage


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_wins_where_limits_are_loose(case, loose):
    assert has_won(case, graded(case, loose, with_honest=False))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_wins_nothing_here(case, cage):
    hostile, honest = graded(case, cage)
    assert hostile.points == 0 and hostile.kind != "technical", hostile
    assert honest.kind == "correct", honest
