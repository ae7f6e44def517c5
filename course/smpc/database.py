"""An encrypted database: its holders answer questions about entries of which they see neither key nor value.

db = sy.EncryptedDatabase(bob, alice, crypto_provider=cp)
db.insert("Bob", "(123) 456 7890")
db.query("Bob")

A key, a value and what is asked for are shared among the holders. They compare the key with that of every entry, which
gives shared 1s and 0s, and add up the values times these. Only the answer is opened, and only to you.

What the holders do learn: how many entries there are and how much room a key and a value have; which questions were
asked (an insert, a query, a range), and when; never a key, a value, an answer, or which entry was meant.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course.errors import EntryError, NoEntryError
from course.smpc.holders import Holders
from course.smpc.shared import SharedTensor, share_from_here

__all__ = ["EncryptedDatabase"]

Plain = str | int

BYTES = 7  # of a text in one number: so that the difference of two never wraps around the ring
PAD = b"\xff"  # which no text contains in UTF-8
LIMIT = 2**48  # numbers lie strictly between -LIMIT and LIMIT, so that the sum of 32,768 has room


class Room:
    """What keys (or values) look like on shares: rows of so many numbers.

    Texts have at most `longest` bytes in UTF-8, whole numbers need one number each. Of which kind they are, the first
    entry says.
    """

    def __init__(self, what: str, longest: int) -> None:
        if type(longest) is not int or longest < 1:
            why = f"a {what} needs room for one byte at least, and every {what} gets the same room"
            raise EntryError(f"max_{what}_len={longest!r}", why, "Say how many bytes the longest text may have")
        self.what, self.longest = what, longest
        self.kind: type[Plain] | None = None

    def row(self, plain: Plain, asked: str) -> Tensor:
        """A text or a number as a row, (1, numbers) int64. EntryError for one that has no room, or is no such thing."""
        kind = type(plain)
        if kind not in (str, int):
            why = f"a {self.what} is a text or a whole number, and this is of type {kind.__name__}"
            raise EntryError(asked, why, f"Turn the {self.what} into a str or an int first")
        if self.kind not in (None, kind):
            why = f"the first entry's {self.what} was of type {name_of(self.kind)}, and this one is of {name_of(kind)}"
            raise EntryError(asked, why, f"Use one type of {self.what} in one database")
        if isinstance(plain, int):
            if not -LIMIT < plain < LIMIT:
                why = f"{plain} has no room: numbers lie strictly between -2**48 and 2**48"
                raise EntryError(asked, why, "Count in a larger unit")
            return torch.tensor([[plain]])
        code = plain.encode()
        if len(code) > self.longest:
            why = f"the {self.what} takes {len(code)} bytes in UTF-8, and there is room for {self.longest}"
            raise EntryError(asked, why, f"Shorten it, or make the database with max_{self.what}_len={len(code)}")
        width = -(-self.longest // BYTES)
        code = code.ljust(BYTES * width, PAD)
        words = [int.from_bytes(code[start : start + BYTES], "big") for start in range(0, len(code), BYTES)]
        return torch.tensor([words])

    def plain(self, row: list[int]) -> Plain:
        """The text or the number that a row stands for."""
        if self.kind is int:
            return row[0]
        return b"".join([word.to_bytes(BYTES, "big") for word in row]).rstrip(PAD).decode()


def name_of(kind: type[Plain] | None) -> str:
    return "str" if kind is str else "int"


class EncryptedDatabase:
    """Keys and values that nobody sees, shared among these holders. `len(db)` is how many there are.

    Keys are texts or whole numbers, all of one type; so are values. A text takes at most `max_key_len` or
    `max_value_len` bytes in UTF-8, and on shares every text takes so many.
    Raises SharedError for holders or a crypto_provider that cannot be, EntryError for what has no room.
    """

    def __init__(self, *holders: Any, crypto_provider: Any, max_key_len: int = 14, max_value_len: int = 28) -> None:
        self.holders = Holders(holders, crypto_provider)
        self._keys, self._values = Room("key", max_key_len), Room("value", max_value_len)
        self._rows: tuple[Any, Any] | None = None  # shared: keys and values, (entries, numbers)

    def __len__(self) -> int:
        return 0 if self._rows is None else self._rows[0].shape[0]

    def __repr__(self) -> str:
        entries = "1 entry" if len(self) == 1 else f"{len(self)} entries"
        return f"<EncryptedDatabase of {entries}, held by {self.holders!r}>"

    def insert(self, key: Plain, value: Plain) -> None:
        """Add an entry. Opened to you: whether the key is there already, which is an EntryError."""
        asked = f"insert({key!r}, …)"
        new = self._keys.row(key, asked), self._values.row(value, asked)
        shared = self._share(new[0]), self._share(new[1])
        if self._rows is None:
            self._rows, self._keys.kind, self._values.kind = shared, type(key), type(value)
            return
        if self._same(shared[0]).sum().get():
            why = "this key has a value already, and a query would get the sum of the two"
            raise EntryError(asked, why, "Take another key")
        self._rows = torch.cat([self._rows[0], shared[0]]), torch.cat([self._rows[1], shared[1]])

    def query(self, key: Plain) -> Plain:
        """The value of a key. Opened to you: that value, and whether the key is there; NoEntryError where it is not."""
        asked = f"query({key!r})"
        row = self._keys.row(key, asked)
        if self._rows is not None:
            same = self._same(self._share(row))
            answer: Any = torch.cat([same.sum().view(1), (same.view(1, -1) @ self._rows[1]).view(-1)])
            found, *value = answer.get().tolist()
            if found:
                return self._values.plain(value)
        raise NoEntryError(
            asked, f"none of the {len(self)} entries has this key", "Insert it first, or look for a typo"
        )

    def between(self, low: int, high: int) -> dict[int, Plain]:
        """The entries whose keys, whole numbers, go from low to high, both included; in the order of insertion.

        Opened to you: these entries, and at which places they stand among all.
        """
        inside = self._inside("between", low, high)
        if inside is None or self._rows is None:
            return {}
        column = inside.view(-1, 1)
        answer: Any = torch.cat([column, column * self._rows[0], column * self._rows[1]], dim=1)
        return {key: self._values.plain(value) for found, key, *value in answer.get().tolist() if found}

    def total(self, low: int, high: int) -> int:
        """The sum of all values, whole numbers, whose keys go from low to high. Opened to you: that sum."""
        inside = self._inside("total", low, high)
        if inside is None or self._rows is None:
            return 0
        if self._values.kind is not int:
            why = "the values are texts, which have no sum"
            raise EntryError(f"total({low}, {high})", why, f"between({low}, {high}) gives the texts")
        return int((inside @ self._rows[1][:, 0]).get())

    def _share(self, row: Tensor) -> SharedTensor:
        return share_from_here(row, torch.int64, None, self.holders)

    def _same(self, key: SharedTensor) -> Any:
        """Shares of 1 where an entry has this key, of 0 elsewhere: (entries,) int64."""
        assert self._rows is not None
        same, *others = (self._rows[0] == key).long().unbind(1)
        for word in others:
            same = same * word
        return same

    def _inside(self, question: str, low: int, high: int) -> Any:
        """Shares of 1 where the key of an entry lies in this range, of 0 elsewhere; None where there is no entry."""
        asked = f"{question}({low!r}, {high!r})"
        if str in (self._keys.kind, type(low), type(high)):
            why = "a range is one of numbers, and keys that are texts have none between them"
            raise EntryError(asked, why, "Ask for one key, query(key), or insert entries whose keys are whole numbers")
        bounds = [self._keys.row(bound, asked) for bound in (low, high)]
        if self._rows is None:
            return None
        keys = self._rows[0][:, 0]
        first, last = (self._share(bound[0]) for bound in bounds)
        return ((keys >= first) & (keys <= last)).long()
