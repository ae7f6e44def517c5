"""What students hand in: who it belongs to, what is read, what is refused and why. Nothing ever stops the batch."""

import hashlib
import io
import os
import random
import socket
import stat
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.grade.assignment import Assignment, Late
from course.grade.intake.notebook import Caps
from course.grade.intake.submissions import IntakeError, released, submissions
from course.grade.kinds import Refused, Submission
from course.grade.roster import Person, Roster
from tests.grade.handing_in import FILE, IDS, TEMPLATES, answer, code, filled, put, raw, zipped

WEEK = Assignment("week1", ("01",))
NOTEBOOK = raw(filled())
CURRENT = dict.fromkeys(IDS, "ab")


def rows(path, assignment=WEEK, **more):
    more = {"templates": TEMPLATES, "current": CURRENT, **more}
    return list(submissions(path, assignment, **more))


def students(path, **more):
    found = rows(path, **more)
    assert all(isinstance(row, Submission) for row in found), found
    return [row.student for row in found]


def the_one(path, **more):
    (row,) = rows(path, **more)
    return row


# ── whose ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "names, keys",
    [
        (["alice/01.ipynb", "bob/work/01.ipynb"], ["alice", "bob"]),
        (["alice.ipynb", "bob.IPYNB", "cleo.ipynb.json", "dora/01.ipynb.txt"], ["alice", "bob", "cleo", "dora"]),
        ([f"alice_{FILE.name}", f"bob-{FILE.stem} (1).ipynb", f"li_{FILE.stem}-2.ipynb"], ["alice", "bob", "li"]),
        (["doejane_12345_678_01.ipynb", "roe_LATE_222_679_01-1.ipynb"], ["12345", "222"]),
        (["Jane Doe_123456_assignsubmission_file_/01.ipynb", "Roe_7_assignsubmission_file_/x.ipynb"], ["123456", "7"]),
        (["Jane Doe_123456_assignsubmission_file_01.ipynb"], ["123456"]),
        (["submission_12/01.ipynb", "submission_3/01.ipynb", "submission_metadata.yml"], ["12", "3"]),
        (["assignment_9_export/submission_12/01.ipynb", "assignment_9_export/submission_metadata.yml"], ["12"]),
        (["submitted/jdoe/week1/01.ipynb", "submitted/jdoe/week2/02.ipynb", "source/week1/01.ipynb"], ["jdoe"]),
        (["alice/.ipynb_checkpoints/01-checkpoint.ipynb", "alice/01.ipynb", "__MACOSX/alice/._01.ipynb"], ["alice"]),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_what_platforms_call_them(tmp_path, names, keys, packed):
    if packed:
        (tmp_path / "all.zip").write_bytes(zipped(dict.fromkeys(names, NOTEBOOK)))
        assert students(tmp_path / "all.zip") == keys
    else:
        assert students(put(tmp_path, dict.fromkeys(names, NOTEBOOK))) == keys


def test_a_zip_for_each_student(tmp_path):
    inner = zipped({"deep/01.ipynb": NOTEBOOK, "report.pdf": b"%PDF"})
    put(tmp_path / "folder", {"alice.zip": inner, "roe_222_679_my work.zip": inner})
    assert students(tmp_path / "folder") == ["222", "alice"]
    (tmp_path / "all.zip").write_bytes(zipped({"alice.zip": inner, "roe_222_679_my work.zip": inner}))
    assert students(tmp_path / "all.zip") == ["222", "alice"]


def test_nbgraders_own_folder(tmp_path):
    stamp = b"2026-11-02 15:58:23.5 UTC"
    put(tmp_path / "submitted", {"jdoe/week1/01.ipynb": NOTEBOOK, "jdoe/week1/timestamp.txt": stamp})
    assert the_one(tmp_path / "submitted").received == datetime(2026, 11, 2, 15, 58, 23, 500_000, UTC).timestamp()


def test_a_time_stamp_of_ones_own_says_nothing_in_a_folder_of_that_name(tmp_path):
    stamp = b"2026-11-02 15:58:23.5 UTC"
    put(tmp_path / "submitted", {"mallory/week1/01.ipynb": NOTEBOOK, "mallory/week1/timestamp.txt": stamp})
    put(tmp_path / "submitted", {"alice/01.ipynb": NOTEBOOK, "bob/01.ipynb": NOTEBOOK})
    os.utime(tmp_path / "submitted" / "mallory" / "week1" / "01.ipynb", (5_000_000, 5_000_000))
    assert [row.received for row in rows(tmp_path / "submitted") if row.student == "mallory"] == [5_000_000]


def test_a_single_file(tmp_path):
    put(tmp_path, {"alice.ipynb": NOTEBOOK, "bob.ipynb": NOTEBOOK})
    assert students(tmp_path / "alice.ipynb") == ["alice"]


def test_what_a_student_packs_says_nothing_about_whose_it_is(tmp_path):
    named = {
        "submitted/bob/week1/01.ipynb": NOTEBOOK,
        "roe_222_679_01.ipynb": raw(filled(value="2")),
        "submission_3/01.ipynb": raw(filled(value="3")),
    }
    put(tmp_path, {f"alice/{name}": content for name, content in named.items()})
    put(tmp_path, {"zed.zip": zipped(named)})
    assert students(tmp_path) == ["alice", "zed"]


@pytest.mark.parametrize(
    "names, keys",
    [
        # what Mallory called the file, on Canvas and on Moodle
        (["mallory_666_777_bob_222_assignsubmission_file_01.ipynb", "bob_222_333_01.ipynb"], ["222", "666"]),
        (["mallory_666_777_bob_222_888_01.ipynb"], ["666"]),
        (["Mallory_666_assignsubmission_file_bob_222_333_01.ipynb"], ["666"]),
        # what Mallory is called there
        (["bob_222_assignsubmission_file__666_assignsubmission_file_/01.ipynb"], None),
    ],
)
def test_nobody_becomes_another_by_a_name_of_their_own_choice(tmp_path, names, keys):
    found = students(put(tmp_path, dict.fromkeys(names, NOTEBOOK)))
    assert found == keys if keys else "222" not in found


def test_two_who_call_themselves_the_same_are_two(tmp_path):
    put(tmp_path, dict.fromkeys(["doejane_12345_678_01.ipynb", "doejane_666_777_01.ipynb"], NOTEBOOK))
    people = [Person("s1", "Jane Doe"), Person("666", "Mallory")]
    assert students(tmp_path, roster=Roster(people)) == ["666", "s1"]
    assert students(tmp_path, roster=Roster(people[:1])) == ["12345", "666"]


def test_names_that_are_no_file_names(tmp_path):
    names = ["../../etc", "=cmd|' /C calc'!A0", "<b>x</b>", "a b", "CON.", "é", "x" * 200, "-rf", "", "\udcff"]
    from course.grade.intake.lms import key

    keys = [key(name) for name in names]
    assert len(set(keys)) == len(names)
    for found in keys:
        assert found.isascii() and len(found) <= 64 and found[0].isalnum() and not set(found) & set('/\\<>"|?*= :')
    assert [key(name) for name in ("alice", "12345", "j.doe@example.org")] == ["alice", "12345", "j.doe@example.org"]


def test_the_roster_says_who_is_meant(tmp_path):
    people = [Person("s1", "Jane Doe", "jane@example.org"), Person("s2", "Richard Roe"), Person("s3", "Li Wei")]
    names = ["doejane_12345_678_01.ipynb", "Richard Roe_7_assignsubmission_file_/01.ipynb", "s3/01.ipynb", "who.ipynb"]
    put(tmp_path, dict.fromkeys(names, NOTEBOOK))
    assert students(tmp_path, roster=Roster(people)) == ["s1", "s2", "s3", "who"]


def test_the_roster_and_gradescopes_list(tmp_path):
    listed = (
        b"submission_12:\n  :submitters:\n  - :name: Jane Doe\n    :sid: '5'\n    :email: j@example.org\n"
    )
    put(tmp_path, {"submission_12/01.ipynb": NOTEBOOK, "submission_metadata.yml": listed})
    assert students(tmp_path, roster=Roster([Person("s1", "", "j@example.org")])) == ["s1"]


# ── which file ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_submission_is_what_its_file_says(tmp_path):
    file = put(tmp_path, {"alice.ipynb": NOTEBOOK}) / "alice.ipynb"
    os.utime(file, (1_000_000, 1_000_000))
    found = the_one(tmp_path)
    assert (found.student, found.notebook, found.path, found.received) == ("alice", "01", file, 1_000_000)
    assert found.digest == hashlib.sha256(NOTEBOOK).hexdigest()
    assert [(a.exercise, a.source, a.matched) for a in found.answers] == [(e, answer(e), "id") for e in IDS]
    assert found.warnings == () and found.fingerprints == {}


def test_of_several_the_newest_counts(tmp_path):
    put(tmp_path, {"alice/first.ipynb": NOTEBOOK, "alice/second.ipynb": raw(filled(value="2"))})
    os.utime(tmp_path / "alice" / "first.ipynb", (2_000_000, 2_000_000))
    os.utime(tmp_path / "alice" / "second.ipynb", (1_000_000, 1_000_000))
    found = the_one(tmp_path)
    assert found.path.name == "first.ipynb"
    assert found.warnings == ("2 files of this notebook were handed in: the newest counts, first.ipynb.",)


def test_the_same_file_twice_is_no_matter(tmp_path):
    put(tmp_path, {"alice/01.ipynb": NOTEBOOK, "alice/copy.ipynb": NOTEBOOK})
    assert the_one(tmp_path).warnings == ()


def test_a_zips_own_clock_is_the_students_and_counts_for_nothing(tmp_path):
    early = zipfile.ZipInfo("01.ipynb", (1990, 1, 1, 0, 0, 0))
    put(tmp_path, {"alice.zip": zipped({early: NOTEBOOK})})
    os.utime(tmp_path / "alice.zip", (1_700_000_000, 1_700_000_000))
    assert the_one(tmp_path).received == 1_700_000_000


def test_the_clock_of_a_platforms_zip(tmp_path):
    entry = zipfile.ZipInfo("alice.ipynb", (2026, 12, 1, 23, 59, 58))
    (tmp_path / "all.zip").write_bytes(zipped({entry: NOTEBOOK}))
    assert the_one(tmp_path / "all.zip").received == datetime(2026, 12, 1, 23, 59, 58, tzinfo=UTC).timestamp()
    entry.extra = b"UT\x05\x00\x01" + (1_700_000_000).to_bytes(4, "little")
    (tmp_path / "all.zip").write_bytes(zipped({entry: NOTEBOOK}))
    assert the_one(tmp_path / "all.zip").received == 1_700_000_000
    entry = zipfile.ZipInfo("alice.ipynb", (2026, 13, 0, 0, 0, 0))
    (tmp_path / "all.zip").write_bytes(zipped({entry: NOTEBOOK}))
    assert the_one(tmp_path / "all.zip").received is None


def test_canvas_marks_what_is_late(tmp_path):
    put(tmp_path, {"roe_LATE_222_679_01.ipynb": NOTEBOOK})
    assert the_one(tmp_path).warnings == ("The platform marks it as late.",)


LATE_WEEK = Assignment("week1", ("01",), due=datetime(2026, 12, 1, tzinfo=UTC), late=Late.read("10% a day"))
DUE = LATE_WEEK.due.timestamp()


def came(folder, **days):
    """Set when files came, in days after the due date; who is late, by the student."""
    for path in folder.rglob("*.ipynb"):
        student = path.relative_to(folder).parts[0].partition(".")[0]
        os.utime(path, (DUE + days.get(student, days.get("everybody", 0)) * 86_400,) * 2)
    return {row.student: LATE_WEEK.days_late(row.received) for row in rows(folder, assignment=LATE_WEEK)}


def test_who_is_late(tmp_path):
    put(tmp_path, dict.fromkeys(["ada.ipynb", "bob/01.ipynb", "cleo.ipynb"], NOTEBOOK))
    assert came(tmp_path, ada=-1, bob=0.1, cleo=2) == {"ada": 0, "bob": 1, "cleo": 2}
    assert came(tmp_path, everybody=5, ada=-1) == {"ada": 0, "bob": 5, "cleo": 5}


def test_nobody_is_late_by_the_clock_of_a_download(tmp_path):
    put(tmp_path, dict.fromkeys(["ada.ipynb", "bob/01.ipynb", "cleo.ipynb"], NOTEBOOK))
    assert came(tmp_path, everybody=5) == {"ada": 0, "bob": 0, "cleo": 0}
    said = "Nearly all files are from after the due date, when they were downloaded perhaps: nobody is late by that."
    assert all(row.warnings == (said,) for row in rows(tmp_path, assignment=LATE_WEEK))
    put(tmp_path, dict.fromkeys([f"s{n}.ipynb" for n in range(7)], NOTEBOOK))
    assert set(came(tmp_path, everybody=5, ada=-1).values()) == {0}  # one early clock changes nothing for the others
    for path in [*tmp_path.glob("s*.ipynb"), tmp_path / "cleo.ipynb"]:
        path.unlink()
    assert came(tmp_path, everybody=5) == {"ada": 5, "bob": 5}  # two who were late, graded by themselves


def test_who_is_late_on_canvas_is_what_canvas_says(tmp_path):
    put(tmp_path, dict.fromkeys(["ada_11_22_1.ipynb", "bob_LATE_33_44_1.ipynb"], NOTEBOOK))
    assert came(tmp_path, everybody=5) == {"11": 0, "33": 5}


def test_when_it_came_on_gradescope_is_what_gradescope_says(tmp_path):
    listed = "submission_12:\n  :created_at: 2026-12-01 10:00:00.5 Z\n  :history:\n  - :created_at: 2026-11-01 10:00:00"
    put(tmp_path, {"submission_12/01.ipynb": NOTEBOOK, "submission_metadata.yml": listed.encode()})
    assert came(tmp_path, everybody=-5) == {"12": 1}


def test_a_good_file_beside_a_broken_one(tmp_path):
    put(tmp_path, {"alice/01.ipynb": NOTEBOOK, "alice/draft.ipynb": b"{"})
    found = the_one(tmp_path)
    assert found.answers[0].matched == "id"
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith("Another file, draft.ipynb, was passed over: the file is not JSON (")


# ── which version ───────────────────────────────────────────────────────────────────────────────────────────


def made_from(**fingerprints):
    notebook = filled()
    notebook["metadata"]["course"] = {"exercises": {k.replace("_", "."): v for k, v in fingerprints.items()}}
    return raw(notebook)


def test_an_exercise_that_has_changed_cannot_be_graded_and_the_others_can(tmp_path):
    put(tmp_path, {"alice.ipynb": made_from(**{"01.1": "ab", "01.2": "cd"})})
    found = the_one(tmp_path)
    assert found.fingerprints == {"01.1": "ab", "01.2": "cd"}
    assert [bool(a.refused) for a in found.answers] == [False, True, False, False, False]
    assert found.answers[1].refused == (
        "The exercise has changed since this notebook was released: it has to be graded by the course's version "
        "that it was released with."
    )
    assert found.answers[1].source == answer("01.2")


def test_a_change_of_which_the_instructor_says_that_it_does_not_matter(tmp_path):
    put(tmp_path, {"alice.ipynb": made_from(**{"01.1": "cd", "01.2": "cd"})})
    found = the_one(tmp_path, assignment=Assignment("week1", ("01",), changed=("01.2",)))
    assert [bool(a.refused) for a in found.answers] == [True, False, False, False, False]
    assert found.answers[1].warnings == (
        "The exercise has changed since this notebook was released; it was graded as it is now.",
    )


def test_an_exercise_that_is_gone(tmp_path):
    put(tmp_path, {"alice.ipynb": made_from(**{"01.1": "ab"})})
    assert the_one(tmp_path, current={}).answers[0].refused == "This exercise is not in the course that grades it."


def test_where_an_editor_dropped_it_the_assignment_knows(tmp_path):
    put(tmp_path, {"alice.ipynb": NOTEBOOK})
    week = Assignment("week1", ("01",), exercises={"01.2": "cd"})
    assert [bool(a.refused) for a in the_one(tmp_path, assignment=week).answers] == [False, True, False, False, False]


@pytest.mark.parametrize("said", [None, 1, [], {"exercises": []}, {"exercises": {"01.1": 5, "x": "ab", "01.2": "<b>"}}])
def test_whatever_stands_there_instead(tmp_path, said):
    put(tmp_path, {"alice.ipynb": raw({**filled(), "metadata": {"course": said}})})
    assert the_one(tmp_path).fingerprints == {}


# ── hostile files ───────────────────────────────────────────────────────────────────────────────────────────


def link(name, content, to="/etc/passwd"):
    """A zip's entry that is a symbolic link."""
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return {entry: to}


def bomb():
    return zipped({"01.ipynb": b" " * 200_000_000})


def lying_bomb():
    """An entry that says it holds a hundred bytes, and goes on for two hundred million."""
    packed = bytearray(bomb())
    at = packed.rindex(b"PK\x01\x02")
    packed[at + 24 : at + 28] = (100).to_bytes(4, "little")
    return bytes(packed)


def many_entries(count):
    return zipped({f"{n}.txt": b"" for n in range(count)})


def long_directory():
    """A table of contents of three megabytes."""
    noise = random.Random(0)
    return zipped({f"{n}{noise.randbytes(30_000).hex()}.txt": b"" for n in range(50)})


def encrypted():
    packed = bytearray(zipped({"01.ipynb": NOTEBOOK}))
    packed[6] |= 1
    packed[packed.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


def packed_with(method):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("01.ipynb", NOTEBOOK)
    return file.getvalue()


def damaged():
    packed = bytearray(zipped({"01.ipynb": NOTEBOOK}))
    packed[60:2000] = b"\xff" * 1940
    return bytes(packed)


HOSTILE = {
    "bomb": (bomb(), "it is 200 times as large as it is packed, or more: a zip bomb?"),
    "lying bomb": (lying_bomb(), "it cannot be unpacked (BadZipFile)"),
    "many entries": (many_entries(5001), "it has more than 5000 files and folders"),
    "long table": (long_directory(), "its table of contents is too long"),
    "up and out": (zipped({"../../bob/01.ipynb": NOTEBOOK}), "its name leads out of the archive"),
    "absolute": (zipped({"/etc/01.ipynb": NOTEBOOK}), "its name leads out of the archive"),
    "drive": (zipped({"C:\\01.ipynb": NOTEBOOK}), "its name leads out of the archive"),
    "backslashes up": (zipped({"..\\01.ipynb": NOTEBOOK}), "its name leads out of the archive"),
    "link": (zipped(link("01.ipynb", NOTEBOOK)), "it is a symbolic link, and links are not followed"),
    "encrypted": (encrypted(), "it is encrypted"),
    "lzma": (packed_with(zipfile.ZIP_LZMA), "it is packed in a way that is not understood: make an ordinary zip"),
    "damaged": (damaged(), "it cannot be unpacked ("),
    "no zip": (b"PK\x03\x04 and no more", "it is no zip that can be read (BadZipFile)"),
    "empty file": (b"", "it is no zip that can be read (BadZipFile)"),
    "empty zip": (zipped({}), "nothing was handed in: the folder or zip is empty"),
    "other files": (zipped({"a.pdf": b"", "b.py": b"", "c.txt": b"", "d": b""}), "no notebook was handed in, only a.p"),
    "zip in zip": (zipped({"a.zip": zipped({"01.ipynb": NOTEBOOK})}), "it is a zip within a zip, which is not opened"),
    "deep": (zipped({"d/" * 20 + "01.ipynb": NOTEBOOK}), "it has more than 12 folders within folders"),
    "many notebooks": (zipped({f"{n}.ipynb": b"{" for n in range(60)}), "the file is not JSON ("),
    "another notebook": (
        zipped({"03.ipynb": raw({"cells": [code("# exercise 03.1\n")]})}),
        "it is notebook 03, and what was to be handed in is 01",
    ),
    "no notebook of this course": (zipped({"x.ipynb": raw({"cells": [code("1")]})}), "it has no exercise of this"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("place", ["folder", "platform's zip"])
def test_a_hostile_zip_is_refused_and_the_batch_goes_on(tmp_path, name, place):
    content, reason = HOSTILE[name]
    files = {"alice.ipynb": NOTEBOOK, "mallory.zip": content, "zed/01.ipynb": NOTEBOOK}
    if place == "folder":
        alice, mallory, zed = rows(put(tmp_path, files))
    else:
        (tmp_path / "all.zip").write_bytes(zipped(files))
        alice, mallory, zed = rows(tmp_path / "all.zip")
    assert isinstance(alice, Submission) and isinstance(zed, Submission)
    assert isinstance(mallory, Refused)
    assert (mallory.student, mallory.notebook) == ("mallory", "01")
    assert mallory.reason.startswith(reason)


def hostile_folder(kind):
    def make(folder):
        folder.mkdir()
        if kind == "link":
            (folder / "01.ipynb").symlink_to("/etc/passwd")
        elif kind == "pipe":
            os.mkfifo(folder / "01.ipynb")
        elif kind == "socket":
            held = socket.socket(socket.AF_UNIX)
            here = Path.cwd()
            os.chdir(folder)  # a socket's path has to be short
            held.bind("01.ipynb")
            os.chdir(here)
        elif kind == "deep":
            inner = folder.joinpath(*["d"] * 20)
            inner.mkdir(parents=True)
            (inner / "01.ipynb").write_bytes(NOTEBOOK)
        elif kind == "many":
            for n in range(51):
                (folder / f"{n}.txt").touch()
        elif kind == "huge":
            with (folder / "01.ipynb").open("wb") as file:
                file.truncate(2**40)  # a terabyte of nothing
        elif kind == "a folder called notebook":
            (folder / "01.ipynb").mkdir()

    return make


@pytest.mark.parametrize(
    "kind, reason",
    [
        ("link", "it is a symbolic link, and links are not followed"),
        ("pipe", "it is no ordinary file"),
        ("socket", "it cannot be read (No such device or address)"),
        ("deep", "it has more than 12 folders within folders"),
        ("many", "it has more than 50 files and folders"),
        ("huge", "the file is larger than 16 MB: are there pictures or data in its outputs?"),
        ("empty", "nothing was handed in: the folder or zip is empty"),
        ("a folder called notebook", "nothing was handed in: the folder or zip is empty"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="links and pipes are made as Unix makes them")
def test_a_hostile_folder_is_refused_and_the_batch_goes_on(tmp_path, kind, reason):
    put(tmp_path, {"alice.ipynb": NOTEBOOK, "zed/01.ipynb": NOTEBOOK})
    hostile_folder(kind)(tmp_path / "mallory")
    alice, mallory, zed = rows(tmp_path, caps=Caps(entries=50))
    assert isinstance(alice, Submission) and isinstance(zed, Submission)
    assert (mallory.student, mallory.reason) == ("mallory", reason)


@pytest.mark.skipif(os.name != "posix", reason="links are made as Unix makes them")
def test_links_to_other_students_are_not_followed(tmp_path):
    put(tmp_path, {"alice/01.ipynb": NOTEBOOK})
    (tmp_path / "mallory").symlink_to(tmp_path / "alice")
    (tmp_path / "eve").mkdir()
    (tmp_path / "eve" / "work").symlink_to(tmp_path / "alice")
    (tmp_path / "eve" / "01.ipynb").symlink_to(tmp_path / "alice" / "01.ipynb")
    found = {row.student: row for row in rows(tmp_path)}
    assert isinstance(found["alice"], Submission)
    assert found["mallory"].reason == "it is a symbolic link, and links are not followed"
    assert found["eve"].reason.startswith("it is a symbolic link, and links are not followed (and 1 more file")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_file_names_that_are_no_text(tmp_path):
    put(tmp_path / "alice", {"\x1b[2J\nx\udcff.ipynb": NOTEBOOK})
    put(tmp_path / "mallory\udcff\n", {"<script>.ipynb": b""})
    for row in rows(tmp_path):
        assert str(row.path).isprintable()
        assert row.student.isascii()


def test_many_refusals_of_one_student_are_one_row(tmp_path):
    put(tmp_path / "mallory", {f"{n}.ipynb": b"" for n in range(9)})
    assert the_one(tmp_path).reason == "the file is empty (and 8 more files that cannot be graded)"


def test_no_more_is_read_of_a_student_than_the_caps_say(tmp_path):
    put(tmp_path / "mallory", {f"{n}.ipynb": b"{" + b" " * 2000 for n in range(9)})
    refused = the_one(tmp_path, caps=Caps(notebooks=3))
    assert refused.reason.endswith("(and 8 more files that cannot be graded)")
    put(tmp_path / "mallory", {"z.ipynb": NOTEBOOK})
    assert isinstance(the_one(tmp_path), Submission)
    assert isinstance(the_one(tmp_path, caps=Caps(total=1)), Refused)


# ── the place ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_place_that_is_none(tmp_path):
    (tmp_path / "x.txt").touch()
    (tmp_path / "x.zip").write_bytes(b"PK")
    for name, text in [
        ("nothing", "There is no .*nothing."),
        ("x.txt", "x.txt is neither a folder, nor a zip, nor a notebook."),
        ("x.zip", "x.zip: it is no zip that can be read"),
    ]:
        with pytest.raises(IntakeError, match=text):
            rows(tmp_path / name)


def test_an_empty_place_has_no_rows(tmp_path):
    assert rows(tmp_path) == []


def test_the_released_notebooks_are_the_templates(tmp_path):
    put(tmp_path / "notebooks", {FILE.name: FILE.read_bytes()})
    assert released(Assignment("a", ("01",), folder=tmp_path))["01"].stubs == TEMPLATES["01"].stubs
    assert len(released(None)) >= 12
    with pytest.raises(IntakeError, match="There is no released notebook 02 in .*notebooks"):
        released(Assignment("a", ("01", "02"), folder=tmp_path))
    put(tmp_path / "notebooks", {FILE.name: b"{"})
    with pytest.raises(IntakeError, match="is no released notebook: the file is not JSON"):
        released(Assignment("a", ("01",), folder=tmp_path))


def test_several_notebooks_of_one_student(tmp_path):
    from course.command import own_notebooks

    put(tmp_path / "alice", {file.name: file.read_bytes() for file in own_notebooks()})
    week = Assignment("week1", ("01", "02"))
    found = list(submissions(tmp_path, week, current={}))
    assert [(row.notebook, type(row)) for row in found] == [("01", Submission), ("02", Submission)]
    assert found[0].warnings[-1] == "So it was with 7 more files."


# ── whatever else ───────────────────────────────────────────────────────────────────────────────────────────

SMALL = raw({"cells": [code(answer("01.1"))]})
names = st.text("ab/\\.._0123456789 -:\1é", min_size=1, max_size=20)
contents = st.sampled_from([SMALL, b"", b"{", zipped({"01.ipynb": SMALL})]) | st.binary(max_size=40)


@settings(max_examples=50, deadline=None)
@given(files=st.dictionaries(names.map(lambda name: f"{name}.ipynb") | names, contents, max_size=5), at=st.data())
def test_any_zip_has_a_row(tmp_path_factory, files, at):
    packed = bytearray(zipped(files))
    for _ in range(at.draw(st.integers(0, 3))):
        packed[at.draw(st.integers(0, len(packed) - 1))] = at.draw(st.integers(0, 255))
    folder = put(tmp_path_factory.mktemp("any"), {"alice.ipynb": SMALL, "mallory.zip": bytes(packed)})
    found = rows(folder)
    assert [row.student for row in found] == ["alice", "mallory"]
    assert isinstance(found[0], Submission)


def test_nothing_of_a_submission_is_run(tmp_path):
    """Python's own audit hook: while hand-ins are read, nothing is compiled, executed, imported or unpickled."""
    program = f"""
import sys
from pathlib import Path
from course.grade.intake.submissions import submissions, released
from course.grade.assignment import Assignment
templates = released(Assignment("a", ("01",)))
seen = []
list(submissions(Path({str(tmp_path)!r}), templates=templates, current={{}}))  # codecs are loaded now
watched = ("compile", "exec", "import", "pickle", "marshal", "os.system", "subprocess", "ctypes", "os.exec", "os.fork")
sys.addaudithook(lambda event, args: seen.append((event, args)) if event.startswith(watched) else None)
count = len(list(submissions(Path({str(tmp_path)!r}), templates=templates, current={{}})))
print(count, seen)
"""
    put(tmp_path, {"alice.ipynb": NOTEBOOK, "mallory.zip": zipped({"01.ipynb": NOTEBOOK, "sitecustomize.py": b"1/0"})})
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=Path(FILE).parents[1])
    assert done.stdout == "2 []\n", done.stdout + done.stderr
