"""A visitor's walk through the images of *Audit a model* in a real browser.

One visitor's page serves the tests, since opening it is slow; each starts with *Clear*.
"""

import base64
import csv
import io
import re
import time

import numpy as np
import pytest
from playwright.sync_api import expect

from explorer.rules.rules import RULES, apply_rules
from support import ROOT
from support.browser import go, new_page, settled, troubles
from support.evaluate_fixtures import DRAWN, NAMES, pictures
from support.files import below, left


@pytest.fixture(scope="module")
def visitors_page(own_address, started_browser):
    """The form for images of a visitor of an app whose files and log are looked at."""
    page = visitor(started_browser, own_address)
    wrong = troubles(page)
    yield page, wrong
    page.context.close()


@pytest.fixture
def page(visitors_page):
    """The same, cleared; nothing may go wrong in the browser's console."""
    page, wrong = visitors_page
    page.set_viewport_size({"width": 1440, "height": 900})
    page.click("#evaluate-clear")
    for where in ("given", "problem", "progress", "results"):
        expect(page.locator(f"#evaluate-{where}")).to_have_text("")
    yield page
    told = list(wrong)
    wrong.clear()
    assert not told


def visitor(browser, address):
    page = new_page(browser)
    page.goto(f"{address}/?view=own")
    page.locator("#own-from").get_by_role("tab", name="Images", exact=True).click()
    page.wait_for_selector("#evaluate-images input[type=file]", state="attached")
    wait_text(page, "#evaluate-weights", "demo model")
    settled(page)
    return page


def wait_text(page, where, text, seconds=60):
    page.wait_for_function(
        "([where, text]) => document.querySelector(where)?.innerText.includes(text)",
        arg=[where, text],
        timeout=seconds * 1000,
    )


def give(page, paths, where="images"):
    paths = paths if isinstance(paths, list) else [paths]
    page.set_input_files(f"#evaluate-{where} input[type=file]", list(map(str, paths)))


def choose_rule(page, key):
    page.click("#evaluate-rule input")
    page.get_by_role("option", name=RULES[key].name, exact=True).click()


def files_left(folder):
    return left(folder / "gradio")


def test_mistakes_are_one_sentence(page, tmp_path, folder, given):
    choose_rule(page, "independent")
    page.click("#evaluate-run")
    wait_text(page, "#evaluate-problem", "There are no images to evaluate")
    settled(page)  # the event that follows leaves it there
    assert "There are no images to evaluate" in page.inner_text("#evaluate-problem")
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"PK\3\4 this is no zip")
    give(page, bad)
    wait_text(page, "#evaluate-problem", "bad.zip is not a zip file that can be read")
    many = [tmp_path / f"{i}.jpg" for i in range(201)]
    for number, path in enumerate(many):
        path.write_bytes(b"x%d" % number)
    give(page, many)
    wait_text(page, "#evaluate-problem", "These are 201 images; at most 200")
    assert page.locator("#evaluate-problem [role=alert]").count() == 1
    assert not files_left(folder)
    give(page, pictures(given)[:1])
    wait_text(page, "#evaluate-given", "1 image,")
    page.get_by_role("radio", name="Take it from the CSV").check()
    page.click("#evaluate-run")
    wait_text(page, "#evaluate-problem", "needs a CSV file")
    assert not files_left(folder)
    expect(page.locator("#evaluate-run")).to_be_enabled()
    expect(page.locator("#evaluate-cancel")).to_be_disabled()
    page.get_by_role("radio", name="Estimate, as published").check()


