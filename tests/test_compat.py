"""Old imports find this library, what is to come says so, and a real syft is never hidden."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import course as sy
from course import compat


def run(program: str, *folders: Path) -> subprocess.CompletedProcess[str]:
    """A program in a Python of its own that also looks for modules in these folders."""
    path = f"import sys; sys.path[:0] = {[str(folder) for folder in folders]}\n"
    return subprocess.run([sys.executable, "-c", path + program], capture_output=True, text=True)


def test_syft_is_this_library() -> None:
    syft = importlib.import_module("syft")
    assert syft.TorchHook is sy.TorchHook
    assert syft.local_worker is sy.local_worker
    modules = {"workers"}  # a function here, a package there; old notebooks mean the package
    assert [name for name in set(sy.__all__) - modules if getattr(syft, name) is not getattr(sy, name)] == []


@pytest.mark.parametrize("old", [old for old, new in compat.OLD_TO_NEW.items() if new in sy.__all__])
def test_old_path_leads_to_the_new_name(old: str) -> None:
    path, _, name = old.rpartition(".")
    assert getattr(importlib.import_module(path), name) is getattr(sy, compat.OLD_TO_NEW[old])


@pytest.mark.parametrize("old", [old for old, new in compat.OLD_TO_NEW.items() if new in compat.LATER])
def test_what_is_to_come_says_so(old: str) -> None:
    path, _, name = old.rpartition(".")
    with pytest.raises(ImportError) as caught:
        exec(f"from {path} import {name}")
    topic = compat.LATER[compat.OLD_TO_NEW[old]]
    assert str(caught.value).startswith(f"{old} belongs to {topic}, and this version of the course does not")


@pytest.mark.parametrize("old", [*[f"syft.{name}" for name in compat.NEVER], *compat.OLD_TO_NEW])
def test_what_will_never_be_says_what_to_do_instead(old: str) -> None:
    path, _, name = old.rpartition(".")
    why = compat.NEVER.get(compat.OLD_TO_NEW.get(old, name))
    if why is None:
        assert compat.OLD_TO_NEW[old] in {*sy.__all__, *compat.LATER}
        return
    with pytest.raises(ImportError, match="has no meaning here") as caught:
        exec(f"from {path} import {name}")
    assert str(caught.value) == f"{old} has no meaning here: {why}."


@pytest.mark.parametrize("name", sorted([*compat.LATER, *compat.NEVER, "nonsense", "VirtualWorker"]))
def test_hasattr_answers(name: str) -> None:
    syft = importlib.import_module("syft")
    assert hasattr(syft, name) is hasattr(sy, name)
    assert getattr(syft, name, None) is getattr(sy, name, None)
    if hasattr(sy, name):
        exec(f"from syft import {name}")
    else:
        with pytest.raises(ImportError):
            exec(f"from syft import {name}")


@pytest.mark.parametrize("name", sorted(compat.LATER))
def test_what_is_to_come_is_not_here_under_another_name(name: str) -> None:
    assert not hasattr(sy, name), f"course has {name}: take its line out of compat.LATER"
    with pytest.raises(compat.NotYetError, match=compat.LATER[name]):
        getattr(importlib.import_module("syft"), name)


def test_what_never_was_is_an_ordinary_error() -> None:
    with pytest.raises(ImportError, match="cannot import name 'nonsense'"):
        exec("from syft import nonsense")
    with pytest.raises(ModuleNotFoundError, match=r"syft\.nonsense"):
        importlib.import_module("syft.nonsense")
    assert not hasattr(importlib.import_module("syft"), "nonsense")


def test_listing_shows_what_is_there() -> None:
    syft = importlib.import_module("syft")
    assert {"VirtualWorker", "workers", "frameworks"} <= set(dir(syft))
    assert not set(compat.LATER) & set(dir(syft))
    names: dict[str, object] = {}
    exec("from syft import *", names)
    assert set(sy.__all__) <= set(names)


def test_importing_twice_is_fine() -> None:
    """In a Python of its own: loading a module anew makes its classes anew, and others here know the old ones."""
    done = run(
        "import importlib\nfrom course import compat\nnames = dict(compat.OLD_TO_NEW)\n"
        "print(importlib.reload(importlib.reload(compat)).OLD_TO_NEW == names)"
    )
    assert done.stdout == "True\n", done.stderr


def test_imports_of_an_old_notebook() -> None:
    done = run(
        "import course.compat\n"
        "import syft as sy, torch\n"
        "import syft.workers.virtual as virtual\n"
        "from syft.federated.floptimizer import Optims\n"
        "from syft.frameworks.torch.hook.hook import TorchHook\n"
        "from syft.workers import VirtualWorker\n"
        "print(hasattr(torch.Tensor, 'send'))\n"
        "print(sy.workers.VirtualWorker is VirtualWorker is virtual.VirtualWorker)\n"
        "bob = VirtualWorker(TorchHook(torch), id='bob')\n"
        "x = torch.tensor([1, 2]).send(bob)\n"
        "print((x + x).get())"
    )
    assert done.stdout.splitlines() == ["False", "True", "tensor([2, 4])"], done.stderr


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder in which a library syft is installed."""
    (tmp_path / "syft").mkdir()
    (tmp_path / "syft" / "__init__.py").write_text("mine = 'the real one'\n")
    return tmp_path


@pytest.mark.parametrize("first", ["", "import syft\n"], ids=["installed", "imported"])
def test_a_real_syft_is_not_hidden(installed: Path, first: str) -> None:
    program = (
        "try:\n"
        "    import course.compat\n"
        "except ImportError as error:\n"
        "    print(error)\n"
        "import syft\n"
        "print(syft.mine)"
    )
    said, mine = run(first + program, installed).stdout.splitlines()
    assert said.startswith("The library syft itself is installed here (")
    assert str(installed) in said
    assert "pip uninstall syft" in said
    assert mine == "the real one"


def test_a_module_that_somebody_made_is_not_hidden() -> None:
    done = run("import sys, types; sys.modules['syft'] = types.ModuleType('syft')\nimport course.compat")
    assert "RealSyftError: The library syft itself is installed here (already imported)" in done.stderr


def test_a_folder_named_syft_is_no_library(tmp_path: Path) -> None:
    (tmp_path / "syft").mkdir()
    done = run("import course.compat, syft; print(syft.TorchHook.__name__)", tmp_path)
    assert done.stdout == "TorchHook\n", done.stderr
