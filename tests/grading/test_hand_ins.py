"""Hostile and broken hand-ins, each tried twice: against an intake that is weak in one way, where it wins, and ours.

These win before anything is run: by what their files are, are called, or claim. Beside each one lies Alice's hand-in,
in time and right; what must happen is that hers is read as she wrote it, whatever else there is, and that the attack
gets nothing. `weak` says in words what the weakened intake does.
"""

import contextlib
import json
import os
import tracemalloc
import zipfile
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from course.grade.assignment import Assignment, Late
from course.grade.intake import hand_ins, lms, matching, notebook, submissions
from course.grade.intake.lines import bare
from course.grade.intake.notebook import Caps
from course.grade.kinds import Refused, Submission
from course.grade.roster import Person, Roster
from tests.grade.handing_in import IDS, STUBS, TEMPLATES, answer, cell_of, code, filled, put, raw, without_ids, zipped

pytestmark = pytest.mark.skipif(os.name != "posix", reason="grading runs on Linux")

DUE = datetime(2026, 12, 1, 23, 59, tzinfo=UTC)
WEEK = Assignment("week1", ("01",), due=DUE, late=Late.read("cut-off"), exercises=dict.fromkeys(IDS, "ab"))
CURRENT = dict.fromkeys(IDS, "ab")
MB = 2**20


@dataclass(frozen=True)
class Seen:
    """What came of a batch, weak or not."""

    rows: tuple = ()
    stopped: str = ""  # the exception that ended it
    peak: int = 0  # bytes of memory that it took at most

    def of(self, student):
        return [row for row in self.rows if row.student == student]

    def answers(self, student):
        return [a.source for row in self.of(student) if isinstance(row, Submission) for a in row.answers]


@dataclass(frozen=True)
class Case:
    """An attack, or what an editor does: its files, a weak intake, and what it wins there."""

    name: str
    kind: str
    weak: str  # in words
    weakened: object  # a context manager; `rows` are taken within it
    wins: object  # Seen -> bool
    files: object = field(default_factory=dict)  # name -> bytes, or a function of the folder
    options: dict = field(default_factory=dict)  # of `submissions`
    weak_options: dict = field(default_factory=dict)

    def __str__(self):
        return self.name


ALICE = raw(filled(value="'alice'"))
ALICES = [answer(exercise, "'alice'") for exercise in IDS]


def lay(folder, case):
    """The hand-ins: Alice's, then the case's own."""
    put(folder, {"alice/01.ipynb": ALICE})
    os.utime(folder / "alice" / "01.ipynb", (DUE.timestamp() - 60,) * 2)
    case.files(folder) if callable(case.files) else put(folder, case.files)


def take_in(folder, case, weak):
    tracemalloc.start()
    rows, stopped = [], ""
    options = {"templates": TEMPLATES, "current": CURRENT, **case.options, **(case.weak_options if weak else {})}
    try:
        with case.weakened if weak else contextlib.nullcontext():
            rows.extend(submissions.submissions(folder, WEEK, **options))
    except Exception as error:  # noqa: BLE001 - that it stops the batch is what some attacks are after
        stopped = type(error).__name__
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Seen(tuple(rows), stopped, peak)


# ── what the weak intakes do ────────────────────────────────────────────────────────────────────────────────


def follow_links():
    """Whatever a path leads to is read."""
    return patched(
        (Path, {"is_symlink": lambda self: False}),
        (hand_ins, {"_regular": lambda path: path.open("rb")}),
    )


@contextlib.contextmanager
def patched(*places):
    with contextlib.ExitStack() as stack:
        for place, names in places:
            for name, value in names.items():
                stack.enter_context(patch.object(place, name, value))
        yield


def ask_the_innermost_name():
    """Whose it is stands in the name of the file, wherever the file lies."""
    real = submissions._Student._submission

    def submission(self, found, bytes, read):
        return replace(real(self, found, bytes, read), student=lms.whose(found.parts[-1]).key)

    return patched((submissions._Student, {"_submission": submission}))


