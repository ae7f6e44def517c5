"""The `course` command: open the course, see your progress, look at and grade answers, rebuild the notebooks."""

import argparse
import codecs
import importlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING

from course.command import PACKAGE, CannotError, clone_notebooks, installed_notebooks

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

EXAMPLES = """\
examples:
  course lab                    open the course in JupyterLab, on the first notebook
  course lab 02                 ... on notebook 02
  course lab --no-browser       start JupyterLab and print its address
  course progress               which exercises are done
  course release --notebooks 01 02 --out week1
                                for instructors: what students receive, with a due date and a late rule
  course look student.ipynb     for instructors: which exercises of a handed-in notebook are right
  course grade SUBMISSIONS      ... grade what a class has handed in: gradebook, feedback, report
  course export --format canvas ... write the grades for Canvas, Moodle, nbgrader or Gradescope
  course build                  for authors: write notebooks/ from solutions/
  course build --check          ... only say whether notebooks/ is up to date
  course gates 01               ... measure how good the checks of notebook 01 are

Every command explains itself: course lab --help
"""

# What is printed in place of a character that the terminal's encoding lacks: Windows' cp1252, say, has no ✓.
STAND_INS = {"✓": "+", "✗": "x", "○": "o", "▪": "*", "▸": ">", "→": "->", "…": "...", "·": "-", "’": "'"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (the process's own if none is given) and return its exit status.

    0: done. 1: it could not be done, the reason is on stderr. 2: the command line was not understood.
    """
    print_in_any_encoding()
    options = parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except CannotError as error:
        print(f"course: {error}", file=sys.stderr)
        return 1


def print_in_any_encoding() -> None:
    """Let stdout and stderr print every text, with stand-ins where their encoding lacks a character."""
    codecs.register_error("stand-ins", stand_ins)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="stand-ins")


def stand_ins(error: UnicodeError) -> tuple[str, int]:
    """Python's error handler for the characters that cannot be encoded."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(STAND_INS.get(character, "?") for character in missing), error.end


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="course",
        description="A course on private AI: a small library and graded notebooks.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"{PACKAGE} {metadata.version(PACKAGE)}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_lab(commands)
    add_progress(commands)
    if util.find_spec("course.grade"):  # what students receive has no commands for instructors and authors
        add_release(commands)
        add_look(commands)
        importlib.import_module("course.grade.commands").add(commands)
        add_export_nbgrader(commands)
        add_build(commands)
        add_gates(commands)
    return top


def add_lab(commands: "Commands") -> None:
    lab = commands.add_parser(
        "lab",
        help="open the course in JupyterLab",
        description="Open the course in JupyterLab. Inside a clone these are its notebooks; elsewhere they "
        "are copied into a folder first. A notebook that is there already is yours and stays as it is.",
    )
    lab.add_argument("notebook", nargs="?", default="01", help="number or file name (default: 01)")
    lab.add_argument("--folder", type=Path, help=f"where notebooks go outside a clone (default: ./{PACKAGE})")
    lab.add_argument("--port", type=int, help="default: 8888, or the next free one")
    lab.add_argument("--no-browser", action="store_true", help="print the address and open nothing")
    lab.set_defaults(run=run_lab)


def add_progress(commands: "Commands") -> None:
    about = "show which exercises are done"
    progress = commands.add_parser("progress", help=about, description=about.capitalize() + ".")
    progress.set_defaults(run=run_progress)


def add_look(commands: "Commands") -> None:
    look = commands.add_parser(
        "look",
        help="run handed-in notebooks and say which exercises are right (for instructors)",
        description="Run each notebook with this Python and print a line an exercise. A check that is missing, "
        "doubled, renamed, turned into text or replaced never counts as correct. This is a quick look, no judge: "
        "it runs the notebook on your machine, as you, so look only at code that you trust.",
        epilog="exit status: 0 all correct, 1 not all, 2 a file could not be looked at",
    )
    look.add_argument("notebooks", nargs="+", type=Path, metavar="student.ipynb")
    look.add_argument("--seconds", type=float, default=60, help="limit for one cell (default: 60)")
    look.set_defaults(run=run_look)


def add_release(commands: "Commands") -> None:
    importlib.import_module("course.grade.release").add_release(commands)


def add_export_nbgrader(commands: "Commands") -> None:
    importlib.import_module("course.grade.nbgrader_course").add_export_nbgrader(commands)


def add_build(commands: "Commands") -> None:
    build = commands.add_parser(
        "build",
        help="write the student notebooks from the solutions (in a clone)",
        description="Write notebooks/ from solutions/: without answers and outputs, with badges.",
    )
    build.add_argument("--check", action="store_true", help="write nothing, fail if they are out of date")
    build.add_argument(
        "--run", dest="execute", action="store_true", help="run the solutions first and store their outputs"
    )
    build.add_argument("--lint", action="store_true", help="only measure the anatomy of the notebooks")
    build.add_argument("--only", metavar="01", help="one notebook")
    build.set_defaults(run=run_build)


def add_gates(commands: "Commands") -> None:
    about = "measure how good the checks of the exercises are (in a clone)"
    gates = commands.add_parser("gates", help=about, description=about.capitalize() + ".")
    gates.add_argument("selected", nargs="*", help="notebooks (01) or exercises (01.2); all by default")
    gates.add_argument(
        "--notebooks", action="store_true", help="run the solution notebooks, every given cell twice and out of order"
    )
    gates.add_argument(
        "--questions", type=int, metavar="N", help="ask right answers N sets of questions: is one refused?"
    )
    gates.set_defaults(run=run_gates)


# course lab ---------------------------------------------------------------------------------------------


def run_lab(options: argparse.Namespace) -> int:
    """Start JupyterLab on one notebook; it ends when the user stops it."""
    if util.find_spec("jupyterlab") is None:
        raise CannotError("JupyterLab is not installed. Install it with: pip install jupyterlab")
    folder = clone_notebooks() or copy_notebooks(installed_notebooks(), options.folder or Path(PACKAGE))
    notebook = find_notebook(folder, options.notebook)
    opens_browser = not options.no_browser and has_display() and not is_root()
    if not opens_browser:
        print("No browser is opened here: copy the address that JupyterLab prints below into yours.")
    print(f"Opening {notebook}. Stop with Ctrl-C.", flush=True)
    os.environ.update(lab_environment())
    return become(lab_command(notebook, options.port, opens_browser))


def lab_command(notebook: Path, port: int | None, opens_browser: bool) -> list[str]:
    """Return the command line that starts JupyterLab on `notebook`, two folders above which is its root."""
    root = notebook.parent.parent
    page = f"/lab/tree/{notebook.relative_to(root).as_posix()}"
    command = [sys.executable, "-m", "jupyterlab"]
    command += [f"--ServerApp.root_dir={root}", f"--LabApp.default_url={page}"]
    command += ["--ServerApp.log_level=WARN"]  # the address is printed all the same, and little else
    if port is not None:
        command.append(f"--ServerApp.port={port}")
    if not opens_browser:
        command.append("--no-browser")
    if is_root():
        command.append("--allow-root")
    return command


def lab_environment() -> dict[str, str]:
    """The variable that has JupyterLab read the course's settings, too: what is saved shows without a kernel."""
    folders = [os.environ.get("JUPYTER_CONFIG_PATH", ""), str(Path(__file__).parent / "lab")]
    return {"JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, folders))}


def is_root() -> bool:
    """Whether this is Unix's root: JupyterLab wants it said, and browsers refuse to start."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def has_display() -> bool:
    """Whether a browser window opened here would be seen."""
    if sys.platform in ("win32", "darwin"):
        return "SSH_CONNECTION" not in os.environ
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def copy_notebooks(sources: Sequence[Path], folder: Path) -> Path:
    """Copy the notebooks `sources` into `folder/notebooks`, unless they are there; return that folder."""
    target = folder.absolute() / "notebooks"
    target.mkdir(parents=True, exist_ok=True)
    for source in sources:
        if not (target / source.name).exists():
            shutil.copy(source, target)
    return target


def find_notebook(folder: Path, wanted: str) -> Path:
    """Return the notebook in `folder` whose name starts with `wanted` ("01", or a whole name)."""
    names = sorted(path.name for path in folder.glob("*.ipynb"))
    found = [name for name in names if name.startswith(Path(wanted).name)]
    if not found:
        there = ", ".join(names) or "none"
        raise CannotError(f"There is no notebook {wanted!r} in {folder}. The notebooks there: {there}.")
    return folder / found[0]


def become(command: list[str]) -> int:
    """Run `command` in place of this process, or as its child where that cannot be done (Windows)."""
    if os.name == "posix":
        os.execv(command[0], command)
    process = subprocess.Popen(command)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # it goes to JupyterLab too, which asks before it stops
            continue


# course progress, look, build --------------------------------------------------------------------------


def run_progress(options: argparse.Namespace) -> int:
    """Print which exercises are done, from the file on this machine in which `check` notes them."""
    print(importlib.import_module("course.learn").progress())
    return 0


def run_look(options: argparse.Namespace) -> int:
    """Look at handed-in notebooks: 0 all correct, 1 not all, 2 not to be looked at."""
    missing = [name for name in ("nbclient", "nbformat", "ipykernel") if util.find_spec(name) is None]
    if missing:
        raise CannotError(f"`course look` needs {' and '.join(missing)}: pip install {' '.join(missing)}")
    return int(importlib.import_module("course.grade.look").main(options.notebooks, options.seconds))


def run_build(options: argparse.Namespace) -> int:
    """Write, or with `--check` compare, the student notebooks."""
    root = clone_root("build")
    if options.lint:
        return int(importlib.import_module("course.authoring.anatomy").lint(root, options.only))
    build = importlib.import_module("course.authoring.build").build
    return int(build(check=options.check, run=options.execute, only=options.only, root=root))


def run_gates(options: argparse.Namespace) -> int:
    """Print the table of the gates, or what happens to notebooks whose cells are run again, or to right answers."""
    root, selected = clone_root("gates"), options.selected
    if options.notebooks:
        return int(importlib.import_module("course.authoring.given_twice").main(selected, root))
    if options.questions:
        return int(importlib.import_module("course.authoring.many_questions").main(selected, options.questions, root))
    return int(importlib.import_module("course.authoring.gates").main(selected, root))


def clone_root(command: str) -> Path:
    """Return the repository's folder, which commands for authors need."""
    root = Path(__file__).resolve().parent.parent
    if not (root / "solutions").is_dir():
        raise CannotError(f"`course {command}` works in a clone of the repository: here is no solutions/.")
    return root


if __name__ == "__main__":
    sys.exit(main())
