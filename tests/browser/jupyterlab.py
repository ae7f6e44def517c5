"""JupyterLab as a user meets it: the server that `course lab` starts, and its page in a browser."""

import json
import os
import queue
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import urllib3
from playwright.sync_api import Page

from course import cli

START_SECONDS = 90  # the server on a busy machine
LOAD_MILLISECONDS = 60_000  # the page and its kernel
RUN_MILLISECONDS = 240_000  # a whole notebook: three minutes are allowed, and the kernel has to start

# No news prompt, which a user clicks away once, and all cells are in the page, not only those in view
SETTINGS: dict[str, dict[str, Any]] = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}


@contextmanager
def serve(notebook: Path, home: Path) -> Iterator[str]:
    """Start JupyterLab on `notebook`, configured in the empty folder `home`; yield its address."""
    command = cli.lab_command(notebook, port=free_port(), opens_browser=False)
    command.append("--expose-app-in-browser")  # so that the test can ask the page about its kernel
    process = subprocess.Popen(
        command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield printed_address(process)
    finally:
        stop(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path) -> dict[str, str]:
    """Variables that keep JupyterLab away from this user's own configuration."""
    write_settings(home / "settings")
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "COURSE_HOME": "course",
    }
    return os.environ | cli.lab_environment() | {name: str(home / folder) for name, folder in folders.items()}


def write_settings(folder: Path) -> None:
    for name, values in SETTINGS.items():
        path = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))


def printed_address(process: subprocess.Popen[str]) -> str:
    """Wait for the address, with its token, among the lines that the server prints, and until it answers."""
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=drain, args=(process, lines), daemon=True).start()
    seen = []
    while not (found := re.search(r"http://127\.0\.0\.1:\S+token=\w+", seen[-1] if seen else "")):
        line = lines.get(timeout=START_SECONDS)
        if not line:
            raise AssertionError("JupyterLab ended before it printed an address:\n" + "".join(seen))
        seen.append(line)
    urllib3.request("GET", found[0], retries=urllib3.Retry(connect=8, backoff_factor=0.1))
    return found[0]


def drain(process: subprocess.Popen[str], lines: "queue.Queue[str]") -> None:
    """Read to the end, so that the server never waits for a reader; an empty line marks the end."""
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put("")


def stop(process: subprocess.Popen[str]) -> None:
    """End the server and its kernels."""
    family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.terminate()
    process.wait(timeout=30)
    for member in family:
        if member.is_running():
            member.kill()


# the page -----------------------------------------------------------------------------------------------

NOTEBOOK = "window.jupyterapp?.shell?.currentWidget"
KERNEL_IS_IDLE = f"() => {NOTEBOOK}?.sessionContext?.session?.kernel?.status === 'idle'"
RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => true)"
ERRORS = f"() => {NOTEBOOK}.content.widgets" """
    .filter(cell => cell.model.type === 'code')
    .flatMap(cell => cell.model.outputs.toJSON().filter(output => output.output_type === 'error'))
    .map(output => `${output.ename}: ${output.evalue}`)"""
EXECUTED = f"() => {NOTEBOOK}.content.widgets" """
    .filter(cell => cell.model.type === 'code' && cell.model.sharedModel.source.trim())
    .map(cell => cell.model.executionCount)"""


SAVE = "() => window.jupyterapp.commands.execute('docmanager:save').then(() => true)"
RESTART = f"() => {NOTEBOOK}.sessionContext.session.kernel.restart().then(() => true)"


def open_notebook(page: Page, address: str) -> None:
    """Open the address that the server printed and wait until the notebook's kernel is ready."""
    page.set_default_timeout(LOAD_MILLISECONDS)
    page.goto(address)
    page.wait_for_function(KERNEL_IS_IDLE)


def run_all(page: Page) -> None:
    """Run all cells and wait for the last one."""
    page.set_default_timeout(RUN_MILLISECONDS)
    page.evaluate(RUN_ALL)
    page.wait_for_function(KERNEL_IS_IDLE, timeout=RUN_MILLISECONDS)


def save(page: Page) -> None:
    """Save the notebook, as Ctrl-S does."""
    page.evaluate(SAVE)


def restart(page: Page) -> None:
    """Restart the kernel and wait for it."""
    page.evaluate(RESTART)
    page.wait_for_function(KERNEL_IS_IDLE)


def outputs(page: Page) -> list[str]:
    """What is shown under the cells, output by output."""
    page.locator(".jp-OutputArea-output").first.wait_for()
    return page.locator(".jp-OutputArea-output").all_inner_texts()


def errors(page: Page) -> list[str]:
    """The exceptions shown under the cells."""
    return list(page.evaluate(ERRORS))


def cells_left_out(page: Page) -> int:
    """How many code cells did not run."""
    return sum(count is None for count in page.evaluate(EXECUTED))


def press(page: Page, label: str, nth: int = 0) -> None:
    """Press the `nth` widget button named `label`."""
    button = page.get_by_role("button", name=label, exact=True).and_(page.locator(".jupyter-button")).nth(nth)
    button.scroll_into_view_if_needed()
    button.click()


def wait_for_outcome(page: Page, text: str, nth: int = 0) -> str:
    """Wait until the `nth` panel's status (screen readers announce it) contains `text`; return all of it."""
    status = page.locator(".jupyter-widgets [role=status]").nth(nth)
    status.filter(has_text=re.compile(re.escape(text), re.IGNORECASE)).wait_for(timeout=RUN_MILLISECONDS)
    return status.inner_text()
