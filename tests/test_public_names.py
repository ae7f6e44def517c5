"""What may be imported: every module of the core names it, sorted; notebooks use nothing else."""

import ast
import importlib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import course

ROOT = Path(__file__).parents[1]
CORE = [
    "course",
    "course.codec",
    "course.data",
    "course.data.datasets",
    "course.data.loader",
    "course.data.partitions",
    "course.errors",
    "course.hook",
    "course.messages",
    "course.modules",
    "course.operations",
    "course.people",
    "course.plans",
    "course.pointers",
    "course.pointers.calls",
    "course.pointers.metadata",
    "course.pointers.pointer",
    "course.pointers.surface",
    "course.pointers.travel",
    "course.readers",
    "course.protocols",
    "course.recorder",
    "course.replay",
    "course.rich",
    "course.session",
    "course.stand_ins",
    "course.store",
    "course.transcript",
    "course.transports.in_process",
    "course.worker",
]
NOTEBOOKS = sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("solutions/*.ipynb")])


def all_modules() -> list[str]:
    found = pkgutil.walk_packages(course.__path__, "course.")
    return ["course", *[module.name for module in found]]


@pytest.mark.parametrize("name", CORE)
def test_every_module_of_the_core_says_what_is_public(name: str) -> None:
    assert importlib.import_module(name).__all__


@pytest.mark.parametrize("name", all_modules())
def test_public_names_are_sorted_and_exist(name: str) -> None:
    module = importlib.import_module(name)
    names = list(getattr(module, "__all__", ()))
    assert names == sorted(names)
    assert len(names) == len(set(names))
    assert [public for public in names if not hasattr(module, public)] == []


@pytest.mark.parametrize("name", all_modules())
def test_every_module_says_what_it_is_for(name: str) -> None:
    assert importlib.import_module(name).__doc__


@pytest.mark.parametrize("name", course.__all__)
def test_public_names_have_a_docstring(name: str) -> None:
    public = getattr(course, name)
    assert name == "local_worker" or public.__doc__


def code_of(notebook: Path) -> ast.Module:
    """The Python of a notebook, without the lines that only IPython understands."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    lines = [line for cell in code for line in cell.splitlines() if line.lstrip()[:1] not in ("%", "!", "?")]
    return ast.parse("\n".join(lines))


def is_public(module: ModuleType, name: str) -> bool:
    if name in getattr(module, "__all__", ()):
        return True
    return isinstance(getattr(module, name, None), ModuleType)


def imported_from_the_course(tree: ast.Module) -> list[tuple[str, str]]:
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imports if (node.module or "").split(".")[0] == "course"]
    return [(str(node.module), alias.name) for node in ours for alias in node.names]


def used_of_sy(tree: ast.Module) -> list[str]:
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return [node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id == "sy"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_notebooks_use_public_names(notebook: Path) -> None:
    tree = code_of(notebook)
    used = imported_from_the_course(tree) + [("course", name) for name in used_of_sy(tree)]
    assert [
        (module, name) for module, name in used if not is_public(importlib.import_module(module), name)
    ] == []


AFTER_IMPORT = """
import sys, torch
before = {owner: set(vars(owner)) for owner in (torch.Tensor, torch.nn.Module, torch.optim.Optimizer,
           torch.utils.data.Dataset, torch)}
import course
print({owner.__name__: sorted(set(vars(owner)) - names) for owner, names in before.items()
       if set(vars(owner)) - names})
heavy = ["pandas", "IPython", "ipywidgets", "matplotlib", "sklearn", "names"]
print([name for name in heavy if name in sys.modules])
"""


def test_import_course_leaves_torch_alone_and_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", AFTER_IMPORT], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["{}", "[]"]
