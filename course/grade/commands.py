"""The commands of an instructor: grade, regrade, override, report, export, delete-student.

Everything of an assignment lies in one folder, GRADES:

    gradebook.sqlite     what was handed in, what the judge found, what people decided
    report.html          for the instructor
    feedback/            a page for each student
    exports/             for other tools, by format

What is heavy is imported when a command runs.
"""

from __future__ import annotations

import argparse
import getpass
import importlib.util
import json
import os
import re
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course.command import PACKAGE, CannotError

if TYPE_CHECKING:
    from course.grade.assignment import Assignment
    from course.grade.batch import Done
    from course.grade.cage import Limits
    from course.grade.gradebook import Gradebook
    from course.grade.roster import Roster

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

DONE, NOT_ALL, STOPPED = 0, 3, 130
EXIT = (
    "exit status: 0 everything was graded, 1 the command could not be carried out, 2 it was not understood, "
    "3 graded, but some of it could not be (the report says what and why), 130 stopped with Ctrl-C"
)
FORMATS = ("nbgrader", "canvas", "moodle", "gradescope")
LEVELS = ("auto", "none", "rlimits", "bwrap")


# -- the command line ------------------------------------------------------------------------------------------


def add(commands: Commands) -> None:
    """Enter the commands into the parser of `course`."""
    _add_grade(commands)
    _add_regrade(commands)
    _add_override(commands)
    _add_report(commands)
    _add_export(commands)
    _add_delete(commands)


def _add_grade(commands: Commands) -> None:
    grade = commands.add_parser(
        "grade",
        help="grade what students handed in (for instructors)",
        description="Grade folders, zips or notebooks, one a student. Writes a gradebook, a page of feedback for each "
        "student and a report. The same command goes on where a run was stopped or killed: what is graded stays.",
        epilog=EXIT,
    )
    grade.add_argument("submissions", type=Path, metavar="SUBMISSIONS", help="a folder or a zip, as an LMS gives it")
    grade.add_argument("--out", type=Path, default=Path("grades"), metavar="GRADES", help="default: grades")
    grade.add_argument(
        "--assignment", type=Path, metavar="FILE", help="assignment.toml, or the folder that `course release` wrote"
    )
    _roster(grade)
    _running(grade)
    grade.set_defaults(run=_guarded(run_grade))


def _add_regrade(commands: Commands) -> None:
    regrade = commands.add_parser(
        "regrade",
        help="grade again what is in the gradebook, with the same questions",
        description="Grade again from the gradebook alone, with the questions of the first time, and say what changed. "
        "What was found before is kept; overrides hold.",
        epilog=EXIT,
    )
    regrade.add_argument("--student", action="append", default=[], metavar="KEY", help="only this one; may be repeated")
    regrade.add_argument("--notebook", default="", metavar="01", help="only this one")
    regrade.add_argument("--technical", action="store_true", help="only where something failed technically")
    _grades(regrade)
    _roster(regrade)
    _running(regrade)
    regrade.set_defaults(run=_guarded(run_regrade))


def _add_override(commands: Commands) -> None:
    override = commands.add_parser(
        "override",
        help="give points in place of the judge, with a reason",
        description="Give a student points for an exercise in place of the judge. The last override holds.",
        epilog='"01.late" as the exercise sets what being late costs for notebook 01: 0 forgives it.',
    )
    override.add_argument("student", metavar="STUDENT", help="the key")
    override.add_argument("exercise", metavar="EXERCISE", help='"01.2", or "01.late"')
    override.add_argument("points", metavar="POINTS", help="a number, or `judge`: take the override back")
    override.add_argument("--reason", required=True, help="kept in the gradebook; students do not see it")
    override.add_argument("--who", default="", help="who decides (default: your user name)")
    _grades(override)
    override.set_defaults(run=_guarded(run_override))


def _add_report(commands: Commands) -> None:
    about = "write the report and the pages of feedback anew"
    report = commands.add_parser("report", help=about, description=about.capitalize() + ".")
    _grades(report)
    _roster(report)
    report.set_defaults(run=_guarded(run_report))


