"""Which cell is found to answer which exercise, whatever students and editors did to the notebook."""

import copy
import json

import pytest

from course.authoring.answers import known_answers
from course.command import own_notebooks
from course.grade.intake.matching import answers, number
from course.grade.intake.notebook import parse
from course.grade.intake.submissions import template
from course.grade.kinds import Answer
from tests.grade.handing_in import (
    IDS,
    ROOT,
    STUBS,
    TEMPLATE,
    TEMPLATES,
    answer,
    blank,
    cell_of,
    code,
    filled,
    index_of,
    inserted,
    raw,
    source,
    without_ids,
)


def matched(notebook):
    return answers(parse(raw(notebook)), TEMPLATE)


def one(notebook, exercise="01.2"):
    found, _ = matched(notebook)
    assert [a.exercise for a in found] == IDS
    return next(a for a in found if a.exercise == exercise)


def ways(notebook):
    return {a.matched for a in matched(notebook)[0]}


def test_every_notebook_of_the_course_is_a_template():
    for file in own_notebooks():
        stubs = template(file).stubs
        assert len(stubs) >= 5 and all(stub.name and stub.id for stub in stubs.values()), file


def test_the_untouched_notebook_was_not_attempted():
    found, others = matched(blank())
    assert found == tuple(Answer(exercise, "", "id") for exercise in IDS) and others == ()


def test_comments_and_blanks_are_no_attempt():
    notebook = blank()
    cell = cell_of(notebook, "01.2")
    cell["source"] = source(cell).replace("    return ...", "\n    # I do not know\n    return  ...  # ?\n")
    assert one(notebook) == Answer("01.2", "", "id")


def test_answers_by_id():
    found, others = matched(filled())
    assert found == tuple(Answer(exercise, answer(exercise), "id") for exercise in IDS)
    assert others == ()


def test_answers_by_their_first_line_where_ids_are_gone():
    found, _ = matched(without_ids(filled()))
    assert found == tuple(Answer(exercise, answer(exercise), "marker") for exercise in IDS)


@pytest.mark.parametrize(
    "first",
    [
        "# exercise 01.2",
        "#exercise 01.2",
        "## Exercise 01.2: mine",
        "\n\n# exercise 1.2",
        "# new\n# exercise 01.2",
        "%%time\n# exercise 01.2",
    ],
)
def test_first_lines_as_people_write_them(first):
    notebook = without_ids(filled())
    cell_of(notebook, "01.2")["source"] = f"{first}\ndef another_name():\n    return 1"
    assert one(notebook).matched == "marker"


def test_answers_by_the_name_of_the_function():
    notebook = without_ids(filled())
    for exercise in IDS:
        cell_of(notebook, exercise)["source"] = answer(exercise).partition("\n")[2]
    assert ways(notebook) == {"name"}
    assert one(notebook).warnings == ("The answer was found by its function's name, `remote_mean`.",)


def test_answers_by_where_they_stand():
    notebook = without_ids(filled())
    cell_of(notebook, "01.2")["source"] = "def mean_of_two(x, y):\n    return (x + y) / 2"
    found = one(notebook)
    assert (found.matched, found.source) == ("order", "def mean_of_two(x, y):\n    return (x + y) / 2")
    assert found.warnings == ("The answer was found by where it stands, before the exercise's check.",)


def test_a_deleted_answer_is_missing_and_the_others_are_found():
    notebook = filled()
    notebook["cells"].remove(cell_of(notebook, "01.2"))
    assert one(notebook) == Answer("01.2", "", "missing")
    assert one(notebook, "01.3").source == answer("01.3")


def test_no_given_cell_is_taken_for_an_answer():
    notebook = without_ids(blank())
    for exercise in IDS:
        notebook["cells"].remove(cell_of(notebook, exercise))
    assert ways(notebook) == {"missing"}


def test_a_copied_cell_counts_if_it_is_the_last_that_was_filled_in():
    notebook = filled()
    later = code(answer("01.2", "2"), id="copy")
    assert one(inserted(notebook, index_of(notebook, "01.2") + 1, later)) == Answer(
        "01.2", answer("01.2", "2"), "marker", ("2 cells answer this exercise differently: the last one counts.",)
    )


