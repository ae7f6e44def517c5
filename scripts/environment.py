"""Make the folder `.venv` with torch and the course in it, once; later calls find it ready.

Needs Python 3.11 and nothing else. By itself, `python scripts/environment.py`, which is what `make grader` runs, it
makes what an instructor needs, and opens and tests nothing. Two variables steer it:

- `TORCH_INSTALL`: pip's arguments for torch, such as `torch==2.13.0 --index-url https://mirror/whl/cu130`,
  for those who want another build than the one chosen here.
- `COURSE_VENV`: another folder than `.venv`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(os.environ.get("COURSE_VENV") or ROOT / ".venv").absolute()
CONSTRAINTS = ROOT / "constraints.txt"
EXACTLY = False  # whether other versions than those will not do
OLDEST_PYTHON = (3, 11)
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
CPU_INDEX = "https://download.pytorch.org/whl/cpu"  # PyTorch's own; no CUDA in any of its files
CUDA_PACKAGES = ("nvidia", "cuda", "triton")  # what a CUDA build of torch pulls in, by first letters


def ensure(extra: str) -> Path:
    """Return the environment's Python, with the course and its optional dependencies `extra` installed."""
    require_python()
    stamp = VENV / f".course-{extra}"
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == fingerprint():
        return PYTHON
    make_venv()
    install_torch()
    install_course(extra)
    stamp.write_text(fingerprint())
    return PYTHON


def ensure_oldest(extra: str) -> Path:
    """The same in a folder of its own, with exactly the versions of `constraints-oldest.txt`."""
    global VENV, PYTHON, CONSTRAINTS, EXACTLY
    if sys.version_info[:2] != OLDEST_PYTHON:
        stop("The oldest versions are tested on the oldest Python: python3.11 scripts/test.py --oldest")
    VENV = VENV.with_name(f"{VENV.name}-oldest")
    PYTHON = VENV / PYTHON.relative_to(PYTHON.parents[1])
    CONSTRAINTS, EXACTLY = ROOT / "constraints-oldest.txt", True
    return ensure(extra)


def fingerprint() -> str:
    """A digest of all that decides what is installed: when it changes, the environment is updated."""
    digest = hashlib.sha256(os.environ.get("TORCH_INSTALL", "").encode())
    for name in ("pyproject.toml", CONSTRAINTS.name):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def require_python() -> None:
    if sys.version_info < (3, 11):
        found = ".".join(str(part) for part in sys.version_info[:3])
        stop(
            f"This is Python {found}; the course needs 3.11 or newer. If a newer one is installed, name it:\n"
            "  make lab PYTHON=python3.12        (or: python3.12 scripts/lab.py)"
        )


def make_venv() -> None:
    if PYTHON.exists() and succeeds([PYTHON, "-m", "pip", "--version"]):
        return
    say(f"Making the environment {VENV}")
    try:
        venv.create(VENV, with_pip=True, clear=True)
    except (subprocess.CalledProcessError, ImportError):
        shutil.rmtree(VENV, ignore_errors=True)
        stop("Python's venv could not install pip. On Debian and Ubuntu: sudo apt install python3-venv")
    pip("install", "--upgrade", "pip")  # 23.2 and newer can plan an installation without downloading it


# torch --------------------------------------------------------------------------------------------------


def install_torch() -> None:
    """Install torch from the first source whose plan is a CPU build (with a GPU here: any build)."""
    wanted = tested_version("torch")
    if installed_version("torch") == wanted and "TORCH_INSTALL" not in os.environ:
        return
    gpu = has_gpu()
    for arguments in torch_sources(wanted, gpu):
        plan = planned_packages(arguments)
        if plan is None:
            continue
        if cuda_parts(plan) and not gpu and "TORCH_INSTALL" not in os.environ:
            continue
        announce(plan, gpu)
        if pip("install", *arguments):
            return
    stop(no_cpu_build(wanted))


def no_cpu_build(wanted: str) -> str:
    """What happened, and the two ways on."""
    return (
        "No CPU build of torch was found, and a CUDA build of several GB was not downloaded without asking.\n"
        f"Is {CPU_INDEX} reachable? Otherwise say where to take torch from, for example:\n"
        f"  TORCH_INSTALL='torch=={wanted} --index-url https://my.mirror/whl/cpu' {typed()}\n"
        f"or that the CUDA build will do:\n"
        f"  TORCH_INSTALL='torch=={wanted}' {typed()}"
    )


def typed() -> str:
    """The command that is running, to be typed again."""
    return shlex.join([f"python{sys.version_info[0]}.{sys.version_info[1]}", *sys.argv])


