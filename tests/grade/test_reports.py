"""Pages that are read by people: right numbers, nothing hidden, nothing of a submission that is taken for HTML."""

import random
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy
import pytest
from classroom import EXERCISES, a_book, judge, refused, submission
from hypothesis import given
from hypothesis import strategies as some

from course.grade import reports
from course.grade.points import exact
from course.grade.reports import numbers, similar
from course.grade.reports.feedback import feedback
from course.grade.reports.instructor import report
from course.grade.reports.page import safe
from course.grade.standing import assignment_of, standing, standings

VOID = {"meta", "br", "img", "rect", "path"}
TAGS = set(
    "html head meta title style body main h1 h2 h3 p small strong code pre table caption thead tbody tr th td div span "
    "article header figure figcaption svg text desc rect path details summary a".split()
)


class Page(HTMLParser):
    """The page's elements, looked through: they have to be closed in their order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    @property
    def text(self) -> str:
        return " ".join(" ".join(text for tag, text in self.texts if tag != "style").split())

    def tags(self, tag):
        return [attrs for name, attrs in self.found if name == tag]


HOSTILE = [
    "<script>alert(1)</script>", "</code></pre></main><img src=x onerror=alert(1)>", '"><svg onload=alert(1)>',
    "`<b>`", "]]>", "&lt;script&gt;", "' onmouseover='alert(1)", "\u202e reversed", "\x00\x1b[31m", "\ud800",
    "${7*7}{{7*7}}", "<!--", "javascript:alert(1)",
]  # fmt: skip


def everything_hostile() -> list:
    """A student for each text: it is the key, the answer, the message, the tag, a warning and a file's refusal."""
    items = []
    for text in HOSTILE:
        item = submission(text, f"half {text}", text, "right")
        answers = tuple(replace(answer, warnings=(text,)) for answer in item.answers)
        items += [replace(item, answers=answers, warnings=(text,)), refused(text, text)]
    return items


@pytest.fixture
def hostile(tmp_path):
    with a_book(tmp_path / "g.sqlite", everything_hostile()) as book:
        yield book


def all_pages(book, tmp_path) -> list[str]:
    path = reports.write(book, tmp_path / "out", ["absent <b>"])
    pages = [path, *(tmp_path / "out" / "feedback").glob("*.html")]
    assert len(pages) == 1 + len(book.students())
    return [page.read_text(encoding="utf-8") for page in pages]


def check_page(text: str) -> Page:
    page = Page(text)
    assert {tag for tag, _ in page.found} <= TAGS
    assert not [attrs for _, attrs in page.found if any(name.startswith("on") for name in attrs)]
    places = {f"#{attrs['id']}" for _, attrs in page.found if "id" in attrs}
    for attrs in (attrs for _, attrs in page.found):
        assert "style" not in attrs and "src" not in attrs
        assert re.fullmatch(r"feedback/[\w-]+\.html", attrs.get("href") or "feedback/x.html") or attrs["href"] in places
    policy = [attrs["content"] for attrs in page.tags("meta") if "http-equiv" in attrs]
    assert len(policy) == 1 and policy[0].startswith("default-src 'none'") and "script" not in policy[0]
    return page


# -- HTML ----------------------------------------------------------------------------------------------------------


def test_nothing_of_a_submission_is_taken_for_html(hostile, tmp_path):
    for text in all_pages(hostile, tmp_path):
        check_page(text)
        assert "\u202e" not in text and "\x1b" not in text and "\x00" not in text


def test_what_a_student_wrote_is_shown_as_it_was_written(hostile):
    page = Page(feedback(assignment_of(hostile), standing(hostile, HOSTILE[0])))
    code = [text for tag, text in page.texts if tag == "code"]
    assert "half <script>alert(1)</script>" in code and "for student <script>alert(1)</script>" in page.text


@given(some.text(some.characters(exclude_categories=()), max_size=30))
def test_safe_text_has_no_element_and_no_hidden_character(text):
    shown = safe(text)
    assert not set("<>\"'") & set(shown)
    assert all(letter.isprintable() or letter in "\n\t" for letter in shown if letter != "\u00a0")
    shown.encode("utf-8")


