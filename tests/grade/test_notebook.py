"""Bytes read as a notebook: what editors do to it, what attackers do, and whatever else there is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.grade.intake.matching import answers, number
from course.grade.intake.notebook import Caps, Notebook, Unreadable, parse
from tests.grade.handing_in import TEMPLATE, TEMPLATES, blank, code, filled, raw, source

TEXT = json.dumps(filled())


def test_every_cell_is_read_as_it_was_written():
    read = parse(raw(blank()))
    assert [cell.source for cell in read.cells] == [source(cell) for cell in blank()["cells"]]
    assert [cell.kind for cell in read.cells] == [cell["cell_type"] for cell in blank()["cells"]]
    assert [cell.ids for cell in read.cells] == [(cell["id"],) for cell in blank()["cells"]]
    assert read.warnings == ()


def as_format_3():
    cells = [{"cell_type": c["cell_type"], "input": c["source"], "language": "python"} for c in filled()["cells"]]
    return raw({"nbformat": 3, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]})


def as_colab_saves():
    notebook = filled()
    cells = [{**cell, "metadata": {"id": cell["id"], "colab": {"base_uri": "x"}}} for cell in notebook["cells"]]
    for cell in cells:
        del cell["id"]
    metadata = {"colab": {"provenance": []}, "kernelspec": {"name": "python3", "display_name": "Python 3"}}
    return raw({**notebook, "cells": cells, "metadata": metadata, "nbformat_minor": 0})


def as_vs_code_saves():
    notebook = filled()
    for cell in notebook["cells"]:
        cell["metadata"] = {"vscode": {"languageId": "python"}}
    notebook["metadata"] = {"kernelspec": {"name": ".venv", "display_name": ".venv (3.12)", "language": "python"}}
    return raw(notebook, indent=1)


@pytest.mark.parametrize(
    "saved",
    [
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.encode("utf-16"),
        raw({"cells": [{**cell, "source": source(cell).replace("\n", "\r\n")} for cell in filled()["cells"]]}),
        json.dumps(filled(), indent=1).replace("\n", "\r\n").encode(),
        as_colab_saves(),
        as_vs_code_saves(),
        raw({**filled(), "metadata": {"kernelspec": {"name": "conda-env-x-py", "language": "python"}}}),
        raw({**filled(), "nbformat_minor": 99}),
        raw({"cells": filled()["cells"]}),
    ],
    ids=["mark", "utf-16", "crlf in cells", "crlf in the file", "colab", "vs code", "conda", "minor", "bare"],
)
def test_what_editors_do_costs_nothing(saved):
    read = parse(saved)
    assert answers(read, TEMPLATE) == answers(parse(raw(filled())), TEMPLATE)
    assert read.warnings == ()


def test_format_3():
    found, _ = answers(parse(as_format_3()), TEMPLATE)
    assert {answer.matched for answer in found} == {"marker"}


def test_another_encoding_is_said():
    read = parse(json.dumps({"cells": [code("x = 'é'")]}, ensure_ascii=False).encode("latin-1"))
    assert read.cells[0].source == "x = 'é'"
    assert read.warnings == ("The file is not UTF-8; it was read as Latin-1.",)


def test_another_language_is_said():
    read = parse(raw({**filled(), "metadata": {"kernelspec": {"name": "ir", "language": "R"}}}))
    assert read.warnings == ("The notebook says that its language is 'R'; its cells were read as Python.",)
    assert not parse(raw({"cells": [code("x", metadata={"vscode": {"languageId": "shellscript"}})]})).cells[0].is_python


def test_characters_that_no_file_can_hold():
    assert parse(b'{"cells": [{"cell_type": "code", "source": "a\\ud800\\u0000"}]}').cells[0].source == "a\ufffd\ufffd"


def test_damaged_cells_are_passed_over_and_said():
    read = parse(raw({"cells": [1, {"source": 5}, {"source": ["a", 3, "b"]}, {}, *[None] * 9]}))
    assert [cell.source for cell in read.cells] == ["ab", ""]
    assert read.warnings[0] == "Cell 1 is damaged and was passed over."
    assert read.warnings[-1] == "So it was with 6 more cells."


def test_numbers_that_take_long_are_not_computed():
    huge = b'{"nbformat": 4, "cells": [], "x": ' + b"9" * 5_000_000 + b', "y": 1e999999, "z": NaN}'
    assert parse(huge).cells == ()


REFUSED = [
    (b"", "the file is empty"),
    (b" \n\0\0", "the file is empty"),
    (b"PK\x03\x04", "the file is not JSON (Expecting value: line 1 column 1 (char 0)): was it cut off"),
    (TEXT[:-100].encode(), "the file is not JSON ("),
    (b"[]", "the file is JSON, but no notebook"),
    (b'{"cells": {}}', "the file is JSON, but it has no cells: it is no notebook"),
    (b"{}", "the file is JSON, but it has no cells: it is no notebook"),
    (b'{"worksheets": [[]]}', "the file is JSON, but it has no cells: it is no notebook"),
    (b'{"nbformat": 5, "cells": []}', "the notebook is in format 5, and 3 and 4 are understood: save it with Jupyter"),
    (b'{"nbformat": "4", "cells": []}', "the notebook is in format unknown, and 3 and 4 are understood"),
    (b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "its JSON is nested too deeply"),
    (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "its JSON is nested too deeply"),
    (b"[" * 1_000_001, "the file has more than 1000000 lists in it"),
    (b" " * (16 * 2**20 + 1), "the file is larger than 16 MB: are there pictures or data in its outputs?"),
    (raw({"cells": [code("")] * 2001}), "the notebook has 2001 cells, more than 2000"),
    (raw({"cells": [code("x" * 99_999)] * 6}), "the notebook has more than 500000 characters of code"),
]


@pytest.mark.parametrize("saved, text", REFUSED, ids=[f"{n} {text[:30]}" for n, (_, text) in enumerate(REFUSED)])
def test_each_refusal_says_why(saved, text):
    with pytest.raises(Unreadable) as error:
        parse(saved)
    assert str(error.value).startswith(text)


def test_a_cell_that_is_too_long_is_left_out():
    read = parse(raw({"cells": [code("x" * 100_001), code("y"), {"cell_type": "markdown", "source": "z" * 200_000}]}))
    assert [(cell.source[:3], cell.is_too_long) for cell in read.cells] == [("", True), ("y", False), ("zzz", False)]
    assert read.warnings == ("Cell 1 has more than 100000 characters and was passed over.",)


def read_or_refused(saved):
    """What every caller does with bytes: all of it has to end, in a notebook or a refusal."""
    try:
        notebook = parse(saved, Caps(cells=50))
    except Unreadable as error:
        return str(error)
    assert isinstance(notebook, Notebook)
    found, others = answers(notebook, TEMPLATE)
    assert len(found) == 5 and all("\0" not in text for text in others)
    "".join([*others, *(answer.source for answer in found), *notebook.warnings]).encode()
    return number(notebook, TEMPLATES.values())


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)
sources = st.text("def remote_mean(x):\n#'\"%!? exercise01.2") | st.sampled_from([source(c) for c in filled()["cells"]])
a_cell = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw"]) | anything,
        "id": st.sampled_from([c["id"] for c in blank()["cells"]]) | anything,
        "source": sources | st.lists(sources | anything) | anything,
        "input": anything,
        "language": anything,
        "metadata": st.dictionaries(st.sampled_from(["id", "vscode", "tags"]), anything) | anything,
    },
)
a_notebook = st.fixed_dictionaries(
    {},
    optional={
        "nbformat": st.sampled_from([3, 4]) | anything,
        "metadata": st.dictionaries(st.sampled_from(["kernelspec", "language_info", "course"]), anything) | anything,
        "cells": st.lists(a_cell | anything, max_size=8) | anything,
        "worksheets": st.lists(st.fixed_dictionaries({"cells": st.lists(a_cell)}) | anything, max_size=2) | anything,
    },
)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes(saved):
    read_or_refused(saved)


@given(anything | a_notebook)
def test_any_json(value):
    read_or_refused(json.dumps(value).encode())


@given(st.data())
def test_a_notebook_that_was_damaged_anywhere(data):
    saved = bytearray(TEXT.encode())
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(saved) - 1))
        saved[at : at + data.draw(st.integers(0, 50))] = data.draw(st.binary(max_size=10))
    read_or_refused(bytes(saved))
