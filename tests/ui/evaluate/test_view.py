"""A visitor's walk through the Evaluate view in a real browser."""

import base64
import csv
import io
import re
import time

import numpy as np
import pytest
from playwright.sync_api import expect

from explorer.data.datasets import read_metadata
from explorer.evaluate import evaluate
from explorer.evaluate.folder import find_images
from explorer.rules.rules import RULES
from support import ROOT
from support.browser import go, open_page
from support.evaluate_fixtures import DRAWN, NAMES, left, pictures


@pytest.fixture(scope="module")
def address(own_address):
    """An app of this module's own: its files and its log are looked at."""
    return own_address


@pytest.fixture
def page(address, browser):
    """The Evaluate view of a new visitor; nothing may go wrong in the browser's console."""
    page = visitor(browser, address)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: line.type == "error" and errors.append(line.text))
    yield page
    page.close()
    assert not errors


def visitor(browser, address, **look):
    page = open_page(browser, address, **look)
    go(page, "own")
    page.wait_for_selector("#evaluate-images input[type=file]", state="attached")
    wait_text(page, "#evaluate-weights", "demo model")
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


def files_left(folder):
    return left(folder / "gradio")


def test_from_images_to_groups(page, given, folder):
    expect(page.locator("#evaluate-groups")).to_be_disabled()
    give(page, pictures(given))
    wait_text(page, "#evaluate-given", "7 images")
    assert "Without true labels" in page.inner_text("#evaluate-given")
    give(page, given / "facts.csv", "tables")
    wait_text(page, "#evaluate-given", "read as a CSV of your own")
    assert "6 of them are in the metadata" in page.inner_text("#evaluate-given")
    page.click("#evaluate-run")
    wait_text(page, "#evaluate-progress", "7 of 7 images evaluated")
    results = page.inner_text("#evaluate-results")
    assert "n = 6 evaluated, 1 bad" in results and "malignant 3" in results
    assert "broken.jpg is not an image" in results and "0001" not in results
    assert "demo model" in page.inner_text("#evaluate-results caption")
    assert page.locator("#evaluate-results tbody tr").count() == 7
    assert not files_left(folder), "uploads must not stay on disk"
    assert not list((folder / "gradio").rglob("evaluate-*"))
    assert "broken" not in (folder / "app.log").read_text()
    check_csv(page)
    check_rule(page)
    check_groups(page)


def check_csv(page):
    href = page.locator("#evaluate-results a.download").get_attribute("href")
    rows = list(
        csv.DictReader(io.StringIO(base64.b64decode(href.partition("base64,")[2]).decode()))
    )
    assert len(rows) == 7 and {row["weights"] for row in rows if row["sha256"]}
    assert all(row["logit_7"] and row["target"] for row in rows if not row["error"])


def check_rule(page):
    before = page.inner_text("#evaluate-results tbody")
    page.click("#evaluate-rule input")
    page.get_by_role("option", name=RULES["independent"].name, exact=True).click()
    wait_text(page, "#evaluate-results caption", RULES["independent"].name)
    assert page.inner_text("#evaluate-results tbody") != before


def check_groups(page):
    page.click("#evaluate-groups")
    page.wait_for_selector("#bars .js-plotly-plot")
    wait_text(page, "#join", "Your evaluation: 7 prediction rows gave 6 images")
    assert page.get_by_role("radio", name="Your evaluation").is_checked()
    wait_text(page, "#bars", "Recall")
    wait_text(page, "#metrics-table", "your evaluation")
    page.get_by_role("radio", name="sex", exact=True).check()
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
    page.get_by_role("radio", name="Your evaluation").check()
    wait_text(page, "#metrics-table", "your evaluation")


