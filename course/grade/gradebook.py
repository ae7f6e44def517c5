"""The gradebook: one SQLite file that holds what was handed in, what the judge found, and what people decided.

    with Gradebook(folder / "gradebook.sqlite", create=True) as book:
        number = book.take_in(submission)                  # a row, and the notebook's bytes: a regrade needs no more
        book.record(number, results, level="bwrap")        # all results of a submission, or none: one transaction

Students are keys here; names are in the roster file and nowhere else. Points are whole thousandths (points.py). A
number stands for a student in the audit trail, which can only grow: when a student is deleted, the number means
nobody. The seeds of the questions come from a secret of the gradebook and what was handed in: the same file gets the
same questions, whoever grades it again, and nobody without the gradebook can foresee them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from course.grade.kinds import KINDS, Answer, Refused, Result, Submission
from course.grade.points import nearest

FILE = "gradebook.sqlite"
FORM = "1"  # of the tables; another one is not read

TABLES = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE assignments (
    name TEXT PRIMARY KEY,
    about TEXT NOT NULL);                 -- the assignment file: due date, late rule, points (assignment.py)
CREATE TABLE exercises (
    exercise TEXT PRIMARY KEY, notebook TEXT NOT NULL, title TEXT NOT NULL, out_of INTEGER NOT NULL);
CREATE TABLE students (number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE);
CREATE TABLE submissions (
    number INTEGER PRIMARY KEY,
    student INTEGER NOT NULL REFERENCES students ON DELETE CASCADE,
    notebook TEXT NOT NULL,
    digest TEXT NOT NULL,
    received REAL,                        -- when it first came in
    again REAL,                           -- when it last came in
    file BLOB NOT NULL,                   -- the notebook as it was handed in
    answers TEXT NOT NULL,                -- JSON: what was read in it, without running anything
    refused TEXT NOT NULL,                -- why it cannot be graded; "" where it can
    counts INTEGER NOT NULL,              -- 1: this one counts, of those that the student handed in of the notebook
    waiting INTEGER NOT NULL,             -- 1: to be graded, or graded again
    UNIQUE (student, notebook, digest));
CREATE TABLE gradings (
    submission INTEGER NOT NULL REFERENCES submissions ON DELETE CASCADE,
    attempt INTEGER NOT NULL,             -- 1, 2, ...: the last one counts
    seed TEXT NOT NULL, level TEXT NOT NULL, limits TEXT NOT NULL, version TEXT NOT NULL,
    at TEXT NOT NULL, seconds REAL NOT NULL,
    PRIMARY KEY (submission, attempt));
CREATE TABLE results (
    submission INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    exercise TEXT NOT NULL, kind TEXT NOT NULL, tag TEXT NOT NULL, text TEXT NOT NULL,
    points INTEGER NOT NULL, out_of INTEGER NOT NULL,     -- thousandths
    seed TEXT NOT NULL, level TEXT NOT NULL, matched TEXT NOT NULL, warnings TEXT NOT NULL,
    seconds REAL NOT NULL, detail TEXT NOT NULL,
    PRIMARY KEY (submission, attempt, exercise),
    FOREIGN KEY (submission, attempt) REFERENCES gradings ON DELETE CASCADE);
CREATE TABLE overrides (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    student INTEGER NOT NULL REFERENCES students ON DELETE CASCADE,
    exercise TEXT NOT NULL,
    points INTEGER,                       -- thousandths; NULL takes the override back
    reason TEXT NOT NULL, who TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    student INTEGER,                      -- on purpose no reference: the line stays when the student goes
    what TEXT NOT NULL);                  -- no key, no name, no reason: those stand in the tables above
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail only grows'); END;
CREATE TRIGGER audit_keeps BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail only grows'); END;
"""

TIMES = {"at", "seconds"}  # columns that no two runs agree on


class NoGradebook(ValueError):
    """The file is no gradebook, or there is none; the text says what to do."""


class Unknown(LookupError):
    """The gradebook has no such student or exercise; the text names what is near."""


@dataclass(frozen=True)
class Override:
    """Points that a person gave in place of the judge. `exercise` may be "01.late": the penalty of a notebook."""

    exercise: str
    points: int  # thousandths
    reason: str
    who: str
    at: str