def test_a_page_can_be_used_without_seeing_it(hostile, tmp_path):
    for text in all_pages(hostile, tmp_path):
        page = Page(text)
        assert page.tags("html")[0]["lang"] == "en" and len(page.tags("h1")) == len(page.tags("title")[:1]) == 1
        levels = [int(tag[1]) for tag, _ in page.found if tag in ("h1", "h2", "h3")]
        assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
        assert len(page.tags("table")) == len(page.tags("caption")) >= 1
        assert all(attrs.get("scope") in ("col", "row") for attrs in page.tags("th"))
        figures = page.tags("svg")
        assert len(page.tags("desc")) == len(figures)
        assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in figures)


def test_a_kind_is_a_word_and_never_only_a_colour(tmp_path):
    items = [submission("ada", "right", "half", ""), submission("bob", "boom", "loop", "third")]
    with a_book(tmp_path / "g.sqlite", items) as book:
        text = " ".join(Page(feedback(assignment_of(book), one)).text for one in standings(book))
    for words in ("✓ Correct", "✗ Not yet", "○ Not attempted", "! Stopped with an error", "… Took too long"):
        assert words in text


# -- what a student reads ------------------------------------------------------------------------------------------


def test_nothing_hidden_is_on_a_page(tmp_path):
    item = submission("ada", "right", "half", "right")
    with a_book(tmp_path / "g.sqlite", [item]) as book:
        found = [replace(result, detail="hidden-detail") for result in judge(item, 5, "bwrap", None)]
        book.record(1, found, level="bwrap")
        book.override("ada", "01.2", 500, "hidden-reason", "hidden-person")
        page = feedback(assignment_of(book), standing(book, "ada"))
        hidden = ["hidden-", book.setting("secret"), item.digest, *(str(kept.seed) for kept in book.results(1))]
    assert not [word for word in hidden if word in page]
    text = Page(page).text
    assert "2.5 of 3 points" in text and "A person set these points." in text and "Not so: half" in text
    assert "Sandbox level bwrap" in text


def test_being_late_is_explained(tmp_path):
    about = 'name = "week-1"\nnotebooks = ["01"]\ndue = 2026-12-01T12:00:00Z\nlate = "10% a day"\n'
    item = submission("ada", "right", "right", "", received=1796126400.0 + 3600)
    with a_book(tmp_path / "g.sqlite", [item], about=about) as book:
        text = Page(feedback(assignment_of(book), standing(book, "ada"))).text
        assert "1.8 of 3 points" in text and "one day late" in text and "0.2 points are taken off" in text
        book.override("ada", "01.late", 0, "was ill", "turing")
        text = Page(feedback(assignment_of(book), standing(book, "ada"))).text
    assert "2 of 3 points" in text and "no points are taken off (a person decided that)" in text


def test_a_huge_answer_makes_no_huge_page(tmp_path):
    with a_book(tmp_path / "g.sqlite", [submission("ada", "half " + "x = 1\n" * 10**5)]) as book:
        page = feedback(assignment_of(book), standing(book, "ada"))
    assert len(page) < 10**5 and "The rest is not shown." in page


def test_pages_of_who_is_gone_go(tmp_path):
    with a_book(tmp_path / "g.sqlite", [submission("ada", "right"), submission("bob", "right")]) as book:
        reports.write(book, tmp_path)
        book.delete_student("ada")
        reports.write(book, tmp_path)
    assert [path.name for path in (tmp_path / "feedback").iterdir()] == ["bob.html"]
    assert "ada" not in (tmp_path / "report.html").read_text()


# -- what the instructor reads ---------------------------------------------------------------------------------------


def class_of(size: int, seed: int = 1) -> list:
    draw = random.Random(seed)
    return [submission(f"s{number:02d}", *draw.choices(["right", "half", "", "loop"], k=3)) for number in range(size)]


