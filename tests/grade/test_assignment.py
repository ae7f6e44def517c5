"""The assignment file: what it says, what lateness costs, what is said about a wrong line."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.grade.assignment import Assignment, AssignmentError, Late, due_date, local, parse, read, write

LEAST = {"name": "week-1", "notebooks": ["01", "02"]}
DUE = datetime(2026, 12, 1, 22, 59, tzinfo=UTC)


def at(**later):
    return (DUE + timedelta(**later)).timestamp()


def test_the_least_there_can_be():
    assert parse(LEAST) == Assignment(name="week-1", notebooks=("01", "02"))
    assert parse(LEAST).level == "bwrap"


def test_a_whole_file(tmp_path):
    text = """
name = "week-1"
notebooks = ["01"]
due = 2026-12-01T23:59:00+01:00
late = "10 % a day"
level = "rlimits"
[points]
"01.1" = 0.1
[limits]
seconds = 60
[released]
version = "0.1.0"
[released.exercises]
"01.1" = "abc"
"""
    (tmp_path / "assignment.toml").write_text(text)
    read_back = read(tmp_path)
    assert read_back == read(tmp_path / "assignment.toml")
    assert read_back.due == DUE and read_back.folder == tmp_path
    assert read_back.late == Late("10% a day", Fraction(1, 10))
    assert (read_back.out_of("01.1", 3), read_back.out_of("01.2", 3)) == (0.1, 3)
    assert (read_back.level, read_back.limits) == ("rlimits", {"seconds": 60})
    assert (read_back.version, read_back.exercises) == ("0.1.0", {"01.1": "abc"})


@given(
    st.builds(
        Assignment,
        name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True),
        notebooks=st.permutations(["01", "02", "13"]).map(tuple),
        due=st.none() | st.datetimes(timezones=st.just(UTC)),
        late=st.sampled_from(["none", "cut-off", "10% a day", "2.5 percent a day"]).map(Late.read),
        level=st.sampled_from(["none", "rlimits", "bwrap"]),
        changed=st.lists(st.sampled_from(["01.1", "02.3"]), unique=True).map(tuple),
        points=st.dictionaries(st.sampled_from(["01.1", "02.3"]), st.floats(0, 100) | st.integers(0, 100)),
        version=st.text(st.characters(exclude_categories=["Cs"])),
        exercises=st.just({}) | st.text("abcdef0123456789").map(lambda said: dict.fromkeys(["01.1", "02.3"], said)),
    )
)
def test_what_is_written_is_read(assignment):
    import tomllib

    assert parse(tomllib.loads(write(assignment))) == assignment


@pytest.mark.parametrize(
    "late, after, share",
    [
        ("none", {"days": 9}, 0),
        ("10% a day", {"seconds": 0}, 0),
        ("10% a day", {"seconds": -1}, 0),
        ("10% a day", {"seconds": 1}, Fraction(1, 10)),
        ("10% a day", {"days": 1}, Fraction(1, 10)),
        ("10% a day", {"days": 1, "seconds": 1}, Fraction(2, 10)),
        ("10% a day", {"days": 400}, 1),
        ("2.5 percent a day", {"days": 3}, Fraction(75, 1000)),
        ("cut-off", {"seconds": 0}, 0),
        ("cut-off", {"seconds": 1}, 1),
        ("cut-off", {"days": 30}, 1),
    ],
)
def test_what_a_late_hand_in_loses(late, after, share):
    assignment = Assignment("a", ("01",), due=DUE, late=Late.read(late))
    assert assignment.late_share(at(**after)) == share


def test_a_penalty_in_points_is_exact():
    assignment = Assignment("a", ("01",), due=DUE, late=Late.read("10% a day"))
    assert assignment.penalty(3, at(hours=1)) == 0.3
    assert assignment.penalty(0.1 + 0.1 + 0.1, at(hours=1)) == 0.03


def test_nobody_is_late_where_the_hour_is_unknown_or_nothing_is_due():
    late = Late.read("cut-off")
    assert Assignment("a", ("01",), due=DUE, late=late).late_share(None) == 0
    assert Assignment("a", ("01",), late=late).late_share(at(days=9)) == 0


def test_a_due_date_for_people():
    assert local(due_date("2026-12-01T23:59:00+01:00")) == "2026-12-01 23:59 (UTC+0100), 2026-12-01 22:59 UTC"


WRONG = [
    ({**LEAST, "Late": "none"}, "there is no entry 'Late'; the entries are name, notebooks, due, late, level"),
    ({"notebooks": ["01"]}, "name is a word of letters, digits, dots, - and _ (it names files), not None"),
    ({**LEAST, "name": "../up"}, "name is a word of letters, digits, dots, - and _ (it names files), not '../up'"),
    ({**LEAST, "notebooks": []}, 'notebooks is a list like ["01", "02"], not []'),
    ({**LEAST, "notebooks": ["1"]}, 'notebooks is a list like ["01", "02"], not [\'1\']'),
    ({**LEAST, "notebooks": [1]}, 'notebooks is a list like ["01"], not [1]'),
    ({**LEAST, "changed": "01.1"}, 'changed is a list like ["01.2"], not \'01.1\''),
    ({**LEAST, "changed": ["03.1"]}, "changed name '03.1', which is no exercise of this assignment"),
    ({**LEAST, "points": {"03.1": 1}}, "points name '03.1', which is no exercise of this assignment"),
    (
        {**LEAST, "points": {"01.9": 1}, "released": {"exercises": {"01.1": "ab"}}},
        "points name '01.9', which is no exercise of this assignment",
    ),
    ({**LEAST, "notebooks": ["01", "01"]}, "notebooks names one twice: ['01', '01']"),
    ({**LEAST, "due": "tomorrow"}, "due is a date like 2026-12-01T23:59:00+01:00, not 'tomorrow'"),
    (
        {**LEAST, "due": datetime(2026, 12, 1)},
        "due needs a zone: 2026-12-01T00:00:00+01:00, or 2026-12-01T00:00:00Z. Whose midnight is it?",
    ),
    (
        {**LEAST, "due": datetime(2026, 12, 1).date()},
        "due needs an hour and a zone, like 2026-12-01T23:59:00+01:00",
    ),
    ({**LEAST, "late": "a bit"}, 'late is "none", "cut-off" or "10% a day", not \'a bit\''),
    ({**LEAST, "late": "0% a day"}, 'late is "none", "cut-off" or "10% a day", not \'0% a day\''),
    ({**LEAST, "late": "101% a day"}, 'late is "none", "cut-off" or "10% a day", not \'101% a day\''),
    ({**LEAST, "late": 10}, 'late is a text, "10% a day" for example, not 10'),
    ({**LEAST, "level": "docker"}, "level is one of none, rlimits, bwrap, not 'docker'"),
    ({**LEAST, "points": 3}, "points is a table: a line [points], then its entries"),
    ({**LEAST, "points": {"1": 3}}, "points are by exercise, \"01.2\" = 3, not '1'"),
    ({**LEAST, "points": {"01.1": -1}}, "points of '01.1' is a number, 0 or more, not -1"),
    ({**LEAST, "points": {"01.1": True}}, "points of '01.1' is a number, 0 or more, not True"),
    ({**LEAST, "limits": {"time": 1}}, "there is no limit 'time'; the limits are seconds, cpu, memory, file"),
    ({**LEAST, "limits": {"seconds": float("inf")}}, "limits of 'seconds' is a number, 0 or more, not inf"),
]


@pytest.mark.parametrize("entries, text", WRONG, ids=[text[:40] for _, text in WRONG])
def test_each_wrong_entry_is_named(entries, text):
    with pytest.raises(ValueError) as error:
        parse(entries)
    assert str(error.value).startswith(text)


def test_a_file_that_is_not_there_or_no_toml(tmp_path):
    with pytest.raises(AssignmentError, match=r"There is no .*assignment.toml. `course release` writes one."):
        read(tmp_path)
    (tmp_path / "assignment.toml").write_text("name = week-1")
    with pytest.raises(AssignmentError, match=r"assignment.toml is not TOML: Invalid value \(at line 1, column 8\)"):
        read(tmp_path)
    (tmp_path / "assignment.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(AssignmentError, match="cannot be read: 'utf-8' codec"):
        read(tmp_path)
    (tmp_path / "assignment.toml").write_text('name = "a"\nnotebooks = ["01"]\nlate = "?"')
    with pytest.raises(AssignmentError, match="assignment.toml: late is"):
        read(tmp_path)
