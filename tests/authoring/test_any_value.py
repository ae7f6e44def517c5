"""No value that a function can return trips a verdict: hypothesis makes more of them than the gate's list has.

Where neither the exercise nor what all exercises are checked with has changed, the first quarter of them is tried.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import course as sy
from course.authoring.answers import Answers, known_answers
from course.authoring.any_value import VALUES, answers_with
from course.authoring.changed import changed_files, is_changed
from course.learn.checking import assess
from course.learn.exercise import Exercise, workers
from course.learn.registry import find, of_notebook

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(path.name[:2] for path in (ROOT / "solutions").glob("[0-9][0-9]_*.ipynb"))
EXERCISES = [item.id for name in NOTEBOOKS for item in of_notebook(name) if isinstance(item, Exercise)]
CHANGED = changed_files(ROOT)
ALL_CHANGED = any(ROOT / "course" / "learn" in file.parents for file in CHANGED)

dtypes = st.sampled_from([torch.float32, torch.float64, torch.int64, torch.bool, torch.complex64, torch.bfloat16])
shapes = st.lists(st.integers(0, 3), max_size=4)
tensors = st.builds(lambda shape, dtype: torch.ones(shape).to(dtype), shapes, dtypes)
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | tensors
    | st.builds(numpy.float32, st.floats(width=32)) | st.builds(numpy.int64, st.integers(-(2**63), 2**63 - 1))
    | st.builds(numpy.array, st.lists(st.integers(-9, 9))) | st.builds(pandas.Series, st.lists(st.floats(), min_size=1))
    | st.sampled_from(["bob", "me"])
)  # fmt: skip
keys = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["me", "bob"])
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(keys, inner, max_size=3)
        | st.lists(st.tuples(inner, inner), max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module", autouse=True)
def hooked() -> None:
    sy.TorchHook(torch)


@cache
def answers_of(notebook: str) -> dict[str, Answers]:
    return known_answers(notebook, ROOT)


@pytest.mark.parametrize("id", EXERCISES)
def test_any_value_meets_a_verdict(id: str) -> None:
    exercise, answers = find(id), answers_of(id[:2])[id]
    examples = 20 if ALL_CHANGED or is_changed(exercise, CHANGED) else 5

    @given(value=anything)
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    def meets_a_verdict(value: Any) -> None:
        for name, answer in answers_with(exercise, answers, {"the value": lambda: value}):
            if name.startswith("the value"):
                outcome = assess(exercise, answer, (0,))
                assert outcome.kind == "incorrect" or outcome.tag in ("unusable", "time"), f"{name}: {outcome.text}"

    meets_a_verdict()


def test_the_values_are_what_their_names_say() -> None:
    with sy.session.isolated(seed=1):
        workers("bob")
        made = {name: make() for name, make in VALUES.items()}
    assert made["10**30"] == 10**30 and made["a list of itself"][0] is made["a list of itself"]
    assert type(made["a spent pointer"]).__name__ == "SpentPointer" and made["a meta tensor"].is_meta
    with pytest.raises(RuntimeError, match="today"):
        hasattr(made["an object that raises"], "id")
