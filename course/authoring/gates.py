"""The gates: how good the checks are, measured. `course gates 01` prints one line for each exercise.

What the instructors know is in `solutions/answers/nb01/` (course/authoring/answers.py reads it); what is
made from a reference mechanically is made here: mutants, tricks, leaks, rewrites, other values to return.
"""

from __future__ import annotations

import atexit
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeVar

import torch

import course as sy
from course.authoring.answers import Answer, Answers, function, known_answers
from course.authoring.any_value import answers_with
from course.authoring.build import find_root
from course.authoring.docstring_examples import has_example, satisfies_example
from course.authoring.leaks import CannotLeak, leaks, undeclared
from course.authoring.mutants import mutants
from course.authoring.notebook_files import solutions
from course.authoring.rewrites import rewrites
from course.authoring.tricks import tricks
from course.learn.checking import Asked, ask, assess
from course.learn.exercise import Exercise
from course.learn.outcome import Outcome
from course.learn.plain import decode, encode
from course.learn.registry import find, of_notebook
from course.learn.words import MESSAGE_WORDS, count_words

SEEDS = 50
WRONG_AT_LEAST, RIGHT_AT_LEAST = 5, 2
OWN_MESSAGE_AT_LEAST, KILLED_AT_LEAST = 0.8, 0.9
CHECK_SECONDS = 2.0
LOOP_SECONDS = 0.5  # after these a loop is taken to be endless


# ── the gates ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Gate:
    """One measured gate: what was found, whether it holds, and what to look at if it does not."""

    name: str
    found: str
    holds: bool
    details: tuple[str, ...] = ()


def gates_of(exercise: Exercise, answers: Answers, sampled: float = 1.0) -> Iterator[Gate]:
    """All gates of one exercise.

    `sampled` is the part that is looked at of what is made mechanically, of the seeds, and of the answers judged apart.
    """
    yield reference_gate(exercise, answers, max(5, round(SEEDS * sampled)))
    yield wrong_gate(exercise, answers)
    yield tags_gate(exercise, answers)
    yield right_gate(exercise, answers)
    yield example_gate(exercise, answers)
    yield mutants_gate(exercise, answers, sampled)
    yield leaks_gate(exercise, answers, sampled)
    yield rewrites_gate(exercise, answers, sampled)
    yield any_value_gate(exercise, answers, sampled)
    yield outcomes_gate(exercise)
    yield gaming_gate(exercise, answers)
    yield words_gate(exercise, answers)
    yield seconds_gate(exercise, answers)
    yield apart_gate(exercise, answers, sampled)


def reference_gate(exercise: Exercise, answers: Answers, seeds: int = SEEDS) -> Gate:
    """The reference is right, whatever is asked."""
    outcome = assess(exercise, function(exercise, answers.reference), range(seeds))
    return Gate(
        "reference", f"{seeds} seeds" if outcome.passed else "rejected", outcome.passed, _said(outcome)
    )


def wrong_gate(exercise: Exercise, answers: Answers) -> Gate:
    """Every wrong answer is found to be wrong: not an error, a verdict."""
    missed = [answer.why for answer in answers.wrong if _outcome(exercise, answer).kind != "incorrect"]
    count = len(answers.wrong)
    details = tuple(f"not rejected: {why}" for why in missed)
    return Gate("wrong", f"{count - len(missed)}/{count}", not missed and count >= WRONG_AT_LEAST, details)


def tags_gate(exercise: Exercise, answers: Answers) -> Gate:
    """... and by the message that is meant for it."""
    said = [(answer, _outcome(exercise, answer)) for answer in answers.wrong]
    off = [
        f"{answer.why}: {outcome.tag}, not {answer.tag}"
        for answer, outcome in said
        if outcome.tag != answer.tag
    ]
    count = len(said)
    return Gate(
        "own message",
        f"{count - len(off)}/{count}",
        count - len(off) >= OWN_MESSAGE_AT_LEAST * count,
        tuple(off),
    )


def right_gate(exercise: Exercise, answers: Answers) -> Gate:
    """Other right answers are accepted."""
    said = [(answer, _outcome(exercise, answer)) for answer in answers.right]
    refused = tuple(f"{answer.why}: {outcome.text}" for answer, outcome in said if not outcome.passed)
    count = len(said)
    return Gate("right", f"{count - len(refused)}/{count}", not refused and count >= RIGHT_AT_LEAST, refused)


