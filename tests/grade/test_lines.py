"""Cells read line by line, compared with Python's own parser where that can read them."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.grade.intake.lines import bare, defined, helpers, language, logical, python
from course.learn.exercise import Exercise
from course.learn.help import reference
from course.learn.registry import of_course

SOURCES = [source for item in of_course() if isinstance(item, Exercise) for source in (item.source, reference(item.id))]


@pytest.mark.parametrize("source", SOURCES, ids=range(len(SOURCES)))
def test_stubs_and_references_have_the_lines_that_python_sees(source):
    tree = ast.parse(source)
    starts = {node.lineno - 1 for node in ast.walk(tree) if isinstance(node, ast.stmt)}
    found = {line.first for line in logical(source)}
    decorated = {d.lineno - 1 for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) for d in n.decorator_list}
    simple = {line for line in starts if source.split("\n")[line].strip()}
    assert simple | decorated <= found | {n for n in simple if "; " in source.split("\n")[n]}
    assert defined(source) == {tree.body[-1].name}


def test_bare_forgets_comments_docstrings_and_blanks_and_nothing_else():
    given = 'def f(x):\n    """Say."""\n    return ...\n'
    assert bare(given) == bare('# mine\n\ndef f( x ):  # hm\n  """Other\n\n  words."""\n\n  return ...')
    assert bare(given) != bare('def f(x):\n    return "..."')
    assert bare(given) != bare("def f(x):\n    return 1")
    assert bare('x = "# no comment"') == 'x="#nocomment"'


@pytest.mark.parametrize(
    "source, names",
    [
        ("def f():\n    def g(): ...\n    h = 1", {"f"}),
        ("async  def f(): ...\nclass C: ...\nx: int = 1\ny = 2\nz == 3\nw.a = 1", {"f", "C", "x", "y"}),
        ('"""\ndef f(): ...\n"""', set()),
        ("x = (\ndef f(\n)", {"x"}),
        ("x = '\\\ndef f'\ndef g(): ...", {"x", "g"}),
        ("%time f = 1\ndef g(): ...", {"g"}),
        ("!echo '(\ndef g(): ...", {"g"}),
        ("f = lambda: 0", {"f"}),
        ("def f(:\n  return\n def", {"f"}),
        ("f'{x[\"a\"]}'\ndef g(): ...", {"g"}),
    ],
)
def test_what_is_defined_at_the_top(source, names):
    assert defined(source) == names


@pytest.mark.parametrize(
    "source, after",
    [
        ("%pip install x\nf()", "pass\nf()"),
        ("if x:\n    !ls\ny?", "if x:\n    pass\npass"),
        ("x = (7\n   % 4)", "x = (7\n   % 4)"),
        ("x = 7 \\\n  % 4", "x = 7 \\\n  % 4"),
        ('"""\n%time\n"""', '"""\n%time\n"""'),
        ("%%time\nf()", "pass\nf()"),
        ("x = '''a\n!b'''", "x = '''a\n!b'''"),
        ("# what?\nx", "# what?\nx"),
        ("x = (7 % 4\n  % 3)", "x = (7 % 4\n  % 3)"),
        ("names = !ls\nf()", "pass\nf()"),
        ("a, b = %sql select\nf()", "pass\nf()"),
        ("!pip install x \\\n  y\nf()", "pass\n\nf()"),
        ("pip install x\npip = 2", "pass\npip = 2"),
        ("if x:\n  %time y = f(x)", "if x:\n  y = f(x)"),
        ("%timeit y = f(x)", "pass"),
        ("x.y != z\nf(a=1)", "x.y != z\nf(a=1)"),
        ("%%bash\nls\n\ndef f(): pass", "# %%bash\n# ls\n# \n# def f(): pass"),
        ("%%!\nls", "# %%!\n# ls"),
    ],
)
def test_magics_are_passed_over(source, after):
    assert python(source) == after


def test_other_languages():
    assert language("%%bash\nls") == "bash"
    assert language("\n %%R -i x") == "R"
    assert [language(f"%%{name}\nx") for name in ("!", "javascript", "writefile a.py", "python3", "sx")] == [
        "!", "javascript", "writefile", "python3", "sx"
    ]  # fmt: skip
    assert language("%%time\nf()") == language("%time f()") == language("x") == ""


@given(st.text() | st.text("()[]{}'\"\\\n#% \tfdefrb=:?!"))
def test_any_text_has_lines(source):
    lines = logical(source)
    assert all(a.last < b.first for a, b in zip(lines, lines[1:], strict=False))
    assert len(python(source).split("\n")) == len(source.split("\n"))
    bare(source), defined(source), language(source)


@pytest.mark.parametrize("piece", [*"(#%r", "'", '"""', "\\", "f'{", "((((\n", "'\\\n", "x?", "def f(", "\t=", "a:"])
def test_the_largest_cell_ends_whatever_is_in_it(piece):
    cell = piece * (200_000 // len(piece))
    assert len(python(cell)) and bare(cell) is not None and defined(cell) is not None


CELL = """# exercise 01.2
import math

@cached
def half(x):
    # no more
    return x / 2

def answer(x):
    import torch
    return half(x)

TWO, THREE = 2, 3
print(TWO)
try:
    import numpy
except ImportError:
    numpy = None
"""
HELPERS = """import math
@cached
def half(x):
    # no more
    return x / 2
TWO, THREE = 2, 3
try:
    import numpy
except ImportError:
    numpy = None"""


def test_helpers_are_what_a_cell_defines_beside_its_answer():
    assert helpers(CELL, {"answer"}) == HELPERS
    assert helpers("def answer(x):\n    return 1", {"answer"}) == ""
    assert helpers("from a import (\n    b,\n)\nf(b)", set()) == "from a import (\n    b,\n)"
    assert helpers("", set()) == helpers("print(1)\nx == 1", set()) == ""
