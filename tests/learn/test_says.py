"""A table of texts, and the first look that finds something speaks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from course.learn.says import Look, Verdict, speak, texts

TABLE = texts("""
    half   {call} halved one of the two: {seen}, says {name} of {count}.
           It goes on.
           -> Which operation comes first,
              for {name}?
    quiet  {call} said nothing.
""")
FACTS = {"call": "`f(x)`", "name": "bob", "count": 3}


def spoken(*looks: Look) -> Verdict | None:
    return speak(iter(looks), TABLE, FACTS)


def test_a_text_is_filled_in_from_the_look_and_the_facts() -> None:
    found = spoken((False, "quiet"), None, (True, "half", {"seen": torch.tensor([1.5])}))
    assert found is not None and found.tag == "half"
    assert found.message == "`f(x)` halved one of the two: `tensor([1.5])`, says bob of 3. It goes on."
    assert found.next == "Which operation comes first, for bob?"


def test_looks_are_lazy() -> None:
    def looks() -> Iterator[Look]:
        yield True, "quiet"
        raise AssertionError("nobody looks further")

    found = speak(looks(), TABLE, FACTS)
    assert found is not None and (found.tag, found.next) == ("quiet", "")


def test_a_helpers_verdict_takes_the_text_of_its_tag() -> None:
    theirs = Verdict("half", "their own words", "?", {"seen": "`2`"})
    found = spoken(theirs)
    assert found is not None and found.message.startswith("`f(x)` halved one of the two: `2`")
    other = Verdict("other", "their own words")
    assert spoken(other) is other and spoken(None, (False, "half")) is None


@pytest.mark.parametrize("says", ["a  one\na  two", "a", "a  one {brace"])
def test_a_table_that_cannot_be_read_is_an_error(says: str) -> None:
    with pytest.raises(ValueError):
        texts(says)
