"""Hostile answers, each tried twice: against a judge weakened in one way, where it wins, and against ours.

What must happen here: the hostile exercise earns nothing, the honest one beside it keeps its points, no result tells
what is hidden, and the judge is not at fault. Where neither the grader nor the corpus has changed, every third of the
weak judges is tried again; `COURSE_BASE=` a commit before the last change tries all.
"""

import importlib
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest
from case import CANARY, WINS, graded, wins_against_the_weak

from course.authoring.changed import changed_files
from course.learn.registry import find

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OURS = [HERE, ROOT / "course" / "grade", ROOT / "course" / "seat"]
IS_CHANGED = any(folder in file.parents for file in changed_files(ROOT) for folder in OURS)
CASES = [
    case
    for file in sorted((HERE / "attacks").glob("[a-z]*.py"))
    for case in importlib.import_module(f"attacks.{file.stem}").CASES
]


@pytest.mark.parametrize("case", CASES if IS_CHANGED else CASES[::3], ids=str)
def test_it_wins_against_a_weak_judge(case):
    assert wins_against_the_weak(case), f"{case.name}: this attack wins nothing where {case.weak}"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_wins_nothing_here(case, cage):
    results = graded(case, cage)
    *hostile, honest = results
    assert len(hostile) == len(case.answers)
    assert [(result.points, result.kind != "technical") for result in hostile] == [(0.0, True)] * len(hostile), hostile
    assert (honest.kind, honest.points) == ("correct", float(find(honest.exercise).points)), honest
    told = str([asdict(result) for result in results])
    assert CANARY not in told and len(told) < 50_000


def test_no_kind_counts_more_than_six_times():
    assert max(Counter(case.kind for case in CASES).values()) <= 6
    assert len({case.name for case in CASES}) == len(CASES)
    assert {case.wins for case in CASES} <= set(WINS)
    assert {case.weak for case in CASES} <= {file.stem for file in (HERE / "weak").glob("[a-z]*.py")}
