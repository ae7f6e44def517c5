"""The gates measure: good checks pass them, weak ones do not."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch

from course.authoring import gates, many_questions
from course.authoring.answers import Answers
from course.authoring.mutants import mutants
from course.learn import evidence
from course.learn.asking import STRANGERS
from course.learn.exercise import Draw, Exercise
from course.learn.plain import Pointer
from course.learn.says import speak, texts


def test_the_sample_exercise_passes_all_gates(sample: Exercise, answers: Answers) -> None:
    rows = [("00.1", list(gates.gates_of(sample, answers)))]
    assert all(gate.holds for _, found in rows for gate in found), gates.table(rows)


def test_many_questions_find_the_one_that_refuses_a_right_answer(sample: Exercise, answers: Answers) -> None:
    def looks(self: Exercise, question: Any, call: Any) -> Any:
        yield evidence.Verdict("off", "Off.", "Again.") if question["number"] == 4 else None

    def questions(self: Exercise, seed: int) -> Any:
        return [{**question, "number": seed} for question in sample.questions(seed)]

    rare = type("Rare", (type(sample),), {"looks": looks, "questions": questions})()
    (said,) = many_questions.refused(rare, answers, range(9))
    turn = [None, *answers.right][4 % (1 + len(answers.right))]
    assert said == f"00.1, seed 4, {turn.why if turn else 'the reference'}: off: Off. Again."
    assert list(many_questions.refused(sample, answers, range(9))) == []


def weak(sample: Exercise, verdict: Any) -> Exercise:
    """The same exercise with another verdict."""
    made: type[Exercise] = type("Weak", (type(sample),), {"verdict": verdict})
    return made()


def test_a_check_that_accepts_everything_fails_the_gates(sample: Exercise, answers: Answers) -> None:
    blind = weak(sample, lambda self, question, seen: None)
    for gate in (gates.wrong_gate, gates.mutants_gate, gates.gaming_gate):
        found = gate(blind, answers)
        assert not found.holds and found.details


def test_a_check_that_accepts_everything_lets_leaks_and_any_value_pass(sample: Exercise, answers: Answers) -> None:
    blind = weak(sample, lambda self, question, seen: None)
    leaky, lax = gates.leaks_gate(blind, answers), gates.any_value_gate(blind, answers)
    assert not leaky.holds and "passes: float64 for float32" in leaky.details
    assert not lax.holds and "None instead of the result: passes" in lax.details


def test_a_check_that_trips_over_a_value_is_found(sample: Exercise, answers: Answers) -> None:
    def verdict(self: Exercise, question: Any, seen: Any) -> Any:
        assert len(seen["calls"][0]["returned"].shape) == 1

    found = gates.any_value_gate(weak(sample, verdict), answers)
    assert not found.holds and all("a fault of its own" in text for text in found.details if text.startswith("None"))


def test_a_check_that_asks_for_the_last_digit_refuses_a_rewrite(sample: Exercise, answers: Answers) -> None:
    def verdict(self: Exercise, question: Any, seen: Any) -> Any:
        right = sum(question["args"][0]) / len(question["args"][0])
        return None if torch.equal(seen["calls"][0]["returned"], right) else evidence.Verdict("off", "Off", "Again")

    def questions(self: Exercise, seed: int) -> Any:
        draw = Draw(seed)
        return [{"args": [[draw.normal(9) for _ in range(3)]]}]

    assert gates.rewrites_gate(sample, answers).holds
    narrow = type("Narrow", (type(sample),), {"verdict": verdict, "questions": questions})()
    found = gates.rewrites_gate(narrow, answers)
    assert not found.holds and any("* (1 / " in text for text in found.details)


def test_names_that_nothing_bears_are_errors(sample: Exercise, answers: Answers) -> None:
    odd = dataclasses.replace(answers, different={"a -> b": "?"}, harmless={"nothing *": "?"})
    assert gates.rewrites_gate(sample, odd).details == ("listed as different, but not made: a -> b",)
    assert "listed as harmless, but not made: nothing *" in gates.leaks_gate(sample, odd).details


def test_a_text_that_promises_has_to_be_declared(sample: Exercise, answers: Answers) -> None:
    promising = type("Promising", (type(sample),), {"stub": sample.stub.replace("The mean", "Nobody sees the mean")})()
    assert gates.leaks_gate(promising, answers).details[0] == "declares no promises, but its text says: nobody"


def test_a_check_that_looks_at_values_only_misses_changed_inputs(sample: Exercise, answers: Answers) -> None:
    def verdict(self: Exercise, question: Any, seen: Any) -> Any:
        salaries = question["args"][0]
        return evidence.equals(seen["calls"][0], sum(salaries) / len(salaries))

    found = gates.wrong_gate(weak(sample, verdict), answers)
    assert found.details == ("not rejected: adds in place to the first one's tensor",)


def test_a_message_that_gives_a_line_away_is_found(sample: Exercise, answers: Answers) -> None:
    def verdict(self: Exercise, question: Any, seen: Any) -> Any:
        return evidence.Verdict("told", "Write `return total / len(salaries)`. " + "Well " * 60)

    found = gates.words_gate(weak(sample, verdict), answers)
    assert not found.holds and any("a line of the solution" in text for text in found.details)
    assert any("words:" in text for text in found.details)


def test_a_wrong_answer_that_the_example_gives_away_needs_a_reason(sample: Exercise, answers: Answers) -> None:
    silent = [dataclasses.replace(answer, example="") for answer in answers.wrong]
    found = gates.example_gate(sample, dataclasses.replace(answers, wrong=silent))
    assert not found.holds and "fails the example: adds, and forgets to divide" in found.details


def test_a_reason_that_is_not_needed_is_found(sample: Exercise, answers: Answers) -> None:
    excused = [dataclasses.replace(answer, example="?") for answer in answers.wrong]
    found = gates.example_gate(sample, dataclasses.replace(answers, wrong=excused))
    assert "listed, but satisfies it: always two people" in found.details


def test_an_unknown_equivalent_is_an_error(sample: Exercise, answers: Answers) -> None:
    wrong_name = dataclasses.replace(answers, equivalent={"nothing -> nothing": "?"})
    assert not gates.mutants_gate(sample, wrong_name).holds


@pytest.mark.parametrize(
    ("source", "mutant"),
    [
        ("y = a + b", "y = a + b -> y = a - b"),
        ("y = a - b", "y = a - b -> y = b - a"),
        ("y = 2", "y = 2 -> y = 3"),
        ("y = a < b", "y = a < b -> y = a <= b"),
        ("opt.zero_grad()", "opt.zero_grad() -> pass"),
        ("y = x.get()", "y = x.get() -> y = x"),
        ("return x", "return x -> return"),
        ("f(a, b)", "f(a, b) -> f(b, a)"),
        ("y = f(a, lr=1)", "y = f(a, lr=1) -> y = f(a)"),
        ("with torch.no_grad():\n        x += 1", "with torch.no_grad(): -> if True:"),
        ("for x in xs:\n        go(x)", "for x in xs: -> for x in list(xs)[1:]:"),
        ("x.sub_(y)", "x.sub_(y) -> x.add_(y)"),
    ],
)
def test_mutants(source: str, mutant: str) -> None:
    made = mutants(f'def f():\n    """Stays 1 + 1."""\n    {source}\n')
    assert mutant in made
    assert all("Stays 1 + 1" in text for text in made.values())


def call(**parts: Any) -> dict[str, Any]:
    """A record of a call, as `Watched` leaves it."""
    record = {"text": "f(x)", "returned": None, "before": [], "after": [], "messages": [], "told": [], "failed": []}
    return {**record, "objects": {}, **parts}


AT_BOB, EMPTY = Pointer("bob", 1, 3), Pointer("bob", 1, None)
ROW = {"sender": "bob", "receiver": "me", "values": True, "detail": "5 int64", "objects": [1]}
ROW |= {"numbers": 5, "words": 10}


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (evidence.equals(call(returned=2), 3), "returned `2`; expected `3`"),
        (
            evidence.equals(call(), 3, value=4, what="Bob's weight became"),
            "After `f(x)`, Bob's weight became `4`",
        ),
        (evidence.stays_at(call(returned=Pointer("alice", 1, 2)), "bob"), "pointer to alice"),
        (evidence.stays_at(call(returned=Pointer("bob", 1, None)), "bob"), "with nothing at its end"),
        (evidence.inputs_unchanged(call(before=[1], after=[2])), "`1` became `2`"),
        (evidence.never_seen(call(messages=[ROW]), "me"), "`5 int64` travelled to you"),
        (
            evidence.only_travels(call(messages=[ROW]), {("bob", "me"): 4}),
            "5 numbers (`5 int64`) went from bob to you; expected at most 4",
        ),
        (evidence.only_travels(call(messages=[ROW] * 2)), "10 numbers (`5 int64, 5 int64`) went from bob to you in 2"),
        (evidence.repeats(call(returned=1), call(returned=2)), "and the same call again `2`"),
        (
            evidence.leaves(call(objects={"bob": (2, 5)}), "bob", 1),
            "took bob from 2 objects to 5; expected 3",
        ),
        (
            evidence.leaves(call(objects={"bob": (2, 3), "alice": (1, 2)}), ["bob", "alice", "bob"], 0),
            "took bob from 2 objects to 3",
        ),
        (evidence.returned_a(call(returned=3), str, "a text"), "returned `3`, an int; expected a text"),
        (evidence.equals(call(returned=[2.0]), [3.0], {"two": [2.0]}), "returned `[2.0]`; expected `[3.0]`"),
        (evidence.still_there(call(before=[1, [AT_BOB]], after=[1, [EMPTY]])), "bob no longer holds"),
        (evidence.still_there(call(before=[AT_BOB], after=[Pointer("alice", 1, 3)])), "bob no longer holds"),
        (evidence.spares_strangers(call(strangers=[EMPTY])), "another project keeps at bob are gone"),
        (evidence.spares_strangers(call(strangers=[AT_BOB])), "another project keeps at bob are `3`"),
    ],
)
def test_evidence_speaks(verdict: Any, words: str) -> None:
    assert words in verdict.message and verdict.next and verdict.tag


def test_evidence_is_silent_where_all_is_well() -> None:
    assert evidence.equals(call(returned=Pointer("bob", 1, 3)), 3) is None
    assert evidence.equals(call(returned=[0.30000001]), [0.3], tolerance=1e-6) is None
    assert evidence.stays_at(call(returned=Pointer("bob", 1, 3)), "bob") is None
    assert evidence.inputs_unchanged(call(before=[1], after=[1])) is None
    assert evidence.inputs_unchanged(call(before=[1, 2], after=[1, 3]), 0) is None
    assert evidence.still_there(call(before=[AT_BOB], after=[Pointer("bob", 1, 4)])) is None
    assert evidence.still_there(call(before=[AT_BOB, AT_BOB], after=[AT_BOB, EMPTY]), 0) is None
    assert evidence.spares_strangers(call(strangers=[Pointer("bob", 1, STRANGERS)])) is None
    assert evidence.spares_strangers(call(strangers=[EMPTY]), "alice") is None
    assert evidence.never_seen(call(messages=[ROW]), "alice") is None
    assert evidence.only_travels(call(messages=[ROW] * 2), {("bob", "me"): torch.arange(10)}) is None
    assert evidence.only_travels(call(messages=[ROW] * 2), {("bob", "me"): [torch.arange(9), 2]}) is None
    assert evidence.repeats(call(returned=1), call(returned=1)) is None
    assert evidence.leaves(call(objects={"bob": (2, 3)}), "bob", 1) is None
    assert evidence.leaves(call(objects={"bob": (2, 2), "alice": (1, 1)}), ["bob", "alice"]) is None
    assert evidence.returned_a(call(returned=3), int, "a number") is None


def test_a_helper_says_what_it_found_in_the_words_of_the_exercise() -> None:
    record = call(returned=2, messages=[ROW])
    theirs = texts("""
        two  {found}. Twice as much. -> Why {seen}?
        all  {found}: {because}. -> Whose are they?
    """)
    looks = [{"because": "these are Bob's"}, evidence.only_travels(record, {("bob", "me"): torch.arange(5)}, tag="all")]
    two = speak(iter([*looks, evidence.equals(record, 1, {"two": 2})]), theirs, {})
    assert two is not None and two.text == "`f(x)` returned `2`; expected `1`. Twice as much. Why 2?"
    seen = speak(iter([*looks, evidence.only_travels(record, tag="all")]), theirs, {})
    assert seen is not None and seen.message.endswith("from bob to you; expected none: these are Bob's.")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ([1], [], "list of your own"),
        ([AT_BOB], [], "list of your own"),
        ([{"a": 1}], [{}], "dict of your own"),
        ([AT_BOB], [EMPTY], "makes a new tensor"),
    ],
)
def test_who_changed_a_list_is_told_of_a_list_and_who_changed_a_tensor_of_a_tensor(
    before: Any, after: Any, words: str
) -> None:
    verdict = evidence.inputs_unchanged(call(before=[before], after=[after]))
    assert verdict is not None and words in verdict.next
