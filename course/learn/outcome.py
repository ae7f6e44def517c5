"""The four outcomes of a check. Pure: from an exercise, a question and its evidence."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from course.learn.cells import Stale
from course.learn.exercise import Evidence, Exercise, Question, Verdict
from course.learn.help import has_solutions
from course.learn.next_steps import next_step
from course.learn.progress_file import UNLOCK_AFTER
from course.learn.render import Card
from course.learn.words import MESSAGE_WORDS, a_or_an, brief, count_words, plural, shorten

WORDS = {
    "correct": "✓ Correct",
    "incorrect": "✗ Not yet",
    "untried": "○ Not attempted",
    "error": "! Could not be checked",
}

_LINES, _WIDE = 10, 100  # of what the function printed


@dataclass(frozen=True)
class Outcome:
    """What a check found: a kind (a key of WORDS), a tag for the teacher, the message, the next step.

    `printed` is what the function printed in the call that the message is about; it decides nothing.
    """

    kind: str
    tag: str
    message: str
    next: str = ""
    printed: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        """Message and next step in one line."""
        return f"{self.message} {self.next}".strip()

    @property
    def passed(self) -> bool:
        """Only a correct answer passes."""
        return self.kind == "correct"

    def card(self, exercise: Exercise, attempt: int) -> Card:
        """The outcome as the student sees it; `attempt` is 0 where nobody counts."""
        next_step = (f"→ {self.next}",) if self.next else ()
        paragraphs = (self.message, *next_step, *self._ways_on(exercise, attempt))
        note = {
            "correct": f"{exercise.points} of {plural(exercise.points, 'point')}",
            "untried": f"about {exercise.minutes} min",
        }.get(self.kind, f"attempt {attempt}" if attempt else "")
        printed = ("Your function printed:",) if self.printed else ()
        heading = f"{exercise.id} · {exercise.title}"
        return Card(self.kind, WORDS[self.kind], heading, note, paragraphs + printed, first_lines(self.printed))

    @property
    def judged(self) -> bool:
        """Whether an answer was judged: no stub, no older function, no fault of the check's own. An exercise may call a
        mistake "stale", too."""
        return self.kind != "untried" and not (self.kind == "error" and self.tag in ("fault", "stale"))

    def _ways_on(self, exercise: Exercise, attempt: int) -> tuple[str, ...]:
        """Nobody needs a hint at the first try; after three the solution is open."""
        if self.passed or attempt < 2:
            return ()
        hint = f'Stuck? `hint("{exercise.id}")`'
        return (f'{hint} · `solution("{exercise.id}")`',) if attempt >= UNLOCK_AFTER and has_solutions() else (hint,)


def decide(exercise: Exercise, question: Question, evidence: Evidence) -> Outcome | None:
    """None where this question is answered well; the outcome that ends the check otherwise."""
    failure = evidence["failure"]
    if failure is not None and not (failure["kind"] == "raised" and exercise.known_end(question, failure)):
        return _failed(exercise, failure)
    verdict = exercise.verdict(question, evidence)
    return None if verdict is None else incorrect(verdict)


def correct(exercise: Exercise) -> Outcome:
    """All questions answered well."""
    return Outcome("correct", "correct", exercise.success)


def incorrect(verdict: Verdict) -> Outcome:
    """A verdict as an outcome."""
    return Outcome("incorrect", verdict.tag, verdict.message, verdict.next)


def untried(exercise: Exercise, why: str = "") -> Outcome:
    """The stub as it came, or nothing at all."""
    message = why or f"Fill in `{exercise.name}` in the cell above, run it, then run this one."
    return Outcome("untried", "not-attempted", message, f'Stuck? `hint("{exercise.id}")`')


def out_of_date(exercise: Exercise, stale: Stale) -> Outcome:
    """The function's cell was run, and did not define it: what an earlier run had defined is not judged."""
    name = f"`{exercise.name}`"
    where = f" in line {stale.line}" if stale.line else ""
    if stale.error:
        ran = f"The cell of {name} did not run as it is now: {a_or_an(stale.error)}{where}."
        step = "Read the error below that cell, mend the cell, run it, then this one."
    else:
        ran = f"The cell that defined {name} ran again, and no longer defines it."
        step = f"Is the function still called {name}? Run its cell, then this one."
    older = "" if stale.held is None else f" The {name} that this notebook knows is an older one: it was not checked."
    return Outcome("error", "stale", ran + older, step)