def torch_sources(wanted: str, gpu: bool) -> Iterator[list[str]]:
    """pip's arguments to try: the tested version before any version, the CPU index before others."""
    if "TORCH_INSTALL" in os.environ:
        yield shlex.split(os.environ["TORCH_INSTALL"])
        return
    cpu = ["--index-url", CPU_INDEX, "--retries", "1"]
    for requirement in [f"torch=={wanted}"] + ([] if EXACTLY else ["torch"]):
        yield from ([[requirement]] if gpu else [[requirement, *cpu], [requirement]])


def planned_packages(arguments: list[str], python: Path | None = None) -> list[str] | None:
    """What pip would install, such as ["torch 2.13.0+cpu"]; None if it finds no way.

    `python` is the environment's if none is given. pip reads the packages' metadata and downloads none of them.
    """
    command = [python or PYTHON, "-m", "pip", "install", "--dry-run", "--quiet", "--report", "-", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return packages_in(json.loads(done.stdout)) if done.returncode == 0 else None


def packages_in(report: dict[str, Any]) -> list[str]:
    """Names and versions in pip's installation report."""
    return ["{name} {version}".format(**item["metadata"]) for item in report["install"]]


def cuda_parts(plan: list[str]) -> list[str]:
    """Those planned packages that only a CUDA build needs: each of them is up to half a gigabyte."""
    return [package for package in plan if package.lower().startswith(CUDA_PACKAGES)]


def announce(plan: list[str], gpu: bool) -> None:
    torch = next((package for package in plan if package.startswith("torch ")), None)
    if torch is None:
        return
    if cuda_parts(plan):
        say(f"Installing {torch} with CUDA (several GB)" + (": there is a GPU here" if gpu else ""))
    else:
        say(f"Installing {torch}, a CPU build (about 200 MB)")


def has_gpu() -> bool:
    """Whether NVIDIA's driver lists a GPU."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return False
    done = subprocess.run([tool, "-L"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.returncode == 0 and "GPU" in done.stdout


# the course ---------------------------------------------------------------------------------------------


def install_course(extra: str) -> None:
    """Install this folder in place, in the tested versions where this Python has them, else in newer ones."""
    say(f"Installing the course and what it needs for `{extra}`")
    course = ["install", "--editable", f"{ROOT}[{extra}]"]
    torch = f"torch=={installed_version('torch')}"  # whatever happens, the torch chosen above stays
    if pip(*course, *constrained(tested_lines() + [torch])):
        return
    if EXACTLY:
        stop(f"pip could not install the versions of {CONSTRAINTS.name}; the lines above say why.")
    say("The tested versions do not fit this Python: taking the newest ones instead")
    if not pip(*course, *constrained([torch])):
        stop("pip could not install the course; the lines above say why. The same command tries again.")


def tested_lines() -> list[str]:
    return [line for line in CONSTRAINTS.read_text().splitlines() if not line.startswith("torch==")]


def tested_version(package: str) -> str:
    """The version of `package` that `constraints.txt` names."""
    lines = CONSTRAINTS.read_text().splitlines()
    return next(line for line in lines if line.startswith(f"{package}==")).split("==")[1].strip()


def constrained(lines: list[str]) -> list[str]:
    """pip's arguments to hold to `lines` (which go into a temporary file)."""
    handle, name = tempfile.mkstemp(prefix="constraints-", suffix=".txt")
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(lines))
    return ["--constraint", name]


def installed_version(package: str) -> str | None:
    """The environment's version of `package` without a local part such as `+cpu`, or None."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([PYTHON, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout.strip().split("+")[0] if done.returncode == 0 else None


# processes ----------------------------------------------------------------------------------------------


def pip(*arguments: str) -> bool:
    """Run the environment's pip; True if it succeeded. Its progress is shown to people, not to log files."""
    options = ["--disable-pip-version-check"] + ([] if sys.stdout.isatty() else ["--quiet", "--quiet"])
    return succeeds([PYTHON, "-m", "pip", *arguments, *options], show=True)


def succeeds(command: list[str | Path], show: bool = False) -> bool:
    output = None if show else subprocess.DEVNULL
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output).returncode == 0


def run(command: list[str | Path], output: IO[bytes] | None = None, **variables: str) -> int:
    """Run a command in the repository's folder and return its exit status. Ctrl-C goes to the command.

    What it prints goes to `output`, else to the terminal.
    """
    errors = None if output is None else subprocess.STDOUT
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **variables}, stdout=output, stderr=errors)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def say(line: str) -> None:
    print(f"» {line}" if (sys.stdout.encoding or "").lower().startswith("utf") else f"> {line}", flush=True)


def stop(message: str) -> None:
    sys.exit(f"\n{message}")


if __name__ == "__main__":
    ensure("lab,grade")
    say(f"`course` is in {PYTHON.parent}")
