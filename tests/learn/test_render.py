"""Cards: what is code, what is bold, and that the stars of a power stay."""

from __future__ import annotations

import html
import re

import pytest

from course.learn.items import Item
from course.learn.registry import of_course
from course.learn.render import rich


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a **bold** word", "a <strong>bold</strong> word"),
        ("**Two words**, and (**one**).", "<strong>Two words</strong>, and (<strong>one</strong>)."),
        ("**with `code` in it**", "<strong>with <code>code</code> in it</strong>"),
        ("the scale 2**58; expected 2**57.", "the scale 2**58; expected 2**57."),
        ("**not** z**2, but z**3", "<strong>not</strong> z**2, but z**3"),
        ("x ** 2 + y ** 2", "x ** 2 + y ** 2"),
        ("`2**61`, `f(**some)`, `g(**all)`", "<code>2**61</code>, <code>f(**some)</code>, <code>g(**all)</code>"),
        ("2 < 3 & `a < b`", "2 &lt; 3 &amp; <code>a &lt; b</code>"),
    ],
)  # fmt: skip
def test_what_is_bold(text: str, seen: str) -> None:
    assert rich(text) == seen


def texts() -> list[str]:
    """Every text that a card of the course may show."""
    found: list[str] = []
    for item in of_course():
        if isinstance(item, Item):
            whys = item.because.values() if isinstance(item.because, dict) else [item.because]
            found += [item.ask, *item.choices.values(), *whys]
        else:
            found += [*item.hints, item.success, item.says]
    return found


def test_the_powers_in_the_texts_of_the_course_stay() -> None:
    all_texts = texts()
    power = re.compile(r"[\w)\]]\*\*[\w({]")
    assert sum(len(power.findall(text)) for text in all_texts) > 10
    for text in all_texts:
        shown = html.unescape(re.sub(r"</?(code|strong)>", "", rich(text)))
        assert power.findall(shown) == power.findall(text.replace("`", ""))