def printed_in(evidence: Evidence) -> str:
    """What the function printed in the call that a verdict is about: the one that failed, or the first."""
    failure, calls = evidence["failure"], evidence["calls"]
    if failure is not None and "printed" in failure:
        return str(failure["printed"])
    return str(calls[0]["printed"]) if calls else ""


def first_lines(text: str) -> str:
    """A few lines of what was printed, and how many follow."""
    lines = text.rstrip("\n").splitlines()
    shown = [line if len(line) <= _WIDE else f"{line[:_WIDE]}…" for line in lines[:_LINES]]
    more = len(lines) - len(shown)
    return "\n".join([*shown, *([f"… and {plural(more, 'more line')}"] if more else [])])


def _failed(exercise: Exercise, failure: Evidence) -> Outcome:
    if failure["kind"] == "time":
        return _out_of_time(exercise, failure)
    if failure["kind"] == "stumbled":
        return _stumbled(failure)
    if failure["stub"]:
        return untried(exercise)
    return _raised(exercise, failure)


def _out_of_time(exercise: Exercise, failure: Evidence) -> Outcome:
    seconds = f"{exercise.seconds:g} seconds"
    if failure["stopped"]:
        message = (
            f"`{failure['call']}` did not finish within {seconds}. It was stopped; nothing of yours is lost."
        )
        return Outcome("error", "time", message, "Does every loop in it come to an end?")
    message = (
        f"`{failure['call']}` did not finish within {seconds} and could not be stopped: it is still running."
    )
    return Outcome(
        "error", "time", message, "Restart the kernel (Kernel ▸ Restart), then look for a loop without end."
    )


def _stumbled(failure: Evidence) -> Outcome:
    value = failure["returned"]
    shown = f"`{brief(value)}`, {a_or_an(_kind(value))}"
    message = f"`{failure['call']}` returned {shown}, which this check cannot use."
    return Outcome("error", "unusable", message, "What does the docstring say that it returns?")


def _kind(value: object) -> str:
    kind = getattr(value, "type", None) or type(value).__name__
    return str(kind)


def _raised(exercise: Exercise, failure: Evidence) -> Outcome:
    error, said = _error(failure["error"], failure["message"], failure["next"])
    source = shorten(failure["source"], 9).rstrip(":")  # the sentence goes on with a colon of its own
    line = f"in line {failure['line']}, `{source}`"
    where = line if failure["line"] else "before its first line ran"
    head = f"Your code stopped with an error {where}: {error}, when called with `{failure['call']}`."
    came = f"Before that, {plural(failure['came'], 'number')} had travelled to you." if failure["came"] else ""
    values = ", ".join(f"{name} is {value}" for name, value in failure["values"].items())
    there = f"There `{shorten(values, 10)}`." if values else ""
    message = " ".join(part for part in (head, said, came) if part)
    long = count_words(f"{message} {there}") > MESSAGE_WORDS
    ask = "" if failure["line"] else "Does it take the arguments that the docstring names?"
    known = next_step(failure["error"], failure["message"], failure["next"])
    step = exercise.advice.get(failure["error"]) or known or ask
    return Outcome("error", "raised", message if long else f"{message} {there}".strip(), step)


def _error(name: str, message: str, advice: str) -> tuple[str, str]:
    """The error, and a sentence about it: a short text as Python prints it; of a long one, what comes first."""
    if advice:
        return f"`{name}`", message
    if count_words(message) <= 9:
        return (f"`{name}: {message}`" if message else f"`{name}`"), ""
    sentence = re.split(r"(?<=[.:]) (?=[A-Z])", message)[0].rstrip(".:")
    return f"`{name}` ({shorten(sentence, 24)})", ""