def believe_names():
    """Whoever is called like somebody in the roster is that person."""

    def owners(self):
        names = self.top.names()
        found = [lms.whose(name, self.files) for name in names]
        return [(name, whose, self._known(whose)) for name, whose in zip(names, found, strict=True)]

    return patched((submissions._Reader, {"_owners": owners}))


def look_for_moodle_anywhere():
    """What looks like Moodle's mark is Moodle's, wherever it stands in a name."""
    import re

    loose = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_file(?:_.*)?", re.DOTALL)
    return patched((lms, {"_MOODLE": loose}))


def believe_clocks():
    """When a file came is what the student's zip says."""
    real = hand_ins._in_zip

    def in_zip(archive, info, received, caps):
        return real(archive, info, hand_ins._time(info), caps)

    def in_student_zip(file, parts, received, caps):
        archive = zipfile.ZipFile(file)
        for info in archive.infolist():
            for found in in_zip(archive, info, received, caps):
                yield replace(found, parts=(*parts, *found.parts))

    return patched((hand_ins, {"_in_student_zip": in_student_zip}))


def believe_stamps():
    """A file `timestamp.txt` says when a submission came, whoever wrote it."""
    return patched((submissions._Reader, {"is_nbgrader": True}))


def catch_nothing():
    """A file that cannot be read raises what its reader raises."""

    def file(self, found, late):
        bytes = found.read(self.reader.caps.file)
        read = notebook._cells(json.loads(bytes), self.reader.caps)
        submission = self._submission(found, bytes, read)
        self.good.setdefault(submission.notebook, []).append(submission)

    def read_item(self, name, whose):
        for found in self.reader.top.files(name, self.reader.caps):
            if found.parts[-1].endswith(".ipynb"):
                file(self, found, ())

    return patched((submissions._Student, {"_read_item": read_item}))


def keep_every_character():
    """A cell's text is whatever the JSON says."""
    return patched((notebook, {"_plain": lambda source: source}))


def keep_every_name():
    """A student's key is what the folder is called."""
    return patched((lms, {"key": lambda text: text}))


def only_ids():
    """An answer is the cell with the exercise's id, and no other."""

    def candidates(self, stub):
        return [(index, "id") for index, cell in enumerate(self.cells) if stub.id in cell.ids]

    return patched((matching._Matching, {"_candidates": candidates, "_by_order": lambda self, stub: []}))


def the_last_cell_counts():
    """Of several cells the last one counts, filled in or not."""
    real = matching._Matching.answer

    def last(self, stub):
        found = self._candidates(stub)
        text = self.cells[found[-1][0]].source if found else ""
        return replace(real(self, stub), source="" if bare(text) == bare(stub.source) else text)

    return patched((matching._Matching, {"answer": last}))


def two_are_an_error():
    """A notebook with two cells of one id is broken: whoever reads it stops (nbgrader does)."""
    real = matching._Matching._candidates

    def candidates(self, stub):
        found = real(self, stub)
        if len(found) > 1:
            raise RuntimeError("duplicate cell id")
        return found

    def read_item(self, name, whose):
        for found in self.reader.top.files(name, self.reader.caps):
            submission = self._submission(found, bytes := found.read(MB), notebook.parse(bytes))
            self.good.setdefault(submission.notebook, []).append(submission)

    return patched((matching._Matching, {"_candidates": candidates}), (submissions._Student, {"_read_item": read_item}))


def the_first_name_counts():
    """A function is whatever cell defines it last, another exercise's answer too."""

    def claim(self, index, by_id):
        return "", ""

    return patched((matching._Matching, {"_claim": claim}))


def no_caps():
    """Nothing is too large, up to 200 MB."""
    names = ("lists", "cells", "cell", "code", "archive", "directory", "ratio", "total")
    return {"caps": Caps(**dict.fromkeys(names, 10**9), file=200 * MB, entries=10**6, notebooks=10**6)}


# ── the cases ───────────────────────────────────────────────────────────────────────────────────────────────


def linked(target):
    def make(folder):
        (folder / "mallory").mkdir()
        (folder / "mallory" / "01.ipynb").symlink_to(folder / target)

    return make


def linked_folder(folder):
    (folder / "mallory").symlink_to(folder / "alice")


