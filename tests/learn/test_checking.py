"""The four outcomes, as a student meets them."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import pytest
import torch

import course as sy
from course.authoring.answers import function
from course.learn import checking, hint, progress_file, solution
from course.learn.checking import NotPassed, assess, check
from course.learn.exercise import Exercise, examine, workers
from course.learn.limit import Job, OutOfTime
from course.learn.outcome import Outcome
from course.learn.registry import register


def outcome(sample: Exercise, body: str) -> Any:
    made = function(sample, f"def team_mean(salaries):\n    {body}\n")
    return assess(sample, made, (0, 1))


def test_correct(sample: Exercise) -> None:
    found = outcome(sample, "return sum(salaries) / len(salaries)")
    assert found.kind == "correct" and found.text == sample.success


def test_incorrect_says_what_was_seen_and_what_comes_next(sample: Exercise) -> None:
    found = outcome(sample, "return sum(salaries)")
    assert (found.kind, found.tag) == ("incorrect", "wrong-value")
    assert "`team_mean([tensor([" in found.message and "returned" in found.message and found.next


@pytest.mark.parametrize("source", ["stub", "other comments", "half", "missing"])
def test_not_attempted(sample: Exercise, source: str) -> None:
    texts = {
        "stub": sample.source,
        "other comments": sample.source.replace("total = ...", "total = ...  # later"),
        "half": sample.source.replace("total = ...", "total = 0"),
    }
    answer = function(sample, texts[source]) if source in texts else None
    assert assess(sample, answer, (0,)).kind == "untried"


def test_the_students_own_line_with_values(sample: Exercise) -> None:
    found = outcome(sample, "half = salaries[0] / 2\n    return half + totl")
    assert found.kind == "error"
    assert found.message.startswith(
        "Your code stopped with an error in line 3, `return half + totl`: "
        "`NameError: name 'totl' is not defined`, when called with `team_mean(["
    )
    assert "half is tensor(" in found.message


def test_an_error_inside_a_helper_of_the_notebook_is_the_students(sample: Exercise) -> None:
    source = "def helper(x):\n    return x.nothing\ndef team_mean(salaries):\n    return helper(salaries[0])"
    found = assess(sample, function(sample, source), (0,))
    assert "in line 2, `return x.nothing`: `AttributeError" in found.message


def with_bob(sample: Exercise, body: str) -> Any:
    return outcome(sample, f"bob = sy.VirtualWorker(sy.TorchHook(torch), id='bob')\n    {body}")


def test_an_error_of_the_course_keeps_its_advice(sample: Exercise) -> None:
    found = with_bob(sample, "return torch.ones(2).send(bob).item()")
    assert "in line 3, `return torch.ones(2).send(bob).item()`: `ValueRefusedError`, when" in found.message
    assert "item() asks for a value, and the value is on bob, not here." in found.message
    assert found.next == (
        "If you may see it, write x = x.get() first; if not, compute on bob and get() only the result."
    )
    assert "→ If you may see it" in repr(found.card(sample, 1))


@pytest.mark.parametrize(
    ("line", "error", "advice"),
    [
        ("torch.ones(2).send(bob) + salaries[0]", "TensorsNotCollocatedException", "Send yours with x.send(bob)"),
        ("sy.VirtualWorker(sy.TorchHook(torch), id='al') and torch.ones(2).send('al')", "NotAWorker", "Make one"),
        ("torch.ones(2).send(bob).move()", "MoveToNobodyError", "Name a worker, x.move(alice)"),
    ],
)
def test_each_error_of_the_course_says_what_to_do(
    sample: Exercise, line: str, error: str, advice: str
) -> None:
    found = with_bob(sample, f"return {line}")
    assert error in found.message and found.next.startswith(advice)


def test_an_exercise_may_have_advice_of_its_own(sample: Exercise) -> None:
    class Alone(type(sample)):  # type: ignore[misc]
        advice = {"TensorsNotCollocatedException": "Nobody needs to meet."}

    bob = "sy.VirtualWorker(sy.TorchHook(torch), id='bob')"
    source = f"def team_mean(x):\n    bob = {bob}\n    return x[0].send(bob) + x[0]"
    for exercise, step in ((Alone(), "Nobody needs to meet."), (sample, "Send yours with x.send(bob)")):
        assert assess(exercise, function(sample, source), (0,)).next.startswith(step)


def test_an_error_may_be_a_known_mistake(sample: Exercise) -> None:
    class Known(type(sample)):  # type: ignore[misc]
        raises = {"ZeroDivisionError": "nobody"}
        says = "nobody  {call} raised {error} for {team}. -> Whom do you divide among?"

        def questions(self, seed: int) -> Any:
            return [question | {"team": "three"} for question in super().questions(seed)]

    divides, other = (function(sample, f"def team_mean(salaries):\n    {line}\n") for line in ("1 / 0", "[][0]"))
    found = assess(Known(), divides, (0,))
    assert (found.kind, found.tag, found.next) == ("incorrect", "nobody", "Whom do you divide among?")
    assert found.message.endswith("` raised ZeroDivisionError for three.")
    assert (assess(Known(), other, (0,)).kind, assess(sample, divides, (0,)).kind) == ("error", "error")


def test_an_error_may_be_a_known_mistake_for_some_questions_only(sample: Exercise) -> None:
    class Known(type(sample)):  # type: ignore[misc]
        says = "nobody  {call} raised {error}. -> Whom do you divide among?"

        def known_end(self, question: Any, failure: Any) -> str:
            return "nobody" if question["team"] == "none" and failure["error"] == "ZeroDivisionError" else ""

        def questions(self, seed: int) -> Any:
            return [question | {"team": self.team} for question in super().questions(seed)]

    divides = function(sample, "def team_mean(salaries):\n    1 / 0\n")
    found = {}
    for team in ("none", "three"):
        known = Known()
        known.team = team
        found[team] = assess(known, divides, (0,))
    assert (found["none"].kind, found["none"].tag, found["three"].kind) == ("incorrect", "nobody", "error")


def test_the_people_of_the_notebook_are_strangers_in_a_check(sample: Exercise) -> None:
    with sy.isolated(seed=3):
        claire = sy.VirtualWorker(sy.TorchHook(torch), id="claire")
        source = "def team_mean(salaries):\n    bob = sy.VirtualWorker(sy.TorchHook(torch), id='bob')\n"
        answer = function(sample, source + "    return salaries[0].send(bob).move(claire)\n")
        answer.__globals__["claire"] = claire
        found = assess(sample, answer, (0,))
    assert "The check has people of its own, and claire of your notebook is none of them." in found.message
    assert found.next == "Use the workers and pointers that your function is given."
    assert "reset" not in found.text


def test_who_resets_the_session_in_an_answer_is_told_so(sample: Exercise) -> None:
    class WithBob(type(sample)):  # type: ignore[misc]
        def probe(self, answer: Any, question: Any) -> Any:
            (bob,) = workers("bob")
            answer(torch.ones(2).send(bob))
            return {}

    answer = function(sample, "def team_mean(x):\n    sy.reset()\n    return x + x\n")
    assert "sy.reset() forgot it" in assess(WithBob(), answer, (0,)).message


def test_what_had_travelled_to_you_before_the_error_is_said(sample: Exercise) -> None:
    found = with_bob(sample, "y = torch.ones(4).send(bob).get()\n    return y.nothing")
    assert "Before that, 4 numbers had travelled to you." in found.message
    assert "travelled" not in with_bob(sample, "return torch.ones(4).send(bob).nothing").message


def test_wrong_arguments(sample: Exercise) -> None:
    found = assess(sample, function(sample, "def team_mean():\n    return 1"), (0,))
    assert found.kind == "error" and "before its first line ran" in found.message


@pytest.mark.parametrize(
    "loop",
    [
        "while True:\n        pass",
        "while True:\n        try:\n            x = 1\n        except Exception:\n            pass",
    ],
)
def test_an_endless_loop_is_stopped(sample: Exercise, loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(sample), "seconds", 0.1)
    found = outcome(sample, loop)
    assert (found.kind, found.tag) == ("error", "time") and "nothing of yours is lost" in found.message
    assert threading.active_count() == 1 or all(not t.name.endswith("run)") for t in threading.enumerate())


def test_a_call_that_cannot_be_stopped_gives_the_floor_back() -> None:
    release = threading.Event()

    def deaf() -> None:
        while not release.is_set():
            try:
                release.wait(0.001)
            except BaseException:  # noqa: BLE001 - this is the behaviour under test
                continue

    with pytest.raises(OutOfTime) as caught:
        Job(deaf, 0.05).run()
    release.set()
    assert not caught.value.stopped


@pytest.mark.parametrize("body", ["z = x + y", "z = torch.ones(10000).send(bob).get()"])
def test_a_loop_that_sends_messages_is_stopped_between_two_of_them(sample: Exercise, body: str) -> None:
    bob = sy.VirtualWorker(sy.TorchHook(torch), id="bob")
    kept = torch.ones(2).send(bob)
    names = "bob = sy.VirtualWorker(sy.TorchHook(torch), id='bob')\n    x = y = torch.ones(2).send(bob)"
    source = f"def team_mean(salaries):\n    {names}\n    while True:\n        {body}\n"
    answer = function(sample, source)
    for _ in range(3):
        evidence = examine(sample, answer, sample.questions(0)[0], seconds=0.1)
        assert evidence["failure"]["kind"] == "time" and evidence["failure"]["stopped"]
        assert (kept + 1).get().tolist() == [2, 2]


def test_a_value_that_no_check_can_use(sample: Exercise) -> None:
    class Gets(type(sample)):  # type: ignore[misc]
        def probe(self, answer: Any, question: Any) -> Any:
            return {"got": answer(*question["args"]).shape}

    made = function(sample, "def team_mean(salaries):\n    return 'a mean'")
    found = assess(Gets(), made, (0,))
    assert (found.kind, found.tag) == ("error", "unusable") and "`'a mean'`, a str" in found.message


def test_a_fault_of_the_check_is_not_the_students(sample: Exercise) -> None:
    class Faulty(type(sample)):  # type: ignore[misc]
        def verdict(self, question: Any, seen: Any) -> Any:
            return seen["nothing"]

    found = assess(Faulty(), function(sample, "def team_mean(salaries):\n    return 1"), (0,))
    assert (found.kind, found.tag) == ("error", "fault") and "Your answer is not to blame" in found.message


def test_a_mistake_may_be_called_stale_and_counts_as_an_attempt() -> None:
    """03.5 calls the average of all rounds so: after three of these the solution is open."""
    assert Outcome("incorrect", "stale", "").judged and Outcome("error", "raised", "").judged
    assert not Outcome("error", "stale", "").judged and not Outcome("error", "fault", "").judged


def test_check_finds_the_function_counts_and_never_raises(sample: Exercise) -> None:
    names = globals()
    names.pop("team_mean", None)
    assert check("00.1").word == "○ Not attempted"
    names["team_mean"] = lambda salaries: sum(salaries)
    assert (check("00.1").note, check("00.1").note) == ("attempt 1", "attempt 2")
    names["team_mean"] = lambda salaries: sum(salaries) / len(salaries)
    assert check("00.1").note == "2 of 2 points"
    names["team_mean"] = 3
    assert "is an int here, not a function" in repr(check("00.1"))
    assert progress_file.exercise_state("00.1") == {"attempts": 4, "passed": True, "hints": 0}
    del names["team_mean"]


@pytest.mark.parametrize("id", ["00.9", "nothing", "99.1", "00.q1", "", "../x"])
def test_an_unknown_id_is_a_sentence(sample: Exercise, id: str) -> None:
    assert check(id).word == "! Could not be checked"


@pytest.mark.parametrize(("id", "meant"), [("1.1", "01.1"), ("01,1", "01.1"), ("02q1", "02.q1")])
def test_an_unknown_id_names_the_nearest(id: str, meant: str) -> None:
    for card in (check(id), hint(id), solution(id)):
        (text,) = card.paragraphs
        assert f"Did you mean {meant}? In notebook {meant[:2]}: " in text and meant in text.partition(":")[2]


def test_an_unknown_notebook_names_the_exercises_before_any_was_loaded() -> None:
    code = "from course.learn import check, hint; print(check('99.9'), hint('1.1'))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8")
    words = " ".join(printed.stdout.split())
    assert "There is no '99.9'. Exercises: 01.1, 01.2" in words and "Did you mean 01.1?" in words


def test_under_nbval_every_outcome_but_correct_raises(
    sample: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_NBVAL", "1")
    right = {"team_mean": lambda salaries: sum(salaries) / len(salaries)}
    assert checking.check_in(right, "00.1").kind == "correct"
    for names in ({}, {"team_mean": sum}, {"team_mean": lambda salaries: 1 / 0}):
        with pytest.raises(NotPassed, match="00.1") as caught:
            checking.check_in(names, "00.1")
        assert not any("File" in line for line in caught.value._render_traceback_())


def test_a_card_is_escaped_and_a_status(sample: Exercise) -> None:
    card = outcome(sample, "return '<script>alert(1)</script>'").card(sample, 1)
    page = card._repr_html_()
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert 'role="status"' in page and "✗ Not yet" in page and "var(--jp-" in page


def test_a_check_leaves_the_students_session_alone(sample: Exercise) -> None:
    with sy.isolated(seed=3):
        hook = sy.TorchHook(torch)
        bob = sy.VirtualWorker(hook, id="bob")
        x = torch.ones(2).send(bob)
        before, state = len(sy.transcript()), torch.get_rng_state()
        bobs = "sy.VirtualWorker(sy.TorchHook(torch), id='bob')"
        body = f"y = torch.rand(3).send({bobs})\n    sy.reset()\n    return y.get()"
        outcome(sample, body)
        assert len(sy.transcript()) == before and torch.equal(torch.get_rng_state(), state)
        assert x.get().tolist() == [1, 1]


def test_evidence_records_messages_output_and_stores(sample: Exercise) -> None:
    bobs = "sy.VirtualWorker(sy.TorchHook(torch), id='bob')"
    body = f"print('hello')\n    return salaries[0].send({bobs})"
    made = function(sample, f"def team_mean(salaries):\n    {body}")
    (call,) = examine(sample, made, sample.questions(0)[0])["calls"]
    assert call["printed"] == "hello\n" and call["objects"]["bob"] == (0, 1)
    assert [row["kind"] for row in call["messages"]] == ["send"] and call["returned"].location == "bob"


def test_what_a_probe_finds_has_names_of_its_own(sample: Exercise) -> None:
    """Else a record of the call would be hidden, or hide it, and the exercise would judge something else."""

    class Overwrites(type(sample)):  # type: ignore[misc]
        def probe(self, answer: Any, question: Any) -> Any:
            return {**super().probe(answer, question), "handed": 1, "text": "x"}

    with pytest.raises(ValueError, match="calls what it found handed, text, as a call's record does"):
        examine(Overwrites(), lambda *args: None, sample.questions(0)[0])


def test_an_id_belongs_to_one_exercise(sample: Exercise) -> None:
    with pytest.raises(ValueError, match="already registered"):
        register(type(sample))


def test_what_the_function_printed_is_shown_and_decides_nothing(sample: Exercise) -> None:
    found = outcome(sample, "print('so far', len(salaries))\n    return sum(salaries)")
    assert found == outcome(sample, "return sum(salaries)")
    card = found.card(sample, 1)
    assert card.paragraphs[-1] == "Your function printed:" and card.code == "so far 2"
    assert "<pre>so far 2</pre>" in card._repr_html_()
    raised = outcome(sample, "print('before')\n    return salaries.nothing").card(sample, 1)
    assert raised.code == "before"
    right = outcome(sample, "print('one')\n    return sum(salaries) / len(salaries)")
    assert right.passed and right.card(sample, 1).code == "one"
    silent = outcome(sample, "return sum(salaries)").card(sample, 1)
    assert silent.code == "" and "printed" not in str(silent)


def test_of_much_that_was_printed_the_first_lines_are_shown(sample: Exercise) -> None:
    found = outcome(sample, "print('x' * 300)\n    for n in range(20): print(n)\n    return sum(salaries)")
    first, *others, last = found.card(sample, 1).code.splitlines()
    assert first == f"{'x' * 100}…" and others == [str(n) for n in range(9)] and last == "… and 11 more lines"


def test_a_source_line_that_ends_in_a_colon_is_followed_by_one_colon(sample: Exercise) -> None:
    found = outcome(sample, "if pointer == 3:\n        return 1")
    assert "in line 2, `if pointer == 3`: `NameError" in found.message