def example_gate(exercise: Exercise, answers: Answers) -> Gate:
    """Who hands in a wrong answer has seen the docstring's example come out right; exceptions carry a reason."""
    if not has_example(exercise):
        return Gate("example", "none", True)
    good = [Answer(answers.reference, "the reference"), *answers.right]
    failing = [answer for answer in (*good, *answers.wrong) if not satisfies_example(exercise, answers, answer.source)]
    details = [f"fails the example: {answer.why}" for answer in failing if not answer.example]
    details += [f"listed, but satisfies it: {a.why}" for a in answers.wrong if a.example and a not in failing]
    listed = sum(bool(answer.example) for answer in answers.wrong)
    found = f"{sum(a not in failing for a in answers.wrong)}/{len(answers.wrong)}" + (f" +{listed}=" if listed else "")
    return Gate("example", found, not details, tuple(details))


def mutants_gate(exercise: Exercise, answers: Answers, sampled: float = 1.0) -> Gate:
    """Mechanical mutants of the reference are killed; those that are equivalent are listed by name."""
    made = mutants(answers.reference)
    unknown = tuple(
        f"listed as equivalent, but not made: {name}" for name in answers.equivalent if name not in made
    )
    tried = {name: source for name, source in made.items() if name not in answers.equivalent}
    chosen = dict(_some(tried.items(), sampled))
    alive = [name for name, source in chosen.items() if survives(exercise, source)]
    killed = len(chosen) - len(alive)
    details = (*(f"survives: {name}" for name in alive), *unknown)
    found = f"{killed}/{len(chosen)}" + (f" +{len(answers.equivalent)}=" if answers.equivalent else "")
    few = len(alive) <= (1 - KILLED_AT_LEAST) * len(tried)
    return Gate("mutants", found, few and not unknown, details)


def survives(exercise: Exercise, source: str) -> bool:
    """Whether the check takes this source for right."""
    made = function(exercise, source)
    return all(outcome is None for _, _, outcome in ask(exercise, made, range(3), seconds=0.5))


def leaks_gate(exercise: Exercise, answers: Answers, sampled: float = 1.0) -> Gate:
    """The reference with a leak of what the exercise promises to keep is wrong; what the text allows is listed."""
    speaks = undeclared(exercise)
    details = [f"declares no promises, but its text says: {', '.join(speaks)}"] if speaks else []
    made = leaks(exercise, answers)
    allowed = {name: [leak for leak in made if fnmatchcase(leak, name)] for name in answers.harmless}
    details += [f"listed as harmless, but not made: {name}" for name, found in allowed.items() if not found]
    forbidden = {leak for leak in made if not any(leak in found for found in allowed.values())}
    said = [(name, assess(exercise, made[name], (0, 1))) for name in _some(sorted(forbidden), sampled)]
    tried = [(name, outcome) for name, outcome in said if not _cannot(outcome)]
    missed = [f"{_found(outcome)}: {name}" for name, outcome in tried if outcome.kind != "incorrect"]
    found = f"{len(tried) - len(missed)}/{len(tried)}" + (f" +{len(made) - len(forbidden)}=" if allowed else "")
    return Gate("leaks", found, not missed and not details, (*details, *missed))


def _cannot(outcome: Outcome) -> bool:
    """There was nothing to leak, or the leak stopped before it could show anything."""
    return CannotLeak.__name__ in outcome.text or (outcome.kind, outcome.tag) == ("error", "raised")


def _found(outcome: Outcome) -> str:
    return "passes" if outcome.passed else outcome.text


def rewrites_gate(exercise: Exercise, answers: Answers, sampled: float = 1.0) -> Gate:
    """Right answers, rewritten so that they do the same, are right; the few that do something else are listed."""
    sources = [answers.reference, *(answer.source for answer in answers.right)]
    made = [rewrite for source in sources for rewrite in rewrites(source).items()]
    names = {name for name, _ in made}
    details = [f"listed as different, but not made: {name}" for name in answers.different if name not in names]
    tried = _some([rewrite for rewrite in made if rewrite[0] not in answers.different], sampled)
    said = [(name, assess(exercise, function(exercise, source), (0, 1))) for name, source in tried]
    refused = [f"{name}: {outcome.text}" for name, outcome in said if not outcome.passed]
    found = f"{len(said) - len(refused)}/{len(said)}" + (f" +{len(answers.different)}=" if answers.different else "")
    return Gate("rewrites", found, not refused and not details, (*details, *refused))