def test_from_images_to_the_answer(page, given, folder):
    expect(page.locator("#own-answer")).to_be_hidden()
    expect(page.locator("#evaluate-cancel")).to_be_disabled()
    choose_rule(page, "discriminative_prior_shift")
    give(page, pictures(given))
    wait_text(page, "#evaluate-given", "7 images")
    assert "Without true labels" in page.inner_text("#evaluate-given")
    give(page, given / "facts.csv", "tables")
    wait_text(page, "#evaluate-given", "read as a CSV of your own")
    assert "6 of them are in the metadata" in page.inner_text("#evaluate-given")
    assert "true label from target" in page.inner_text("#evaluate-given")
    page.click("#evaluate-run")
    wait_text(page, "#evaluate-progress", "7 of 7 images evaluated")
    results = page.inner_text("#evaluate-results")
    assert "n = 6 evaluated, 1 bad" in results and "malignant 3" in results
    assert "broken.jpg is not an image" in results and "0001" not in results
    assert "demo model" in page.inner_text("#evaluate-results caption")
    assert page.locator("#evaluate-results tbody tr").count() == 7
    assert not below(folder / "gradio", "evaluate-*"), "images go as soon as they are read"
    assert "broken" not in (folder / "app.log").read_text()
    expect(page.locator("#evaluate-cancel")).to_be_disabled()
    for width in (390, 1440):
        for dark in ("add", "remove"):
            look(page, width, dark)
    rows = saved_rows(page)
    assert len(rows) == 7 and {row["weights"] for row in rows if row["sha256"]}
    assert all(row["logit_7"] and row["target"] for row in rows if not row["error"])
    check_calls(page, rows, "discriminative_prior_shift")
    choose_rule(page, "independent")
    wait_text(page, "#evaluate-results caption", RULES["independent"].name)
    check_calls(page, rows, "independent")
    check_answer(page)
    assert not files_left(folder), "nor does anything stay that the answer was read from"


def look(page, width, dark):
    """Nothing is cut off, and a picture of it to look at."""
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(f"document.body.classList.{dark}('dark')")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    folder = ROOT / "tests" / "artefacts"
    folder.mkdir(exist_ok=True)
    theme = {"add": "dark", "remove": "light"}[dark]
    page.screenshot(path=folder / f"evaluate_{width}_{theme}.png", full_page=True)


def saved_rows(page):
    href = page.locator("#evaluate-results a.download").get_attribute("href")
    text = base64.b64decode(href.partition("base64,")[2]).decode()
    return list(csv.DictReader(io.StringIO(text)))


def check_calls(page, rows, rule):
    """Every good image has its picture, and is called what the rule makes of its logits."""
    table = page.locator("#evaluate-results table")
    headers = table.locator("thead th").all_inner_texts()
    shown = {
        cells[0].strip(): dict(zip(headers, cells))
        for cells in (
            row.locator("th, td").all_inner_texts() for row in table.locator("tbody tr").all()
        )
    }
    for row in rows:
        cells = shown[row["image_name"]]
        if row["error"]:
            assert cells["called"] == cells["P(malignant)"] == "–"
            continue
        logits = np.array([float(row[f"logit_{i}"]) for i in range(8)])
        verdict = apply_rules(logits)[rule]
        assert cells["called"] == verdict.word
        assert cells["P(malignant)"] == f"{float(verdict.probability_malignant):.3f}"
        truth = ("benign", "malignant")[int(row["target"])]
        wrong = {"malignant": "missed", "benign": "false alarm"}[truth]
        expected = truth if verdict.word == truth else f"{truth}: {wrong}"
        assert cells["true label"] == expected
    thumbnails = table.locator("tbody th img")
    expect(thumbnails).to_have_count(6)
    assert thumbnails.evaluate_all("all => all.every(({ src }) => src.startsWith('data:image/'))")


