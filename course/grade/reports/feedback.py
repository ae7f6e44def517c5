"""The page that a student gets: points, the same messages as in the notebook, and the code that they are about.

What is hidden stays hidden: no questions, expected values, seeds, or tracebacks of checks. The reason of an override is
for the gradebook; the page says that a person set the points.
"""

from __future__ import annotations

from collections.abc import Iterator

from course.grade.assignment import Assignment, local
from course.grade.points import shown
from course.grade.reports.page import KINDS, code, page, rich, safe, table
from course.grade.standing import Line, Part, Standing

LEVELS = {
    "none": "in a process of its own, with the instructor's rights",
    "rlimits": "with limits on time, memory and files",
    "bwrap": "in a sandbox without a network, with nothing of anybody else's",
}


def body_of(assignment: Assignment, one: Standing) -> Iterator[str]:
    """The page's body."""
    yield f"<h1>Feedback on {safe(assignment.name)}</h1><p class='soft'>for student {safe(one.student)}</p>"
    yield f"<p class='score'><strong>{shown(one.score)}</strong> of {shown(one.out_of)} points</p>"
    yield from _open(one)
    for part in one.parts:
        yield from _late(assignment, part)
    for notebook, why in one.refusals:
        which = f"of notebook {safe(notebook)}" if notebook else "that you handed in"
        yield f"<p class='note'><strong>A file {which} could not be read:</strong> {safe(why)}</p>"
    rows = [
        (safe(line.exercise), safe(line.title), safe(_word(line)), _points(line)) for line in one.lines
    ]
    yield table(("exercise", "about", "outcome", "points"), rows, "All exercises", numbers=(3,))
    for part in one.parts:
        yield f"<h2>Notebook {safe(part.notebook)}: {shown(part.raw)} of {shown(part.out_of)} points</h2>"
        for warning in part.warnings:
            yield f"<p class='note'>{safe(warning)}</p>"
        for line in part.lines:
            yield _article(line)
    levels = sorted({level for part in one.parts for level in part.levels})
    ran = "; ".join(f"{level}: {LEVELS[level]}" for level in levels) or "nothing was run"
    yield "<h2>How this was graded</h2>"
    yield f"<p>Your answers were called with questions drawn for this file. Sandbox level {ran}.</p>"
    yield "<p>Is something wrong here? Tell your instructor the number of the exercise: a person can set points.</p>"


def _open(one: Standing) -> Iterator[str]:
    """What the score does not say yet."""
    found = [line for line in one.lines if line.is_open]
    if found:
        names, worth = ", ".join(line.exercise for line in found), shown(sum(line.out_of for line in found))
        yield (
            f"<p class='note'><strong>Not graded yet:</strong> {safe(names)}; {worth} of the points count 0 so "
            "far. That says nothing about your answers.</p>"
        )


def _points(line: Line) -> str:
    return f"{'open' if line.is_open else shown(line.points)} of {shown(line.out_of)}"


def _word(line: Line) -> str:
    return "? Waits to be graded" if line.waits else KINDS[line.kind]


def _late(assignment: Assignment, part: Part) -> Iterator[str]:
    if part.days_late and assignment.due:
        days = "one day" if part.days_late == 1 else f"{part.days_late} days"
        cost = f"{shown(part.penalty)} points are taken off" if part.penalty else "no points are taken off"
        by = " (a person decided that)" if part.forgiven else ""
        yield (
            f"<p class='note'>Notebook {safe(part.notebook)} came in {days} late, counting each day begun: {cost}{by}. "
            f"It was due on {safe(local(assignment.due))}.</p>"
        )


def _article(line: Line) -> str:
    points = f"{_points(line)} points"
    notes = [f"<p class='note'>{safe(warning)}</p>" for warning in line.warnings]
    if line.override:
        notes.append("<p class='note'>A person set these points.</p>")
    source = code(line.source, f"Your answer to {line.exercise}") if line.source.strip() else ""
    return (
        f'<article class="{line.kind}"><header><h3>{safe(line.exercise)} · {safe(line.title)}</h3>'
        f'<span class="word">{safe(_word(line))}</span><span class="points">{points}</span></header>'
        f"{rich(line.text)}{''.join(notes)}{source}</article>"
    )


def feedback(assignment: Assignment, one: Standing) -> str:
    """The page, whole."""
    return page(f"Feedback on {assignment.name}", body_of(assignment, one))