def test_a_doubled_id_is_no_trouble():
    notebook = filled()
    twice = copy.deepcopy(cell_of(notebook, "01.2"))
    found = one(inserted(notebook, len(notebook["cells"]), twice))
    assert found == Answer("01.2", answer("01.2"), "id")


def test_a_stub_below_the_answer_does_not_undo_it():
    notebook = filled()
    stub = code(STUBS["01.2"].source, id="exercise-01-2")
    assert one(inserted(notebook, len(notebook["cells"]), stub)).source == answer("01.2")


def test_an_answer_beside_the_untouched_stub():
    notebook = inserted(blank(), 5, code(answer("01.2").partition("\n")[2], id="scratch"))
    found = one(notebook)
    assert (found.matched, found.source) == ("name", answer("01.2").partition("\n")[2])


def test_a_copy_of_a_function_within_another_answer_does_not_replace_it():
    notebook = filled()
    cell = cell_of(notebook, "01.3")
    cell["source"] = f"{answer('01.3')}\n\ndef {STUBS['01.2'].name}(x, y):\n    return 0"
    assert one(notebook).source == answer("01.2")


def test_a_name_that_is_used_again_for_a_result_does_not_replace_the_function():
    notebook = filled()
    result = code(f"{STUBS['01.2'].name} = {STUBS['01.2'].name}(x, y)")
    assert one(inserted(notebook, len(notebook["cells"]), result)).source == answer("01.2")


@pytest.mark.parametrize("source", ["remote_mean = lambda x, y: 1", "remote_mean = partial(mean, 2)"])
def test_a_function_that_is_no_def(source):
    notebook = filled()
    notebook["cells"].remove(cell_of(notebook, "01.2"))
    assert (one(inserted(notebook, 5, code(source))).source, one(notebook).matched) == (source, "missing")


def test_an_emptied_cell_and_the_answer_before_the_check():
    notebook = filled()
    index = index_of(notebook, "01.2")
    notebook["cells"][index]["source"] = "\n"
    assert one(notebook) == Answer("01.2", "", "id")
    found = one(inserted(notebook, index + 1, code("def other(x, y):\n    return 1")))
    assert (found.source, found.matched) == ("def other(x, y):\n    return 1", "order")


def test_all_answers_in_one_cell():
    notebook = blank()
    everything = "\n\n".join(answer(exercise).partition("\n")[2] for exercise in IDS)
    found, _ = matched(inserted(notebook, 3, code(everything)))
    assert {a.source for a in found} == {everything}


def test_what_is_seen_counts_where_an_id_says_otherwise():
    notebook = filled()
    two, three = cell_of(notebook, "01.2"), cell_of(notebook, "01.3")
    two["source"], three["source"] = three["source"], two["source"]
    found = one(notebook)
    assert (found.matched, found.source) == ("marker", answer("01.2"))


def test_cells_in_another_order():
    notebook = filled()
    notebook["cells"].reverse()
    assert matched(notebook)[0] == matched(filled())[0]


def test_an_answer_that_was_turned_into_text():
    notebook = filled()
    cell_of(notebook, "01.2").update(cell_type="markdown")
    found = one(notebook)
    assert found.source == answer("01.2")
    assert found.warnings == ("The answer stands in a cell of text, not of code.",)


def test_an_answer_in_another_language():
    notebook = filled()
    cell_of(notebook, "01.2")["source"] = "%%bash\n# exercise 01.2\nrm -rf ~"
    found = one(notebook)
    assert found.source == "# %%bash\n# # exercise 01.2\n# rm -rf ~"
    assert found.warnings == ("The answer's cell begins with %%bash: it is no Python, and defines nothing.",)


def test_an_answer_in_another_language_beside_one_in_python():
    notebook = filled()
    other = code("%%bash\n# exercise 01.2\nls")
    found = one(inserted(notebook, len(notebook["cells"]), other))
    assert (found.source, found.warnings) == (answer("01.2"), ())


