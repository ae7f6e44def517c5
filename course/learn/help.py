"""`hint` and `solution`."""

from __future__ import annotations

import re
from importlib import resources

from course.learn import progress_file
from course.learn.exercise import Exercise
from course.learn.registry import PACKAGE, UnknownItem, find
from course.learn.render import Card
from course.learn.words import plural

MARKER = re.compile(r"^# exercise (\w\w\.\d+)[ \t]*\n", re.MULTILINE)
_TIERS = ("the idea", "where to look", "the shape of the line")


def hint(id: str, tier: int | None = None) -> Card:
    """The next hint of an exercise: the idea, then where to look, then the shape of the line."""
    try:
        exercise = _exercise(id)
    except UnknownItem as error:
        return Card("error", "! No hint", paragraphs=(str(error),))
    seen = int(progress_file.exercise_state(id)["hints"])
    number = min(max(tier or seen + 1, 1), 3)
    progress_file.count_hint(id, number)
    after = (f'`hint("{id}")` again gives the next.',) if number < 3 else ()
    word = f"▪ Hint {number} of 3"
    return Card(
        "note", word, f"{id} · {exercise.title}", _TIERS[number - 1], (exercise.hints[number - 1], *after)
    )


def solution(id: str) -> Card:
    """One way to solve an exercise, after a pass or three attempts."""
    try:
        exercise = _exercise(id)
    except UnknownItem as error:
        return Card("error", "! No solution", paragraphs=(str(error),))
    heading = f"{id} · {exercise.title}"
    if not has_solutions():
        text = f'This class has no solutions: its course came without them. It has hints: `hint("{id}")`.'
        return Card("note", "▪ No solutions here", heading, paragraphs=(text,))
    if not progress_file.may_read_solution(id):
        left = progress_file.UNLOCK_AFTER - int(progress_file.exercise_state(id)["attempts"])
        after = plural(left, "more attempt")
        text = f'Opens after a pass, or after {after}. A hint costs nothing: `hint("{id}")`.'
        return Card("untried", "▪ Solution not open yet", heading, paragraphs=(text,))
    source = reference(id)
    if source is None:
        return Card(
            "note", "▪ Solution", heading, paragraphs=("This edition of the course comes without answers.",)
        )
    return Card("note", "▪ Solution", heading, paragraphs=("One way; yours may be another.",), code=source)


def has_solutions() -> bool:
    """Whether the reference answers travel with the package; `course release` makes one without."""
    return resources.files(PACKAGE).joinpath("answers").is_dir()


def reference(id: str) -> str | None:
    """The reference answer that travels with the package; None where it came without."""
    file = resources.files(PACKAGE).joinpath("answers", f"{id.partition('.')[0]}.txt")
    if not file.is_file():
        return None
    return split_answers(file.read_text(encoding="utf-8")).get(id)


def split_answers(text: str) -> dict[str, str]:
    """The parts of a file after each `# exercise 01.2` line, by id."""
    _, *parts = MARKER.split(text)
    return {id: source.strip() for id, source in zip(parts[::2], parts[1::2], strict=True)}


def _exercise(id: str) -> Exercise:
    found = find(str(id))
    if isinstance(found, Exercise):
        return found
    raise UnknownItem(f"{id} is no exercise.")
