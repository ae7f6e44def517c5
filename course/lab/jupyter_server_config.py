"""Saved notebooks show their texts: views of widgets, which end with their kernel, are not saved.

Opened again, JupyterLab would say "Error displaying widget: model not found" in their place. The server reads this file
(`course lab` names its folder in JUPYTER_CONFIG_PATH) and knows nothing of the course. The folder is no package: nobody
can import this file.
"""

from typing import Any

VIEW = "application/vnd.jupyter.widget-view+json"


def leave_views_out(model: dict[str, Any], **_: Any) -> None:
    """Take the views out of a notebook that is about to be saved; an output that is nothing else goes with them."""
    if model["type"] != "notebook" or not model["content"]:
        return
    for cell in model["content"]["cells"]:
        outputs = cell.get("outputs", [])
        views = [output for output in outputs if output.get("data", {}).pop(VIEW, None)]
        outputs[:] = [output for output in outputs if output not in views or output["data"]]


c = get_config()  # type: ignore[name-defined]  # noqa: F821 - given by Jupyter
c.ContentsManager.pre_save_hook = leave_views_out
