"""The figures: well-formed, readable without colour, the same in words; they keep nothing alive."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import course as sy
from course.learn.figures import curves, labels_held, pictures, timeline, traffic, who_holds
from course.learn.figures.bars import draw_traffic
from course.learn.figures.clock import draw_clocks
from course.learn.figures.exchange import Part, draw_exchange
from course.learn.figures.funnel import draw_funnel
from course.learn.figures.grid import draw_labels
from course.learn.figures.keys import draw_keyring
from course.learn.figures.lanes import draw_timeline
from course.learn.figures.moments import Room, Thing
from course.learn.figures.rooms import before_and_after, one_moment
from course.learn.figures.snapshot import snapshot
from course.learn.figures.svg import FONTS, shorten, shorten_pair, text_width
from course.learn.figures.words import bytes_words, came_to_you, number_words

SVG = "{http://www.w3.org/2000/svg}"


def pointer(id: int, name: str, *targets: tuple[str, int]) -> Thing:
    return Thing(id, "pointer", name, targets=targets)


def tensor(id: int, *values: float, shape: tuple[int, ...] | None = None, dtype: str = "int64") -> Thing:
    return Thing(id, "tensor", values=values or None, shape=shape or (len(values),), dtype=dtype)


def row(
    sender: str,
    receiver: str,
    kind: str,
    op: str = "",
    size: int = 100,
    detail: str = "",
    numbers: int = 0,
    tensors: int = 1,
) -> dict[str, Any]:
    return {
        "n": 0, "sender": sender, "receiver": receiver, "kind": kind, "op": op, "objects": [], "bytes": size,
        "values": bool(detail), "detail": detail, "tensors": tensors, "numbers": numbers,
    }  # fmt: skip


X, Y, Z = tensor(1, 1, 2, 3, 4, 5), tensor(2, 1, 1, 1, 1, 1), tensor(3, 2, 3, 4, 5, 6)
MINE = (pointer(11, "x", ("bob", 1)), pointer(12, "y", ("bob", 2)))
BEFORE = [Room("me", MINE), Room("bob", (X, Y))]
AFTER = [Room("me", (*MINE, pointer(13, "z", ("bob", 3)))), Room("bob", (X, Y, Z))]
ADD = [row("me", "bob", "execute", "add", 212)]
CHAIN = [
    Room("me", (pointer(11, "x", ("alice", 5)), pointer(12, "w", ("bob", 2)))),
    Room("alice", (pointer(5, "", ("bob", 1)),)),
    Room("bob", (X, Y)),
]
CROWD = [
    Room("me", tuple(pointer(1000 + n, f"rows[{n}]", (f"Person {n}", n)) for n in range(653))),
    *(Room(f"Person {n}", (tensor(n, shape=(1, 42), dtype="float32"),)) for n in range(653)),
]
MODEL = [
    Room("me", (pointer(1, "model", ("bob", 9)), pointer(2, "data", ("bob", 2)))),
    Room("bob", (Thing(9, "model", parts=10, numbers=2590), tensor(2, shape=(640, 784), dtype="float32"))),
]
MANY = [
    Room("me", (pointer(1, "x", ("alice", 1), ("bob", 1), ("claire", 1)),)),
    *(Room(name, (X,)) for name in ("alice", "bob", "claire")),
]
CIRCLE = [
    Room("me", (pointer(1, "a", ("alice", 1)), pointer(2, "b", ("bob", 2)))),
    Room("alice", (pointer(1, "", ("bob", 5)), tensor(6, 1))),
    Room("bob", (pointer(2, "", ("alice", 6)), tensor(5, 1), pointer(7, "", ("bob", 5)))),
]
ROUND = [
    row("me", "bob", "send", size=150, detail="2 x 2 float32"),
    row("me", "bob", "execute", "F.linear"),
    row("me", "bob", "ask"),
    row("bob", "me", "reply"),
    row("me", "bob", "delete"),
    row("me", "bob", "move"),
    row("bob", "alice", "send", size=300, detail="1 x 2 float32, 1 float32"),
    row("bob", "me", "peek", detail="5 int64"),
    row("me", "alice", "get"),
    row("alice", "me", "reply", size=14_000, detail="1 x 2 float32, 1 float32", numbers=3, tensors=2),
]
LONG = [row("me", f"Person {n % 50}", "send", size=2_000, detail="1 x 42 float32") for n in range(200)]
FOUR = "1 x 2 float32, 1 x 2 float32, 1 float32, 1 float32"
FULL_NAMES = [  # five lanes with names of two words, and values that take a line
    *(row("me", name, "send", detail=FOUR) for name in ("Oscar Aldrich", "Anita Hooper", "Ben Breen")),
    row("Oscar Aldrich", "aggregator", "send", detail=FOUR),
    row("me", "aggregator", "execute", "F.linear"),
    row("aggregator", "me", "reply", size=14_000, detail=FOUR),
]
TOO_LONG = [
    *(row("me", f"{name} Featherstonehaugh of Wednesbury", "send", detail="1024 x 784 x 28 x 28 float32, 4 int64")
      for name in ("Wilhelmina", "Maximilian", "Ben")),
    row("me", "bob", "execute", "nn.functional.binary_cross_entropy_with_logits", size=10**9),
]  # fmt: skip

SHARE, TABLE = torch.tensor(-(2**63)), torch.ones(100, 64, dtype=torch.int64)
HELD = [Part("x", (SHARE, SHARE))]
DEALT = [Part("a", (TABLE, TABLE), TABLE), Part("-r / scale", (SHARE, SHARE), SHARE)]
OPENED = [Part("x - a", (TABLE, TABLE), TABLE), Part("c", (SHARE, SHARE), SHARE)]

DRAWINGS = {
    "nothing at all": one_moment([]),
    "an empty worker": one_moment([Room("bob")]),
    "bob": one_moment(AFTER),
    "a chain": one_moment(CHAIN),
    "many pointers": one_moment(MANY),
    "a crowd": one_moment(CROWD),
    "a model": one_moment(MODEL),
    "a circle": one_moment(CIRCLE),
    "a lost object": one_moment([Room("me", (pointer(1, "x", ("bob", 404)),)), Room("bob")]),
    "an addition": before_and_after(BEFORE, AFTER, ADD, "z = x + y"),
    "a deletion": before_and_after(AFTER, BEFORE, [row("me", "bob", "delete")], "del z"),
    "a move": before_and_after(
        [Room("me", (pointer(1, "x", ("bob", 1)),)), Room("bob", (X,)), Room("alice")],
        [Room("me", (pointer(1, "x", ("alice", 1)),)), Room("bob"), Room("alice", (X,))],
        [row("me", "bob", "move"), row("bob", "alice", "send", detail="5 int64")],
        "x.move(alice)",
    ),
    "a chain made": before_and_after(BEFORE, CHAIN, [row("me", "alice", "send")], "x = x.send(alice)"),
    "a crowd moved": before_and_after(BEFORE, CROWD, LONG, "a_function_with_a_long_name(" + "x, " * 60 + ")"),
    "a round": draw_timeline(ROUND),
    "a round with everything": draw_timeline(ROUND, housekeeping=True),
    "a long log": draw_timeline(LONG, limit=12),
    "full names": draw_timeline(FULL_NAMES),
    "names too long": draw_timeline(TOO_LONG),
    "only the rest": draw_timeline(TOO_LONG, limit=0),
    "no messages": draw_timeline([]),
    "traffic": draw_traffic(ROUND),
    "traffic of a crowd": draw_traffic(LONG),
    "no traffic": draw_traffic([]),
    "labels": draw_labels({"bob": [30, 0, 5], "alice": [0, 0, 0], "me": [1, 1797, 20_000]}, ["0", "1", "two" * 40]),
    "labels of a crowd": draw_labels({f"Person {n}": [n, 1] * 20 for n in range(653)}, [str(n) for n in range(40)]),
    "labels of nobody": draw_labels({}, []),
    "a clock": draw_clocks(10, [{"Bob's share": 8, "Claire's share": 5}]),
    "clocks": draw_clocks(100, [{"moved up": 37, "r": r} for r in (80, 30, -260)]),
    "the ring": draw_clocks(2**64, [{"Alice's": 2**62, "Bob's": 2**63 - 1, "Claire's": 5, "Dan's": -(2**63)}]),
    "a clock from -50 to 49": draw_clocks(100, [{"Alice's": 40, "Bob's": 40, "Claire's": 32}], signed=True),
    "a clock that stands still": draw_clocks(7, [{}]),
    "no clock": draw_clocks(7, []),
    "an exchange": draw_exchange(["bob", "claire"], HELD, DEALT, OPENED),
    "an exchange of six": draw_exchange([f"holder {n}" for n in range(6)], [Part("x", (SHARE,) * 6, SHARE)]),
    "a coalition": draw_exchange(["alice", "bob", "claire"], [Part("", (SHARE,) * 3)], together={"bob", "claire"}),
    "no exchange": draw_exchange([]),
    "a funnel": draw_funnel({"bits": [0, 1] * 4, "pairs": "= < > =".split(), "a name that is long " * 3: ["<"]}),
    "no funnel": draw_funnel({}),
    "a keyring": draw_keyring(
        ["ann", "a name that is long " * 3, "bob", "cy"],
        {(i, j): bytes([i, j]) for i in range(4) for j in range(i + 1, 4)}, [bytes([9, 8])] * 4, "the server",
    ),
    "no keyring": draw_keyring([], {}),
}


# -- every figure ----------------------------------------------------------------------------------------


@pytest.fixture(params=DRAWINGS, ids=str)
def drawing(request: pytest.FixtureRequest) -> tuple[str, str]:
    return DRAWINGS[request.param]


def box(svg: ElementTree.Element) -> tuple[float, float]:
    _, _, width, height = map(float, svg.attrib["viewBox"].split())
    return width, height


def labels(svg: ElementTree.Element, dx: float = 0, dy: float = 0) -> Iterator[tuple[str, float, float, float]]:
    """(text, left, right, baseline) of each label on the page."""
    for child in svg:
        moved = re.match(r"translate\((\S+) (\S+)\)", child.get("transform", ""))
        shift = (float(moved[1]), float(moved[2])) if moved else (0.0, 0.0)
        if child.tag == f"{SVG}text":
            font = next(name for name in FONTS if f"sy-{name}" in child.attrib["class"].split())
            width = text_width(child.text or "", font)
            left = (
                dx
                + float(child.attrib["x"])
                - width * {"start": 0, "middle": 0.5, "end": 1}[child.get("text-anchor", "start")]
            )
            yield child.text or "", left, left + width, dy + float(child.attrib["y"])
        else:
            yield from labels(child, dx + shift[0], dy + shift[1])


def test_a_figure_has_a_title_a_description_and_a_label_for_screen_readers(drawing: tuple[str, str]) -> None:
    svg = ElementTree.fromstring(drawing[0])
    assert svg.get("role") == "img"
    assert svg[0].tag == f"{SVG}title" and svg[0].text
    assert (
        svg[1].tag == f"{SVG}desc"
        and svg[1].text == " ".join(drawing[1].split("\n")).replace("\n", " ")
        or "\n" in drawing[1]
    )
    assert svg.attrib["aria-label"].startswith(svg[0].text or "?")


def test_no_element_has_an_id_so_that_many_figures_share_a_page(drawing: tuple[str, str]) -> None:
    assert not [element for element in ElementTree.fromstring(drawing[0]).iter() if "id" in element.attrib]
    assert "url(#" not in drawing[0]


def test_styles_are_scoped_and_colours_are_the_themes(drawing: tuple[str, str]) -> None:
    svg = ElementTree.fromstring(drawing[0])
    style = svg.find(f"{SVG}style")
    assert style is not None and style.text
    for selectors in re.findall(r"([^{}]+)\{", style.text):
        assert all(part.strip().startswith(".sy-figure") for part in selectors.split(","))
    without_fallbacks = re.sub(r"var\(--jp-[\w-]+,[^()]*\)", "", style.text)
    assert not re.search(r"#[0-9a-f]{3}|rgb|hsl", without_fallbacks)
    painted = {"fill", "stroke", "style", "color", "opacity"}
    assert not [element.attrib for element in svg.iter() if painted & set(element.attrib)]


def test_every_label_is_inside_the_picture(drawing: tuple[str, str]) -> None:
    svg = ElementTree.fromstring(drawing[0])
    width, height = box(svg)
    assert width <= 700
    for words, left, right, baseline in labels(svg):
        assert left >= 0 and right <= width + 0.1, words
        assert 10 <= baseline <= height - 2, words


def test_labels_do_not_lie_on_each_other(drawing: tuple[str, str]) -> None:
    found = sorted(labels(ElementTree.fromstring(drawing[0])), key=lambda label: label[3])
    for position, (words, left, right, baseline) in enumerate(found):
        for other, start, end, below in found[position + 1 :]:
            if below - baseline >= 9:
                break
            assert right <= start + 0.5 or end <= left + 0.5, (words, other)


def test_the_same_input_gives_the_same_figure() -> None:
    assert before_and_after(BEFORE, AFTER, ADD, "z = x + y") == DRAWINGS["an addition"]
    assert one_moment(CROWD) == DRAWINGS["a crowd"]
    assert draw_timeline(ROUND) == DRAWINGS["a round"]


# -- what a figure says ----------------------------------------------------------------------------------


def test_a_line_in_words() -> None:
    assert DRAWINGS["an addition"][1] == (
        "Before: You hold a pointer x to bob and a pointer y to bob. "
        "bob holds tensor x (1 2 3 4 5) and tensor y (1 1 1 1 1). "
        "After z = x + y: You now hold a pointer z to bob. bob now holds tensor z (2 3 4 5 6). "
        "1 message, 212 bytes: execute add you to bob, 212 bytes. No value came to you."
    )


def test_a_chain_in_words() -> None:
    assert DRAWINGS["a chain"][1] == (
        "You hold a pointer x to alice and a pointer w to bob. alice holds a pointer x to bob. "
        "bob holds tensor x (1 2 3 4 5) and tensor w (1 1 1 1 1)."
    )


def test_a_crowd_is_five_rooms_and_the_rest() -> None:
    svg, words = DRAWINGS["a crowd"]
    assert words.endswith("648 more workers hold 648 objects.")
    assert "648 more pointers" in words
    titles = [label for label, *_ in labels(ElementTree.fromstring(svg)) if label.startswith("Person")]
    assert titles == [f"Person {n}" for n in range(5)]


def test_what_a_line_touched_is_drawn_even_in_a_crowd() -> None:
    changed = [*CROWD[:601], Room("Person 600", (tensor(600, 1),)), *CROWD[602:]]
    svg, words = before_and_after(CROWD, changed, [], "")
    assert "Person 600" in [label for label, *_ in labels(ElementTree.fromstring(svg))]
    assert "Person 600 now holds tensor rows[600] (1) (changed)." in words


def test_names_leave_only_what_they_reach() -> None:
    _, words = one_moment(CHAIN[1:] + [Room("me", CHAIN[0].things[:1]), Room("zoe", (Z,))], names=["x"])
    assert words == (
        "You hold a pointer x to alice. alice holds a pointer x to bob. "
        "bob holds tensor x (1 2 3 4 5) and 1 more object."
    )


def groups_of(svg: str, name: str) -> list[str]:
    """The labels in the groups of this class."""
    return [
        "".join(label.text or "" for label in group.iter(f"{SVG}text"))
        for group in ElementTree.fromstring(svg).iter(f"{SVG}g")
        if group.get("class") == f"sy-{name}"
    ]


def test_untouched_fades_and_new_is_bold() -> None:
    svg, _ = DRAWINGS["an addition"]
    assert [words for words in groups_of(svg, "bold") if words] == ["z", "23456"]
    assert [words for words in groups_of(svg, "fade") if words] == ["x", "y", "12345", "11111"]


def test_what_is_gone_is_dotted_and_named() -> None:
    svg, words = DRAWINGS["a deletion"]
    assert "sy-dots" in svg and "sy-dots" not in DRAWINGS["an addition"][0].split("</style>")[1]
    assert [label for label, *_ in labels(ElementTree.fromstring(svg))].count("gone") == 2
    assert "bob no longer holds tensor z (2 3 4 5 6)." in words


def test_a_pointer_to_a_lost_object_points_to_an_empty_place() -> None:
    assert "nothing" in [label for label, *_ in labels(ElementTree.fromstring(DRAWINGS["a lost object"][0]))]


def test_an_arrow_starts_where_its_pointer_ends_before_and_after() -> None:
    before = [
        Room("me", (pointer(1, "x", ("alice", 5)),)),
        Room("alice", (pointer(5, "", ("claire", 6)),)),
        Room("claire", (pointer(6, "", ("bob", 1)),)),
        Room("bob", (X,)),
    ]
    after = [before[0], Room("alice", (pointer(5, "", ("bob", 1)),)), Room("claire"), before[3]]
    page = ElementTree.fromstring(before_and_after(before, after, [], "x.remote_get()")[0])
    for panel in page.findall(f"{SVG}g"):
        dashed = [shape.attrib for shape in panel.iter() if "sy-dash" in shape.get("class", "")]
        ends = [float(pill["x"]) + float(pill["width"]) for pill in dashed if "x" in pill]
        starts = [float(line["d"].split()[1]) for line in dashed if "d" in line]
        assert sorted(starts) == pytest.approx(sorted(ends), abs=0.11)


def test_a_plan_its_pointer_and_its_state_are_drawn(hook: sy.TorchHook) -> None:
    bob = sy.VirtualWorker(hook, id="bob")

    class Net(sy.Plan):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(2, 1)

        def forward(self, x: Any) -> Any:
            return self.layer(x)

    net = Net().build(torch.ones(1, 2))
    double = sy.func2plan(args_shape=[(-1,)])(lambda x: x + x)
    there, doubled = net.send(bob), double.send(bob)
    mine = {"net": net, "double": double, "there": there, "doubled": doubled}
    _, words = one_moment(snapshot(mine))
    assert "a pointer there to bob, a pointer doubled to bob, the model net (2 tensors, " in words
    assert "the plan double" in words
    assert "bob holds the plan Net, a model (2 tensors, " in words and "the plan <lambda>" in words


def test_a_timeline_folds_housekeeping_and_leaves_peeks_out() -> None:
    _, words = DRAWINGS["a round"]
    lines = words.split("\n")
    assert lines[0] == "9 messages, 14.7 KiB; 2 tensors, 3 numbers, came to you."
    assert lines[3] == "3. Housekeeping: 1 ask, 1 reply, 1 delete, 300 bytes."
    assert lines[-1] == "7. alice to you: reply, 13.7 KiB, values: 1 x 2 float32, 1 float32."
    assert len(DRAWINGS["a round with everything"][1].split("\n")) == 10
    assert "1 look (peek) not drawn" in DRAWINGS["a round"][0]


def test_a_timeline_cuts_nothing_while_there_is_room() -> None:
    two = [*ROUND[:1], row("bob", "me", "reply", detail="1024 x 784 x 28 x 28 float32, 4 int64, 4 int64")]
    for rows, shown in ((FULL_NAMES, "1 x 2 float32 and 3 more"), (two, "1024 x 784 x 28 x 28 float32 and 2 more")):
        texts = texts_of(draw_timeline(rows)[0])
        assert shown in texts and not [words for words in texts if "…" in words]
        assert {"you", *(row["receiver"] for row in rows if row["receiver"] != "me")} <= set(texts)
    cut = texts_of(draw_timeline(TOO_LONG)[0])
    assert [words for words in cut if words.startswith("execute")] == ["execute nn.functiona…"]


def test_a_filled_head_means_values() -> None:
    with_values, _ = draw_timeline([row("me", "bob", "send", detail="5 int64")])
    without, _ = draw_timeline([row("me", "bob", "execute", "add")])
    # the legend has one of each
    assert with_values.count('class="sy-head"') == 2 and without.count('class="sy-head sy-hollow"') == 2


def test_a_long_log_is_folded() -> None:
    assert DRAWINGS["a long log"][1].endswith("… 189 more, 369.1 KiB.")
    assert DRAWINGS["traffic of a crowd"][1].endswith("39 more pairs: 304.7 KiB in 156 messages, values 304.7 KiB.")


def test_traffic_in_words() -> None:
    assert DRAWINGS["traffic"][1].split("\n")[1:] == [
        "you to bob: 550 bytes in 5 messages, values 150 bytes.",
        "you to alice: 100 bytes in 1 message, no values.",
        "bob to you: 100 bytes in 1 message, no values.",
        "bob to alice: 300 bytes in 1 message, values 300 bytes.",
        "alice to you: 13.7 KiB in 1 message, values 13.7 KiB.",
    ]


def test_who_holds_which_labels() -> None:
    figure = labels_held(sy.partitions.contiguous(5, 2), torch.tensor([3, 3, 1, 3, 1]), ["bob", "alice"])
    assert repr(figure) == "bob holds 3 rows: 1 of 1, 2 of 3.\nalice holds 2 rows: 1 of 1, 1 of 3."
    sides = [float(element.attrib["width"]) for element in ElementTree.fromstring(figure.svg).iter(f"{SVG}rect")]
    assert sides == pytest.approx([18 / 2**0.5, 18, 18 / 2**0.5, 18 / 2**0.5], abs=0.1)  # areas of 1, 2, 1, 1


def test_labels_of_a_crowd_are_folded() -> None:
    svg, words = DRAWINGS["labels of a crowd"]
    assert "and 633 more owners, 28 more labels" in texts_of(svg)
    assert words.endswith("And 633 more owners.")


def test_pictures_are_ink_and_say_how_far_apart_they_are() -> None:
    digit = torch.tensor([[0.0, 0.5], [1.0, 0.0]])
    figure = pictures({"a digit": digit[None, None], "a guess": digit / 2}, most=1.0)
    assert repr(figure) == "a digit: 2 x 2.\na guess: 2 x 2, on average 0.19 from a digit."
    inks = [path.attrib["fill-opacity"] for path in ElementTree.fromstring(figure.svg).iter(f"{SVG}path")]
    assert inks == ["0.5", "1", "0.25", "0.5"]  # no path where nothing is, and no ink of its own for a background
    assert 'fill="currentColor"' in figure.svg
    assert texts_of(figure.svg)[-2:] == ["a digit", "a guess"]


def test_pictures_of_small_numbers_say_how_far_apart_they_are_beside_the_largest() -> None:
    update = torch.tensor([[0.0, 0.001], [0.002, 0.0]])
    figure = pictures({"all": update, "half": update / 2})
    assert repr(figure).endswith("half: 2 x 2, on average 19% of the largest number from all.")


def test_pictures_name_their_lines_and_say_which_are_white() -> None:
    weights = torch.ones(20, 42)
    weights[[1, 4]] = 0
    figure = pictures({"weights": weights, "biases": weights[:, 0]}, line="unit")
    assert repr(figure) == "weights: 20 x 42. All white: unit 1, 4.\nbiases: 20 x 1. All white: unit 1, 4."
    assert {"unit 0", "unit 19"} <= set(texts_of(figure.svg))
    assert repr(pictures({"full": torch.ones(2, 2)}, line="unit")) == "full: 2 x 2."
    assert "unit 1" not in texts_of(pictures({"one line": torch.ones(1, 9)}, line="unit").svg)


@pytest.mark.parametrize("shape", [(1, 8, 8), (20, 42), (20,), (3, 1)])
def test_pictures_of_any_size_fit_into_a_notebook(shape: tuple[int, ...]) -> None:
    figure = pictures({"one": torch.zeros(shape), "another": torch.ones(shape), "last": torch.ones(shape)})
    width, height = (float(ElementTree.fromstring(figure.svg).attrib[name]) for name in ("width", "height"))
    assert width <= 760
    assert height <= 330


def test_curves_have_dashes_of_their_own_and_say_their_values() -> None:
    figure = curves({"line": lambda x: 2 * x, "square": lambda x: x**2}, x=(0, 4), points={"Alice": (2, 4)})
    assert repr(figure) == (
        "line: 0.00 at 0, 2.00 at 1, 4.00 at 2, 6.00 at 3, 8.00 at 4.\n"
        "square: 0.00 at 0, 1.00 at 1, 4.00 at 2, 9.00 at 3, 16.00 at 4.\n"
        "Alice: 4 at 2."
    )
    drawn = [path.attrib for path in ElementTree.fromstring(figure.svg).iter(f"{SVG}path")]
    long = {path["class"] for path in drawn if path["d"].count("L") > 100}
    assert long == {"sy-line", "sy-line sy-dash"}
    assert {"line", "square", "Alice"} <= set(texts_of(figure.svg))


@settings(max_examples=40)
@given(st.floats(-50, 50), st.floats(0.01, 100), st.floats(-9, 9))
def test_curves_stay_within_their_frame(start: float, length: float, slope: float) -> None:
    figure = curves({"a": lambda x: slope * x**3, "b": torch.sin}, x=(start, start + length), y=(-2, 2))
    for path in ElementTree.fromstring(figure.svg).iter(f"{SVG}path"):
        numbers = [float(word) for word in path.attrib["d"].split() if word not in "MLHVZ"]
        assert all(0 <= number <= 700 for number in numbers)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1,023 bytes"),
        (1024, "1.0 KiB"),
        (1024**2 - 1, "1.0 MiB"),
        (5 * 1024**3, "5.0 GiB"),
    ],
)
def test_bytes_in_words(size: int, words: str) -> None:
    assert bytes_words(size) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "1"),
        (1.0, "1.0"),
        (0.18061, "0.1806"),
        (True, "True"),
        (float("nan"), "nan"),
        (27001234567, "2.7e+10"),
    ],
)
def test_numbers_in_words(number: float, words: str) -> None:
    assert number_words(number) == words


def test_what_came_to_you_does_not_count_looks() -> None:
    assert came_to_you([row("bob", "me", "peek", detail="5 int64")]) == "no value came to you"
    plan = row("bob", "me", "reply", detail="plan p, 5 int64", numbers=5)
    assert came_to_you([plan]) == "1 tensor, 5 numbers, came to you"
    rows = [
        row("bob", "me", "reply", detail="2 x 1000 float32", numbers=2000),
        row("bob", "me", "reply", detail="1 bool", numbers=1),
    ]
    assert came_to_you(rows) == "2 tensors, 2,001 numbers, came to you"
    assert came_to_you(rows[1:]) == "1 tensor, 1 number, came to you"


# -- anything ----------------------------------------------------------------------------------------------

names = st.one_of(st.sampled_from(["me", "bob", "alice", '<b>&"', "a\x00b", "名前" * 9]), st.text(max_size=40))
addresses = st.tuples(names, st.integers(0, 5))
numbers = st.one_of(st.integers(), st.floats(), st.booleans())
shapes = st.lists(st.integers(0, 4), max_size=3).map(tuple)


def filled(thing: Thing, values: list[Any]) -> Thing:
    """The thing with as many values as its shape asks for, if they are few."""
    size = torch.Size(thing.shape).numel()
    return Thing(**{**vars(thing), "values": tuple((values * size)[:size]) if values and size <= 12 else None})


things = st.builds(
    filled,
    st.builds(
        Thing,
        id=st.integers(0, 5),
        kind=st.sampled_from(["tensor", "pointer", "model", "more"]),
        name=names,
        shape=shapes,
        dtype=st.sampled_from(["int64", "float32"]),
        targets=st.lists(addresses, max_size=3).map(tuple),
        parts=st.integers(0, 12),
        numbers=st.integers(0, 10**9),
        note=st.sampled_from(["", "gradient of x"]),
    ),
    st.lists(numbers, max_size=4),
).map(lambda thing: thing if thing.kind == "pointer" else Thing(**{**vars(thing), "targets": ()}))
rooms = st.lists(st.builds(Room, names, st.lists(things, max_size=12).map(tuple)), max_size=9)
logs = st.lists(
    st.builds(
        row,
        names,
        names,
        st.sampled_from(["send", "execute", "get", "reply", "move", "delete", "hold", "ask", "peek"]),
        st.sampled_from(["", "add", "F.linear"]),
        st.integers(0, 10**13),
        st.sampled_from(["", "5 int64", "64 x 10 float32, 1 float32"]),
    ),
    max_size=40,
)


def check_page(svg: str) -> None:
    page = ElementTree.fromstring(svg)
    width, height = box(page)
    assert width <= 700
    for words, left, right, baseline in labels(page):
        assert left >= -0.1 and right <= width + 0.1 and 0 < baseline < height, words


@settings(max_examples=30, deadline=None)
@given(before=rooms, after=rooms, log=logs, code=names, focus=st.lists(names, max_size=2))
def test_any_stores_can_be_drawn(
    before: list[Room], after: list[Room], log: list[dict[str, Any]], code: str, focus: list[str]
) -> None:
    check_page(one_moment(after, focus)[0])
    check_page(before_and_after(before, after, log, code, focus)[0])


@settings(max_examples=60, deadline=None)
@given(log=logs, housekeeping=st.booleans(), limit=st.integers(0, 12))
def test_any_log_can_be_drawn(log: list[dict[str, Any]], housekeeping: bool, limit: int) -> None:
    check_page(draw_timeline(log, housekeeping, limit)[0])
    check_page(draw_traffic(log)[0])


@given(words=st.text(), other=st.text(), width=st.floats(60, 400), font=st.sampled_from(list(FONTS)))
def test_shortened_text_fits(words: str, other: str, width: float, font: str) -> None:
    assert text_width(shorten(words, width, font), font) <= width
    assert text_width(shorten_pair(words, other, width, font), font) <= width + 0.1


# -- the real session ----------------------------------------------------------------------------------------


@pytest.fixture
def bob() -> Iterator[Any]:
    """A worker of a session of its own; this module's variables are what a notebook's would be."""
    hook = sy.TorchHook(torch)
    with sy.isolated(seed=1):
        yield sy.VirtualWorker(hook, id="bob")
    for name in ("x", "y", "z", "own", "parts", "model"):
        globals().pop(name, None)


def test_before_and_after_a_real_line(bob: Any, capsys: pytest.CaptureFixture[str]) -> None:
    global x, y, z
    x, y = torch.tensor([1, 2, 3]).send(bob), torch.tensor([1, 1, 1]).send(bob)
    with who_holds() as figure:
        z = x + y
    assert "After z = x + y: You now hold a pointer z to bob. bob now holds tensor z (2 3 4)." in repr(figure)
    assert repr(figure).endswith("No value came to you.")
    assert [line["kind"] for line in figure.rows()] == ["execute"], "the figure's own looks are no messages"
    assert repr(figure) in capsys.readouterr().out


def test_a_value_that_comes_home(bob: Any) -> None:
    global x
    x = torch.tensor([1, 2]).send(bob)
    with who_holds() as figure:
        x = x.get()
    assert "You now hold tensor x (1 2)." in repr(figure) and "You no longer hold a pointer x to bob." in repr(figure)
    assert "1 tensor, 2 numbers, came to you." in repr(figure)


def test_a_figure_keeps_no_object_alive(bob: Any) -> None:
    global x, y
    x, y = torch.tensor([1]).send(bob), torch.tensor([2]).send(bob)
    figures = [who_holds(), who_holds("x")]
    with who_holds() as figure:
        x = y + y
    figures.append(figure)
    del x, y
    assert len(bob._objects) == 0 and all(map(repr, figures))


def test_models_gradients_lists_and_many_pointers(bob: Any) -> None:
    global x, y, own, parts, model
    alice = sy.VirtualWorker(sy.TorchHook(torch), id="alice")
    x = torch.tensor([1.0, 2.0], requires_grad=True).send(bob)
    (x * x).sum().backward()
    y, parts = torch.tensor([3]).send(bob, alice), [torch.tensor([4]).send(alice)]
    own, model = torch.zeros(20, 30), torch.nn.Linear(2, 1).send(bob)
    words = repr(who_holds())
    assert "gradient of x (2.0 4.0)" in words
    assert "a pointer y to bob and alice" in words and "a pointer parts[0] to alice" in words
    assert "tensor own (20 x 30 float32)" in words
    assert "a pointer model to bob" in words and "the model model (2 tensors, " in words
    assert "has gradients" not in words
    model(x.detach()).sum().backward()
    there = who_holds("model")
    assert ", has gradients)" in repr(there) and "has gradients" in str(there._repr_html_())


@pytest.mark.parametrize("order", ["whole first", "parts first"])
def test_a_module_within_another_is_drawn_for_itself(bob: Any, order: str) -> None:
    global x, y, model, parts
    x = model = None
    head, tail, rest = (torch.nn.Linear(2, width).send(bob) for width in (2, 3, 4))
    whole = torch.nn.Sequential(head, rest, tail)
    x, y, model = (whole, head, tail) if order == "whole first" else (head, tail, whole)
    words = repr(who_holds())
    numbers = re.findall(r"model [\w, ]+ \((\d) tensors, (\d+) numbers\)", words)
    assert sorted(numbers) == [("2", "12"), ("2", "6"), ("2", "9")], "the third is what has no name of its own"


def test_pointers_under_other_names_are_counted(bob: Any) -> None:
    global x, y, z, parts
    x, parts = torch.tensor([1]).send(bob), [torch.tensor([n]).send(bob) for n in range(12)]
    with who_holds("y") as figure:
        y = torch.tensor([5]).send(bob)
    words = repr(figure)
    assert "Before: You hold 13 more pointers. bob holds 13 more objects. After" in words
    assert "You now hold a pointer y to bob." in words and "14" not in words
    parts, z = [x, y], y
    assert repr(who_holds("x", "y")) == "You hold a pointer x to bob and a pointer y to bob. " + repr(
        who_holds("x", "y", "bob")
    ).partition("to bob. ")[2], "a second name is no second pointer"
    x = y = z = parts = None
    with who_holds("x") as figure:
        x = torch.tensor([1]).send(bob)
    assert "Before: You hold no pointer. bob holds nothing." in repr(figure)
    assert "no pointers" in texts_of(figure.svg) and "empty" in texts_of(figure.svg)


def test_what_stands_for_many_is_counted_as_many() -> None:
    mine = (*(pointer(n, f"p{n}", ("bob", n)) for n in range(12)), Thing("others", "more", "9", numbers=9))
    held = [Room("me", mine)]
    assert one_moment([*held, Room("bob")])[1].startswith("You hold a pointer p0 to bob, ")
    assert "and 14 more objects. bob" in one_moment([*held, Room("bob")])[1]


def test_unknown_names_are_told(bob: Any) -> None:
    with pytest.raises(NameError, match="no variable and no worker called 'nobody'"):
        who_holds("nobody")
    assert "bob holds nothing." in repr(who_holds("bob")) and "bob holds nothing." in repr(who_holds(bob))


def test_a_block_that_fails_shows_nothing_and_fails(bob: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), who_holds():
        _ = 1 / 0
    assert capsys.readouterr().out == ""


def test_only_drawn_stores_are_looked_into(bob: Any) -> None:
    global parts
    hook = sy.TorchHook(torch)
    parts = [torch.tensor([n]).send(sy.VirtualWorker(hook, id=f"person {n}")) for n in range(40)]
    with sy.record() as log:
        words = repr(who_holds())
    assert "36 more workers hold 35 objects." in words
    assert len([line for line in log.rows() if line["kind"] == "peek"]) <= 6


def test_timeline_and_traffic_read_every_kind_of_log(bob: Any) -> None:
    with sy.record() as log:
        torch.tensor([1, 2]).send(bob).get()
    for figure in (timeline(log), timeline(log.frame()), timeline(log.rows()), timeline()):
        assert "bob to you: reply" in repr(figure)
    assert "1 tensor, 2 numbers, came to you" in repr(timeline(log))
    assert "values came to you in 1 message" in repr(timeline(log.frame()))
    assert repr(traffic(log)) == repr(traffic()) and "you to bob: " in repr(traffic(log))


def test_figures_load_no_display_library() -> None:
    code = "import sys, course.learn.figures; print({'IPython', 'pandas', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


ODD = "a\nb\tc\x00d\x1be\u2028f\ud800"


def test_no_text_has_characters_that_cannot_be_read(drawing: tuple[str, str]) -> None:
    assert_readable(drawing[0])


def texts_of(svg: str) -> list[str]:
    return [part.text or "" for part in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def assert_readable(svg: str) -> None:
    """Texts, title, description and label: one line each, no stand-in for a broken character."""
    page = ElementTree.fromstring(svg)
    texts = [page.get("aria-label") or "", *(part.text or "" for part in page.iter() if part.tag != f"{SVG}style")]
    for words in texts:
        assert "\ufffd" not in words and (words.isprintable() or not words.strip()), repr(words)


def test_odd_names_become_readable() -> None:
    rooms = [Room("me", (pointer(1, ODD, (ODD, 2)),)), Room(ODD, (tensor(2, 1),))]
    rows = [row("me", ODD, "send", ODD, detail="1 int64"), row(ODD, "me", "reply", detail="1 int64")]
    assert_readable(one_moment(rooms)[0])
    assert_readable(before_and_after([], rooms, rows, ODD)[0])
    assert_readable(draw_timeline(rows)[0])
    assert_readable(draw_traffic(rows)[0])


@pytest.mark.parametrize("length", [10, 40, 80, 110, 200])
@pytest.mark.parametrize("after", [AFTER, CHAIN, CROWD], ids=["two rooms", "a chain", "a crowd"])
def test_the_line_of_code_is_never_cut(after: list[Room], length: int) -> None:
    code = " ".join(["x = y"] * (length // 6) + ["end"])
    svg, _ = before_and_after([], after, [], code)
    shown = " ".join(" ".join(words.split()) for words in texts_of(svg))
    assert code in shown
    check_page(svg)


def test_housekeeping_is_explained() -> None:
    rows = [row("me", "bob", "delete"), row("me", "bob", "hold"), row("me", "bob", "ask"), row("bob", "me", "reply")]
    for svg in (draw_timeline(rows)[0], before_and_after(BEFORE, AFTER, rows, "x")[0]):
        (said,) = [words for words in texts_of(svg) if words.startswith("housekeeping: ")]
        assert "a pointer is gone" in said and "a pointer more" in said and "of shapes" in said
        assert "…" not in said
    assert not any("housekeeping: " in words for words in texts_of(draw_timeline(ADD)[0]))


def test_an_optimizers_state_is_drawn_where_it_is() -> None:
    hook = sy.TorchHook(torch)
    bob = sy.VirtualWorker(hook, id="bob")
    model = torch.nn.Linear(2, 1).send(bob)
    adam = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 2).send(bob)).sum().backward()
    adam.step()
    namespace = {"model": model, "adam": adam}
    you, store = snapshot(namespace)[:2]
    names = {thing.name for thing in you.things}
    assert {"adam[0].exp_avg", "adam[1].exp_avg_sq"} <= names
    held = {thing.id for thing in store.things}
    assert all(target in held for thing in you.things for _, target in thing.targets)