def any_value_gate(exercise: Exercise, answers: Answers, sampled: float = 1.0) -> Gate:
    """Whatever is returned, there is a verdict on it: no fault of the check's own, and no pass."""
    tried = _some(list(answers_with(exercise, answers)), sampled)
    said = [(name, assess(exercise, answer, (0,))) for name, answer in tried]
    right = assess(exercise, function(exercise, answers.reference), (0,))
    odd = [f"{name}: {_found(o)}" for name, o in said if o.kind != "incorrect" and o.tag not in ("unusable", "time")]
    details = odd if right.passed else [f"the reference: {right.text}"]
    return Gate("any value", f"{len(said) - len(odd)}/{len(said)}", not details, tuple(details))


T = TypeVar("T")


def _some(items: Iterable[T], sampled: float) -> list[T]:
    """Each third of them for 1/3: the same ones every time."""
    return list(items)[:: max(1, round(1 / sampled))]


def outcomes_gate(exercise: Exercise) -> Gate:
    """Untouched: not attempted. A loop: the time limit. An exception: the student's own line."""
    name = exercise.name
    stub = assess(exercise, function(exercise, exercise.source), (0,))
    looping = function(exercise, f"def {name}(*args, **more):\n    while True:\n        pass")
    _, _, loop = next(ask(exercise, looping, (0,), LOOP_SECONDS))
    raising = f"def {name}(*args, **more):\n    people = 0\n    return 1 / people"
    raised = assess(exercise, function(exercise, raising), (0,))
    problems = []
    if stub.kind != "untried":
        problems.append(f"untouched stub: {stub.text}")
    if loop is None or (loop.kind, loop.tag) != ("error", "time"):
        problems.append(f"endless loop: {loop.text if loop else 'passes'}")
    if raised.kind != "error" or "in line 3, `return 1 / people`" not in raised.text:
        problems.append(f"exception: {raised.text}")
    return Gate("outcomes", f"{3 - len(problems)}/3", not problems, tuple(problems))


def gaming_gate(exercise: Exercise, answers: Answers) -> Gate:
    """What can be tried against the notebook's own check, and must fail."""
    tried = tricks(exercise, answers)
    passed = tuple(
        f"passes: {name}" for name, trick in tried.items() if assess(exercise, trick, (0, 1)).passed
    )
    return Gate("gaming", f"{len(tried) - len(passed)}/{len(tried)}", not passed, passed)


def words_gate(exercise: Exercise, answers: Answers) -> Gate:
    """Messages are short, and neither they nor the hints give a line of the solution away."""
    said = [_outcome(exercise, answer) for answer in answers.wrong]
    longest = max((count_words(outcome.text) for outcome in said), default=0)
    too_long = [f"{count_words(o.text)} words: {o.text}" for o in said if count_words(o.text) > MESSAGE_WORDS]
    lines = solution_lines(exercise, answers.reference)
    texts = [*(outcome.text for outcome in said), *exercise.hints, exercise.success]
    given_away = [
        f"a line of the solution, `{line}`, in: {text}" for text in texts for line in lines if line in text
    ]
    return Gate("words", str(longest), not too_long and not given_away, (*too_long, *given_away))


def solution_lines(exercise: Exercise, source: str) -> list[str]:
    """The lines that the student has to find, short ones left out."""
    given = {line.strip() for line in exercise.source.splitlines()}
    lines = (line.strip() for line in source.splitlines())
    return [line for line in lines if line not in given and len(line) > 12 and not line.startswith("#")]


def seconds_gate(exercise: Exercise, answers: Answers) -> Gate:
    """How long a check of the reference takes, as a student waits for it."""
    made = function(exercise, answers.reference)
    started = time.perf_counter()
    assess(exercise, made, (0, 1))
    seconds = time.perf_counter() - started
    return Gate("seconds", f"{seconds:.2f}", seconds <= CHECK_SECONDS)


