"""A visitor's walk through *Audit a model* with files of predictions, in a real browser."""

import base64
import json

import pandas as pd
import pytest
from playwright.sync_api import expect

from support import ROOT
from support.browser import new_page, settled, troubles
from support.files import left
from support.study_files import write_study_files


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """600 images in the study's format; among the predictions a repeated and an unmatched row."""
    small = tmp_path_factory.mktemp("small")
    predictions, metadata = write_study_files(tmp_path_factory.mktemp("all"), patients=300)
    facts = pd.read_csv(metadata, sep=";", dtype=str, keep_default_na=False)
    malignant = facts[facts["target"] == "1"]
    benign = facts[facts["target"] == "0"].sample(600 - len(malignant), random_state=0)
    kept = pd.concat([malignant, benign])
    labels = pd.read_csv(predictions)
    labels = labels[labels["image_name"].isin(kept["image_name"])]
    first = labels.iloc[0]
    odd = pd.DataFrame(
        {"image_name": [first["image_name"], "NOBODY.jpg"], "target": [first.target, 1]}
    )
    paths = small / "my_predictions.csv", small / "my_metadata.csv"
    pd.concat([labels, odd]).to_csv(paths[0], index=False)
    kept.to_csv(paths[1], sep=";", index=False)
    return paths


@pytest.fixture(scope="module")
def visitors_page(own_address, started_browser):
    """The place of a visitor of an app whose files and log are looked at."""
    page = new_page(started_browser)
    wrong = troubles(page)
    page.goto(f"{own_address}/?view=own")
    page.wait_for_selector("#own-example", state="visible")
    settled(page)
    yield page, wrong
    page.context.close()


@pytest.fixture
def page(visitors_page):
    """The same, scrolled to its top; nothing may go wrong in the browser's console."""
    page, wrong = visitors_page
    page.set_viewport_size({"width": 1440, "height": 900})
    yield page
    told = list(wrong)
    wrong.clear()
    assert not told


def wait_text(page, where, text):
    page.wait_for_function(
        "([where, text]) => document.querySelector(where)?.innerText.includes(text)",
        arg=[where, text],
    )


def give(page, which, path):
    page.set_input_files(f"#{which}-csv input[type=file]", str(path))


def choose(page, name, column):
    page.click(f"#own-{name} input")
    page.get_by_role("option", name=column, exact=True).click()


def content(page, name):
    href = page.get_by_role("link", name=name).get_attribute("href")
    return base64.b64decode(href.partition("base64,")[2]).decode()


def test_one_click_tries_an_example_that_says_it_is_made_up(page):
    expect(page.locator("#own-form")).to_be_hidden()
    expect(page.locator("#own-answer")).to_be_hidden()
    page.click("#own-example")
    page.wait_for_selector("#own-bars .js-plotly-plot")
    assert "no model is behind them" in page.inner_text("#own-counts")
    assert page.input_value("#own-target input") == "y_true"
    assert page.input_value("#own-score input") == "y_prob"
    expect(page.locator("#own-prediction input")).to_have_value("not there")
    assert content(page, "Save this example").startswith("Image Name,y_true,y_prob,skin tone")
    assert page.locator("#own-preview tbody tr").count() == 5
    wait_text(page, "#own-statement", "By skin tone: false positive rate differs")
    choose(page, "score", "not there")
    wait_text(page, "#own-problem", "has no predictions")
    assert "What is shown below is still what was read before" in page.inner_text("#own-problem")
    assert "By skin tone" in page.inner_text("#own-statement")
    page.click("#own-guess")
    page.wait_for_function("!document.querySelector('#own-problem [role=alert]')")
    expect(page.locator("#own-score input")).to_have_value("y_prob")


def test_nothing_is_cut_off_and_every_part_has_a_name(page):
    page.click("#own-example")
    page.wait_for_selector("#own-bars .js-plotly-plot")
    folder = ROOT / "tests" / "artefacts"
    folder.mkdir(exist_ok=True)
    for width in (390, 1440):
        for theme, change in (("dark", "add"), ("light", "remove")):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(f"document.body.classList.{change}('dark')")
            settled(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, theme)
            assert not findings(page), (width, theme)
            page.screenshot(path=folder / f"own_{width}_{theme}.png", full_page=True)


def findings(page) -> list[str]:
    """All that axe finds in the place, one line each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context="#own").response["violations"]
    return [f"{each['id']}: {node['target']}" for each in found for node in each["nodes"]]


def test_own_files_are_joined_counted_and_removed(
    page, folder, files, tmp_path, browser, own_address
):
    page.click("#own-example")
    wait_text(page, "#own-title", "Made-up predictions")
    settled(page)
    give(page, "metadata", files[1])
    wait_text(page, "#own-problem", "my_metadata.csv is here. Now the predictions.")
    assert "Made-up" in page.inner_text("#own-title"), "nothing is lost until files are read"
    give(page, "predictions", files[0])
    wait_text(page, "#own-counts", "my_predictions.csv and my_metadata.csv")
    wait_text(page, "#own-title", "Your predictions")
    counts = page.inner_text("#own-counts")
    assert "rows 602 and 600" in counts and "images 600" in counts and "malignant 137" in counts
    assert not page.locator("#own-problem [role=alert]").count()
    assert "NOBODY" in page.inner_text("#own-preview")
    expect(page.locator("#own-tone-group input")).to_have_value("group")
    wait_text(page, "#own-metrics-table", "your predictions")
    assert "0.72 [0.64, 0.79] n=137" in page.inner_text("#own-metrics-table")
    bad = tmp_path / "bad.csv"
    bad.write_text("nose,ear\n1,2\n")
    give(page, "predictions", bad)
    wait_text(page, "#own-problem", "bad.csv has no column of image names")
    assert page.locator("#own-problem [role=alert]").count() == 1
    assert "n=137" in page.inner_text("#own-metrics-table"), "what was there is kept"
    give(page, "predictions", files[0])
    wait_text(page, "#own-counts", "my_predictions.csv and my_metadata.csv")
    assert not left(folder / "gradio"), "uploads must not stay on disk"
    assert "my_predictions" not in (folder / "app.log").read_text()
    check_report(page)
    check_closer(page)
    other = new_page(browser)
    other.goto(f"{own_address}/?view=own")
    other.wait_for_selector("#own-example", state="visible")
    settled(other)
    assert "my_" not in other.content()
    expect(other.locator("#own-answer")).to_be_hidden()


def check_report(page):
    page.click("#own-report")
    page.wait_for_selector("#own-links a")
    assert content(page, "Save the report (HTML)").startswith("<!doctype html>")
    numbers = json.loads(content(page, "Save its numbers (JSON)"))
    assert numbers["groups"][0]["overall"]["recall"]["n"] == 137


def check_closer(page):
    page.click("#own-closer")
    wait_text(page, "#join", "your predictions: 602 prediction rows and 600 metadata rows gave 600")
    assert page.get_by_role("radio", name="Your own data").is_checked()
    wait_text(page, "#metrics-table", "0.72 [0.64, 0.79] n=137")
    assert "my_predictions" not in page.url and "source=own" not in page.url
