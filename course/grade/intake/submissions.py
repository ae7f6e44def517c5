"""The rows of a batch of hand-ins: a `Submission` for each notebook, a `Refused` with the reason for what is none."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from course.command import own_notebooks
from course.grade import fingerprints
from course.grade.assignment import Assignment
from course.grade.intake import lms
from course.grade.intake.hand_ins import Archive, Bad, CannotRead, Folder, Found, Single, place
from course.grade.intake.matching import Template, answers, number
from course.grade.intake.notebook import CAPS, Caps, Notebook, Unreadable, parse
from course.grade.kinds import Answer, Refused, Submission
from course.grade.roster import Roster
from course.learn.words import plural

METADATA = "course"  # the key under which a released notebook says what it is
_CLASS = 3  # students, at least, before their times say anything about a download
_DOWNLOADED = "Nearly all files are from after the due date, when they were downloaded perhaps: nobody is late by that."
_MENTIONED = 3  # files that are named in one sentence
_LIST = "submission_metadata.yml"  # of Gradescope's


class IntakeError(ValueError):
    """The place of the submissions, or the released folder, cannot be used; the text says why."""


def submissions(
    path: Path,
    assignment: Assignment | None = None,
    *,
    templates: Mapping[str, Template] | None = None,
    roster: Roster | None = None,
    current: Mapping[str, str] | None = None,
    caps: Caps = CAPS,
) -> Iterator[Submission | Refused]:
    """Everything that was handed in, student by student, in the order of the keys.

    templates: what was released, by notebook; of the assignment's folder, or of this course, where none is given.
    current: fingerprints of the exercises that the grader has; this course's own where none is given.
    One student is held in memory at a time. IntakeError if there is nothing to go through, before anything is read.
    """
    templates = released(assignment) if templates is None else templates
    current = fingerprints.of_notebooks(templates) if current is None else current
    try:
        top = _top(place(path))
    except CannotRead as error:
        raise IntakeError(f"{path}: {error}" if str(path) not in str(error) else str(error)) from None
    except OSError as error:
        raise IntakeError(f"{path} cannot be read ({error.strerror or error}).") from None
    reader = _Reader(top, path, assignment, templates, roster, current, caps)
    return reader.everything()


def released(assignment: Assignment | None = None) -> dict[str, Template]:
    """The templates by notebook: those beside the assignment file, or else this course's own."""
    folder = assignment.folder / "notebooks" if assignment and assignment.folder else None
    files = sorted(folder.glob("*.ipynb")) if folder and folder.is_dir() else own_notebooks()
    found = {}
    for file in files:
        numbered = re.match(r"(\w\w)_", file.name)
        if numbered and (assignment is None or numbered[1] in assignment.notebooks):
            found[numbered[1]] = template(file)
    missing = [n for n in (assignment.notebooks if assignment else ()) if n not in found]
    if missing:
        raise IntakeError(f"There is no released notebook {' and '.join(missing)} in {folder or 'this course'}.")
    return found


def template(file: Path) -> Template:
    """The template in a released notebook. IntakeError if it is none."""
    try:
        return Template(file.name[:2], file.name, parse(file.read_bytes()).cells)
    except (OSError, Unreadable) as error:
        raise IntakeError(f"{file} is no released notebook: {error}") from None


def _top(found: Folder | Archive | Single) -> Folder | Archive | Single:
    """Below the platform's own folders: `submitted/` of nbgrader, `assignment_12_export/` of Gradescope."""
    names = found.names()
    wrapper = "submitted" if "submitted" in names else names[0] if len(names) == 1 else ""
    inner = found.within(wrapper) if wrapper and lms.is_wrapper(wrapper) else None
    return found if inner is None or lms.whose(wrapper).key != wrapper else inner


