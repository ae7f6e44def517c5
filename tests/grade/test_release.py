"""What students receive: tried in an environment of its own, from the wheel alone."""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from course.cli import main
from course.command import own_notebooks
from course.grade import assignment as assignments
from course.grade import fingerprints, wheel
from course.grade.intake.submissions import released, submissions
from course.grade.kinds import Submission
from course.learn.exercise import Exercise
from course.learn.help import reference
from course.learn.registry import find, of_course
from tests.grade.handing_in import ROOT

WEEK = ["release", "--notebooks", "01", "02", "--due", "2026-12-01T23:59:00+01:00", "--late", "10% a day", "--zip"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("release") / "week1"
    assert main([*WEEK, "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def made(folder):
    (found,) = folder.glob("*.whl")
    return found


# ── the folder ──────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_in_it(folder):
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    notebooks = [f"notebooks/{file.name}" for file in own_notebooks()[:2]]
    assert names == ["README.txt", "assignment.toml", *notebooks, "private_ai_course-0.1.0-py3-none-any.whl"]
    with zipfile.ZipFile(folder.with_name("week1.zip")) as packed:
        assert sorted(packed.namelist()) == [f"week1/{name}" for name in names]
        assert all(packed.read(f"week1/{name}") == (folder / name).read_bytes() for name in names)


def test_the_assignment_file(folder):
    found = assignments.read(folder)
    assert (found.name, found.notebooks, found.late.text, found.level) == ("week1", ("01", "02"), "10% a day", "bwrap")
    assert found.due.isoformat() == "2026-12-01T23:59:00+01:00"
    assert found.version == "0.1.0"
    assert found.exercises == fingerprints.of_notebooks(["01", "02"])
    lines = (folder / "assignment.toml").read_text().splitlines()
    assert {f'# "{item.id}" = {item.points:g}' for item in own_exercises() if item.id[:2] in ("01", "02")} <= {*lines}
    limits = "[limits]  # of an exercise, where they are not seconds = 30, cpu = 20,"
    assert any(line.startswith(limits) for line in lines)


def test_a_line_that_is_uncommented_counts(folder, tmp_path):
    text = (folder / "assignment.toml").read_text().replace('# "01.1" = 3', '"01.1" = 5')
    (tmp_path / "assignment.toml").write_text(text)
    assert assignments.read(tmp_path).points == {"01.1": 5}


def test_what_students_read_first(folder):
    text = (folder / "README.txt").read_text()
    assert text.startswith(
        "week1\nDue: 2026-12-01 23:59 (UTC+0100), 2026-12-01 22:59 UTC.\nEach day begun after that costs 10%."
    )
    assert "pip install jupyterlab private_ai_course-0.1.0-py3-none-any.whl" in text


def test_notebooks_say_what_they_are_and_are_else_the_same(folder):
    for file in own_notebooks()[:2]:
        ours, theirs = (json.loads((place / file.name).read_text()) for place in (file.parent, folder / "notebooks"))
        said = theirs["metadata"].pop("course")
        assert (said["assignment"], said["version"]) == ("week1", "0.1.0")
        assert said["exercises"] == fingerprints.of_notebooks([file.name[:2]])
        assert theirs.pop("cells") == [cell for cell in ours.pop("cells") if cell["id"] != "badges"]
        assert theirs == ours


def test_what_comes_back_is_graded_against_it(folder, tmp_path):
    (tmp_path / "alice").mkdir()
    for file in (folder / "notebooks").iterdir():
        (tmp_path / "alice" / file.name).write_bytes(file.read_bytes())
    assignment = assignments.read(folder)
    assert released(assignment).keys() == {"01", "02"}
    found = list(submissions(tmp_path, assignment))
    assert [(type(row), row.notebook) for row in found] == [(Submission, "01"), (Submission, "02")]
    for row in found:
        assert {answer.matched for answer in row.answers} == {"id"}
        assert not any(answer.source or answer.refused for answer in row.answers)
        assert row.fingerprints == fingerprints.of_notebooks([row.notebook])
    older = dict(assignment.exercises) | {"01.2": "0" * 16}
    stale = list(submissions(tmp_path, assignment, current=older))
    assert [answer.exercise for row in stale for answer in row.answers if answer.refused] == ["01.2"]


def test_a_wheel_at_an_address_for_colab(tmp_path):
    address = "https://example.org/course.whl"
    assert main(["release", "--notebooks", "01", "--out", str(tmp_path / "a"), "--package", address]) == 0
    notebook = next((tmp_path / "a" / "notebooks").iterdir()).read_text()
    assert 'os.environ.get(\\"COURSE_PACKAGE\\", \\"https://example.org/course.whl\\")' in notebook
    assert "git+https" not in notebook


def test_a_notebook_may_be_called_by_its_number_alone(tmp_path, capsys):
    assert main(["release", "--notebooks", "1", "--out", str(tmp_path / "a")]) == 0
    assert assignments.read(tmp_path / "a").notebooks == ("01",)
    assert "5 exercises, 18 points: " in capsys.readouterr().out


REFUSED = [
    (["--notebooks", "99"], "There is no notebook '99'. The notebooks here: 01, 02, 03,"),
    (["--notebooks", "01,02"], "There is no notebook '01,02'. The notebooks here: 01, 02, 03,"),
    (["--notebooks", "01", "--due", "soon"], "due is a date like 2026-12-01T23:59:00+01:00, not 'soon'"),
    (["--notebooks", "01", "--late", "cut-off"], "A rule for what comes late needs a date: --due 2026-12-01T23:59:00+"),
    (["--notebooks", "01", "--name", "a/b"], "name is a word of letters, digits, dots, - and _ (it names files)"),
]


@pytest.mark.parametrize("options, text", REFUSED, ids=[text[:30] for _, text in REFUSED])
def test_each_refusal_says_why(options, text, tmp_path, capsys):
    assert main(["release", *options, "--out", str(tmp_path / "week1")]) == 1
    assert capsys.readouterr().err.startswith(f"course: {text}")
    assert not (tmp_path / "week1").exists()


def test_a_release_is_not_written_over(folder, capsys):
    assert main([*WEEK, "--out", str(folder)]) == 1
    assert "holds a release already: choose another folder, or delete this one first." in capsys.readouterr().err


# ── fingerprints ────────────────────────────────────────────────────────────────────────────────────────────


def own_exercises() -> list[Exercise]:
    """Those of the course: other tests may have registered more."""
    items = [item for item in of_course() if isinstance(item, Exercise)]
    return [item for item in items if type(item).__module__.startswith("course.exercises.")]


def test_every_exercise_has_a_fingerprint_of_its_own():
    exercises = own_exercises()
    found = {fingerprints.fingerprint(exercise) for exercise in exercises}
    assert len(found) == len(exercises) and all(len(text) == 16 for text in found)


def test_a_fingerprint_follows_the_stub_the_file_and_what_it_imports(monkeypatch):
    exercise, other = find("09.1"), find("01.1")  # 09.1 imports course/exercises/nb09/parts.py
    before, untouched = fingerprints.fingerprint(exercise), fingerprints.fingerprint(other)
    texts = fingerprints._text

    def changed(name, by="# changed\n"):
        def text(module):
            return texts(module) + (by if module.__name__ == f"course.exercises.{name}" else "")

        with monkeypatch.context() as patch:
            patch.setattr(fingerprints, "_text", text)
            assert fingerprints.fingerprint(other) == untouched
            return fingerprints.fingerprint(exercise)

    assert before == changed("nb09.forward_relay", by="")
    assert len({before, changed("nb09.forward_relay"), changed("nb09.parts")}) == 3
    assert before == changed("nb09.questions") == changed("nb02.train")
    with monkeypatch.context() as patch:
        patch.setattr(type(exercise), "stub", exercise.stub + "    # changed\n")
        assert fingerprints.fingerprint(exercise) != before


# ── the wheel ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_course_is_the_same_wheel(made, tmp_path):
    notebooks = sorted((made.parent / "notebooks").iterdir())
    assert wheel.write(tmp_path, notebooks).read_bytes() == made.read_bytes()


def test_no_answer_is_in_it(made):
    with zipfile.ZipFile(made) as packed:
        names = packed.namelist()
        texts = "\n".join(packed.read(name).decode("utf-8", "replace") for name in names)
    assert not [name for name in names if name.startswith(("course/authoring", "course/grade", "course/seat"))]
    assert not [name for name in names if "answers" in name or "solutions" in name or "__pycache__" in name]
    for exercise in own_exercises():
        body = reference(exercise.id).rpartition('"""')[2].strip()
        assert body.count("\n") < 2 or body not in texts, exercise.id


IN_THE_CLASS = """
import io, contextlib, importlib, pkgutil, sys, warnings
import course, torch
from course.command import own_notebooks
from course.learn import check, hint, solution
from course.learn.registry import find

sys.stdout.reconfigure(encoding="utf-8")
assert "site-packages" in course.__file__ and sys.prefix in course.__file__, course.__file__
for module in pkgutil.walk_packages(course.__path__, "course."):
    if not module.name.startswith("course.lab"):
        importlib.import_module(module.name)
hook = course.TorchHook(torch)
exec(find("01.2").source)
print(check("01.2").kind)
def remote_mean(x, y):
    return (x + y) / 2
print(check("01.2").kind)
for _ in range(4):
    def remote_mean(x, y):
        return x + y
    card = check("01.2")
print(card)
print(solution("01.2"))
print([path.name[:2] for path in own_notebooks()])
"""


def in_an_environment(made, folder, *command):
    """Install the wheel, and nothing else, into a fresh environment that finds torch where this one does."""
    python = folder / "environment" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "environment"], check=True)
        pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index"]
        subprocess.run([*pip, "--disable-pip-version-check", made], check=True, env=environment)
        inside = subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        Path(inside, "torch_is_there.pth").write_text(sysconfig.get_path("purelib") + "\n")
    environment |= {"COURSE_HOME": str(folder / "home"), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [python, *command], capture_output=True, text=True, encoding="utf-8", cwd=folder, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("student")


def test_it_installs_and_checks_work_and_it_has_no_solutions(made, home):
    untried, right, *rest = in_an_environment(made, home, "-c", IN_THE_CLASS).splitlines()
    said = "\n".join(rest)
    assert (untried, right) == ("untried", "correct")
    assert "attempt 5" in said and 'hint("01.2")' in said
    assert "This class has no solutions: its course came without them." in said
    assert "solution(" not in said
    assert rest[-1] == "['01', '02']"


def test_its_command_line_has_the_students_commands(made, home):
    said = in_an_environment(made, home, "-m", "course.cli", "--help")
    assert all(f"\n    {name} " in said for name in ("lab", "progress"))
    assert not any(
        f"\n    {name} " in said for name in ("build", "gates", "look", "release", "export-nbgrader", "grade")
    )


def test_its_metadata_names_what_students_need(made):
    with zipfile.ZipFile(made) as packed:
        said = packed.read("private_ai_course-0.1.0.dist-info/METADATA").decode()
        entries = packed.read("private_ai_course-0.1.0.dist-info/entry_points.txt").decode()
        assert "private_ai_course-0.1.0.dist-info/licenses/LICENSE" in packed.namelist()
    head = said.partition("\n\n")[0]
    assert "Name: private-ai-course\n" in head and "Requires-Dist: torch>=2.4\n" in head
    assert "Requires-Dist: cryptography\n" in head and "nbval" not in head and "import-linter" not in head
    assert "course = course.cli:main" in entries and "course = course.learn.pytest_plugin" in entries
    assert str(ROOT) not in said
