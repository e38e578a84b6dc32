"""The real client against a local server that answers like the ISIC archive."""

import json
import socket
import time

import numpy as np
import pytest

from explorer.__main__ import main
from explorer.image import isic
from explorer.image.isic import fetch_lesion
from explorer.image.read import read_image
from explorer.util import http
from explorer.util.errors import ExplorerError
from support import ROOT
from support.browser import running_app, settled
from support.isic_server import ATTRIBUTION, CLINICAL, ISIC_ID, IsicServer


@pytest.fixture
def archive(monkeypatch):
    """A server of this test alone, with nothing remembered and short first pauses."""
    isic._cache.clear()
    monkeypatch.setattr(http, "FIRST_PAUSE", 0.05)
    with IsicServer() as archive:
        monkeypatch.setenv("ISIC_ARCHIVE_ENDPOINT", archive.url + "/")
        yield archive
    isic._cache.clear()


def test_a_lesion_comes_with_licence_attribution_and_label(archive):
    found = fetch_lesion(f" {ISIC_ID.lower()} ")
    expected = read_image(ROOT / "assets" / "examples" / "synthetic-light.jpg")
    assert np.array_equal(found.image.rgb, expected.rgb) and found.image.name == ISIC_ID
    assert (found.isic_id, found.licence, found.attribution) == (ISIC_ID, "CC-BY-NC", ATTRIBUTION)
    assert found.label == "malignant" and found.metadata["clinical"] == CLINICAL
    assert found.diagnosis == (
        "Malignant > Malignant melanocytic proliferations (Melanoma) > Melanoma Invasive"
    )
    assert found.url == f"{archive.url}/api/v2/images/{ISIC_ID}/"
    assert archive.asked == [f"/api/v2/images/{ISIC_ID}/", f"/files/{ISIC_ID}.jpg"]
    assert all("melanoma-fairness-explorer" in agent for agent in archive.agents)


@pytest.mark.parametrize(
    "clinical, label, diagnosis",
    [
        ({"benign_malignant": "benign", "diagnosis": "nevus"}, "benign", "benign > nevus"),
        ({"diagnosis_1": "Indeterminate"}, None, "Indeterminate"),
        ({}, None, ""),
    ],
)
def test_labels_of_older_and_of_sparse_records(archive, clinical, label, diagnosis):
    archive.clinical = clinical
    found = fetch_lesion(ISIC_ID)
    assert (found.label, found.diagnosis) == (label, diagnosis)


def test_a_published_image_is_asked_for_once_and_memory_is_bounded(archive, monkeypatch):
    first, again = fetch_lesion(ISIC_ID), fetch_lesion(ISIC_ID)
    assert len(archive.asked) == 2 and np.array_equal(first.image.rgb, again.image.rgb)
    monkeypatch.setattr(isic, "CACHE_BYTES", len(archive.image) + 1)
    fetch_lesion("ISIC_0081957")  # takes the place of the first
    fetch_lesion("ISIC_0081957")
    assert len(archive.asked) == 4
    fetch_lesion(ISIC_ID)
    assert len(archive.asked) == 6
    monkeypatch.setattr(isic, "CACHE_SECONDS", 0.0)
    fetch_lesion(ISIC_ID)
    assert len(archive.asked) == 8


def test_a_busy_archive_is_asked_again_after_the_pause_that_it_names(archive):
    archive.busy = [(429, "1")]
    said, start = [], time.monotonic()
    assert fetch_lesion(ISIC_ID, said.append).isic_id == ISIC_ID
    assert time.monotonic() - start >= 1.0 and len(archive.asked) == 3
    assert said[0] == f"Asking the ISIC archive for {ISIC_ID}"
    assert any("busy; trying again in 1 s" in text for text in said)


def test_errors_of_the_server_are_tried_again_with_growing_pauses(archive, monkeypatch):
    pauses = []
    monkeypatch.setattr(http.time, "sleep", pauses.append)
    archive.busy = [(500, None), (503, None), (502, None)]
    assert fetch_lesion(ISIC_ID).isic_id == ISIC_ID
    assert len(pauses) == 3 and pauses[0] < pauses[1] < pauses[2]
    assert 0.05 <= pauses[0] <= 0.0625 and 0.2 <= pauses[2] <= 0.25


@pytest.mark.parametrize(
    "busy, requests, sentence",
    [
        ([(500, None)] * 9, 4, "has a problem of its own \\(status 500\\): try again later"),
        ([(429, None)] * 9, 4, "limits how often it answers: wait a little and try again"),
        ([(429, "3600")] * 9, 1, "limits how often it answers: wait 3600 seconds and try again"),
        ([(403, None)], 1, "refuses this file \\(status 403\\)"),
    ],
)
def test_patience_ends(archive, busy, requests, sentence):
    archive.busy = busy
    with pytest.raises(ExplorerError, match=sentence):
        fetch_lesion(ISIC_ID)
    assert len(archive.asked) == requests


