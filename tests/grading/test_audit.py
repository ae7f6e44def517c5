"""The judge's process imports, compiles, executes and unpickles nothing of a submission: an audit hook sees all."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("audited.py")
MARK = "mark_of_the_submission"


def events(weak: str = "") -> list[tuple[str, str]]:
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), *([weak] if weak else [])],
        stdout=subprocess.PIPE, check=True, cwd=SCRIPT.parents[2],
        env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[2])},
    )  # fmt: skip
    return [tuple(json.loads(line)) for line in ran.stdout.decode().splitlines() if line.startswith("[")]


def test_nothing_of_a_submission_is_run_where_the_judge_is():
    found = events()
    assert [event for event in found if MARK in event[1] or "remote_mean(" in event[1]] == []
    assert {event for event, _ in found} <= {"import"}, found  # of the library's own, late


@pytest.mark.parametrize(
    ("weak", "what"), [("asserts_beside_the_answer", {"compile", "exec", "import"}), ("pickles", {"pickle.find_class"})]
)
def test_it_would_be_seen(weak, what):
    found = events(weak)
    assert what <= {event for event, about in found if MARK in about or "OrderedDict" in about}