@dataclass(frozen=True)
class Kept:
    """A result as it is kept: `points` and `out_of` in thousandths."""

    exercise: str
    kind: str
    tag: str
    text: str
    points: int
    out_of: int
    seed: int
    level: str
    matched: str
    warnings: tuple[str, ...]
    seconds: float
    detail: str


class Gradebook:
    """The file, open. Use it in a `with` block; every method that writes is one transaction."""

    def __init__(self, path: Path, *, create: bool = False, secret: str = "") -> None:
        """Open the gradebook; with `create`, make it where there is none. NoGradebook if it cannot be read as one."""
        if not create and not path.is_file():
            raise NoGradebook(f"There is no gradebook at {path}: `course grade` makes one.")
        self.path = path
        self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
        self._db.row_factory = sqlite3.Row
        try:
            self._open(secret or secrets.token_hex(32))
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise NoGradebook(f"{path} cannot be read as a gradebook: {error}.") from None
        except NoGradebook:
            self._db.close()
            raise

    def _open(self, secret: str) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
        with self._transaction():
            if not self._db.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in _statements(TABLES):
                    self._db.execute(statement)
                self._db.executemany("INSERT INTO settings VALUES (?, ?)", [("form", FORM), ("secret", secret)])
                self._note(None, "the gradebook was made")
        form = self.setting("form")
        if form != FORM:
            raise NoGradebook(f"{self.path} has form {form} of a gradebook; this version of the course reads {FORM}.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, also when the process is killed in the middle."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _note(self, student: int | None, what: str) -> None:
        self._db.execute("INSERT INTO audit (at, student, what) VALUES (?, ?, ?)", (_now(), student, what))

    # -- settings, the assignment --------------------------------------------------------------------------

    def setting(self, name: str, default: str = "") -> str:
        """A setting's text."""
        row = self._db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return str(row["value"]) if row else default

    def set(self, name: str, value: str) -> None:
        """Keep a setting; the audit trail notes a change."""
        if self.setting(name) == value:
            return
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))
            self._note(None, f"{name}: {value}")

    def assignment(self) -> tuple[str, str]:
        """Name and text of the assignment file; ("", "") before the first grading."""
        row = self._db.execute("SELECT name, about FROM assignments").fetchone()
        return (str(row["name"]), str(row["about"])) if row else ("", "")

    def assign(self, name: str, about: str, exercises: Iterable[tuple[str, str, int]]) -> None:
        """Keep the assignment and its exercises: (id, title, out of, in thousandths).

        ValueError if the gradebook is of another assignment.
        """
        known, before = self.assignment()
        if known and known != name:
            raise ValueError(f"This gradebook is of the assignment {known!r}, not of {name!r}: choose another folder.")
        rows = sorted((id, id.partition(".")[0], title, out_of) for id, title, out_of in exercises)
        if (known, before) == (name, about) and rows == self._exercise_rows():
            return
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO assignments VALUES (?, ?)", (name, about))
            self._db.execute("DELETE FROM exercises")
            self._db.executemany("INSERT INTO exercises VALUES (?, ?, ?, ?)", rows)
            what = f"the assignment was {'changed' if known else 'set'}, with {len(rows)} exercises:\n{about}"
            self._note(None, what)

    def _exercise_rows(self) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._db.execute("SELECT * FROM exercises ORDER BY exercise")]

    def exercises(self) -> dict[str, tuple[str, int]]:
        """By id: title, and points in thousandths."""
        rows = self._db.execute("SELECT exercise, title, out_of FROM exercises ORDER BY exercise")
        return {row["exercise"]: (row["title"], row["out_of"]) for row in rows}

    # -- what was handed in --------------------------------------------------------------------------------

    def take_in(self, item: Submission | Refused) -> int:
        """Enter a submission, or one that was refused; its number.

        Of a student's submissions of a notebook the one that came in last counts; where nobody knows when, the one that
        was taken in last. Taking in the same folder twice changes nothing, also when a newer one was taken in between.
        """
        refused = _text(item.reason) if isinstance(item, Refused) else ""
        digest = item.digest or hashlib.sha256(_text(f"{item.path.name}\n{refused}").encode()).hexdigest()
        with self._transaction():
            if not self._db.execute("SELECT 1 FROM students WHERE key = ?", (_text(item.student),)).fetchone():
                self._db.execute("INSERT INTO students (key) VALUES (?)", (_text(item.student),))
            student = self._student(item.student)
            found = self._db.execute(
                "SELECT number FROM submissions WHERE (student, notebook, digest) = (?, ?, ?)",
                (student, item.notebook, digest),
            ).fetchone()
            number = int(found["number"]) if found else self._insert(student, item, digest, refused)
            if isinstance(item, Submission):
                self._order(student, number, item, is_new=not found)
        return number

    def _order(self, student: int, number: int, item: Submission, is_new: bool) -> None:
        """Let the submission count that came in last."""
        self._db.execute(  # max() of a number and NULL is NULL
            "UPDATE submissions SET again = max(coalesce(again, ?1), coalesce(?1, again)) WHERE number = ?2",
            (item.received, number),
        )
        now = self._db.execute(
            "SELECT number, again FROM submissions WHERE student = ? AND notebook = ? AND counts AND number <> ?",
            (student, item.notebook, number),
        ).fetchone()
        known = now is not None and None not in (now["again"], item.received)
        if now is None or (item.received > now["again"] if known else is_new):
            self._db.execute(
                "UPDATE submissions SET counts = (number = ?) WHERE student = ? AND notebook = ? AND refused = ''",
                (number, student, item.notebook),
            )

    def _insert(self, student: int, item: Submission | Refused, digest: str, refused: str) -> int:
        number = int(self._db.execute("SELECT coalesce(max(number), 0) + 1 FROM submissions").fetchone()[0])
        received, file = (None, b"") if isinstance(item, Refused) else (item.received, item.file)
        read = _written(item)
        row = (number, student, item.notebook, digest, received, received, file, read, refused, False, not refused)
        self._db.execute(f"INSERT INTO submissions VALUES ({', '.join('?' * len(row))})", row)
        what = "refused" if refused else "taken in"
        self._note(student, f"submission {number} of notebook {item.notebook or '?'} {what}")
        return number

    def _student(self, key: str) -> int:
        row = self._db.execute("SELECT number FROM students WHERE key = ?", (_text(key),)).fetchone()
        if row is None:
            raise Unknown(f"The gradebook has no student {key!r}.")
        return int(row["number"])

    def waiting(self) -> list[int]:
        """The submissions that are to be graded, in the order in which they came in."""
        rows = self._db.execute("SELECT number FROM submissions WHERE waiting AND counts ORDER BY number")
        return [int(row["number"]) for row in rows]

    def submission(self, number: int) -> Submission:
        """A submission as it was read, from the gradebook alone; `file` gives the notebook itself."""
        row = self._row(number)
        return _read(row["answers"], row["key"], row["notebook"], row["digest"], row["received"])

    def file(self, number: int) -> bytes:
        """The notebook as it was handed in."""
        return bytes(self._row(number)["file"])

    def _row(self, number: int) -> sqlite3.Row:
        found: sqlite3.Row | None = self._db.execute(
            "SELECT submissions.*, key FROM submissions JOIN students ON students.number = student "
            "WHERE submissions.number = ?",
            (number,),
        ).fetchone()
        if found is None:
            raise Unknown(f"The gradebook has no submission {number}.")
        return found

    # -- what the judge found ------------------------------------------------------------------------------

    def seed(self, digest: str) -> int:
        """What the questions to a file are drawn from: the same file, the same questions. 0 to 2**56 - 1."""
        secret = bytes.fromhex(self.setting("secret"))
        return int.from_bytes(hmac.digest(secret, digest.encode(), "sha256")[:7])

    def record(
        self,
        number: int,
        results: Sequence[Result],
        *,
        level: str,
        limits: str = "",
        version: str = "",
        seconds: float = 0.0,
    ) -> None:
        """Keep all results of a submission, in one transaction; what was found before stays, and no longer counts."""
        row = self._row(number)
        with self._transaction():
            attempt = 1 + int(
                self._db.execute(
                    "SELECT coalesce(max(attempt), 0) FROM gradings WHERE submission = ?", (number,)
                ).fetchone()[0]
            )
            seed = str(self.seed(row["digest"]))
            grading = (number, attempt, seed, level, limits, version, _now(), seconds)
            self._db.execute("INSERT INTO gradings VALUES (?, ?, ?, ?, ?, ?, ?, ?)", grading)
            for result in results:
                self._db.execute(
                    "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (number, attempt, *_columns(result)),
                )
            self._db.execute("UPDATE submissions SET waiting = 0 WHERE number = ?", (number,))
            got, of = (sum(nearest(getattr(result, name)) for result in results) for name in ("points", "out_of"))
            again = "" if attempt == 1 else f" again (attempt {attempt})"
            what = f"submission {number} graded{again} at level {level}: {got} of {of} thousandths of a point"
            self._note(row["student"], what)

    def results(self, number: int, attempt: int | None = None) -> list[Kept]:
        """The results of a submission by exercise: those of the last attempt, or of a given one; [] before the first.

        Points are in thousandths.
        """
        rows = self._db.execute(
            "SELECT * FROM results WHERE submission = ?1 AND attempt = "
            "coalesce(?2, (SELECT max(attempt) FROM gradings WHERE submission = ?1)) ORDER BY exercise",
            (number, attempt),
        )
        return [_kept(row) for row in rows]

    def attempts(self, number: int) -> int:
        """How many times a submission was graded."""
        row = self._db.execute("SELECT coalesce(max(attempt), 0) FROM gradings WHERE submission = ?", (number,))
        return int(row.fetchone()[0])

    # -- what people decide --------------------------------------------------------------------------------

    def regrade(self, *, students: Sequence[str] = (), notebook: str = "", technical: bool = False) -> list[int]:
        """Mark submissions to be graded again and return their numbers: all that count, or of some students or a
        notebook, or only those of which something failed technically. Their results count until there are new ones.
        """
        chosen = {self._student(key) for key in students}
        rows = self._db.execute("SELECT number, student, notebook FROM submissions WHERE counts ORDER BY number")
        numbers = [
            int(row["number"])
            for row in rows.fetchall()
            if (not chosen or row["student"] in chosen)
            and notebook in ("", row["notebook"])
            and (not technical or any(kept.kind == "technical" for kept in self.results(row["number"])))
        ]
        with self._transaction():
            self._db.executemany("UPDATE submissions SET waiting = 1 WHERE number = ?", [(n,) for n in numbers])
            self._note(None, f"regrade of {len(numbers)} submissions asked for")
        return numbers

    def override(self, student: str, exercise: str, points: int | None, reason: str, who: str) -> None:
        """Give a student points (thousandths) for an exercise in place of the judge's; None takes that back.

        "01.late" is the penalty of notebook 01. Unknown for a student or an exercise that the gradebook lacks;
        ValueError without a reason, for points below 0, or above what the exercise has.
        """
        number = self._student(student)
        known = self.exercises()
        late = exercise.endswith(".late")
        if not (late and any(id.startswith(exercise[:-4]) for id in known)) and exercise not in known:
            raise Unknown(f"The gradebook has no exercise {exercise!r}. There are: {', '.join(known) or 'none'}.")
        if not reason.strip():
            raise ValueError("An override needs a reason: --reason says why the judge was not followed.")
        if points is not None and (points < 0 or (not late and points > known[exercise][1])):
            most = "" if late else f", and {known[exercise][1] / 1000:g} at most"
            raise ValueError(f"Points of an override are 0 or more{most}.")
        with self._transaction():
            self._db.execute(
                "INSERT INTO overrides (student, exercise, points, reason, who, at) VALUES (?, ?, ?, ?, ?, ?)",
                (number, exercise, points, reason, who, _now()),
            )
            made = int(self._db.execute("SELECT max(number) FROM overrides").fetchone()[0])
            what = "taken back" if points is None else f"{points} thousandths of a point"
            self._note(number, f"override {made} of {exercise}: {what}")

    def overrides(self, student: str) -> dict[str, Override]:
        """The overrides that hold for a student, by exercise: the last one of each."""
        rows = self._db.execute(
            "SELECT * FROM overrides WHERE student = ? ORDER BY number", (self._student(student),)
        ).fetchall()
        last = {row["exercise"]: row for row in rows}
        return {
            exercise: Override(exercise, row["points"], row["reason"], row["who"], row["at"])
            for exercise, row in last.items()
            if row["points"] is not None
        }

    def delete_student(self, student: str) -> None:
        """Remove everything about a student. The audit trail keeps lines about a number that now means nobody."""
        number = self._student(student)
        with self._transaction():
            self._db.execute("DELETE FROM students WHERE number = ?", (number,))  # the rest goes with it
            self._note(number, "a student was deleted")
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # -- reading -------------------------------------------------------------------------------------------

    def students(self) -> list[str]:
        """The keys of all who handed something in, sorted."""
        return [str(row["key"]) for row in self._db.execute("SELECT key FROM students ORDER BY key")]

    def counting(self, student: str) -> list[int]:
        """The submissions of a student that count: at most one a notebook."""
        rows = self._db.execute(
            "SELECT number FROM submissions WHERE student = ? AND counts ORDER BY notebook", (self._student(student),)
        )
        return [int(row["number"]) for row in rows]

    def refusals(self, student: str) -> list[tuple[str, str]]:
        """(notebook, why) of the files of a student that could not be read, unless a good one came later."""
        rows = self._db.execute(
            "SELECT notebook, refused FROM submissions AS bad WHERE student = ? AND refused <> '' AND NOT EXISTS "
            "(SELECT 1 FROM submissions AS good WHERE good.student = bad.student AND good.counts "
            "AND good.number > bad.number AND bad.notebook IN ('', good.notebook)) ORDER BY number",
            (self._student(student),),
        )
        return [(str(row["notebook"]), str(row["refused"])) for row in rows]

    def audit(self) -> list[tuple[str, int | None, str]]:
        """The audit trail: when (UTC), the student's number, what."""
        return [tuple(row) for row in self._db.execute("SELECT at, student, what FROM audit ORDER BY number")]

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every table, sorted and without times: what two runs on the same submissions have in common.

        Of the audit trail, what was done and to whom; the order in which submissions were ready is chance.
        """
        tables = [row["name"] for row in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for table in sorted(name for name in tables if not name.startswith("sqlite_")):
            columns = [row["name"] for row in self._db.execute(f"PRAGMA table_info({table})")]
            kept = [name for name in columns if name not in TIMES and (table, name) != ("audit", "number")]
            rows = [tuple(row) for row in self._db.execute(f"SELECT {', '.join(kept)} FROM {table}")]
            found[table] = sorted(rows, key=repr)
        return found


def _statements(script: str) -> Iterator[str]:
    """The script's statements, one by one: `executescript` would end the transaction."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _columns(result: Result) -> tuple[Any, ...]:
    if result.kind not in KINDS:
        raise ValueError(f"{result.kind!r} is no kind of a result")
    return (
        result.exercise, result.kind, _text(result.tag), _text(result.text),
        nearest(result.points), nearest(result.out_of), str(result.seed), result.level, result.matched,
        _json(result.warnings), result.seconds, _text(result.detail),
    )  # fmt: skip