class _Reader:
    def __init__(
        self,
        top: Folder | Archive | Single,
        path: Path,
        assignment: Assignment | None,
        templates: Mapping[str, Template],
        roster: Roster | None,
        current: Mapping[str, str],
        caps: Caps,
    ) -> None:
        self.top, self.path, self.assignment, self.templates = top, path, assignment, templates
        self.roster, self.current, self.caps = roster, current, caps
        self.listed = self._gradescope()
        self.files = [file.file.removesuffix(".ipynb") for file in templates.values()]

    def everything(self) -> Iterator[Submission | Refused]:
        items: dict[str, list[tuple[str, lms.Whose]]] = {}
        for name, whose, student in self._owners():
            items.setdefault(student, []).append((name, whose))
        for student in sorted(items):
            yield from _Student(self, student, items[student]).rows()

    def _owners(self) -> list[tuple[str, lms.Whose, str]]:
        """Each item, what the platform says of its owner, and the key.

        People may choose their names on a platform: a name that two of them have makes nobody another.
        """
        names = [name for name in self.top.names() if name != _LIST]
        found = [lms.whose(name, self.files) for name in names]
        known = [self._known(whose) for whose in found]
        claims: dict[str, set[str]] = {}
        for whose, student in zip(found, known, strict=True):
            claims.setdefault(student, set()).add(whose.key)
        keys = [w.key if len(claims[student]) > 1 else student for w, student in zip(found, known, strict=True)]
        return list(zip(names, found, keys, strict=True))

    def _known(self, whose: lms.Whose) -> str:
        listed = self.listed.get(whose.key)
        called = (*(listed.called if listed else ()), *whose.called)
        return (self.roster.key(*called) if self.roster is not None else None) or whose.key

    def received(self, found: Found, whose: lms.Whose) -> float | None:
        """When a file came, as far as anybody but the student knows: nobody is late by a clock that proves nothing."""
        listed = self.listed.get(whose.key)
        if listed and listed.received is not None:
            return listed.received
        is_after = self.due is not None and found.received is not None and found.received > self.due
        return None if is_after and (self.has_clock_of_download or whose.is_late is False) else found.received

    @cached_property
    def is_nbgrader(self) -> bool:
        """Whether this is nbgrader's `submitted`: most students have a folder of the assignment's name in it.

        Then its time stamps are nbgrader's. Elsewhere a student could write some, and so could one whose folder alone
        looks like nbgrader's.
        """
        inside = getattr(self.top, "top", ()) or (getattr(self.top, "path", self.path).name,)
        if self.assignment is None or inside[-1] != "submitted":
            return False
        names = self.top.names()
        return 2 * sum(self.has_folder(name, self.assignment.name) for name in names) > len(names)

    def has_folder(self, name: str, inner: str) -> bool:
        with suppress(Exception):  # whatever a student's folder is
            folder = self.top.within(name)
            return folder is not None and inner in folder.names()
        return False

    @cached_property
    def due(self) -> float | None:
        """The due date, if it matters when a file came."""
        assignment = self.assignment
        return assignment.due.timestamp() if assignment and assignment.due and assignment.late.share_a_day else None

    @cached_property
    def has_clock_of_download(self) -> bool:
        """Whether nine of ten were late: these are the times of the download, and no student changes it."""
        due = self.due
        if due is None or self.is_nbgrader:
            return False
        times = [self._first(name) for name in self.top.names() if name != _LIST]
        known = [moment for moment in times if moment is not None]
        return len(known) >= _CLASS and 10 * sum(moment > due for moment in known) >= 9 * len(known)

    def _first(self, name: str) -> float | None:
        """The earliest time of an item's files."""
        with suppress(Exception):  # whatever a student's files are: reading them says what is wrong
            files = self.top.files(name, self.caps)
            return min((f.received for f in files if isinstance(f, Found) and f.received is not None), default=None)
        return None

    def _gradescope(self) -> dict[str, lms.Listed]:
        """What Gradescope's own list says; empty where there is none."""
        if _LIST not in self.top.names():
            return {}
        for found in self.top.files(_LIST, self.caps):
            if isinstance(found, Found):
                try:
                    return lms.gradescope_list(found.read(self.caps.file).decode("utf-8", "replace"))
                except CannotRead:
                    break
        return {}