def test_the_report_counts(tmp_path):
    items = [*class_of(11), refused("eve", "it is no notebook")]
    with a_book(tmp_path / "g.sqlite", items) as book:
        page = check_page(report(assignment_of(book), list(standings(book, ["absent"]))))
    (said,) = [attrs["aria-label"] for attrs in page.tags("svg") if "each exercise" in attrs["aria-label"]]
    for place, exercise in enumerate(EXERCISES):
        words = [item.answers[place].source for item in items[:11]]
        assert f"{exercise}: correct {words.count('right')}, not yet {words.count('half')}" in said
    said = "11 students handed in something that can be graded. 1 student handed in only what cannot be graded. "
    assert said + "1 student of the roster handed in nothing." in page.text
    assert "it is no notebook" in page.text and "absent" in page.text


def test_below_ten_students_there_is_no_item_analysis(tmp_path):
    with a_book(tmp_path / "g.sqlite", class_of(9)) as book:
        text = Page(report(assignment_of(book), list(standings(book)))).text
    assert "n = 9, too few to say anything (10 are needed)" in text and "alpha" not in text
    with a_book(tmp_path / "h.sqlite", class_of(10)) as book:
        assert "alpha" in Page(report(assignment_of(book), list(standings(book)))).text
    assert numbers.items([[1.0, 0.0]] * 9, [1, 1]) == [] and numbers.alpha([[1.0, 0.0]] * 9) is None


def test_an_empty_class_has_a_report(tmp_path):
    with a_book(tmp_path / "g.sqlite", []) as book:
        assert "Nothing was handed in." in Page(report(assignment_of(book), list(standings(book, ["absent"])))).text


def test_messages_are_counted_by_their_tag(tmp_path):
    items = [submission(f"s{number}", "half" if number < 3 else "twice") for number in range(4)]
    with a_book(tmp_path / "g.sqlite", items) as book:
        text = Page(report(assignment_of(book), list(standings(book)))).text
    assert "01.1 half ✗ Not yet 3 Not so: half" in text and "01.1 twice ✗ Not yet 1 Not so: twice" in text


def test_technical_failures_have_their_reason_and_levels_are_named(tmp_path):
    item = submission("ada", "right", "right", "right")
    with a_book(tmp_path / "g.sqlite", [item]) as book:
        found = list(judge(item, 5, "none", None))
        failed = replace(found[0], kind="technical", points=0.0, detail="ended by SIGKILL")
        book.record(1, [failed, *found[1:]], level="none")
        text = Page(report(assignment_of(book), list(standings(book)), limits="30 s")).text
    assert "ada 01.1 ended by SIGKILL" in text and "1 result that failed technically, counted 0 so far" in text
    assert "Below level bwrap nothing is hidden" in text and "30 s" in text


def test_what_is_not_graded_yet_is_in_no_number(tmp_path):
    """Ten are graded, all right; two wait, and of a third an exercise failed: a person decides on that one."""
    items = [submission(f"s{number:02d}", "right", "right", "right") for number in range(11)]
    with a_book(tmp_path / "g.sqlite", items) as book:
        for name in ("tim", "tom"):
            book.take_in(submission(name, "half", "half", "half"))
        first, *others = judge(items[10], 5, "bwrap", None)
        why = "Traceback\n  somewhere\nCageError: no seat"
        failed = [replace(first, kind="technical", points=0.0, text="Not your doing.", detail=why), *others]
        book.record(11, failed, level="bwrap")
        assignment, everybody = assignment_of(book), list(standings(book))
        text = Page(report(assignment, everybody)).text
        waits, broken = (Page(feedback(assignment, standing(book, key))).text for key in ("tim", "s10"))
        book.override("s10", "01.1", exact("0.5"), "read it", "turing")
        decided = Page(report(assignment, list(standings(book)))).text
        after = Page(feedback(assignment, standing(book, "s10"))).text
    assert "2 notebooks to be graded yet." in text and "1 result failed technically" in text
    assert "mean 3.00, median 3.00, standard deviation 0.00; n = 10." in text and "Left out: 3 students" in text
    assert "01.1 exercise 1 100% 10 0 0 0 3 0" in text and "n = 10, 3 exercises" in text
    assert "s10 01.1 CageError: no seat Traceback" in text and "tim 01.1" not in text
    assert "tim 0 3 0 1 notebook to be graded yet" in text and "s10 2 3 0 not graded: 01.1" in text
    assert "Not graded yet: 01.1, 01.2, 01.3; 3 of the points count 0 so far." in waits
    assert "? Waits to be graded" in waits
    assert "Not graded yet: 01.1; 1 of the points" in broken and "open of 1 points" in broken
    assert "n = 11." in decided and "s10 2.5 3 0 points set by a person: 01.1" in decided
    assert "Not graded yet" not in after and "0.5 of 1 points" in after


