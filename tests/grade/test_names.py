"""The names that an answer may rely on: in the notebook, where it stands, and at the seat, where it is graded."""

import builtins
import symtable
from itertools import takewhile

import pytest

from course.authoring.answers import known_answers
from course.command import own_notebooks
from course.grade.intake.lines import python
from course.grade.intake.matching import Template, answers
from course.grade.intake.notebook import Cell, Notebook
from course.grade.intake.submissions import template
from course.seat.answering import prelude
from tests.grade.handing_in import ROOT

TEMPLATES = {file.name[:2]: template(file) for file in own_notebooks()}
OF_PYTHON = set(dir(builtins)) | {"__name__"}


def bound(source):
    """The names that a cell binds."""
    table = symtable.symtable(python(source), "cell", "exec")
    return {one.get_name() for one in table.get_symbols() if one.is_assigned() or one.is_imported()}


def wanted(source):
    """The names that a cell looks for outside of itself, when it is run or when what it defines is called."""

    def free(table):
        for one in table.get_symbols():
            if one.is_global() or (table.get_type() == "module" and one.is_referenced()):
                yield one.get_name()
        for child in table.get_children():
            yield from free(child)

    return set(free(symtable.symtable(source, "cell", "exec"))) - bound(source) - OF_PYTHON


@pytest.mark.parametrize("number", TEMPLATES)
def test_a_notebook_has_the_names_that_a_seat_begins_with_before_its_first_exercise(number):
    before = takewhile(lambda cell: not cell.source.startswith("# exercise"), TEMPLATES[number].cells)
    names = set().union(*(bound(cell.source) for cell in before if cell.is_python))
    assert prelude().keys() - {"__name__", "__builtins__"} <= names


@pytest.mark.parametrize("number", TEMPLATES)
def test_a_right_answer_names_nothing_that_its_notebook_has_not(number):
    known, there, missing = known_answers(number, ROOT), set(), []
    for cell in (cell for cell in TEMPLATES[number].cells if cell.is_python):
        exercise = cell.source.partition("\n")[0].removeprefix("# exercise ")
        if exercise in known:
            sources = [known[exercise].reference, *[other.source for other in known[exercise].right]]
            missing += [(exercise, source, wanted(source) - there) for source in sources if wanted(source) - there]
        there |= bound(cell.source)
    assert not missing


GIVEN = (
    "import pandas\nimport os.path, torch as t\nfrom course.learn import check, hint\nscale = 16",
    "def unscaled(x):\n    return abs(x)\n\ndef scaled(x):\n    return unscaled(x) * 2",
)
STUB = "# exercise 01.1\ndef inventory(worker, pointers):\n    raise NotImplementedError"
CHECK = 'check("01.1")'


def brought(answer, *given, own=()):
    """What comes to the seat with an answer, and what it finds there once all of that has run."""
    released = Template("01", "01_x.ipynb", tuple(Cell("code", one) for one in (*given, STUB, CHECK)))
    handed_in = Notebook(tuple(Cell("code", one) for one in (*given, *own, f"# exercise 01.1\n{answer}", CHECK)), {})
    texts = answers(handed_in, released)[1]
    names = {}
    exec("\n".join(texts), names)
    return names


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ("def inventory(worker, pointers):\n    return pandas.DataFrame()", {"pandas"}),
        ("def inventory(worker, pointers):\n    return os.path, t.ones(1)", {"os", "t"}),
        ("def inventory(worker, pointers):\n    return scaled(3)", {"scaled", "unscaled"}),
        ("def inventory(worker, pointers):\n    return scale", set()),  # it may be a worker
        ("def inventory(worker, pointers):\n    return hint", set()),  # no answer has a use for the classroom
    ],
)
def test_what_given_cells_bring_comes_along_where_it_is_named(answer, names):
    assert brought(answer, *GIVEN).keys() - {"__builtins__"} == names


def test_a_students_own_cell_may_name_it_too_and_comes_later():
    own = ("def mine(x):\n    return scaled(x) + 1", "def unscaled(x):\n    return 3")
    names = brought("def inventory(worker, pointers):\n    return mine(3)", *GIVEN, own=own)
    assert names["mine"](3) == 7


def test_nothing_comes_with_a_notebook_that_nobody_has_touched():
    cells = tuple(Cell("code", one) for one in (*GIVEN, STUB, CHECK))
    assert answers(Notebook(cells, {}), Template("01", "01_x.ipynb", cells))[1] == ()
