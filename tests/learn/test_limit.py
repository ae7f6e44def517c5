"""The limit counts a student's own time: an import is neither counted nor interrupted, so that no module stays half."""

from __future__ import annotations

import importlib
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from course.learn import limit
from course.learn.limit import Job, OutOfTime

LIMIT = 0.05  # seconds; each module below takes many times as long
SLOW = "import time\nuntil = time.monotonic() + 0.4\nwhile time.monotonic() < until:\n    pass\nwhole = True\n"
WAITS = "from gate import opened\nopened.wait()\nwhole = True\n"

Load = Callable[[], Any]


def statement() -> Any:
    import slow  # type: ignore[import-not-found]

    return slow


WAYS = {
    "a statement": statement,
    "import_module": lambda: importlib.import_module("slow"),
    "a second time": lambda: importlib.reload(sys.modules.get("slow") or importlib.import_module("slow")),
    "from inside another import": lambda: importlib.import_module("outer").slow,
    "from C": lambda: __import__("pickle").loads(b"cslow\nwhole\n.") and sys.modules["slow"],
}


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module `slow`, which nobody has imported yet, and one that imports it."""
    (tmp_path / "slow.py").write_text(SLOW)
    (tmp_path / "outer.py").write_text("import slow\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("slow", "outer"):
        monkeypatch.delitem(sys.modules, name, raising=False)


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("way", WAYS)
def test_an_import_does_not_count(way: str) -> None:
    assert Job(WAYS[way], LIMIT).run().whole


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("way", WAYS)
def test_an_endless_loop_is_stopped_after_its_imports(way: str) -> None:
    def loop() -> None:
        WAYS[way]()
        while True:
            pass

    with pytest.raises(OutOfTime) as caught:
        Job(loop, LIMIT).run()
    assert caught.value.stopped and sys.modules["slow"].whole


@pytest.mark.usefixtures("slow")
def test_an_import_that_never_ends_is_given_up_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "waits.py").write_text(WAITS)
    gate = ModuleType("gate")
    gate.opened, gate.ended = threading.Event(), threading.Event()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gate", gate)
    monkeypatch.setattr(limit, "IMPORTS", 0.1)
    monkeypatch.setattr(limit, "_TRIES", 5)
    whole = []

    def work() -> None:
        try:
            whole.append(importlib.import_module("waits").whole)
        finally:
            gate.ended.set()  # type: ignore[attr-defined]

    with pytest.raises(OutOfTime) as caught:
        Job(work, LIMIT).run()
    assert not caught.value.stopped and not whole
    gate.opened.set()  # type: ignore[attr-defined]
    assert gate.ended.wait(60) and whole == [True]  # type: ignore[attr-defined]


def in_a_new_process(code: str, *folders: Path) -> str:
    """What the code prints, in a Python that has imported nothing yet."""
    path = [str(Path(__file__).parents[2]), *map(str, folders)]
    code = f"import sys; sys.path[:0] = {path!r}\n{textwrap.dedent(code)}"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8")
    assert not ran.returncode, ran.stderr
    return " ".join(ran.stdout.split())


@pytest.mark.usefixtures("slow")
def test_stop_pressed_during_an_import_ends_the_work_after_it(tmp_path: Path) -> None:
    (tmp_path / "pressed.py").write_text(f"import _thread\n_thread.interrupt_main()\n{SLOW}")
    code = """
        from course.learn.limit import Job

        def work():
            import pressed
            while True:
                pass

        job = Job(work)
        try:
            job.run()
        except KeyboardInterrupt:
            job._thread.join(60)
        print("whole:", sys.modules["pressed"].whole, "running:", job._thread.is_alive())
    """
    assert in_a_new_process(code, tmp_path) == "whole: True running: False"


FIRST_USES = {
    "an optimizer": "torch.optim.SGD([w], lr=rate).step()",
    "a function transform": "torch.func.grad(lambda v: (v**2).sum())(torch.ones(2))",
    "a vectorized Jacobian": "torch.autograd.functional.jacobian(torch.sin, torch.ones(2), vectorize=True)",
    "a comparison": "torch.testing.assert_close(torch.ones(2), torch.ones(2))",
}


@pytest.mark.parametrize("first", FIRST_USES)
def test_what_torch_loads_at_first_use_is_not_the_students_fault(first: str) -> None:
    """With a limit that the import alone would pass many times over; a warm process needs a hundredth of it."""
    code = f"""
        import torch
        import course as sy
        from course.exercises.nb01.gradient_step import GradientStep
        from course.learn import check
        from course.learn.registry import find

        def gradient_step(w, x, y, rate):
            w.grad = None
            ((x @ w - y) ** 2).mean().backward()
            {FIRST_USES[first]}
            return w

        hook = sy.TorchHook(torch)
        find("01.3").seconds = 0.2
        before = len(sys.modules)
        print(check("01.3"))
        print("modules were loaded:", len(sys.modules) - before > 100)
        torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1).step()  # whole, and in working order
    """
    said = in_a_new_process(code)
    assert "modules were loaded: True" in said
    assert "did not finish" not in said
    assert ("✓ Correct" if first == "an optimizer" else "✗ Not yet") in said