def test_who_took_too_long_is_named_with_what_to_do(tmp_path):
    items = [submission("ada", "loop", "right", "loop"), submission("bob", "right")]
    with a_book(tmp_path / "g.sqlite", items) as book:
        text = Page(report(assignment_of(book), list(standings(book)))).text
    assert "Took too long: ada 01.1, 01.3." in text and "course regrade --student KEY" in text


# -- numbers ---------------------------------------------------------------------------------------------------------

matrices = some.integers(10, 30).flatmap(
    lambda n: some.integers(2, 6).flatmap(
        lambda k: some.lists(some.lists(some.integers(0, 4), min_size=k, max_size=k), min_size=n, max_size=n)
    )
)


@given(matrices)
def test_item_analysis_is_numpy_s(points):
    """Difficulty, item-rest correlation and alpha from their definitions, with numpy."""
    table = numpy.array(points, dtype=float)
    rest = table.sum(axis=1, keepdims=True) - table
    for place, item in enumerate(numbers.items(points, [4] * table.shape[1])):
        assert item.difficulty == pytest.approx(table[:, place].mean() / 4)
        if item.rest is None:
            assert 0 in (table[:, place].std(), rest[:, place].std())
        else:
            assert item.rest == pytest.approx(numpy.corrcoef(table[:, place], rest[:, place])[0, 1], abs=1e-9)
    k, covariance = table.shape[1], numpy.cov(table.T)
    alpha = numbers.alpha(points)
    if alpha is None:
        assert covariance.sum() == pytest.approx(0)
    else:
        assert alpha == pytest.approx(k / (k - 1) * (1 - numpy.trace(covariance) / covariance.sum()))


def test_items_that_are_all_the_same_have_alpha_one_and_noise_has_none():
    same = [[n % 2] * 5 for n in range(20)]
    assert numbers.alpha(same) == pytest.approx(1.0)
    draw = random.Random(0)
    assert abs(numbers.alpha([[draw.random() for _ in range(5)] for _ in range(4000)])) < 0.1


def test_bins_hold_everybody():
    assert numbers.bins([0, 0.05, 0.1, 0.3, 0.999, 1]) == [2, 1, 0, 1, 0, 0, 0, 0, 0, 2]
    assert numbers.bins([place / 10 for place in range(11)]) == [1] * 9 + [2]


# -- similarity --------------------------------------------------------------------------------------------------------

ONE = """
def mean_there(x, y):
    '''The mean of two remote tensors.'''
    together = []
    for place in range(3):
        if place % 2 == 0 and x is not None:
            together.append((x + y) * place)
        else:
            together.extend([x, y, x - y])
    return sum(together) / len(together)
"""
RENAMED = (
    ONE.replace("together", "z").replace("place", "i").replace("mean_there", "f").replace("3", "17")
    .replace("'''The mean of two remote tensors.'''", "# my own work")
)  # fmt: skip
OTHER = """
def mean_there(x, y):
    total = x.copy()
    while total.shape != y.shape:
        total = total[:-1]
    with torch.no_grad():
        total += y
    assert not total.requires_grad, "no gradient"
    return {"mean": total / 2}["mean"]
"""


def test_a_renamed_answer_is_similar_and_another_is_not():
    (pair,) = similar.pairs("01.1", {"ada": ONE, "bob": RENAMED, "claire": OTHER})
    assert (pair.one, pair.other, pair.likeness) == ("ada", "bob", 1.0)