def _add_export(commands: Commands) -> None:
    about = "write the grades for another tool"
    export = commands.add_parser("export", help=about, description=about.capitalize() + ".")
    export.add_argument("--format", choices=FORMATS, required=True)
    export.add_argument("--to", type=Path, metavar="FOLDER", help="default: exports/FORMAT in GRADES")
    _grades(export)
    _roster(export)
    export.set_defaults(run=_guarded(run_export))


def _add_delete(commands: Commands) -> None:
    delete = commands.add_parser(
        "delete-student",
        help="delete everything about a student",
        description="Delete everything about a student from GRADES: what was handed in, results, overrides, the page. "
        "The audit trail keeps that a student was deleted, without a key.",
    )
    delete.add_argument("student", metavar="STUDENT", help="the key")
    delete.add_argument("--yes", action="store_true", help="really: there is no way back")
    _grades(delete)
    delete.set_defaults(run=_guarded(run_delete_student))


def _grades(command: argparse.ArgumentParser) -> None:
    command.add_argument("--grades", type=Path, default=Path("grades"), metavar="GRADES", help="default: grades")


def _roster(command: argparse.ArgumentParser) -> None:
    command.add_argument("--roster", type=Path, metavar="FILE", help="CSV with the columns student, name, email")


def _running(command: argparse.ArgumentParser) -> None:
    command.add_argument("--jobs", type=_positive, default=None, metavar="N", help="at a time (default: cores)")
    command.add_argument("--level", choices=LEVELS, default="auto", help="sandbox (default: the best that works here)")
    command.add_argument("--force", action="store_true", help="grade below the level that the assignment asks for")
    command.add_argument("--quiet", action="store_true", help="print nothing but what needs your attention")
    command.add_argument("--json", action="store_true", help="print a summary as JSON")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return number


