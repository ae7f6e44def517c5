"""What the warm process does between two exercises, part by part. With real attacks: test_cage.py."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from seats import run

from course.grade.cage import Cage, Limits
from course.grade.system_calls import REFUSED, seccomp
from course.seat import warm


def python(code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


# Files


def test_a_folder_is_emptied_however_deep_it_is(tmp_path: Path) -> None:
    made = "import os\nfor _ in range(2000): os.mkdir('d'); os.chdir('d'); open('f', 'w').close(); os.mkdir('e')"
    assert subprocess.run([sys.executable, "-c", made], cwd=tmp_path).returncode == 0
    warm.empty(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_links_go_and_what_they_lead_to_stays(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("kept")
    desk = tmp_path / "desk"
    (desk / "folder").mkdir(parents=True)
    for link in (desk / "link", desk / "folder" / "link"):
        link.symlink_to(tmp_path / "kept")
    os.link(tmp_path / "kept" / "file", desk / "hard")
    warm.empty(str(desk))
    assert list(desk.iterdir()) == []
    assert (tmp_path / "kept" / "file").read_text() == "kept"


def test_too_many_files_are_not_tidied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "LEFT", 100)
    for number in range(101):
        (tmp_path / str(number)).touch()
    with pytest.raises(OSError, match="more than 100 files"):
        warm.empty(str(tmp_path))


# Processes


def test_descendants_are_found_whose_parent_has_gone() -> None:
    """In a process of its own, which orphans come to."""
    code = """
import os, subprocess, sys
from course.seat import warm
warm.prctl(warm.PR_SET_CHILD_SUBREAPER, 1)
read, write = os.pipe()
if not os.fork():
    if not os.fork():
        os.setsid()
        os.write(write, str(os.getpid()).encode())
        os.read(os.pipe()[0], 1)
    os._exit(0)
os.wait()
orphan = int(os.read(read, 100))
print(warm.descendants() == [orphan])
os.kill(orphan, 9)
os.wait()
print(warm.descendants())
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.stdout == "True\n[]\n", found.stderr


def test_memory_is_counted_that_a_process_has_beyond_its_fork() -> None:
    full = python("full = bytearray(b'x') * (200 * 2**20); print('full', flush=True); input()")
    try:
        assert full.stdout and full.stdout.readline() == b"full\n"
        assert 200 * 2**20 < warm.anonymous(full.pid) < 300 * 2**20
    finally:
        full.communicate(b"\n")
    assert warm.anonymous(full.pid) == 0


# Limits


def test_limits_are_those_that_the_cage_names() -> None:
    limits = Limits(cpu=7, memory=900, file=3, files=50, processes=9)
    with Cage("bwrap", limits) as cage:
        names = "RLIMIT_CPU RLIMIT_AS RLIMIT_FSIZE RLIMIT_NOFILE RLIMIT_NPROC RLIMIT_CORE".split()
        code = f"import resource; out = [resource.getrlimit(getattr(resource, name)) for name in {names}]"
        same = [(7, 8), (900 * 2**20,) * 2, (3 * 2**20,) * 2, (50, 50), (9, 9), (0, 0)]
        assert run(cage, code) == str(same)


def test_a_lower_limit_of_the_grader_stays() -> None:
    code = "import resource; out = resource.getrlimit(resource.RLIMIT_NOFILE)"
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Cage("bwrap", Limits(files=hard + 1 if hard != resource.RLIM_INFINITY else 256)) as cage:
        assert run(cage, code) == str((hard, hard) if hard != resource.RLIM_INFINITY else (256, 256))


def test_the_limits_are_enough_to_train_a_network() -> None:
    """A convolutional network on images: more memory than any reference answer takes at its seat."""
    train = """
        import torch
        from torch import nn
        net = nn.Sequential(nn.Conv2d(1, 32, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4608, 128),
                            nn.BatchNorm1d(128), nn.Dropout(), nn.Linear(128, 10))
        optimizer = torch.optim.Adam(net.parameters())
        x, y = torch.rand(600, 1, 28, 28), torch.randint(10, (600,))
        for _ in range(5):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
        out = bool(loss < 10)
    """
    with Cage("bwrap") as cage:
        assert run(cage, train) == "True"
        assert cage.clear() == ""


def test_libraries_of_the_course_work_at_a_seat() -> None:
    with Cage("bwrap") as cage:
        for code in (
            "import sklearn.dummy as m; out = float(m.DummyRegressor().fit([[0], [1]], [1.0, 3.0]).predict([[0]])[0])",
            "import pandas; out = float(pandas.DataFrame({'a': [1, 3]}).a.mean())",
            "import matplotlib.pyplot as p; p.plot([1, 2]); p.savefig('a.png'); out = 2.0",
            "import threading; t = threading.Thread(target=print); t.start(); t.join(); out = 2.0",
            "import tempfile; f = tempfile.TemporaryFile(); f.write(b'x'); out = 2.0",
            "import subprocess, sys; out = float(subprocess.check_output([sys.executable, '-c', 'print(2.0)']))",
        ):
            assert run(cage, code) == "2.0", code


# The filter of system calls


def test_the_filter_is_whole_for_both_machines() -> None:
    for machine in ("x86_64", "aarch64"):
        program = seccomp(machine)
        assert len(program) == 8 * (13 + 2 * len(REFUSED)) and len(program) // 8 < 4096
        assert program[-8:] == b"\x06\0\0\0\0\0\xff\x7f"  # what is not refused is allowed
    assert seccomp("riscv64") == b""


def test_the_numbers_are_those_of_the_machines_own_headers() -> None:
    """Where the C headers of the kernel are installed."""
    header = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
    if not header.exists():
        pytest.skip("the headers are not installed")
    known = dict(line.split()[1:3] for line in header.read_text().splitlines() if line.startswith("#define __NR_"))
    assert {name: numbers[0] for name, numbers in REFUSED.items()} == {
        name: int(known[f"__NR_{name}"]) for name in REFUSED
    }
