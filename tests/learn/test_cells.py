"""A check in a real kernel, after the exercise's cell was run and did not define its function."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

import notebooks
from course.learn.cells import defined_in

Run = Callable[..., str]
ASK = "print(check('00.1'))"
RIGHT = notebooks.SOLVED
WRONG = RIGHT.replace("total / len(salaries)", "total")
BROKEN = RIGHT.replace("len(salaries)", "len(salaries))")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Run a source in a fresh kernel, from the cell called `cell`, as JupyterLab does; what it printed."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env={**os.environ, "COURSE_HOME": str(tmp_path)})
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=60)

    def run(source: str, cell: str = "") -> str:
        return printed_by(client, source, cell)

    run(notebooks.LOAD.format(path=notebooks.HERE / "sample_exercise.py"))
    run("import torch\nfrom course.learn import check")
    yield run
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def printed_by(client: BlockingKernelClient, source: str, cell: str) -> str:
    content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": False}
    request = client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
    client.shell_channel.send(request)
    parts: list[str] = []
    while True:
        message: dict[str, Any] = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
            continue
        if message["msg_type"] == "stream":
            parts.append(message["content"]["text"])
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return " ".join("".join(parts).split())


def test_after_a_syntax_error_no_older_version_is_judged_and_no_attempt_counted(run: Run) -> None:
    run(WRONG, "a")
    assert "attempt 1" in run(ASK)
    run(BROKEN, "a")
    for _ in range(2):
        said = run(ASK)
        assert "! Could not be checked" in said and "attempt" not in said
        assert "a SyntaxError in line 12. The `team_mean` that this notebook knows is an older one" in said
    run(RIGHT, "a")
    assert "✓ Correct" in run(ASK)
    state = run("from course.learn import progress_file; print(progress_file.exercise_state('00.1')['attempts'])")
    assert state == "2"


def test_where_nothing_was_defined_yet_the_error_is_named(run: Run) -> None:
    run(BROKEN)
    said = run(ASK)
    assert "a SyntaxError in line 12." in said and "older" not in said


def test_an_error_above_the_def_leaves_the_older_one_and_an_error_below_it_does_not(run: Run) -> None:
    run(WRONG)
    run(f"salery\n{RIGHT}")
    assert "a NameError in line 1. The `team_mean`" in run(ASK)
    run(f"{RIGHT}\nteam_mean(3)")
    assert "✓ Correct" in run(ASK)


def test_another_name_in_the_same_cell_is_noticed(run: Run) -> None:
    run(WRONG, "a")
    run(RIGHT.replace("team_mean", "teammean"), "a")
    assert "ran again, and no longer defines it. The `team_mean` that" in run(ASK)
    run(RIGHT, "b")
    assert "✓ Correct" in run(ASK)
    run("1 + 1", "a")
    assert "✓ Correct" in run(ASK)


def test_a_cell_that_defines_and_checks_at_once_is_judged(run: Run) -> None:
    run(BROKEN, "a")
    assert "✓ Correct" in run(f"{RIGHT}\n{ASK}", "a")


def test_a_def_in_a_text_is_no_definition() -> None:
    assert defined_in('code = """\ndef team_mean():\n    pass\n"""') == set()
    assert defined_in("def team_mean(:\n    pass") == {"team_mean"}


def test_outside_of_ipython_nothing_is_watched() -> None:
    code = "import course.learn, sys; from course.learn import cells; print(cells._cells, 'IPython' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8")
    assert done.stdout.split()[0] == "None"