def test_what_was_given_is_subtracted():
    assert similar.pairs("01.1", {"ada": ONE, "bob": ONE}, given=(RENAMED,)) == []
    lines = "".join(f"    if a[{n}] > {n} and not a.b:\n        a.c{n}(a, k=[a])\n" for n in range(4))
    addition = "\ndef more(a):\n" + lines
    (pair,) = similar.pairs("01.1", {"ada": ONE + addition, "bob": RENAMED + addition}, given=(ONE,))
    assert pair.likeness == 1.0


def test_what_many_wrote_is_nobody_s_own():
    answers = {f"s{number:02d}": ONE for number in range(20)}
    assert similar.pairs("01.1", answers) == []


@pytest.mark.parametrize(
    "source",
    [
        "def f(:", "(" * 10_000, "[" * 90 + "]" * 90, "-" * 15_000 + "1", "x" + ".a" * 9_000, "x = '\\d'", "\x00",
        "\ud800", "if 1:\n" + "".join(" " * n + "if 1:\n" for n in range(1, 400)),
        "lambda: " * 2_500 + "0", "1" + " + 1" * 4_900,
        "not " * 4_900 + "x", "if a:\n x\n" + "elif a:\n x\n" * 2_000, "a if b else " * 1_600 + "c",
        "1" + "**1" * 6_000,
        "a" + "[0]" * 6_000, "a" + "()" * 9_000, "await " * 3_000 + "a", "@a\n" * 6_000 + "def f(): pass",
        "a" + "=a" * 9_000, "*" * 9_000 + "a", "'' " * 6_000, "f'" + "{a!r:{b}}" * 2_000 + "'",
        "f'{" * 50, "%matplotlib inline\n!ls\nx = 1",
    ],
    ids=lambda source: repr(source[:12]),
)  # fmt: skip
def test_no_answer_exhausts_the_reader(source):
    similar.fingerprints(source)
    similar.pairs("01.1", {"ada": source, "bob": source, "claire": ONE})


def test_the_report_says_similar_not_proof(tmp_path):
    items = [submission("ada", ONE), submission("bob", RENAMED), submission("claire", OTHER)]
    with a_book(tmp_path / "g.sqlite", items) as book:
        page = check_page(report(assignment_of(book), list(standings(book)), given=lambda exercise: ()))
    assert "Similar, not proof." in page.text and "ada and bob, similar, not proof: 01.1" in page.text
    assert "ada bob 1 01.1 100%" in page.text


def test_those_who_are_alike_most_often_come_first(tmp_path):
    """Six with an answer of their own each; ada and bob share two, claire and dora one that is longer."""
    longer = ONE + ONE.replace("mean_there", "again").replace("append", "insert")
    items = [
        submission("ada", ONE, OTHER), submission("bob", RENAMED, OTHER), submission("claire", "", longer),
        submission("dora", "", longer), *(submission(f"s{n}", "x = 1", "y = 2") for n in range(6)),
    ]  # fmt: skip
    with a_book(tmp_path / "g.sqlite", items) as book:
        text = Page(report(assignment_of(book), list(standings(book)), given=lambda exercise: ())).text
    assert text.index("ada bob 2 01.1 100%, 01.2 100%") < text.index("claire dora 1 01.2 100%")


def test_points_of_a_person_are_in_the_report(tmp_path):
    with a_book(tmp_path / "g.sqlite", [submission("ada", "half")]) as book:
        book.override("ada", "01.1", exact("0.5"), "half of it", "turing")
        text = Page(report(assignment_of(book), list(standings(book)))).text
        book.override("ada", "01.late", 0, "was ill", "turing")
        both = Page(report(assignment_of(book), list(standings(book)))).text
    assert "ada 0.5 3 0 points set by a person: 01.1" in text
    assert "ada 01.1 0.5 half of it turing" in both and "ada 01.late 0 was ill turing" in both
    assert "All points are the judge's." not in both


def test_a_page_is_one_file(tmp_path):
    with a_book(tmp_path / "g.sqlite", class_of(3)) as book:
        reports.write(book, tmp_path / "out")
    assert sorted(path.name for path in Path(tmp_path / "out").iterdir()) == ["feedback", "report.html"]
