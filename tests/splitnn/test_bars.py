"""The picture of a comparison: well-formed, to scale, and readable without eyes for colour or a screen."""

import xml.etree.ElementTree as ElementTree

from hypothesis import given
from hypothesis import strategies as st

from course.splitnn.bars import bars

SVG = "{http://www.w3.org/2000/svg}"
values = st.lists(st.floats(0, 1e9), min_size=3, max_size=3)


@given(charts=st.dictionaries(st.text(min_size=1, max_size=9, alphabet="ab<&\"'"), values, min_size=1, max_size=5))
def test_every_bar_is_as_long_as_its_value(charts: dict[str, list[float]]) -> None:
    drawn = ElementTree.fromstring(bars(["whole", "2 <parts>", "3 & more"], charts, 'A "title"'))
    found = [[float(bar.get("width", 0)) for bar in group.iter(f"{SVG}rect")] for group in drawn.iter(f"{SVG}g")][1:]
    for lengths, given_values in zip(found, charts.values(), strict=True):
        for length, value in zip(lengths, given_values, strict=True):
            expected = max(140 * value / (max(given_values) or 1), 1)
            assert abs(length - expected) <= 0.06


def test_it_says_its_numbers_in_words() -> None:
    drawn = ElementTree.fromstring(bars(["whole", "split"], {"MB": [0, 3.25], "messages": [1, 45960]}, "Costs"))
    assert drawn.get("role") == "img"
    assert drawn.get("aria-label") == "Costs. MB: whole 0, split 3.25; messages: whole 1, split 45,960"
    words = [text.text for text in drawn.iter(f"{SVG}text")]
    assert words == ["MB", "whole", "0", "split", "3.25", "messages", "whole", "1", "split", "45,960"]
    assert all(text.get("fill") is None for text in drawn.iter(f"{SVG}text"))  # the page's own colour, dark or light