def _guarded(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """The command, whose known failures are one kind of error."""

    def guarded(options: argparse.Namespace) -> int:
        try:
            return run(options)
        except tuple(_known()) as error:
            raise CannotError(str(error)) from None
        except KeyboardInterrupt:
            print("Stopped. The same command goes on from here.", file=sys.stderr)
            return STOPPED

    return guarded


def _known() -> Iterator[type[Exception]]:
    from course.grade.assignment import AssignmentError
    from course.grade.cage import CageError
    from course.grade.gradebook import NoGradebook, Unknown
    from course.grade.intake.submissions import IntakeError
    from course.grade.roster import RosterError

    yield from (AssignmentError, CageError, NoGradebook, Unknown, IntakeError, RosterError)
    yield from (OSError, sqlite3.OperationalError)  # no room, no right to write: both say what


# -- grade, regrade --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    """How answers are run."""

    level: str
    limits: Limits
    jobs: int


def run_grade(options: argparse.Namespace) -> int:
    """Take in what was handed in, grade what is not graded yet, write the pages."""
    from course.grade import assignment as assignments
    from course.grade.gradebook import FILE, Gradebook

    assignment = assignments.read(options.assignment) if options.assignment else None
    roster = _read_roster(options)
    setting = _setting(options, assignment)
    options.out.mkdir(mode=0o700, parents=True, exist_ok=True)  # students' data: for nobody else on this machine
    with _alone(options.out), Gradebook(options.out / FILE, create=True) as book:
        found, seen = _take_in(book, options.submissions, assignment, roster)
        if not found:
            raise CannotError(f"Nothing was handed in: {options.submissions} is empty.")
        _assign(book, assignment or _unwritten(options, seen, setting, book))
        return _grade(book, options.out, options, setting, roster, {"handed in": found})


def run_regrade(options: argparse.Namespace) -> int:
    """Grade again what the gradebook has, and say what changed."""
    from course.grade.gradebook import FILE, Gradebook
    from course.grade.standing import assignment_of

    roster = _read_roster(options)
    with _alone(options.grades), Gradebook(options.grades / FILE) as book:
        _graded(book)
        assignment = assignment_of(book)
        _assign(book, assignment)
        setting = _setting(options, assignment)
        notebook = options.notebook and options.notebook.zfill(2)  # "1" is 01
        chosen = book.regrade(students=options.student, notebook=notebook, technical=options.technical)
        before = {number: {kept.exercise: kept for kept in book.results(number)} for number in chosen}
        return _grade(book, options.grades, options, setting, roster, {}, before)


def _setting(options: argparse.Namespace, assignment: Assignment | None) -> Setting:
    """The level and the limits; CageError where the level is weaker than what the assignment asks for."""
    from course.grade.cage import Limits, best_level, require

    level = best_level() if options.level == "auto" else options.level
    asked = assignment.level if assignment else "bwrap" if options.level == "auto" else options.level
    if os.name != "posix":
        raise CannotError("Grading runs on Linux and macOS; on Windows in Docker: docker/README.md says how.")
    if not options.force:
        require(level, asked)
    try:
        limits = Limits(**dict(assignment.limits if assignment else {}))  # type: ignore[arg-type]
    except TypeError:
        names = ", ".join(Limits.__dataclass_fields__)
        raise CannotError(f"The assignment's limits are some of: {names}.") from None
    return Setting(level, limits, options.jobs or _cores())


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _take_in(
    book: Gradebook, path: Path, assignment: Assignment | None, roster: Roster | None
) -> tuple[int, set[str]]:
    """Enter everything that was handed in; how many files, and of which notebooks."""
    from course.grade.intake.submissions import submissions

    count, notebooks = 0, set()
    for item in submissions(path, assignment, roster=roster):
        book.take_in(item)
        count += 1
        notebooks |= {item.notebook} - {""}
    return count, notebooks


def _unwritten(options: argparse.Namespace, seen: set[str], setting: Setting, book: Gradebook) -> Assignment:
    """The assignment where no file says what it is: the notebooks that were handed in, without a due date."""
    from course.grade.assignment import Assignment
    from course.grade.standing import assignment_of

    if book.assignment()[0]:
        before = assignment_of(book)
        return Assignment(**{**before.__dict__, "notebooks": tuple(sorted({*before.notebooks, *seen}))})
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", options.submissions.resolve().stem).strip("-._") or "assignment"
    if not seen:
        raise CannotError("No notebook of this course was handed in: the assignment file says which are expected.")
    return Assignment(name[:64], tuple(sorted(seen)), level=setting.level)


def _assign(book: Gradebook, assignment: Assignment) -> None:
    """Keep the assignment and what its exercises are worth."""
    from course.grade import assignment as assignments
    from course.grade.points import nearest
    from course.learn.exercise import Exercise
    from course.learn.registry import of_notebook

    exercises = [
        (item.id, item.title, nearest(assignment.out_of(item.id, item.points)))
        for notebook in assignment.notebooks
        for item in of_notebook(notebook)
        if isinstance(item, Exercise)
    ]
    try:
        book.assign(assignment.name, assignments.write(assignment), exercises)
    except ValueError as error:
        raise CannotError(str(error)) from None


def _grade(
    book: Gradebook,
    folder: Path,
    options: argparse.Namespace,
    setting: Setting,
    roster: Roster | None,
    summary: dict[str, Any],
    before: dict[int, dict[str, Any]] | None = None,
) -> int:
    """Grade what waits, write the pages, say what came out."""
    from course.grade import reports
    from course.grade.batch import grade_waiting
    from course.grade.judge import grade

    waiting = book.waiting()
    if waiting:
        book.set("level", setting.level)
        book.set("limits", str(setting.limits))
    say = _printer(options)
    say(f"Sandbox level {setting.level}; limits for an exercise: {setting.limits}.")
    before_now = sum(len(book.counting(student)) for student in book.students()) - len(waiting)
    if before_now:
        say(f"Notebooks graded already: {before_now}; to be graded: {len(waiting)}.")
    if setting.level != "bwrap":
        say("Below level bwrap nothing is hidden from the answers: grade only code that you trust.", always=True)
    done = 0
    try:
        with _progress(len(waiting), options) as tell, _interrupts() as stop:
            for one in grade_waiting(
                book, judge=grade, level=setting.level, limits=setting.limits, jobs=setting.jobs,
                points_of=_points_of, version=_version(), stop=stop,
            ):  # fmt: skip
                done += 1
                tell(one)
    except KeyboardInterrupt:
        say(f"Stopped: {done} graded, {len(waiting) - done} to go. The same command goes on from here.", always=True)
        return STOPPED
    report = reports.write(book, folder, roster or ())
    summary |= _summary(book, setting, waiting, report, roster or ())
    if before is not None:
        summary["changed"] = list(_changes(book, before))
    _tell(summary, options, say)
    return NOT_ALL if summary["technical"] or summary["refused"] else DONE


def _version() -> str:
    """The course's, kept with each grading."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return ""


@contextmanager
def _interrupts() -> Iterator[int]:
    """Ctrl-C as something to read, not as an exception: raised in the middle of a fork, that one would be lost."""
    reading, writing = os.pipe()
    before = signal.signal(signal.SIGINT, lambda *_: os.write(writing, b"!"))
    try:
        yield reading
    finally:
        signal.signal(signal.SIGINT, before)
        os.close(reading)
        os.close(writing)


def _points_of(exercise: str) -> float:
    from course.learn.registry import UnknownItem, find

    try:
        return float(find(exercise).points)
    except UnknownItem:
        return 0.0


def _summary(
    book: Gradebook, setting: Setting, waiting: Sequence[int], report: Path, roster: Collection[str]
) -> dict[str, Any]:
    from course.grade.standing import standings

    everybody = [one for one in standings(book, roster) if one.handed_in or one.refusals]
    return {
        "assignment": book.assignment()[0],
        "level": setting.level,
        "limits": str(setting.limits),
        "graded": len(waiting),
        "students": len(everybody),
        "not in the roster": [one.student for one in everybody if not one.is_known],
        "refused": [
            {"student": one.student, "notebook": notebook, "why": why}
            for one in everybody
            for notebook, why in one.refusals
        ],
        "technical": [
            {"student": one.student, "exercise": line.exercise, "why": line.detail or line.text}
            for one in everybody
            for line in one.lines
            if line.kind == "technical"
        ],
        "gradebook": str(book.path),
        "report": str(report),
    }


def _changes(book: Gradebook, before: dict[int, dict[str, Any]]) -> Iterator[dict[str, str]]:
    """What a regrade found otherwise."""
    from course.grade.kinds import KINDS
    from course.grade.points import shown

    for number, old in before.items():
        for new in book.results(number):
            was = old.get(new.exercise)
            if was is None or (was.kind, was.points) != (new.kind, new.points):
                yield {
                    "student": book.submission(number).student,
                    "exercise": new.exercise,
                    "was": f"{KINDS[was.kind]}, {shown(was.points)}" if was else "nothing",
                    "is": f"{KINDS[new.kind]}, {shown(new.points)}",
                }


# -- what is printed -------------------------------------------------------------------------------------------


def _printer(options: argparse.Namespace) -> Callable[..., None]:
    """Print to stderr, where `--json` leaves stdout alone; with `--quiet` only what is `always` said."""

    def say(text: str, always: bool = False) -> None:
        if always or not options.quiet:
            print(text, file=sys.stderr, flush=True)

    return say


def _tell(summary: dict[str, Any], options: argparse.Namespace, say: Callable[..., None]) -> None:
    if options.json:
        print(json.dumps(summary, indent=1))
        return
    if strangers := summary["not in the roster"]:
        say(f"Not in the roster: {', '.join(strangers)}. Is it another key, name or email there?", always=True)
    for one in summary["refused"]:
        say(f"{one['student']}: a file could not be read: {one['why']}", always=True)
    for one in summary["technical"]:
        say(f"{one['student']}, {one['exercise']}: could not be graded: {_first_line(one['why'])}", always=True)
    if summary["technical"]:
        say("`course regrade --technical` asks again what could not be graded.", always=True)
    for one in summary.get("changed", ()):
        say(f"{one['student']}, {one['exercise']}: was {one['was']}; is {one['is']} points", always=True)
    if "changed" in summary and not summary["changed"]:
        say("Nothing changed.")
    say(f"{summary['graded']} submissions graded now, {summary['students']} students in the gradebook.")
    say(f"Read {summary['report']}; the pages for the students are beside it, in feedback.")


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


@contextmanager
def _progress(total: int, options: argparse.Namespace) -> Iterator[Callable[[Done], None]]:
    """A bar on a terminal; elsewhere a line a submission; nothing if quiet or if there is nothing to do."""
    if options.quiet or not total:
        yield lambda one: None
    elif sys.stderr.isatty() and importlib.util.find_spec("rich") is not None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        # No thread of its own draws the bar: this process forks.
        with Progress(*columns, console=Console(stderr=True), auto_refresh=False) as bar:
            task = bar.add_task("", total=total)
            bar.refresh()
            yield lambda one: bar.update(task, advance=1, refresh=True)
    else:
        count = iter(range(1, total + 1))

        def line(one: Done) -> None:
            correct = sum(result.kind == "correct" for result in one.results)
            failed = f", {len(one.technical)} not graded" if one.technical else ""
            what = f"{one.student}  {one.notebook}  {correct} of {len(one.results)} correct{failed}"
            print(f"{next(count)}/{total}  {what}", file=sys.stderr, flush=True)

        yield line


# -- override, report, export, delete-student --------------------------------------------------------------


def run_override(options: argparse.Namespace) -> int:
    """Note points that a person gives."""
    from course.grade.gradebook import FILE, Gradebook
    from course.grade.points import exact, shown
    from course.grade.standing import standing

    try:
        points = None if options.points == "judge" else exact(options.points)
    except ValueError as error:
        raise CannotError(f"{error}. `judge` takes an override back.") from None
    who = options.who or getpass.getuser()
    with Gradebook(options.grades / FILE) as book:
        try:
            book.override(options.student, options.exercise, points, options.reason, who)
        except ValueError as error:
            raise CannotError(str(error)) from None
        now = standing(book, options.student)
    points_now = f"{options.student} has {shown(now.score)} of {shown(now.out_of)} points"
    print(f"{points_now}. `course report` writes the pages anew.")
    return DONE


def run_report(options: argparse.Namespace) -> int:
    """Write the pages."""
    from course.grade import reports
    from course.grade.gradebook import FILE, Gradebook

    roster = _read_roster(options)
    with Gradebook(options.grades / FILE) as book:
        _graded(book)
        print(reports.write(book, options.grades, roster or ()))
    return DONE


def run_export(options: argparse.Namespace) -> int:
    """Write the grades for another tool."""
    from course.grade.exports import export
    from course.grade.gradebook import FILE, Gradebook
    from course.grade.standing import standings

    roster = _read_roster(options)
    with Gradebook(options.grades / FILE) as book:
        _graded(book)
        folder = options.to or options.grades / "exports" / options.format
        for path in export(book, options.format, folder, roster):
            print(path)
        everybody = list(standings(book))
    waiting = sum(one.waiting for one in everybody)
    failed = sum(line.is_open and not line.waits for one in everybody for line in one.lines)
    if waiting:
        print(f"To be graded yet, and 0 in here: {waiting} notebooks. `course grade` goes on.", file=sys.stderr)
    if failed:
        print(f"{failed} results failed technically and count 0: `course regrade --technical` first?", file=sys.stderr)
    return DONE


def run_delete_student(options: argparse.Namespace) -> int:
    """Forget a student: the gradebook's rows, and every page and export that was made from them."""
    from course.grade import reports
    from course.grade.gradebook import FILE, Gradebook

    with _alone(options.grades), Gradebook(options.grades / FILE) as book:
        if options.student not in book.students():
            raise CannotError(f"The gradebook has no student {options.student!r}.")
        if not options.yes:
            raise CannotError(f"This deletes all of {options.student!r} for good. Say --yes if that is what you want.")
        book.delete_student(options.student)
        shutil.rmtree(options.grades / "exports", ignore_errors=True)
        if book.assignment()[0]:
            reports.write(book, options.grades)
    print(
        f"Everything about {options.student} is gone from {options.grades}, and all exports with it: `course export` "
        "makes them anew. The roster, the files that were handed in, and copies elsewhere are yours to delete."
    )
    return DONE


def _graded(book: Gradebook) -> None:
    if not book.assignment()[0]:
        raise CannotError("Nothing has been graded yet: `course grade` comes first.")


def _read_roster(options: argparse.Namespace) -> Roster | None:
    from course.grade import roster

    return roster.read(options.roster) if options.roster else None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else grades into this folder meanwhile. The lock goes with the process, however that ends."""
    if not folder.is_dir():
        raise CannotError(f"There is no folder {folder}: `course grade` makes it.")
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotError(f"Another command is at work in {folder}. Wait until it is done.") from None
        try:
            yield
        finally:
            with suppress(OSError):
                fcntl.lockf(file, fcntl.LOCK_UN)