def _kept(row: sqlite3.Row) -> Kept:
    values = {name: row[name] for name in row.keys() if name not in ("submission", "attempt")}  # noqa: SIM118
    return Kept(**{**values, "seed": int(row["seed"]), "warnings": tuple(json.loads(row["warnings"]))})


def _written(item: Submission | Refused) -> str:
    """What intake read, as JSON, without what has a column of its own and without the path."""
    if isinstance(item, Refused):
        return "{}"
    return _json(
        {
            "answers": [asdict(answer) for answer in item.answers],
            "others": item.others,
            "fingerprints": item.fingerprints,
            "warnings": item.warnings,
        }
    )


def _read(text: str, student: str, notebook: str, digest: str, received: float | None) -> Submission:
    found = json.loads(text)
    answers = tuple(Answer(**{**answer, "warnings": tuple(answer["warnings"])}) for answer in found["answers"])
    return Submission(
        student, notebook, Path(), digest, answers, tuple(found["others"]), received, found["fingerprints"],
        tuple(found["warnings"]),
    )  # fmt: skip


def _text(text: str) -> str:
    """Text that UTF-8 can hold: half a surrogate is written out."""
    return text.encode("utf-8", "backslashreplace").decode()


def _json(value: object) -> str:
    """JSON that is the same for the same value. Half a surrogate, which a hostile notebook may hold, is escaped."""
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