def apart_gate(exercise: Exercise, answers: Answers, sampled: float = 1.0) -> Gate:
    """Verdicts are the same in a process that never imported an answer, from encoded evidence alone."""
    asked = _evidence(exercise, answers, sampled)
    judge = _judge(*_files(exercise))
    try:
        there = [_judged(judge, encode([exercise.id, question, evidence])) for question, evidence, _ in asked]
    except (BrokenPipeError, EOFError):
        _judge.cache_clear()
        return Gate("apart", "failed", False, (f"the judge ended with {judge.wait()}; it said why as it did",))
    here = [["fine", ""] if outcome is None else [outcome.tag, outcome.text] for _, _, outcome in asked]
    differing = tuple(f"here {a}, there {b}" for a, b in zip(here, there, strict=True) if a != b)
    return Gate("apart", f"{len(here) - len(differing)}/{len(here)}", not differing, differing)


@cache
def _judge(*files: str) -> subprocess.Popen[str]:
    """A process that never imported an answer: one for all exercises, since it judges each line by itself."""
    command = [sys.executable, "-m", "course.learn.judge", *files]
    judge = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
    atexit.register(judge.communicate)
    return judge


def _judged(judge: subprocess.Popen[str], line: str) -> object:
    assert judge.stdin and judge.stdout
    judge.stdin.write(line + "\n")
    judge.stdin.flush()
    said = judge.stdout.readline()
    if not said:
        raise EOFError
    return decode(said)


def _evidence(exercise: Exercise, answers: Answers, sampled: float) -> list[Asked]:
    sources = [answers.reference, *(answer.source for answer in _some(answers.wrong, sampled))]
    return [asked for source in sources for asked in ask(exercise, function(exercise, source), (0,))]


def _files(exercise: Exercise) -> list[str]:
    """The exercise's file, if the judge would not find it by itself."""
    if type(exercise).__module__.startswith("course."):
        return []
    return [type(exercise).questions.__code__.co_filename]


@lru_cache(64)  # several gates look at the same
def _outcome(exercise: Exercise, answer: Answer) -> Outcome:
    return assess(exercise, function(exercise, answer.source), range(3))


def _said(outcome: Outcome) -> tuple[str, ...]:
    return () if outcome.passed else (outcome.text,)


# ── the table ───────────────────────────────────────────────────────────────────────────────────────────────


def table(rows: list[tuple[str, list[Gate]]]) -> str:
    """One line for each exercise, one column for each gate; ✗ marks what does not hold."""
    head = ["exercise", *(gate.name for gate in rows[0][1])]
    lines = [[id, *(f"{gate.found} {'✓' if gate.holds else '✗'}" for gate in gates)] for id, gates in rows]
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in [head, *lines]
    )


def named(selected: Sequence[str], root: Path) -> Iterator[tuple[Exercise, Answers]]:
    """The exercises of notebooks ("01"), or single ones ("01.2"), and what is known of each; all if none is named."""
    for name in selected or sorted(path.name[:2] for path in solutions(root)):
        notebook = name.partition(".")[0]
        answers = known_answers(notebook, root)
        for exercise in [find(name)] if "." in name else of_notebook(notebook):
            if isinstance(exercise, Exercise):
                yield exercise, answers.get(exercise.id, Answers())


def run(selected: Sequence[str], root: Path, sampled: float = 1.0) -> list[tuple[str, list[Gate]]]:
    """The gates of notebooks and exercises."""
    sy.TorchHook(torch)
    return [(exercise.id, list(gates_of(exercise, answers, sampled))) for exercise, answers in named(selected, root)]


def main(selected: Sequence[str] = (), root: Path | None = None, sampled: float = 1.0) -> int:
    """Print what does not hold, and the table; 1 if a gate does not hold."""
    rows = run(selected, root or find_root(), sampled)
    if not rows:
        print("no exercises found")
        return 1
    for id, gates in rows:
        for gate in gates:
            if gate.details:
                print(f"{id} {gate.name}:", *gate.details, sep="\n    ")
    print(table(rows))
    return 0 if all(gate.holds for _, gates in rows for gate in gates) else 1


if __name__ == "__main__":
    from course.authoring import gates

    sys.exit(gates.main(sys.argv[1:]))
