"""The gates: how good the checks are, measured. `course gates 01` prints one line for each exercise.

What the instructors know is in `solutions/answers/nb01.py`:

    wrong("01.2", tag="seen", why="calls get first", source='''def remote_mean(x, y): ...''')
    right("01.2", why="one fused operation", source='''...''')
    equivalent("01.2", mutant="return x + y -> return y + x", reason="addition commutes")

The reference is the exercise's cell in the solution notebook. Mutants of it are made here
(course/mutants.py).
"""

from __future__ import annotations

import importlib.util
import linecache
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn, optim
from torch.nn import functional

import course as sy
from course.build import find_root, reference_answers, solutions
from course.learn.checking import Asked, ask, assess
from course.learn.exercise import Exercise
from course.learn.outcome import Outcome
from course.learn.plain import decode, encode
from course.learn.registry import find, of_notebook
from course.learn.words import MESSAGE_WORDS, count_words
from course.mutants import mutants

SEEDS = 50
WRONG_AT_LEAST, RIGHT_AT_LEAST = 5, 2
OWN_MESSAGE_AT_LEAST, KILLED_AT_LEAST = 0.8, 0.9
CHECK_SECONDS = 2.0


# ── what the instructors know ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Answer:
    """An answer as somebody might type it, and what the check must say to it."""

    source: str
    why: str
    tag: str = "correct"


@dataclass
class Answers:
    """All known answers of one exercise."""

    reference: str = ""
    wrong: list[Answer] = field(default_factory=list)
    right: list[Answer] = field(default_factory=list)
    equivalent: dict[str, str] = field(default_factory=dict)


_known: dict[str, Answers] = {}


def _of(id: str) -> Answers:
    return _known.setdefault(id, Answers())


def wrong(id: str, *, tag: str, why: str, source: str) -> None:
    """A person's mistake: it runs, and returns the right type. `tag` is the verdict's that it must meet."""
    _of(id).wrong.append(Answer(source.strip(), why, tag))


def right(id: str, *, why: str, source: str) -> None:
    """A right answer that is built in another way than the reference."""
    _of(id).right.append(Answer(source.strip(), why))


def equivalent(id: str, *, mutant: str, reason: str) -> None:
    """A mutant of the reference that does the same as far as the text asks."""
    _of(id).equivalent[mutant] = reason


def reference(id: str, *, source: str) -> None:
    """A reference for an exercise without a solution notebook."""
    _of(id).reference = source.strip()


def known_answers(notebook: str, root: Path) -> dict[str, Answers]:
    """Read the answers of a notebook: the answers file, and the references in the solution notebook."""
    _known.clear()
    file = root / "solutions" / "answers" / f"nb{notebook}.py"
    if file.exists():
        run_file(file)
    for id, source in reference_answers(notebook, root).items():
        _of(id).reference = source
    return dict(_known)


def run_file(file: Path) -> None:
    """Run an answers file, or an exercise file, outside of the package."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def function(exercise: Exercise, source: str) -> Callable[..., Any]:
    """The function that a source defines, as if a notebook cell had defined it."""
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": functional, "optim": optim, "sy": sy}
    exec(exercise.given, names)
    file = f"<answer {exercise.id} {abs(hash(source))}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), names)
    made: Callable[..., Any] = names[exercise.name]
    return made


# ── the gates ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Gate:
    """One measured gate: what was found, whether it holds, and what to look at if it does not."""

    name: str
    found: str
    holds: bool
    details: tuple[str, ...] = ()


def gates_of(exercise: Exercise, answers: Answers, sampled: float = 1.0) -> Iterator[Gate]:
    """All gates of one exercise; `sampled` is the part of the mutants to run."""
    yield reference_gate(exercise, answers)
    yield wrong_gate(exercise, answers)
    yield tags_gate(exercise, answers)
    yield right_gate(exercise, answers)
    yield mutants_gate(exercise, answers, sampled)
    yield outcomes_gate(exercise)
    yield gaming_gate(exercise, answers)
    yield words_gate(exercise, answers)
    yield seconds_gate(exercise, answers)
    yield apart_gate(exercise, answers)


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


def mutants_gate(exercise: Exercise, answers: Answers, sampled: float = 1.0) -> Gate:
    """Mechanical mutants of the reference are killed; those that are equivalent are listed by name."""
    made = mutants(answers.reference)
    unknown = tuple(
        f"listed as equivalent, but not made: {name}" for name in answers.equivalent if name not in made
    )
    tried = {name: source for name, source in made.items() if name not in answers.equivalent}
    chosen = dict(list(tried.items())[:: max(1, round(1 / sampled))])
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


def outcomes_gate(exercise: Exercise) -> Gate:
    """Untouched: not attempted. A loop: the time limit. An exception: the student's own line."""
    name = exercise.name
    stub = assess(exercise, function(exercise, exercise.source), (0,))
    loop = assess(
        exercise, function(exercise, f"def {name}(*args, **more):\n    while True:\n        pass"), (0,)
    )
    raising = f"def {name}(*args, **more):\n    people = 0\n    return 1 / people"
    raised = assess(exercise, function(exercise, raising), (0,))
    problems = []
    if stub.kind != "untried":
        problems.append(f"untouched stub: {stub.text}")
    if (loop.kind, loop.tag) != ("error", "time"):
        problems.append(f"endless loop: {loop.text}")
    if raised.kind != "error" or "Your line 3, `return 1 / people`" not in raised.text:
        problems.append(f"exception: {raised.text}")
    return Gate("outcomes", f"{3 - len(problems)}/3", not problems, tuple(problems))


