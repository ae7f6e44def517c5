"""Each data set says where it comes from, in text and in a notebook."""

import subprocess
import sys
from html.parser import HTMLParser

import pytest

from course.datasets import Card, cards, credit_approval, digits

NEEDED = ("rows", "columns", "labels", "source", "url", "licence", "uses", "beware")


@pytest.mark.parametrize("card", cards(), ids=lambda card: card.name)
def test_a_card_prints_all_that_a_careful_person_asks(card: Card) -> None:
    lines = str(card).splitlines()
    assert lines[0] == card.name
    assert all(any(line.startswith(heading) for line in lines) for heading in NEEDED)
    assert max(map(len, lines)) <= 96
    assert all(text in " ".join(str(card).split()) for _, text in card.lines())


@pytest.mark.parametrize("card", cards(), ids=lambda card: card.name)
def test_a_card_is_sound_html_with_the_same_text(card: Card) -> None:
    reader = Reader()
    reader.feed(card._repr_html_())
    assert reader.open_tags == []
    assert all(text in reader.text for pair in card.lines() for text in pair)


def test_html_in_a_card_is_text() -> None:
    hostile = "<script>alert(1)</script>"
    card = Card(*[hostile] * 8, caveats=(hostile,))
    assert "<script>" not in card._repr_html_()


def test_cards_name_the_licences() -> None:
    assert [card.licence.partition("(")[2].partition(")")[0] for card in cards()] == [
        "CC BY 4.0", "CC BY 4.0", "CC BY-SA 3.0",
    ]  # fmt: skip


def test_a_data_set_shows_its_sizes_and_its_card() -> None:
    data = credit_approval()
    assert repr(data) == "<Dataset Credit approval: features 653 x 42 float32, labels 653 int64>"
    assert "653 x 42 float32" in data._repr_html_() and data.card._repr_html_() in data._repr_html_()
    assert (data.card, digits().card) == cards()[:2]


def test_importing_is_light() -> None:
    program = "import sys, course.datasets as d; d.cards(); print({'pandas', 'sklearn'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


class Reader(HTMLParser):
    """Collects text, and checks that tags close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.open_tags = "", list[str]()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open_tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
