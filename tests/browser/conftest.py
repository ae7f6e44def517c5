"""A headless Chromium for the browser tests. A missing one is a failure: nothing is skipped."""

import browser
import pytest
from playwright.sync_api import sync_playwright

# What a closed network, a container and root need; without them Chromium looks for its maker's servers.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium():
    path = browser.find()
    if path is None:
        pytest.fail(browser.HELP, pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(chromium):
    page = chromium.new_page(viewport={"width": 1200, "height": 1600})
    yield page
    page.close()
