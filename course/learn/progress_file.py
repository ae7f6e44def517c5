"""Your progress: one small JSON file that you can read, move and delete. Nothing is sent anywhere.

It lies in the folder COURSE_HOME, or `.private-ai-course` in your home folder. Under nbval there is no
file: each kernel begins with an empty memory, so a run neither reads nor changes anybody's progress.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from course.learn.exercise import Exercise
from course.learn.registry import current, enter, of_course
from course.learn.render import Card

UNLOCK_AFTER = 3  # attempts, then the solution may be read

SHOWN, LATE = "shown", "before the prediction"  # how a reveal is written down

State = dict[str, Any]
_memory: State = {}
_notes: list[str] = []


def under_nbval() -> bool:
    """Whether pytest --nbval, or `course build --run`, runs this kernel."""
    return os.environ.get("COURSE_NBVAL") == "1"


def path() -> Path:
    """The progress file; it need not exist yet."""
    home = os.environ.get("COURSE_HOME")
    return (Path(home) if home else Path.home() / ".private-ai-course") / "progress.json"


def exercise_state(id: str) -> State:
    """{"attempts": 2, "passed": False, "hints": 1} for an exercise, zeros if it is new."""
    return {"attempts": 0, "passed": False, "hints": 0, **_part(_read(), "exercises").get(id, {})}


def count_attempt(id: str, passed: bool) -> State:
    """One more attempt; a pass stays a pass."""
    entry = exercise_state(id)
    entry["attempts"] += 1
    entry["passed"] = entry["passed"] or passed
    _write_entry("exercises", id, entry)
    return entry


def count_hint(id: str, tier: int) -> None:
    """The student has seen hints up to `tier`."""
    entry = exercise_state(id)
    entry["hints"] = max(entry["hints"], tier)
    _write_entry("exercises", id, entry)


def locked(id: str) -> Any:
    """The answer that was given to a quiz or prediction; None if there is none."""
    return _part(_read(), "answers").get(id)


def lock(id: str, answer: Any) -> None:
    """Keep an answer; the first one stays. One that comes after `reveal` is marked as late."""
    if locked(id) is None:
        if _part(_read(), "reveals").get(id) is not None:
            _write_entry("reveals", id, LATE)
        _write_entry("answers", id, answer)


def reveal(id: str) -> None:
    """The answer to a prediction has been shown."""
    if _part(_read(), "reveals").get(id) is None:
        _write_entry("reveals", id, SHOWN)


def is_late(id: str) -> bool:
    """Whether a prediction was typed after its answer had been shown."""
    return bool(_part(_read(), "reveals").get(id) == LATE)


def keep_ledger(id: str, agrees: bool) -> None:
    """A ledger was filled in; once it agreed it stays so."""
    enter(id)
    if not _part(_read(), "ledgers").get(id):
        _write_entry("ledgers", id, agrees)


def may_read_solution(id: str) -> bool:
    """After a pass, or three attempts."""
    entry = exercise_state(id)
    return bool(entry["passed"]) or int(entry["attempts"]) >= UNLOCK_AFTER


def progress(notebook: str = "") -> Card:
    """What you have done so far in a notebook, "02", and in short in the others; where that is written down.

    Without a number: in the notebook that you are working at. Before you begin with one: all of them.
    """
    state = _read()
    known = {item.id: item for item in of_course() if isinstance(item, Exercise)}
    ids = sorted({*known, *_part(state, "exercises")})
    here = notebook or current()
    shown = [id for id in ids if _notebook(id) == here] or ids
    answers, ledgers = (_shown(_part(state, name), here if shown != ids else "") for name in ("answers", "ledgers"))
    where = "in memory only" if under_nbval() else f"in `{path()}`: yours to read and delete, sent nowhere"
    said = {
        "Predictions and quiz answers locked": sorted(answers),
        "Ledgers": [f"{id} {'✓' if agrees else '✗'}" for id, agrees in sorted(ledgers.items())],
        "Passed in the other notebooks": _others(state, [id for id in known if id not in shown]),
    }
    lines = [f"{what}: {', '.join(found)}." for what, found in said.items() if found]
    mine = {id: known.get(id) for id in shown}
    passed = sum(_passed(state, id) for id, exercise in mine.items() if exercise)
    note = f"{passed} of {sum(exercise is not None for exercise in mine.values())} passed"
    heading = f"Notebook {here}" if shown != ids else ""
    paragraphs = (*take_notes(), *lines, f"Kept {where}.")
    return Card("note", "▪ Progress", heading, note, paragraphs, table=_table(state, mine))


def _notebook(id: str) -> str:
    return id.partition(".")[0]


def _shown(part: State, notebook: str) -> State:
    """What belongs to a notebook; all for ""."""
    return {id: value for id, value in part.items() if not notebook or _notebook(id) == notebook}


def _passed(state: State, id: str) -> bool:
    return bool(_part(state, "exercises").get(id, {}).get("passed"))


def _others(state: State, ids: list[str]) -> list[str]:
    """`01: 5 of 5` for each notebook."""
    by_notebook = {name: [id for id in ids if _notebook(id) == name] for name in sorted(set(map(_notebook, ids)))}
    return [f"{name}: {sum(_passed(state, id) for id in all)} of {len(all)}" for name, all in by_notebook.items()]


def _table(state: State, exercises: dict[str, Exercise | None]) -> tuple[tuple[str, ...], ...]:
    """A row for each exercise, attempted or not, also for those that the file alone knows; then the total."""
    rows = [("exercise", "outcome", "points", "attempts", "hints")]
    entries, reached = _part(state, "exercises"), 0
    for id, exercise in exercises.items():
        entry = entries.get(id, {})
        title, points = (f"{id} · {exercise.title}", exercise.points) if exercise else (id, 0)
        got = points if entry.get("passed") else 0
        reached += got
        counted = (str(entry.get("attempts", 0)), str(entry.get("hints", 0)))
        rows.append((title, _word(entry), f"{got} of {points}" if exercise else "", *counted))
    total = sum(exercise.points for exercise in exercises.values() if exercise)
    return (*rows, ("total", "", f"{reached} of {total}", "", ""))


def take_notes() -> list[str]:
    """What went wrong with the file since somebody last asked, in sentences."""
    notes = list(_notes)
    _notes.clear()
    return notes


def _word(entry: State) -> str:
    if entry.get("passed"):
        return "✓ correct"
    return "✗ not yet" if entry.get("attempts") else "○ not attempted"


def _part(state: State, name: str) -> State:
    part = state.get(name)
    return {key: value for key, value in part.items() if _fits(name, value)} if isinstance(part, dict) else {}


def _fits(name: str, value: Any) -> bool:
    """A file that somebody edited by hand may hold anything."""
    return name != "exercises" or isinstance(value, dict)


def _read() -> State:
    if under_nbval() or _memory:
        return _memory
    file = path()
    try:
        state = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _put_aside(file, error)
        return {}
    if isinstance(state, dict):
        return state
    _put_aside(file, ValueError("it is not a JSON object"))
    return {}


def _put_aside(file: Path, error: Exception) -> None:
    """Never lose a file that cannot be read: rename it, say so, go on with an empty one."""
    aside = next(
        name for n in range(1, 10**6) if not (name := file.with_name(f"progress.broken-{n}.json")).exists()
    )
    try:
        file.rename(aside)
    except OSError:
        _notes.append(f"Your progress file `{file}` cannot be read ({error}). Counting goes on in memory.")
        _memory["version"] = 1
        return
    _notes.append(
        f"Your progress file could not be read ({error}). It was kept as `{aside}`; counting starts anew."
    )


def _write_entry(part: str, id: str, value: Any) -> None:
    state = _read()
    entries = state.setdefault(part, {})
    if not isinstance(entries, dict):
        entries = state[part] = {}
    entries[id] = value
    if not under_nbval():
        _save({"version": 1, **state})


def _save(state: State) -> None:
    """Write beside the file, then replace it: an interrupted write leaves the old one."""
    file = path()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(state, out, indent=1, sort_keys=True, ensure_ascii=False)
        os.replace(name, file)
    except OSError as error:
        if not _memory:
            _notes.append(
                f"Your progress cannot be saved in `{file}` ({error}). It is kept until the kernel ends."
            )
        _memory.update(state)
