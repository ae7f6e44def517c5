"""Comparing with what a notebook printed."""

import re
from collections.abc import Callable
from typing import Any

import torch


def shows(value: object, printed: str) -> bool:
    """Does this value print so? `ID` stands for any id; line breaks and indentation do not count."""
    pattern = re.escape(" ".join(printed.split())).replace("ID", r"\d{1,11}")
    text = " ".join(repr(value).split())
    assert re.fullmatch(pattern, text), f"{text}\nis not\n{printed}"
    return True


def holds(worker: Any, *printed: str) -> bool:
    """Does this worker hold exactly these objects, in any order? (Notebooks sort a dict by its keys.)"""
    texts = sorted(map(repr, worker._objects.values()))
    assert len(texts) == len(printed), texts
    return all(shows(Raw(text), expected) for text, expected in zip(texts, sorted(printed), strict=True))


class Raw(str):
    """A text that prints without quotes."""

    __repr__ = str.__str__


def same_numbers(
    program: Callable[..., list[torch.Tensor]], plain: Callable[..., list[torch.Tensor]]
) -> bool:
    """Do two programs give the same numbers to the last digit, when both start from the same random state?"""
    torch.manual_seed(1)
    here = program()
    torch.manual_seed(1)
    there = plain()
    assert len(here) == len(there)
    return all(torch.equal(a.detach(), b.detach()) for a, b in zip(here, there, strict=True))
