"""A running app and a browser: one of each for all tests of a worker, or an app of one's own."""

import pytest

from support.browser import chromium, running_app


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """The address of the app, on the demo model, that all tests of this worker share."""
    with running_app(tmp_path_factory.mktemp("app")) as address:
        yield address


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where ``own_address`` keeps its log, ``app.log``, and its temporary files, ``gradio``."""
    return tmp_path_factory.mktemp("own_app")


@pytest.fixture(scope="module")
def own_address(folder):
    """The address of an app that no other module's visitors use, for tests of what it leaves."""
    with running_app(folder) as address:
        yield address


@pytest.fixture(scope="session")
def started_browser():
    """Debian's Chromium, one for all tests of this worker."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def browser(started_browser):
    """The browser, with nothing open; what a test opens is closed after it."""
    yield started_browser
    for context in started_browser.contexts:
        context.close()