def test_a_silent_archive(archive, monkeypatch):
    monkeypatch.setattr(http, "READ_SECONDS", 0.2)
    archive.silent = 1.0
    with pytest.raises(ExplorerError, match="does not answer in time"):
        fetch_lesion(ISIC_ID)
    assert len(archive.asked) == http.ATTEMPTS


def test_an_archive_that_trickles(archive, monkeypatch):
    monkeypatch.setattr(isic, "TOTAL_SECONDS", 0.0)
    with pytest.raises(ExplorerError, match="sends too slowly"):
        fetch_lesion(ISIC_ID)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "81956",
        "ISIC_81956",
        "ISIC_00819560",
        "../../etc/passwd",
        "ISIC_0081956/../x",
        "ISIC_٠٠٨١٩٥٦",
        "ISIC_0081956\n/x",
    ],
)
def test_what_is_no_id_is_never_asked_for(archive, text):
    with pytest.raises(ExplorerError, match="is not an id of the ISIC archive: write ISIC_ and"):
        fetch_lesion(text)
    assert not archive.asked


def test_an_id_that_the_archive_does_not_know(archive):
    with pytest.raises(ExplorerError, match="no public image ISIC_7654321: check the number"):
        fetch_lesion("ISIC_7654321")
    assert len(archive.asked) == 1


def test_no_network(monkeypatch):
    isic._cache.clear()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("ISIC_ARCHIVE_ENDPOINT", f"http://127.0.0.1:{probe.getsockname()[1]}")
        with pytest.raises(ExplorerError, match="cannot be reached: check the network"):
            fetch_lesion(ISIC_ID)
    monkeypatch.setenv("ISIC_ARCHIVE_ENDPOINT", "https://archive.invalid")
    with pytest.raises(ExplorerError, match=r"archive\.invalid cannot be reached"):
        fetch_lesion(ISIC_ID)


def test_what_is_too_large_or_no_image(archive, monkeypatch):
    archive.image = b"<html>not here</html>"
    with pytest.raises(ExplorerError, match=f"{ISIC_ID} is not an image that can be read"):
        fetch_lesion(ISIC_ID)
    isic._cache.clear()
    monkeypatch.setattr(isic.read, "MAX_BYTES", 2 * 2**20)
    archive.image = bytes(3 * 2**20)
    with pytest.raises(ExplorerError, match="sends more than the 2 MB allowed"):
        fetch_lesion(ISIC_ID)


def test_a_file_that_is_no_image_is_not_remembered(archive):
    good, archive.image = archive.image, b"broken"
    with pytest.raises(ExplorerError):
        fetch_lesion(ISIC_ID)
    archive.image = good
    assert fetch_lesion(ISIC_ID).isic_id == ISIC_ID


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"{}",
        b'{"isic_id": "ISIC_0000001", "files": {"full": {"url": "x"}}}',
        b'{"isic_id": "ISIC_0081956", "files": null}',
    ],
)
def test_a_server_that_is_not_the_archive(archive, body):
    archive.body = body
    with pytest.raises(ExplorerError, match="does not answer like the ISIC archive"):
        fetch_lesion(ISIC_ID)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/a.jpg",
        "http://localhost:{port}/files/a.jpg",
        "http://10.0.0.1/a.jpg",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/a.jpg",
        "http://0.0.0.0/a.jpg",
        "http://[::ffff:127.0.0.1]/a.jpg",
        "file:///etc/passwd",
        "ftp://127.0.0.1/a.jpg",
        "http://[bad/a.jpg",
    ],
)
@pytest.mark.parametrize("way", ["image_url", "redirect"])
def test_no_answer_leads_to_a_private_address(archive, address, way):
    setattr(archive, way, address.format(port=archive.server.server_address[1]))
    with pytest.raises(ExplorerError, match=r"it is not followed|cannot be reached"):
        fetch_lesion(ISIC_ID)
    assert len(archive.asked) == (1 if way == "image_url" else 2)


def test_a_name_that_turns_private_on_connecting_is_not_read(archive, monkeypatch):
    """The first look-up of a hostile name gives a public address, the connection goes inside."""
    port = archive.server.server_address[1]
    archive.image_url = f"http://localhost:{port}/files/a.jpg"
    monkeypatch.setattr(http, "_resolved", lambda host, port: {"8.8.8.8"})
    with pytest.raises(ExplorerError, match="the private address localhost: it is not followed"):
        fetch_lesion(ISIC_ID)


def test_redirects_on_the_server_itself_are_followed_but_not_without_end(archive):
    archive.redirect = f"/files/{ISIC_ID}.jpg"
    with pytest.raises(ExplorerError, match="redirects again and again"):
        fetch_lesion(ISIC_ID)
    assert len(archive.asked) == 2 + http.MOST_REDIRECTS

    archive.redirects = 2
    assert fetch_lesion(ISIC_ID).isic_id == ISIC_ID