def test_magics_in_an_answer_are_passed_over():
    notebook = filled()
    cell_of(notebook, "01.2")["source"] = answer("01.2") + "\n!touch here\n%timeit f()\nhelp?"
    found = one(notebook)
    assert found.source == answer("01.2") + "\npass\npass\npass"
    assert found.warnings == ("Lines of IPython's own (%, ! or ?) in the answer were passed over.",)


def test_an_answer_that_is_no_python_is_still_an_answer():
    notebook = filled()
    cell_of(notebook, "01.2")["source"] = "# exercise 01.2\ndef remote_mean(x, y:\n    return ((("
    assert one(notebook).source.endswith("return (((")


def test_an_answer_that_is_too_long():
    notebook = filled()
    cell_of(notebook, "01.2")["source"] = answer("01.2") + "\n#" + "x" * 100_000
    assert one(notebook) == Answer("01.2", "", "id", (), "The answer's cell is too long to be graded.")
    assert one(notebook, "01.3").source == answer("01.3")


def test_helpers_come_along_in_their_order():
    notebook = filled()
    cell_of(notebook, "01.1")["source"] = f"import math\n{answer('01.1')}\nprint(inventory())"
    notebook = inserted(notebook, 2, code("def mine():\n    return 1"))
    notebook = inserted(notebook, len(notebook["cells"]), code("%pip install x\nlast = 2"))
    notebook = inserted(notebook, 4, code("%%bash\nls"))
    assert matched(notebook)[1] == ("def mine():\n    return 1", "import math", "pass\nlast = 2")


def test_answered_questions_are_no_helpers_and_changed_cells_are():
    notebook = filled()
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = source(cell).replace("...", '"b"') if "predict(" in source(cell) else source(cell)
    assert matched(notebook)[1] == ()
    quiz = next(cell for cell in notebook["cells"] if 'quiz("01.q1"' in source(cell))
    quiz["source"] = "KEPT = 1\n" + source(quiz)
    assert matched(notebook)[1] == (quiz["source"],)


@pytest.mark.parametrize("change", [lambda n: n, without_ids])
def test_the_number_of_a_notebook(change):
    for file in own_notebooks():
        cells = [vars(cell) | {"cell_type": cell.kind, "metadata": {}} for cell in template(file).cells]
        notebook = parse(raw(change({"cells": cells})))
        assert number(notebook, TEMPLATES.values()) == file.name[:2]


def test_the_number_by_names_alone_and_none():
    notebook = parse(raw({"cells": [code("def remote_mean(x, y): return 1")]}))
    assert number(notebook, TEMPLATES.values()) == "01"
    assert number(parse(raw({"cells": [code("print(1)")]})), TEMPLATES.values()) == ""


@pytest.mark.parametrize("file", own_notebooks(), ids=lambda file: file.name[:2])
def test_every_known_answer_is_found_whatever_an_editor_did(file):
    """All right and wrong answers of all notebooks, in the released cells: with ids, without, by name alone."""
    known, template_of = known_answers(file.name[:2], ROOT), template(file)
    most = max(len([entry.reference, *entry.right, *entry.wrong]) for entry in known.values())
    for turn in range(most):
        chosen = {}
        for exercise, entry in known.items():
            sources = [entry.reference, *(one.source for one in (*entry.right, *entry.wrong))]
            chosen[exercise] = sources[turn % len(sources)].strip()
        given_out = json.loads(file.read_text(encoding="utf-8"))
        for cell in given_out["cells"]:
            exercise = source(cell)[len("# exercise ") :][:4]
            if source(cell).startswith("# exercise "):
                cell["source"] = f"# exercise {exercise}\n{chosen[exercise]}"
        for change, way in ((lambda n: n, "id"), (without_ids, "marker"), (without_markers, "name")):
            found, _ = answers(parse(raw(change(copy.deepcopy(given_out)))), template_of)
            for one in found:
                assert one.matched == way, (one, chosen[one.exercise])
                assert one.source.removeprefix(f"# exercise {one.exercise}\n") == chosen[one.exercise]


def without_markers(notebook):
    for cell in notebook["cells"]:
        if source(cell).startswith("# exercise "):
            cell["source"] = source(cell).partition("\n")[2]
    return without_ids(notebook)