def test_zip_and_what_another_visitor_sees(page, archive, browser, address, folder):
    give(page, archive)
    wait_text(page, "#evaluate-given", "7 images")
    assert "read as a CSV of your own" in page.inner_text("#evaluate-given")
    page.click("#evaluate-run")
    wait_text(page, "#evaluate-progress", "7 of 7 images evaluated")
    page.click("#evaluate-groups")
    wait_text(page, "#join", "Your evaluation")
    other = visitor(browser, address)
    assert "broken" not in other.content() and NAMES[0] not in other.inner_text("#evaluate-results")
    expect(other.locator("#evaluate-groups")).to_be_disabled()
    go(other, "fair")
    other.wait_for_selector("#bars .js-plotly-plot")
    assert not other.get_by_role("radio", name="Your evaluation").count()
    assert "your evaluation" not in other.content()
    other.close()
    assert not files_left(folder)


def copies(folder, count):
    """Drawn lesions, no two files alike."""
    paths = [folder / f"copy{number}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(DRAWN[number % 6].read_bytes() + bytes(number))
    return paths


def test_cancel_ends_within_an_image(page, tmp_path, folder):
    paths = copies(tmp_path, 60)
    give(page, paths)
    wait_text(page, "#evaluate-given", "60 images")
    page.click("#evaluate-run")
    page.wait_for_selector("#evaluate-progress progress")
    assert re.search(
        r"\d+ of 60 images, [\d.]+ per second, about \d+ (s|min) left",
        page.inner_text("#evaluate-progress"),
    )
    page.click("#evaluate-cancel")
    wait_text(page, "#evaluate-progress", "Cancelled after", 10)
    done = int(re.search(r"after (\d+) of 60", page.inner_text("#evaluate-progress"))[1])
    assert 1 <= done < 60 and page.locator("#evaluate-results tbody tr").count() == done
    assert not files_left(folder) and not list((folder / "gradio").rglob("evaluate-*"))
    expect(page.locator("#evaluate-run")).to_be_enabled()
    give(page, paths[:2])
    wait_text(page, "#evaluate-given", "2 images")
    page.click("#evaluate-run")
    wait_text(page, "#evaluate-progress", "2 of 2 images evaluated")


def test_closing_the_page_ends_the_run(browser, address, folder, tmp_path):
    page = visitor(browser, address)
    give(page, copies(tmp_path, 40))
    wait_text(page, "#evaluate-given", "40 images")
    page.click("#evaluate-run")
    page.wait_for_selector("#evaluate-progress progress")
    assert files_left(folder)
    page.close()
    end = time.monotonic() + 20
    while files_left(folder) and time.monotonic() < end:
        time.sleep(0.2)
    assert not files_left(folder) and not list((folder / "gradio").rglob("evaluate-*"))


def test_mistakes_are_one_sentence(page, tmp_path, folder, given):
    page.click("#evaluate-rule input")
    page.get_by_role("option", name=RULES["independent"].name, exact=True).click()
    page.click("#evaluate-run")
    wait_text(page, "#evaluate-problem", "There are no images to evaluate")
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


def test_groups_reads_the_commands_parquet(page, given, demo, tmp_path, folder):
    evaluate(
        find_images([given]),
        tmp_path / "run",
        demo,
        metadata=read_metadata(given / "facts.csv"),
        workers=1,
    )
    go(page, "fair")
    page.wait_for_selector("#bars .js-plotly-plot")
    page.get_by_label("Your own CSV files").check()
    page.wait_for_selector("#predictions-csv input[type=file]", state="attached")
    page.set_input_files(
        "#predictions-csv input[type=file]", str(tmp_path / "run" / "predictions.parquet")
    )
    wait_text(page, "#join", "predictions.parquet: 7 prediction rows gave 6 images")
    assert not files_left(folder)


@pytest.mark.parametrize("width, theme", [(390, "dark"), (1440, "light")])
def test_nothing_is_cut_off(browser, address, given, width, theme):
    page = visitor(browser, address, width=width, theme=theme)
    give(page, pictures(given))
    wait_text(page, "#evaluate-given", "7 images")
    give(page, given / "facts.csv", "tables")
    wait_text(page, "#evaluate-given", "read as a CSV")
    page.click("#evaluate-run")
    wait_text(page, "#evaluate-progress", "7 of 7 images evaluated")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    folder = ROOT / "tests" / "artefacts"
    folder.mkdir(exist_ok=True)
    page.screenshot(path=folder / f"evaluate_{width}_{theme}.png", full_page=True)
    page.close()
