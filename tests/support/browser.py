"""The page as a visitor has it: the app in a process of its own, and Debian's Chromium."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from support import ROOT, missing

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Playwright's own list, which this one takes the place of, and two pages of the address bar,
    # which nobody sees: half a second of a core for every context
    "--disable-features=AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,"
    "HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,LensOverlay,MediaRouter,PaintHolding,"
    "ThirdPartyStoragePartitioning,OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,"
    "PreconnectToSearch,WebUIOmniboxPopup,WebUIOmniboxAimPopup",
)


#: What the apps that run now have written; shown where a test fails.
LOGS: list[Path] = []

#: Runs app.py after other code, which may not make Gradio remember another temporary folder.
AFTER = """import runpy
from explorer.ui.server import cache
folder = cache.own_folder()
cache.own_folder = lambda: folder
{}
runpy.run_path("app.py", run_name="__main__")
"""


@contextmanager
def running_app(folder, weights="embedded", before="", end=signal.SIGTERM):
    """Start ``python app.py`` on a free port; yields its address. ``folder`` holds its files.

    ``before`` is code that runs first, for shorter times and smaller limits; ``end`` is the signal
    by which the app ends.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_TEMP_DIR": str(folder / "gradio"),
        "EXPLORER_WEIGHTS": weights,
    }
    start = ["-c", AFTER.format(before)] if before else ["app.py"]
    command, address = [sys.executable, *start], f"http://127.0.0.1:{port}"
    with open(folder / "app.log", "w") as log:
        app = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        LOGS.append(folder / "app.log")
        try:
            _wait_for(address, app, folder / "app.log")
            yield address
        finally:
            LOGS.remove(folder / "app.log")
            app.send_signal(end)
            app.wait(20)


def _wait_for(address, app, log, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            return urllib.request.urlopen(address, timeout=5).read()
        except OSError:
            assert app.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError(f"no answer from {address} in {seconds} s: {log.read_text()}")


@contextmanager
def chromium():
    """A headless browser; skips, or on CI fails, where Chromium is missing."""
    if CHROMIUM is None:
        missing("needs Debian's chromium, which is not here")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


def open_page(browser, address, *, width=1440, theme="light", seconds=60):
    """A page on which the first example is fully drawn, in a browser context of its own."""
    page = new_page(browser, width=width, seconds=seconds)
    page.goto(f"{address}/?__theme={theme}")
    drawn(page)
    return page


def new_page(browser, *, width=1440, seconds=60):
    """An empty page in a browser context of its own."""
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    page.set_default_timeout(seconds * 1000)
    return page


def drawn(page):
    """Wait until the first example is fully drawn."""
    page.wait_for_selector("#instrument [data-state=full]")
    page.wait_for_selector("#tone-summary .readings")


def reopen(page):
    """The page as a new visitor has it, in the tab and browser context that are there."""
    page.evaluate("localStorage.clear(), sessionStorage.clear()")
    origin = page.evaluate("location.origin")
    page.goto("about:blank")  # the same address with another fragment would load nothing
    page.goto(f"{origin}/?__theme=light")
    drawn(page)


def troubles(page):
    """A list that fills with uncaught errors of a page's scripts and errors in its console."""
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))

    def heard(said):
        if said.type == "error":
            wrong.append(f"{said.text} {said.location.get('url', '')}")

    page.on("console", heard)
    return wrong


def go(page, place):
    """Open a place of the page by its key: explore, fair, own or study."""
    page.click(f"header a[data-place={place}]")
    page.locator(f"#{place}").wait_for()


def settled(page, quiet=400, seconds=60):
    """Wait until a page has stood still for ``quiet`` ms: nothing changed, moved or was added."""
    page.evaluate(STOOD_STILL, [quiet, seconds * 1000])


#: Resolves when no node, attribute or size has changed for a while; rejects after too long.
STOOD_STILL = """([quiet, longest]) => new Promise((done, refuse) => {
  const start = performance.now();
  let last = start;
  const changed = () => { last = performance.now(); };
  const nodes = new MutationObserver(changed), sizes = new ResizeObserver(changed);
  nodes.observe(document, {
    subtree: true, childList: true, attributes: true, characterData: true,
  });
  sizes.observe(document.body);
  const look = () => {
    const now = performance.now();
    if (now - last < quiet && now - start < longest) return setTimeout(look, 50);
    nodes.disconnect();
    sizes.disconnect();
    now - last < quiet ? refuse(new Error('the page does not stand still')) : done();
  };
  look();
})"""


def upload(page, path):
    """Upload a file and wait until everything that follows from it is drawn."""
    page.set_input_files("#upload input[type=file]", str(path))
    page.wait_for_function(
        "name => window.instrument.table.name === name && window.instrument.table.complete",
        arg=path.name,
    )
    page.wait_for_function(
        "name => document.querySelector('#picture').innerText.includes(name)", arg=path.name
    )
    settled(page, 250)  # components of one update are drawn one after the other