def test_command_line_fetches_an_id(archive, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["lesion", ISIC_ID, "--weights", "embedded", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["archive"]
    assert found["licence"] == "CC-BY-NC" and found["attribution"] == ATTRIBUTION
    assert found["label"] == "malignant" and found["metadata"]["clinical"] == CLINICAL
    assert main(["lesion", ISIC_ID, "--weights", "embedded"]) == 0
    text = capsys.readouterr().out
    assert f"attribution: {ATTRIBUTION}" in text and "licence: CC-BY-NC" in text
    assert "label from the ISIC archive: malignant" in text


def test_command_line_prefers_a_file_of_that_name(archive, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ISIC_ID).write_bytes(archive.image)
    assert main(["lesion", ISIC_ID, "--weights", "embedded", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["archive"] is None and not archive.asked


def test_command_line_tells_an_unknown_id_in_one_line(archive, capsys):
    assert main(["lesion", "ISIC_7654321", "--weights", "embedded"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


# In the page


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The archive's stand-in and the address of an app that asks it."""
    with IsicServer() as archive, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ISIC_ARCHIVE_ENDPOINT", archive.url)
        with running_app(tmp_path_factory.mktemp("app")) as address:
            yield archive, address


@pytest.fixture(scope="module")
def address(served):
    return served[1]


def ask(page, text):
    field = page.locator("#isic-id").locator("input, textarea")
    if not field.is_visible():
        page.locator("#more-sources > button").first.click()
        settled(page)  # Gradio mounts what is inside when it opens
    field.fill(text)
    page.click("#isic-id button")


def wait_for_credit(page):
    page.wait_for_selector(f'#credit[data-isic="{ISIC_ID}"]')
    page.wait_for_function("name => window.instrument.table?.name === name", arg=ISIC_ID)


def test_page_shows_the_lesion_with_its_credit_until_another_is_shown(served, shared_page):
    (archive, _), page = served, shared_page
    assert not page.query_selector("#credit")
    archive.busy = [(429, "1")]
    ask(page, ISIC_ID)
    page.wait_for_function(
        "document.querySelector('#isic-fetching').innerText.includes('busy; trying again')"
    )
    wait_for_credit(page)
    text = page.inner_text("#credit")
    assert f"{ISIC_ID}, ISIC archive. Attribution: {ATTRIBUTION}\n" in text
    assert "CC-BY-NC" in text and "Label from the ISIC archive: malignant (Malignant > " in text
    page.wait_for_function("!document.querySelector('#isic-fetching').innerText.trim()")
    assert ISIC_ID in page.inner_text("#picture figcaption")

    page.locator("#search > button").first.click()
    page.locator("#method").get_by_label("Robust").check()  # the same lesion, read anew
    page.wait_for_function("document.querySelectorAll('#steps li').length != 10")
    assert page.is_visible(f'#credit[data-isic="{ISIC_ID}"]')

    page.click("#examples button[data-index='2']")
    page.wait_for_function("!document.querySelector('#credit')")
    assert ISIC_ID not in page.inner_text("#picture")


def test_page_keeps_what_it_shows_when_an_id_is_wrong_or_unknown(shared_page):
    page = shared_page
    ask(page, ISIC_ID)
    wait_for_credit(page)
    for text, sentence in (
        ("melanoma", "'melanoma' is not an id of the ISIC archive"),
        ("ISIC_7654321", "no public image ISIC_7654321: check the number"),
    ):
        ask(page, text)
        for place in ("#problem", "#isic-fetching"):
            page.wait_for_function(
                "([place, text]) => document.querySelector(place).innerText.includes(text)",
                arg=[place, sentence],
            )
        wait_for_credit(page)
        assert ISIC_ID in page.inner_text("#picture")
        assert page.inner_text("#instrument [data-part=decision]") in ("benign", "malignant")


def test_what_a_visitor_does_meanwhile_is_not_undone(served, shared_page):
    (archive, _), page = served, shared_page
    page.click("#examples button[data-index='1']")
    page.wait_for_function("!document.querySelector('#credit')")
    archive.silent = 1.0  # for the record and again for the image
    try:
        for isic_id, away in (
            ("ISIC_0081957", "#examples button[data-index='2']"),
            ("ISIC_0081958", "#stop"),
        ):
            ask(page, isic_id)
            page.wait_for_function(
                "text => document.querySelector('#isic-fetching').innerText.includes(text)",
                arg=isic_id,
            )
            page.click(away)
            page.wait_for_function("!document.querySelector('#isic-fetching').innerText.trim()")
            page.wait_for_timeout(3000)
            assert not page.query_selector("#credit")
            assert not page.inner_text("#isic-fetching").strip()
    finally:
        archive.silent = 0.0


def test_a_link_can_ask_for_a_lesion_of_the_archive(shared_page, address):
    shared_page.goto(f"{address}/?isic={ISIC_ID}")
    wait_for_credit(shared_page)
    shared_page.wait_for_function(f"location.search.includes('isic={ISIC_ID}')")