def check_answer(page):
    """Statement and figures follow by themselves; every other look is in *Is it fair?*."""
    page.wait_for_selector("#own-bars .js-plotly-plot")
    wait_text(page, "#own-title", "n = 6 images, 3 malignant")
    wait_text(page, "#own-metrics-table", "your images")
    page.locator("#own-by").get_by_role("radio", name="sex", exact=True).check()
    wait_text(page, "#own-metrics-table", "female")
    wait_text(page, "#own-statement", "female")
    page.click("#own-closer")
    wait_text(page, "#join", "your images: 7 prediction rows gave 6 images")
    assert page.get_by_role("radio", name="Your own data").is_checked()
    page.locator("#by").get_by_role("radio", name="sex", exact=True).check()
    wait_text(page, "#metrics-table", "female")
    all_images = page.locator("#images-cells tr", has_text="all images").locator("button")
    expect(all_images).to_have_count(4, timeout=30_000)
    counts = [int(text) for text in all_images.all_inner_texts()]
    assert sum(counts) == 6
    all_images.nth(int(np.argmax(counts))).click()
    page.wait_for_selector("#images-list .thumbnails img")
    assert page.locator("#images-list .thumbnails img").count() == max(counts)
    page.get_by_role("radio", name="Published model").check()
    wait_text(page, "#metrics-table", "0.72 [0.64, 0.79] n=137")
    page.get_by_role("radio", name="Your own data").check()
    wait_text(page, "#metrics-table", "your images")
    go(page, "own")
    page.wait_for_selector("#evaluate-clear", state="visible")
    page.click("#evaluate-clear")
    expect(page.locator("#own-answer")).to_be_hidden()


def copies(folder, count):
    """Drawn lesions, no two files alike."""
    paths = [folder / f"copy{number}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(DRAWN[number % 6].read_bytes() + bytes(number))
    return paths


def test_cancel_ends_within_an_image(page, tmp_path, folder):
    paths = copies(tmp_path, 150)  # so many that it is not over before its progress is seen
    give(page, paths)
    wait_text(page, "#evaluate-given", "150 images")
    page.click("#evaluate-run")
    page.wait_for_selector("#evaluate-progress progress")
    expect(page.locator("#evaluate-run")).to_be_disabled()
    assert re.search(
        r"\d+ of 150 images, [\d.]+ per second, about \d+ (s|min) left",
        page.inner_text("#evaluate-progress"),
    )
    page.click("#evaluate-cancel")
    wait_text(page, "#evaluate-progress", "Cancelled after", 10)
    done = int(re.search(r"after (\d+) of 150", page.inner_text("#evaluate-progress"))[1])
    assert 1 <= done < 150 and page.locator("#evaluate-results tbody tr").count() == done
    assert not files_left(folder) and not below(folder / "gradio", "evaluate-*")
    expect(page.locator("#evaluate-run")).to_be_enabled()
    expect(page.locator("#evaluate-cancel")).to_be_disabled()
    give(page, paths[:2])
    wait_text(page, "#evaluate-given", "2 images")
    page.click("#evaluate-run")
    wait_text(page, "#evaluate-progress", "2 of 2 images evaluated")


def test_zip_and_what_another_visitor_sees(page, archive, browser, own_address, folder, tmp_path):
    give(page, archive)
    wait_text(page, "#evaluate-given", "7 images")
    assert "read as a CSV of your own" in page.inner_text("#evaluate-given")
    page.click("#evaluate-run")
    wait_text(page, "#evaluate-progress", "7 of 7 images evaluated")
    wait_text(page, "#own-title", "Your images")
    other = visitor(browser, own_address)
    assert "broken" not in other.content() and NAMES[0] not in other.inner_text("#evaluate-results")
    expect(other.locator("#own-answer")).to_be_hidden()
    assert "your images" not in other.content()
    assert not other.get_by_role("radio", name="Your own data").count()
    assert not files_left(folder)
    # and closing that page ends its run
    give(other, copies(tmp_path, 150))
    wait_text(other, "#evaluate-given", "150 images")
    other.click("#evaluate-run")
    other.wait_for_selector("#evaluate-progress progress")
    assert files_left(folder)
    other.close()
    end = time.monotonic() + 20
    while files_left(folder) and time.monotonic() < end:
        time.sleep(0.2)
    assert not files_left(folder) and not below(folder / "gradio", "evaluate-*")
