"""The Dockerfile, as far as it can be rehearsed without Docker: carried out line by line in a fresh Debian.

Needs root and debootstrap. COURSE_REHEARSAL_BINDS names files and folders, separated by spaces, that steps of the
build may see at their own place: what tells apt and pip where this machine has its packages from. Nothing of them
stays, and the container that grades sees none of them.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from course.grade.gradebook import FILE, Gradebook
from tests.rehearsals import places

pytestmark = pytest.mark.rehearsal
ROOT = Path(__file__).resolve().parents[2]
# What Docker gives root in a container, and the two that docker/README.md adds.
CAPABILITIES = (
    "chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service net_raw sys_chroot mknod audit_write "
    "setfcap sys_admin net_admin"
).split()
# A container's own /proc, with parts of it covered or read-only, and its own /dev.
CONTAINER = """
    mount --bind "$IMAGE" "$IMAGE"
    mount -t proc proc "$IMAGE/proc"
    mount --bind "$IMAGE/proc/sys" "$IMAGE/proc/sys"
    mount -o remount,ro,bind "$IMAGE/proc/sys"
    for covered in kcore keys timer_list; do
        [ ! -e "$IMAGE/proc/$covered" ] || mount --bind /dev/null "$IMAGE/proc/$covered"
    done
    mount -t sysfs -o ro sysfs "$IMAGE/sys"
    mount -t tmpfs -o mode=755 tmpfs "$IMAGE/dev"
    for node in null zero full random urandom tty; do
        touch "$IMAGE/dev/$node"
        mount --bind "/dev/$node" "$IMAGE/dev/$node"
    done
    mkdir "$IMAGE/dev/pts" "$IMAGE/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=666 devpts "$IMAGE/dev/pts"
    mount -t tmpfs tmpfs "$IMAGE/dev/shm"
    ln -s pts/ptmx "$IMAGE/dev/ptmx"
    ln -s /proc/self/fd "$IMAGE/dev/fd"
    for path in $BINDS; do
        from=${path%%=*} to=$IMAGE${path##*=}
        mkdir -p "$(dirname "$to")"
        if [ -d "$from" ]; then mkdir -p "$to"; else touch "$to"; fi
        mount --bind "$from" "$to"
    done
    exec "$@"
"""


class Image:
    """A file system, and what a Dockerfile has said of it."""

    def __init__(self, folder):
        self.root, self.at, self.entry, self.path = folder, "/", [], "/usr/sbin:/usr/bin:/sbin:/bin"

    def build(self, dockerfile, context):
        """Carry out a Dockerfile. It has to get along with the instructions below."""
        for line in dockerfile.read_text().splitlines():
            word, _, rest = line.partition(" ")
            if word == "FROM":
                release = re.fullmatch(r"debian:(\w+)-slim", rest)[1]
                command = ["debootstrap", "--variant=minbase", release, self.root]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            elif word == "WORKDIR":
                self.at = rest
                Path(f"{self.root}{rest}").mkdir(parents=True, exist_ok=True)
            elif word == "COPY":
                assert rest == ". ."
                shutil.copytree(context, f"{self.root}{self.at}", dirs_exist_ok=True)
            elif word == "RUN":
                settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
                self.start("sh", "-c", rest, settings=settings, binds=os.environ.get("COURSE_REHEARSAL_BINDS", ""))
            elif word == "ENV":
                self.path = rest.removeprefix("PATH=")
            elif word == "ENTRYPOINT":
                self.entry = json.loads(rest)
            else:
                assert word in ("", "#"), line

    def start(self, *command, settings=None, binds="", own=()):
        """Run a command in a container of this image, in the namespaces `own` too; its output."""
        namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--ipc", "--uts", "--cgroup", *own]
        held = ",".join(["-all", *(f"+{name}" for name in CAPABILITIES)])
        variables = {"PATH": self.path, "HOME": "/root", **(settings or {})}
        inside = ["chroot", self.root, "env", "-i", *(f"{name}={value}" for name, value in variables.items())]
        there = ["sh", "-c", f'cd "{self.at}" && exec "$@"', "sh", *command]
        container = ["sh", "-e", "-c", CONTAINER, "sh", "setpriv", "--inh-caps=-all", f"--bounding-set={held}"]
        found = subprocess.run(
            ["unshare", *namespaces, *container, *inside, *there],
            env={**os.environ, "IMAGE": str(self.root), "BINDS": binds},
            text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        assert found.returncode == 0, found.stdout[-5000:]
        return found.stdout


def test_grading_in_a_container_reaches_level_bwrap(tmp_path):
    image = Image(tmp_path / "image")
    image.build(ROOT / "docker" / "Dockerfile", places.copy_of_the_repository(tmp_path / "context"))
    handed_in = tmp_path / "grading" / "handed_in" / "ada"
    handed_in.mkdir(parents=True)
    (solution,) = (ROOT / "solutions").glob("01_*.ipynb")
    shutil.copy(solution, handed_in)
    said = image.start(*image.entry, "grade", "handed_in", "--out", "grades", own=["--net"],
                       binds=f"{tmp_path / 'grading'}=/grading")
    with Gradebook(tmp_path / "grading" / "grades" / FILE) as book:
        (number,) = book.counting("ada")
        kept = book.results(number)
    assert [one.kind for one in kept] == ["correct"] * 5, said
    assert {one.level for one in kept} == {"bwrap"}, said
