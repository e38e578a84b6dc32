"""Opening the page: nothing jumps, little is loaded, it comes compressed, streams still flow."""

import gzip
import json
import urllib.error
import urllib.request
from pathlib import Path

import gradio
import pytest

from explorer.ui.parts.address import PLACES
from support.browser import drawn, new_page, settled

#: Gradio's own files, which every Gradio page loads.
GRADIOS = ("/assets/", "/static/", "/theme.css", "/custom_component")
#: Adds up layout shifts from the start of the document on, those after a click included.
WATCH = """() => {
  window.shifted = [];
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => window.shifted.push({
    value: entry.value,
    what: entry.sources.map(({ node }) => node?.id || node?.className || node?.nodeName).join(),
  }))).observe({ type: 'layout-shift', buffered: true });
}"""
#: A click that a script makes is no input of a visitor, after which shifts would be excused.
OPEN = """place => {
  window.shifted = [];
  document.querySelector(`header a[data-place=${place}]`).click();
}"""
#: What must be there before a place counts as drawn.
LAST = {"fair": "#gaps .js-plotly-plot", "own": "#own h2", "study": ".audit-card"}


def shift(page):
    """Sum of layout shifts, and the largest of them in words."""
    found = page.evaluate("window.shifted")
    worst = sorted(found, key=lambda each: -each["value"])[:4]
    return sum(each["value"] for each in found), worst


@pytest.mark.parametrize("width, height, slower", [(1280, 720, 1), (390, 844, 4)])
def test_no_place_jumps_while_it_opens(address, browser, width, height, slower):
    """A slow processor, as a phone's, draws in many frames what a fast one draws in one."""
    page = new_page(browser, width=width)
    page.set_viewport_size({"width": width, "height": height})
    network = page.context.new_cdp_session(page)
    network.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.add_init_script(f"({WATCH})()")
    page.goto(address)
    drawn(page)
    settled(page)
    found = {"explore": shift(page)}
    for place in list(PLACES)[1:]:
        page.evaluate(OPEN, place)
        page.locator(f"#{place}").wait_for()
        page.wait_for_selector(LAST[place])
        settled(page)
        found[place] = shift(page)
    assert all(total <= 0.05 for total, _ in found.values()), found


def test_a_first_visit_loads_little_beyond_gradios_own_files(address, browser):
    page = new_page(browser, width=1280)
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    urls, sizes = {}, {}
    network.on(
        "Network.responseReceived",
        lambda event: urls.update({event["requestId"]: event["response"]["url"]}),
    )
    network.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    page.goto(address)
    drawn(page)
    settled(page)
    loaded = {
        urls[key].removeprefix(address): size
        for key, size in sizes.items()
        if urls.get(key, "").startswith(address)
    }
    own = {path: size for path, size in loaded.items() if not path.startswith(GRADIOS)}
    assert "/" in own and len(loaded) > 20
    assert sum(own.values()) < 1_500_000, sorted(own.items(), key=lambda each: -each[1])[:10]


def ask(address, path, encoding="gzip", **more):
    request = urllib.request.Request(f"{address}{path}", headers={"Accept-Encoding": encoding})
    return urllib.request.urlopen(request, timeout=30, **more)


@pytest.mark.parametrize("path", ["/", "/config", "/locale/hr.json", "/theme.css"])
def test_what_is_text_comes_compressed_and_whole(address, path):
    packed, plain = ask(address, path), ask(address, path, "identity")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Content-Encoding"] is None
    small, large = packed.read(), plain.read()
    assert len(small) < 0.5 * len(large)
    if path == "/locale/hr.json":  # others name the visit
        assert gzip.decompress(small) == large


def test_gradios_scripts_come_compressed_and_are_kept_by_browsers(address):
    """The first answer is kept for all visitors: every later one is the file as well."""
    page = ask(address, "/", "identity").read().decode()
    path = page.split('src="./assets/', 1)[1].split('"', 1)[0]
    file = (Path(gradio.__file__).parent / "templates/frontend/assets" / path).read_bytes()
    for encoding in ("gzip", "identity", "gzip", "identity"):
        answer = ask(address, f"/assets/{path}", encoding)
        body = answer.read()
        assert (gzip.decompress(body) if encoding == "gzip" else body) == file
        assert answer.headers["Content-Length"] == str(len(body))
        assert answer.headers["Content-Type"].endswith("javascript")
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    part = urllib.request.Request(f"{address}/assets/{path}", headers={"Range": "bytes=10-19"})
    with urllib.request.urlopen(part, timeout=30) as answer:
        assert (answer.status, answer.read()) == (206, file[10:20])


def test_an_asset_that_is_not_there_is_not_kept(address):
    for _ in range(2):
        with pytest.raises(urllib.error.HTTPError, match=r"HTTP Error 40[34]") as refused:
            ask(address, "/assets/../../../routes.py-no")
        assert "Cache-Control" not in refused.value.headers


def test_streams_of_events_are_not_held_back_by_compression(address):
    """What the queue says comes as it is said, in plain text."""
    session = "first-load-test"
    with ask(address, f"/gradio_api/queue/data?session_hash={session}") as stream:
        assert stream.headers["Content-Encoding"] is None
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert json.loads(stream.readline().decode().removeprefix("data:"))["msg"]
