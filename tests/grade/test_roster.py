"""The roster: who is meant by what an LMS calls somebody."""

import pytest

from course.grade.roster import Person, RosterError, read

TEXT = "student,name,email\n12345,Jane Doe,jane@example.org\ns2,José Núñez Peña,jn@example.org\n"
TEXT += "s3,Li Wei,\ns4,Li Wei,\n"


@pytest.fixture()
def roster(tmp_path):
    (tmp_path / "roster.csv").write_text(TEXT, encoding="utf-8")
    return read(tmp_path / "roster.csv")


def test_people_by_key(roster):
    assert list(roster) == ["12345", "s2", "s3", "s4"]
    assert roster["12345"] == Person("12345", "Jane Doe", "jane@example.org")


@pytest.mark.parametrize(
    "called, key",
    [
        (["12345"], "12345"),
        (["999", "doejane"], "12345"),  # Canvas: last name first, no blanks
        (["Jane Doe"], "12345"),  # Moodle
        (["jane doe"], "12345"),
        (["jane@example.org"], "12345"),
        (["jane"], "12345"),
        (["jose nunez pena"], "s2"),
        (["penajosenunez"], "s2"),
        (["Li Wei"], None),  # two of that name: nobody is meant
        (["Li Wei", "s3"], "s3"),  # a key says more than a name
        (["", "nobody"], None),
    ],
)
def test_who_is_meant(roster, called, key):
    assert roster.key(*called) == key


def test_what_a_spreadsheet_saves(tmp_path):
    file = tmp_path / "roster.csv"
    file.write_bytes("\ufeffname;student;group\r\n=1+1;s1;a\r\n;;\r\n".encode())
    assert dict(read(file)) == {"s1": Person("s1", "=1+1", "", {"group": "a"})}


@pytest.mark.parametrize(
    "raw, text",
    [
        (b"key,name\n1,A\n", "the first line names the columns, student,name,email; it has no `student`."),
        (b"", "the first line names the columns, student,name,email; it has no `student`."),
        (b"student,name\ns1,A\ns1,B\n", "line 3: 's1' is there already, in line 2."),
        (b"student,name\n,A\n", "line 2: the student has no key."),
        ("student,name\ns1,Jos\xe9\n".encode("latin-1"), "is not UTF-8: save it as 'CSV UTF-8'."),
    ],
)
def test_each_wrong_line_is_named(tmp_path, raw, text):
    (tmp_path / "roster.csv").write_bytes(raw)
    with pytest.raises(RosterError) as error:
        read(tmp_path / "roster.csv")
    assert text in str(error.value)


def test_a_roster_that_is_not_there(tmp_path):
    with pytest.raises(RosterError, match="cannot be read: No such file or directory"):
        read(tmp_path / "roster.csv")
