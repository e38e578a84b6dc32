"""A running app and a browser: one of each for all tests of a worker, or an app of one's own."""

import pytest

from support.browser import LOGS, chromium, drawn, new_page, reopen, running_app, troubles


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Where a test fails, what the apps said: the page shows a reference number alone."""
    report = yield
    if report.failed:
        report.sections += [(f"end of {log}", log.read_text()[-3000:]) for log in LOGS]
    return report


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
    """The browser; what a test opens in it is closed after the test."""
    before = list(started_browser.contexts)  # that of a module's page
    yield started_browser
    for context in started_browser.contexts:
        if context not in before:
            context.close()


@pytest.fixture(scope="module")
def module_page(address, started_browser):
    """A page on the first example, and the list of what went wrong in it."""
    page = new_page(started_browser)
    wrong = troubles(page)
    page.goto(f"{address}/?__theme=light")
    drawn(page)
    yield page, wrong
    page.context.close()


@pytest.fixture
def shared_page(module_page, address, request):
    """One page for all tests of a module, 1440 x 900 and scrolled to its top.

    What a test chooses in it stays for the next one, so tests either only look or set what they
    need; ``reopen(page)`` gives the page as a new visitor has it. Whatever goes wrong in the
    page's scripts or console fails the test. After a failed test the next one
    gets a new visitor's page.
    """
    page, wrong = module_page
    page.set_viewport_size({"width": 1440, "height": 900})
    page.evaluate("scrollTo(0, 0)")
    failed = request.session.testsfailed
    yield page
    told = list(wrong)
    wrong.clear()
    if told or request.session.testsfailed > failed:
        reopen(page)
    assert not told
