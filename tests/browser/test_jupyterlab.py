"""One walk through JupyterLab in a real browser: run a notebook, press the check button, read the outcome."""

import shutil
from pathlib import Path

import nbformat
import pytest

from tests.browser.jupyterlab import (
    cells_left_out,
    errors,
    open_notebook,
    outputs,
    press,
    restart,
    run_all,
    save,
    serve,
    wait_for_outcome,
)

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"

pytestmark = pytest.mark.browser

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
PANEL = """
import ipywidgets

button = ipywidgets.Button(description="Check")
status = ipywidgets.HTML('<div role="status">ready</div>')
button.on_click(lambda pressed: setattr(status, "value", f'<div role="status">{outcome}</div>'))
ipywidgets.VBox([button, status])
"""


def smallest_notebook(folder: Path, outcome: str) -> Path:
    """Write a notebook whose panel does nothing but show `outcome` when its button is pressed."""
    sources = [f"outcome = {outcome!r}", PANEL.strip()]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.metadata.update(KERNEL)
    path = folder / "smallest.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    return path


def shown_outcome(page, tmp_path, notebook, expected, name):
    """Walk through `notebook` and return the outcome that its first check button shows."""
    with serve(notebook, tmp_path / "home") as address:
        open_notebook(page, address)
        run_all(page)
        assert errors(page) == []
        assert cells_left_out(page) == 0
        press(page, "Check")
        outcome = wait_for_outcome(page, expected)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png")
    return outcome


def test_a_widget_button_works(page, tmp_path):
    notebook = smallest_notebook(tmp_path / "clone" / "notebooks", "Correct")
    assert shown_outcome(page, tmp_path, notebook, "Correct", "smallest") == "Correct"


def test_a_panel_after_its_kernel_has_ended(page, tmp_path):
    """The saved notebook, opened again, names the functions; no widget is missed. Run again, it has its buttons."""
    notebook = tmp_path / "clone" / "notebooks" / "panel.ipynb"
    notebook.parent.mkdir(parents=True)
    source = 'import ipywidgets\nfrom course.learn import panel\n\ndisplay(panel("01.1"), ipywidgets.Label("mine"))'
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)], metadata=KERNEL), notebook)
    with serve(notebook, tmp_path / "home") as address:
        open_notebook(page, address)
        run_all(page)
        page.get_by_role("button", name="Hint", exact=True).wait_for()
        save(page)
        restart(page)
        assert "run this cell for buttons" in outputs(page)[0]
        page.goto("about:blank")
        open_notebook(page, address)
        line, *others = outputs(page)
        assert 'check("01.1")' in line and "widget" not in "".join(others)
        run_all(page)
        press(page, "Check")
        assert "Not attempted" in wait_for_outcome(page, "Not attempted")
    saved = nbformat.read(notebook, as_version=4).cells[0].outputs
    assert [set(output.data) for output in saved] == [{"text/plain", "text/html"}, {"text/plain"}]


@pytest.mark.parametrize(
    ("notebook", "expected"),
    [(path, "Correct") for path in sorted(ROOT.glob("solutions/01_*.ipynb"))]
    + [(path, "Not attempted") for path in sorted(ROOT.glob("notebooks/01_*.ipynb"))],
    ids=lambda value: value.parent.name if isinstance(value, Path) else None,
)
def test_notebook_01_in_the_browser(page, tmp_path, notebook, expected):
    folder = tmp_path / "clone" / "notebooks"
    folder.mkdir(parents=True)
    mine = Path(shutil.copy(notebook, folder))
    outcome = shown_outcome(page, tmp_path, mine, expected, f"01-{notebook.parent.name}")
    assert expected.lower() in outcome.lower()
