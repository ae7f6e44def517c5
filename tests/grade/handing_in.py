"""Notebooks to hand in, made from the released one the way that students, editors and attackers make them."""

import copy
import io
import json
import zipfile
from pathlib import Path

from course.command import own_notebooks
from course.grade.intake.submissions import template

ROOT = Path(__file__).resolve().parents[2]
FILE = next(file for file in own_notebooks() if file.name.startswith("01_"))
TEMPLATE = template(FILE)
TEMPLATES = {"01": TEMPLATE}
STUBS = TEMPLATE.stubs
IDS = list(STUBS)  # 01.1 to 01.5


def blank():
    """The notebook as it was given out."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def source(cell):
    return "".join(cell["source"])


def cell_of(notebook, exercise):
    """The cell of an exercise, by its visible first line."""
    return next(cell for cell in notebook["cells"] if source(cell).startswith(f"# exercise {exercise}\n"))


def answer(exercise, value="1"):
    """Some answer, different for each value."""
    return f"# exercise {exercise}\ndef {STUBS[exercise].name}(*args):\n    return {value}"


def filled(exercises=tuple(IDS), value="1"):
    """The notebook with an answer to each of these exercises."""
    notebook = blank()
    for exercise in exercises:
        cell_of(notebook, exercise)["source"] = answer(exercise, value)
    return notebook


def code(text, **more):
    return {"cell_type": "code", "metadata": {}, "source": text, "outputs": [], "execution_count": None, **more}


def without_ids(notebook):
    """What an editor of format 4.4 saves."""
    for cell in notebook["cells"]:
        cell.pop("id", None)
        cell["metadata"] = {}
    return {**notebook, "metadata": {}, "nbformat_minor": 4}


def inserted(notebook, index, cell):
    copied = copy.deepcopy(notebook)
    copied["cells"].insert(index, cell)
    return copied


def index_of(notebook, exercise):
    return notebook["cells"].index(cell_of(notebook, exercise))


def raw(notebook, **options):
    return json.dumps(notebook, **options).encode("utf-8", "surrogatepass")


def zipped(files, **options):
    """The bytes of a zip with these files; a key may be a ZipInfo."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def put(folder, files):
    """Write files, bytes or notebooks, below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else raw(content))
    return folder