def outside(folder):
    secret = folder.parent / f"{folder.name}-secret.ipynb"
    secret.write_bytes(raw(filled(value="'the reference'")))
    (folder / "mallory").mkdir()
    (folder / "mallory" / "01.ipynb").symlink_to(secret)


def late_zip(inner):
    def make(folder):
        put(folder, {"mallory.zip": inner})
        os.utime(folder / "mallory.zip", (DUE.timestamp() + 86_400,) * 2)

    return make


def late_stamp(folder):
    stamp = b"2026-11-01 12:00:00 UTC"
    put(folder, {"mallory/week1/01.ipynb": raw(filled()), "mallory/week1/timestamp.txt": stamp})
    os.utime(folder / "mallory" / "week1" / "01.ipynb", (DUE.timestamp() + 86_400,) * 2)


def in_time(seen):
    return any(WEEK.late_share(row.received) == 0 for row in seen.of("mallory") if isinstance(row, Submission))


def has_alices(seen):
    return seen.answers("mallory") == ALICES


def replaced(student):
    """Mallory's answers stand where the other's should."""
    return lambda seen: answer("01.1", "'mallory'") in seen.answers(student)


def loses(exercise, source, student="honest"):
    """The honest answer is not found."""
    return lambda seen: not any(a == source for a in seen.answers(student)) and exercise in IDS


def stops(seen):
    return bool(seen.stopped) or not seen.of("alice")


def swells(seen):
    return seen.peak > 60 * MB


def doubled(at_the_end):
    saved = filled(value="'mine'")
    cell = dict(cell_of(saved, "01.2"))
    saved["cells"].append({**cell, "source": STUBS["01.2"].source} if at_the_end else cell)
    return raw(saved)


def with_copy():
    saved = filled(value="'mine'")
    later = cell_of(saved, "01.3")
    later["source"] += f"\n\ndef {STUBS['01.2'].name}(x, y):\n    return 'a copy'"
    return raw(saved)