class _Student:
    """What one student handed in."""

    def __init__(self, reader: _Reader, key: str, items: list[tuple[str, lms.Whose]]) -> None:
        self.reader, self.key, self.items = reader, key, items
        self.good: dict[str, list[Submission]] = {}
        self.refused: list[Refused] = []
        self.aside: list[str] = []  # files of other kinds
        self.bytes = self.notebooks = 0

    def rows(self) -> Iterator[Submission | Refused]:
        """One submission a notebook, and what could not be graded unless a good one stands in its place."""
        for name, whose in self.items:
            self._read_item(name, whose)
        if not self.good and not self.refused:
            self.refused.append(self._nothing())
        rest = {notebook: self._newest(found) for notebook, found in sorted(self.good.items())}
        others: dict[str, list[Refused]] = {}
        wanted = self.reader.assignment.notebooks if self.reader.assignment else ()
        for refused in self.refused:
            home = refused.notebook or (next(iter(rest), "") if wanted and all(n in rest for n in wanted) else "")
            if home in rest:
                others.setdefault(home, []).append(refused)
            else:
                others.setdefault(refused.notebook, []).append(refused)
        for notebook, submission in rest.items():
            passed = [f"Another file, {_shown(r.path)}, was passed over: {r.reason}." for r in others.pop(notebook, [])]
            yield replace(submission, warnings=(*submission.warnings, *_few(passed)))
        for found in others.values():
            more = f" (and {plural(len(found) - 1, 'more file')} that cannot be graded)" if len(found) > 1 else ""
            yield replace(found[0], reason=found[0].reason + more)

    def _nothing(self) -> Refused:
        if self.aside:
            named = ", ".join(self.aside[:_MENTIONED]) + (" …" if len(self.aside) > _MENTIONED else "")
            return self._refuse((self.items[0][0],), f"no notebook was handed in, only {named}")
        return self._refuse((self.items[0][0],), "nothing was handed in: the folder or zip is empty")

    def _read_item(self, name: str, whose: lms.Whose) -> None:
        late = [*(["The platform marks it as late."] if whose.is_late else [])]
        if self.reader.has_clock_of_download:
            late.append(_DOWNLOADED)
        stamps: dict[tuple[str, ...], float] = {}
        try:
            for found in self.reader.top.files(name, self.reader.caps):
                if self._is_other_assignment(found.parts):
                    continue
                if isinstance(found, Bad):
                    self._bad(found)
                elif self.reader.is_nbgrader and found.parts[-1] == "timestamp.txt" and len(found.parts) == 3:
                    stamps.update(_stamp(found))
                else:
                    self._file(replace(found, received=self.reader.received(found, whose)), tuple(late))
        except Exception as error:  # noqa: BLE001 - whatever a student's files do, this student has a row, others theirs
            self.refused.append(self._refuse((name,), f"it cannot be read ({type(error).__name__})"))
        if stamps:
            for found_here in self.good.values():
                found_here[:] = [_stamped(submission, stamps, self.reader.path) for submission in found_here]

    def _is_other_assignment(self, parts: tuple[str, ...]) -> bool:
        """nbgrader keeps all assignments of a student in one folder."""
        named = self.reader.assignment
        if not self.reader.is_nbgrader or named is None or len(parts) < 3 or parts[1] == named.name:
            return False
        return self.reader.has_folder(parts[0], named.name)

    def _bad(self, bad: Bad) -> None:
        name = bad.parts[-1]
        if lms.NOTEBOOK.search(name) or Path(name).suffix.lower() in (".zip", "") or len(bad.parts) == 1:
            self.refused.append(self._refuse(bad.parts, bad.reason))
        else:
            self.aside.append(_shown(Path(name)))

    def _file(self, found: Found, late: tuple[str, ...]) -> None:
        caps, name = self.reader.caps, found.parts[-1]
        if not lms.NOTEBOOK.search(name):
            self.aside.append(_shown(Path(name)))
            return
        self.notebooks += 1
        if self.notebooks > caps.notebooks:
            self.refused.append(self._refuse(found.parts, f"there are more than {caps.notebooks} notebooks"))
            return
        if self.bytes > caps.total:
            self.refused.append(self._refuse(found.parts, "the notebooks together are too large"))
            return
        raw = b""
        try:
            raw = found.read(caps.file + 1)
            self.bytes += len(raw)
            submission = self._submission(found, raw, parse(raw, caps))
        except (CannotRead, Unreadable) as error:
            self.refused.append(self._refuse(found.parts, str(error), raw))
        except Exception as error:  # noqa: BLE001 - bytes that meet a fault of ours are this file's trouble, no more
            self.refused.append(self._refuse(found.parts, f"it cannot be read ({type(error).__name__})", raw))
        else:
            submission = replace(submission, warnings=(*late, *submission.warnings))
            self.good.setdefault(submission.notebook, []).append(submission)

    def _submission(self, found: Found, raw: bytes, notebook: Notebook) -> Submission:
        reader = self.reader
        which = number(notebook, reader.templates.values())
        if not which:
            raise Unreadable("it has no exercise of this course in it")
        if which not in reader.templates:
            wanted = " and ".join(reader.templates)
            raise Unreadable(f"it is notebook {which}, and what was to be handed in is {wanted}")
        answered, others = answers(notebook, reader.templates[which])
        made_from = _made_from(notebook.metadata)
        usual = reader.assignment.exercises if reader.assignment else {}
        changed = reader.assignment.changed if reader.assignment else ()
        answered = tuple(_fitting(answer, {**usual, **made_from}, reader.current, changed) for answer in answered)
        return Submission(
            self.key,
            which,
            self._path(found.parts),
            hashlib.sha256(raw).hexdigest(),
            answered,
            others,
            found.received,
            made_from,
            notebook.warnings,
            raw,
        )

    def _newest(self, found: list[Submission]) -> Submission:
        """Of several files for one notebook the newest; of equally old ones, the one whose name comes last."""
        newest = max(found, key=lambda submission: (submission.received or 0.0, str(submission.path)))
        different = len({submission.digest for submission in found})
        if different == 1:
            return newest
        warning = f"{len(found)} files of this notebook were handed in: the newest counts, {_shown(newest.path)}."
        return replace(newest, warnings=(warning, *newest.warnings))

    def _refuse(self, parts: tuple[str, ...], reason: str, raw: bytes = b"") -> Refused:
        templates = self.reader.templates
        named = [n for n, template in templates.items() if template.file.removesuffix(".ipynb") in parts[-1]]
        notebook = (named or (list(templates) if len(templates) == 1 else [""]))[0]
        digest = hashlib.sha256(raw).hexdigest() if raw else ""
        return Refused(self.key, self._path(parts), reason, notebook, digest)

    def _path(self, parts: tuple[str, ...]) -> Path:
        """Where a file lies, for people: within a zip, below the zip's own path."""
        inner = [re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", "\ufffd", part) for part in parts if part not in ("..", ".")]
        return self.reader.path.joinpath(*inner)


def _fitting(
    answer: Answer, made_from: Mapping[str, str], current: Mapping[str, str], changed: Iterable[str]
) -> Answer:
    """An answer that was made from another form of the exercise than the grader's cannot be graded with it.

    changed: exercises of which the instructor says that the change does not matter.
    """
    was, here = made_from.get(answer.exercise), current.get(answer.exercise)
    if was is None or was == here:
        return answer
    if here is not None and answer.exercise in changed:
        warning = "The exercise has changed since this notebook was released; it was graded as it is now."
        return replace(answer, warnings=(*answer.warnings, warning))
    reason = (
        "This exercise is not in the course that grades it."
        if here is None
        else "The exercise has changed since this notebook was released: it has to be graded by the course's version "
        "that it was released with."
    )
    return replace(answer, refused=answer.refused or reason)


def _made_from(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Exercise -> fingerprint, as `course release` wrote it into the notebook; empty where an editor dropped it."""
    own = metadata.get(METADATA)
    exercises = own.get("exercises") if isinstance(own, dict) else None
    if not isinstance(exercises, dict):
        return {}
    return {
        id: said
        for id, said in list(exercises.items())[:100]
        if isinstance(said, str) and re.fullmatch(r"[0-9a-f]{1,64}", said) and re.fullmatch(r"\w\w\.\d{1,3}", id)
    }


def _stamp(found: Found) -> dict[tuple[str, ...], float]:
    """nbgrader notes when it collected a submission: `2015-02-02 15:58:23.948203 UTC`."""
    try:
        text = found.read(100).decode("ascii").strip().removesuffix(" UTC")
        moment = datetime.fromisoformat(text)
    except (CannotRead, ValueError):
        return {}
    return {found.parts[:-1]: moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()}


def _stamped(submission: Submission, stamps: dict[tuple[str, ...], float], root: Path) -> Submission:
    for parts, moment in stamps.items():
        if submission.path.is_relative_to(root.joinpath(*parts)):
            return replace(submission, received=moment)
    return submission


def _shown(path: Path) -> str:
    name = path.name if len(path.name) <= 60 else f"{path.name[:60]}…"
    return re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", "\ufffd", name)


def _few(sentences: Iterable[str]) -> list[str]:
    all_of_them = list(sentences)
    rest = len(all_of_them) - _MENTIONED
    return all_of_them if rest <= 0 else [*all_of_them[:_MENTIONED], f"So it was with {plural(rest, 'more file')}."]