def gaming_gate(exercise: Exercise, answers: Answers) -> Gate:
    """What can be tried against the notebook's own check, and must fail."""
    tricks = {
        "an object that equals everything": _equals_everything(exercise),
        "prints that it passed": _prints(exercise),
        "the right answers of the first seed only": _first_seed_only(exercise, answers),
        "looks for the question in its callers": _looks_up(exercise),
        "changes its inputs afterwards": _changes_inputs(exercise, answers),
    }
    passed = tuple(
        f"passes: {name}" for name, trick in tricks.items() if assess(exercise, trick, (0, 1)).passed
    )
    return Gate("gaming", f"{len(tricks) - len(passed)}/{len(tricks)}", not passed, passed)


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


def apart_gate(exercise: Exercise, answers: Answers) -> Gate:
    """Verdicts are the same in a process that never imported an answer, from encoded evidence alone."""
    asked = _evidence(exercise, answers)
    lines = [encode([exercise.id, question, evidence]) for question, evidence, _ in asked]
    done = subprocess.run(
        [sys.executable, "-m", "course.learn.judge", *_files(exercise)],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        return Gate("apart", "failed", False, (done.stderr[-500:],))
    there = [decode(line) for line in done.stdout.splitlines()]
    here = [["fine", ""] if outcome is None else [outcome.tag, outcome.text] for _, _, outcome in asked]
    differing = tuple(f"here {a}, there {b}" for a, b in zip(here, there, strict=True) if a != b)
    return Gate("apart", f"{len(here) - len(differing)}/{len(here)}", not differing, differing)


def _evidence(exercise: Exercise, answers: Answers) -> list[Asked]:
    sources = [answers.reference, *(answer.source for answer in answers.wrong)]
    return [asked for source in sources for asked in ask(exercise, function(exercise, source), (0,))]


def _files(exercise: Exercise) -> list[str]:
    """The exercise's file, if the judge would not find it by itself."""
    if type(exercise).__module__.startswith("course."):
        return []
    return [type(exercise).verdict.__code__.co_filename]


def _outcome(exercise: Exercise, answer: Answer) -> Outcome:
    return assess(exercise, function(exercise, answer.source), range(3))


def _said(outcome: Outcome) -> tuple[str, ...]:
    return () if outcome.passed else (outcome.text,)


# ── tricks ──────────────────────────────────────────────────────────────────────────────────────────────────


def _equals_everything(exercise: Exercise) -> Callable[..., Any]:
    return function(
        exercise,
        "class Yes:\n    def __eq__(self, other):\n        return True\n"
        "    def __getattr__(self, name):\n        return Yes()\n    def __hash__(self):\n        return 1\n"
        f"def {exercise.name}(*args, **more):\n    return Yes()",
    )


def _prints(exercise: Exercise) -> Callable[..., Any]:
    return function(exercise, f"def {exercise.name}(*args, **more):\n    print('✓ Correct', 'passed')")


def _looks_up(exercise: Exercise) -> Callable[..., Any]:
    """Returns what its callers call expected, and passes if it finds the question."""
    return function(
        exercise,
        f"import sys\ndef {exercise.name}(*args, **more):\n    frame = sys._getframe()\n    while frame:\n"
        "        for name in ('expected', 'question', 'exercise'):\n            if name in frame.f_locals:\n"
        "                return frame.f_locals[name]\n        frame = frame.f_back",
    )


def _first_seed_only(exercise: Exercise, answers: Answers) -> Callable[..., Any]:
    """As good as a table of the first seed's answers."""
    made = function(exercise, answers.reference)
    left = [sum(len(evidence["calls"]) for _, evidence, _ in ask(exercise, made, (0,)))]

    def tabled(*args: Any, **more: Any) -> Any:
        left[0] -= 1
        return made(*args, **more) if left[0] >= 0 else None

    return tabled


def _changes_inputs(exercise: Exercise, answers: Answers) -> Callable[..., Any]:
    made = function(exercise, answers.reference)

    def changing(*args: Any, **more: Any) -> Any:
        result = made(*args, **more)
        for tensor in _tensors(args):
            if tensor is not result:
                tensor.data.add_(1)
        if not list(_tensors(args)):
            raise AssertionError("nothing to change")
        return result

    return changing


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


# ── the table ───────────────────────────────────────────────────────────────────────────────────────────────


def table(rows: list[tuple[str, list[Gate]]]) -> str:
    """One line for each exercise, one column for each gate; ✗ marks what does not hold."""
    head = ["exercise", *(gate.name for gate in rows[0][1])]
    lines = [[id, *(f"{gate.found} {'✓' if gate.holds else '✗'}" for gate in gates)] for id, gates in rows]
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in [head, *lines]
    )


def run(selected: Iterable[str], root: Path, sampled: float = 1.0) -> list[tuple[str, list[Gate]]]:
    """The gates of notebooks ("01") and exercises ("01.2")."""
    sy.TorchHook(torch)
    rows = []
    for name in selected:
        notebook = name.partition(".")[0]
        answers = known_answers(notebook, root)
        items = [find(name)] if "." in name else of_notebook(notebook)
        for exercise in items:
            if isinstance(exercise, Exercise):
                rows.append(
                    (exercise.id, list(gates_of(exercise, answers.get(exercise.id, Answers()), sampled)))
                )
    return rows


def main(selected: Sequence[str] = (), root: Path | None = None, sampled: float = 1.0) -> int:
    """Print what does not hold, and the table; 1 if a gate does not hold."""
    root = root or find_root()
    numbers = sorted(path.name[:2] for path in solutions(root))
    rows = run(selected or numbers, root, sampled)
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
    from course import gates

    sys.exit(gates.main(sys.argv[1:]))