MINE = answer("01.2", "'mine'")
MALLORY = raw(filled(value="'mallory'"))
EARLY = zipfile.ZipInfo("01.ipynb", (1990, 1, 1, 0, 0, 0))
UNREADABLE = {
    "cut off": ALICE[:-9],
    "nested": b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "long number": b'{"cells": [], "x": ' + b"9" * 5000 + b"}",
    "no cells": b'{"cells": 5}',
    "cell of another kind": b'{"cells": [7]}',
    "not UTF-8": b'{"cells": [], "x": "\xff"}',
}
JANE = Roster([Person("alice", "Alice"), Person("jane", "Jane Doe")])
OTHERS = {"doejane_12345_678_01.ipynb": ALICE, "doejane_666_777_01.ipynb": MALLORY}
CASES = [
    Case(
        "a link to another's file", "links", "links are followed", follow_links(), has_alices, linked("alice/01.ipynb")
    ),
    Case("a link to a folder", "links", "links are followed", follow_links(), has_alices, linked_folder),
    Case(
        "a link out of the folder",
        "links",
        "links are followed",
        follow_links(),
        lambda seen: answer("01.1", "'the reference'") in seen.answers("mallory"),
        outside,
    ),
    Case(
        "another's name on a file",
        "whose",
        "the innermost name is asked",
        ask_the_innermost_name(),
        replaced("222"),
        {"mallory/bob_222_333_01.ipynb": MALLORY},
    ),
    Case(
        "another's name on a file in a zip",
        "whose",
        "the innermost name is asked",
        ask_the_innermost_name(),
        replaced("222"),
        {"mallory.zip": zipped({"Bob_222_assignsubmission_file_/01.ipynb": b"{", "bob_222_333_01.ipynb": MALLORY})},
    ),
    Case(
        "Moodle's mark in a file on Canvas",
        "whose",
        "the mark counts wherever it stands",
        look_for_moodle_anywhere(),
        replaced("222"),
        {"mallory_666_777_bob_222_assignsubmission_file_01.ipynb": MALLORY},
    ),
    Case(
        "another's name on the platform",
        "whose",
        "names are believed",
        believe_names(),
        replaced("jane"),
        OTHERS,
        options={"roster": JANE},
    ),
    Case(
        "a key that leads out of a folder",
        "whose",
        "a key is what the folder is called",
        keep_every_name(),
        lambda seen: any(set(row.student) & set('/\\<>"= ') for row in seen.rows),
        {"=cmd <b>/01.ipynb": MALLORY},
    ),
    Case(
        "a zip whose clock is early",
        "clocks",
        "a zip's clock is believed",
        believe_clocks(),
        in_time,
        late_zip(zipped({EARLY: raw(filled())})),
    ),
    Case("a time stamp of one's own", "clocks", "every stamp is believed", believe_stamps(), in_time, late_stamp),
    *(
        Case(f"JSON: {name}", "broken", "errors are not caught", catch_nothing(), stops, {"mallory/01.ipynb": content})
        for name, content in UNREADABLE.items()
    ),
    Case(
        "half a pair of surrogates",
        "characters",
        "every character is kept",
        keep_every_character(),
        lambda seen: any("\ud800" in source for source in seen.answers("mallory")),
        {"mallory.ipynb": raw({"cells": [code(f"{answer('01.1')}  # \ud800")]})},
    ),
    Case(
        "a NUL",
        "characters",
        "every character is kept",
        keep_every_character(),
        lambda seen: any("\0" in source for source in seen.answers("mallory")),
        {"mallory.ipynb": raw({"cells": [code(f"{answer('01.1')}  # \0")]})},
    ),
    Case(
        "a bomb",
        "swelling",
        "nothing is too large",
        contextlib.nullcontext(),
        swells,
        {"mallory.zip": zipped({"01.ipynb": b" " * 100 * MB})},
        weak_options=no_caps(),
    ),
    Case(
        "a cell of sixty megabytes",
        "swelling",
        "nothing is too large",
        contextlib.nullcontext(),
        swells,
        {"mallory/01.ipynb": b'{"cells": [{"cell_type": "markdown", "source": "' + b"x" * 60 * MB + b'"}]}'},
        weak_options=no_caps(),
    ),
    Case(
        "a million lists",
        "swelling",
        "nothing is too large",
        contextlib.nullcontext(),
        swells,
        {"mallory/01.ipynb": b'{"cells": [], "x": [' + b"[]," * 1_100_000 + b"[]]}"},
        weak_options=no_caps(),
    ),
    Case(
        "ids that an editor took away",
        "editors",
        "only ids count",
        only_ids(),
        loses("01.2", MINE),
        {"honest.ipynb": raw(without_ids(filled(value="'mine'")))},
    ),
    Case(
        "the stub once more at the end",
        "editors",
        "the last cell counts",
        the_last_cell_counts(),
        loses("01.2", MINE),
        {"honest.ipynb": doubled(at_the_end=True)},
    ),
    Case(
        "a doubled cell",
        "editors",
        "two cells of one id are an error",
        two_are_an_error(),
        stops,
        {"aaa.ipynb": doubled(at_the_end=False)},
    ),
    Case(
        "a copy of the function in another answer",
        "editors",
        "a function is what was defined last",
        the_first_name_counts(),
        loses("01.2", MINE),
        {"honest.ipynb": with_copy()},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_wins_against_a_weak_intake(case, tmp_path):
    folder = tmp_path / "in"
    lay(folder, case)
    assert case.wins(take_in(folder, case, weak=True)), f"{case.name}: wins nothing where {case.weak}"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_wins_nothing_here(case, tmp_path):
    folder = tmp_path / "in"
    lay(folder, case)
    seen = take_in(folder, case, weak=False)
    assert not seen.stopped and not case.wins(seen), seen
    (alice,) = seen.of("alice")
    assert [a.source for a in alice.answers] == ALICES and WEEK.late_share(alice.received) == 0
    assert not any(a.refused for a in alice.answers)
    assert len({row.student for row in seen.rows}) == len(list(folder.iterdir()))
    assert all(isinstance(row, Submission | Refused) for row in seen.rows)


def test_no_kind_counts_more_than_six_times():
    assert max(Counter(case.kind for case in CASES).values()) <= 6
    assert len({case.name for case in CASES}) == len(CASES) >= 22
