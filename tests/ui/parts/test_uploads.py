"""Files that are not taken: one sentence, which stays until it is closed; nothing else changes."""

import pytest
from playwright.sync_api import expect

from explorer.ui.server.serving import MAX_UPLOAD
from support import ROOT
from support.browser import go, settled, upload
from ui.test_accessibility import THEME, findings

GOOD, REFUSED, OTHER = sorted((ROOT / "assets" / "examples").glob("synthetic-*.jpg"))[:3]
#: Drops a file of this name and type on what is given.
DROP = """(box, [name, type]) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(['x'], name, { type }));
  const given = { dataTransfer, bubbles: true, cancelable: true };
  box.dispatchEvent(new DragEvent('drop', given));
}"""


@pytest.fixture
def page(shared_page):
    yield shared_page
    go(shared_page, "explore")


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """One byte more than is taken."""
    path = tmp_path_factory.mktemp("large") / "my lesion 2.jpg"
    with open(path, "wb") as file:
        file.truncate(int(MAX_UPLOAD.removesuffix("mb")) * 2**20 + 1)
    return path


def test_a_file_that_is_too_large_is_told_and_the_lesion_stays(page, large):
    shown, bar = page.evaluate("window.instrument.table.name"), page.locator("#lost")
    page.set_input_files("#upload input[type=file]", str(large))
    expect(bar).to_contain_text("my lesion 2.jpg is too large. One file may have up to 32 MB.")
    assert bar.get_attribute("role") == "alert"
    assert page.evaluate("window.instrument.table.name") == shown
    assert page.locator("#upload input[type=file]").evaluate("input => input.files.length") == 0
    for dark in (True, False):
        page.evaluate(THEME, dark)
        settled(page)
        assert findings(page, {}) == []
    upload(page, GOOD)
    expect(bar).to_have_count(0)


def test_a_file_of_another_kind_is_told_wherever_it_is_dropped(page):
    go(page, "own")
    box = page.locator("#predictions-csv")
    box.locator("input[type=file]").evaluate(
        f"(input, file) => ({DROP})(input, file)", ["a.png", ""]
    )
    bar = page.locator("#lost")
    expect(bar).to_contain_text(
        "a.png is not of a kind that is read here. What is read: .csv .tsv .txt .parquet"
    )
    expect(box).not_to_contain_text("Error")
    bar.get_by_role("button", name="Close").click()
    expect(bar).to_have_count(0)


def test_what_the_server_says_of_files_is_told_once(module_page, page):
    sentence = "These files are too large: at most 256 MB that wait to be read."
    page.route("**/gradio_api/upload*", lambda route: route.fulfill(status=413, body=sentence))
    try:
        page.set_input_files("#upload input[type=file]", str(REFUSED))
        expect(page.locator("#lost")).to_contain_text(sentence)
        expect(page.locator(".toast-wrap")).to_be_hidden()
    finally:
        page.unroute("**/gradio_api/upload*")
    _, wrong = module_page
    assert len(wrong) == 1 and "413" in wrong.pop()
    upload(page, OTHER)
    expect(page.locator("#lost")).to_have_count(0)
