"""A visitor's walk through the page in a real browser, on real lesions."""

import base64
import re

import pytest

import screenshots
from explorer import classify, load_classifier, read_image, read_tone
from support.browser import open_page, settled, upload


@pytest.fixture(scope="module")
def address(own_address):
    """An app of this module's own: its files and its log are looked at."""
    return own_address


@pytest.fixture(scope="module")
def disputed(lesions):
    """A real lesion on which two rules disagree, found with the core."""
    classifier = load_classifier("embedded")
    for path in lesions.loc[lesions["split"] == "valid", "path"]:
        verdicts = classify(read_tone(read_image(path)), classifier).verdicts
        if verdicts["discriminative_prior_shift"].word != verdicts["discriminative"].word:
            return path, {key: verdict.word for key, verdict in verdicts.items()}
    pytest.fail("no validation lesion on which the rules disagree")


def decision(page, where="#verdict"):
    return page.get_attribute(f"{where} .verdict", "data-decision")


def choose_rule(page, name):
    page.locator("#rule").get_by_label(name).check()
    page.wait_for_function(
        "name => document.querySelector('#verdict').innerText.includes(name)", arg=name
    )


def test_upload_switch_rule_open_groups(address, browser, disputed):
    path, words = disputed
    page = open_page(browser, address)
    upload(page, path)
    assert decision(page) == words["discriminative_prior_shift"]
    text = page.inner_text("#verdict")
    assert "demo model" in text and "prior shift (published)" in text and "n = 1 image" in text
    assert page.locator("#steps li").count() == 10

    choose_rule(page, "Domain-discriminative, no prior shift")
    assert decision(page) == words["discriminative"] != words["discriminative_prior_shift"]

    page.get_by_role("tab", name="Groups").click()
    page.wait_for_selector("#bars .js-plotly-plot")
    page.wait_for_function(
        "document.querySelector('#metrics-table').innerText.includes('0.72 [0.64, 0.79] n=137')"
    )
    page.locator("#by").get_by_label("sex", exact=True).check()
    page.wait_for_function("document.querySelector('#metrics-table').innerText.includes('female')")
    page.context.close()


def test_page_shows_the_cores_numbers(address, browser, disputed):
    """What is drawn is what the core computes for the same file, not something else."""
    path, _ = disputed
    result = read_tone(read_image(path))
    found = classify(result, load_classifier("embedded"))
    page = open_page(browser, address)
    upload(page, path)
    summary = page.inner_text("#tone-summary")
    assert f"{result.tone.published.ita:.1f}°" in summary
    assert f"{result.tone.cielab.ita:.1f}°" in summary
    assert f"n = {result.tone.skin_pixels:,} skin pixels" in summary
    rules = page.inner_text("#rules")
    for key, verdict in found.verdicts.items():
        assert f"{float(verdict.probability_malignant):.3f}" in rules, key
    logits = page.inner_text("#logits")
    assert all(f"{z:.3f}" in logits for z in found.logits)
    page.context.close()


def test_banner_says_demo_model(address, browser):
    page = open_page(browser, address)
    page.wait_for_selector("#banner .banner.demo")
    assert "not the published model" in page.inner_text("#banner")
    assert "Not a medical device" in page.inner_text("header")
    page.context.close()


def test_examples_and_darker_skin(address, browser):
    page = open_page(browser, address)
    page.get_by_role("button", name=re.compile("Dark skin")).click()
    page.wait_for_function("document.querySelector('#picture').innerText.includes('Dark skin')")
    assert "Synthetic" in page.inner_text("#caption")
    page.wait_for_selector("#other-verdict .verdict")
    page.fill("#target input[type=number]", "-20")
    page.press("#target input[type=number]", "Enter")
    page.wait_for_function("document.querySelector('#reached').innerText.includes('-20.0°')")
    page.locator("#transform").get_by_label("Melanin (Beer-Lambert)").check()
    page.wait_for_function("document.querySelector('#reached').innerText.includes('m = ')")
    row = page.inner_text("#reached table tr:has-text('reached by the skin colour')")
    assert float(row.split()[-2].rstrip("°")) == pytest.approx(-20, abs=0.5), row
    twin = page.locator("#compare input[type=range]")
    twin.focus()
    page.keyboard.press("ArrowLeft")
    assert twin.input_value() == "49"
    page.context.close()


def test_hand_picked_spot_feeds_the_rule_and_knobs_redraw(address, browser, lesions):
    page = open_page(browser, address)
    upload(page, lesions["path"].iloc[0])
    estimate = page.inner_text("#tone-summary")
    page.get_by_role("button", name="Correct the tone by hand").click()
    settled(page)  # Gradio mounts what is inside when it opens
    page.fill("#spots textarea, #spots input", "20, 20; 30, 25")
    page.press("#spots textarea, #spots input", "Enter")
    page.wait_for_selector("#hand-tone table")
    assert "n = 2 patches of 5 x 5 px" in page.inner_text("#hand-tone")
    page.wait_for_function(
        "document.querySelector('#tone-summary').innerText.includes('picked by hand is in use')"
    )
    page.locator("#picture img").click(position={"x": 40, "y": 60})
    page.wait_for_function("document.querySelectorAll('#picture .spot').length === 3")
    page.click("#clear-hand")
    page.wait_for_function("document.querySelectorAll('#picture .spot').length === 0")

    page.locator("#method").get_by_label("Robust (float CIELAB)").check()
    page.wait_for_function(
        "text => document.querySelector('#tone-summary').innerText !== text", arg=estimate
    )
    page.locator("#method").get_by_label("As published", exact=True).check()
    page.get_by_role("button", name="Turn the published estimator's knobs").click()
    settled(page)
    knob = page.get_by_label("number input for Hair threshold, of 255")
    knob.fill("5")
    knob.press("Enter")
    page.wait_for_function(
        "document.querySelector('[data-step=hair]')?.innerText.includes('5 of 255')"
    )
    page.click("#reset-knobs")
    page.wait_for_function(
        "document.querySelector('[data-step=hair]')?.innerText.includes('20 of 255')"
    )
    page.context.close()


def test_curve_is_drawn_and_can_be_stopped(address, browser):
    page = open_page(browser, address)
    page.click("#draw-curve")
    page.wait_for_selector("#curve-chart .js-plotly-plot")
    assert page.locator("#curve-strip img").count() >= 16
    assert "demo model: n = 1 image" in page.inner_text("#curve-tables")
    chart = page.locator("#curve-chart .js-plotly-plot .nsewdrag").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    for step in range(1, 20):  # over the line, wherever it runs
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * step / 20)
    page.wait_for_selector("#hover-picture.shown")
    link = page.get_attribute("#curve-tables a.download", "href")
    assert base64.b64decode(link.split(",", 1)[1]).decode().startswith("image,weights,transform")
    page.click("#draw-curve")
    page.click("#stop-curve")
    page.wait_for_timeout(500)
    assert page.locator("#picture img").count() == 1
    page.context.close()


def test_bad_upload_is_one_sentence_and_loses_nothing(address, browser, tmp_path):
    page = open_page(browser, address)
    before = page.inner_text("#picture"), decision(page)
    bad = tmp_path / "broken.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    page.set_input_files("#upload input[type=file]", str(bad))
    page.wait_for_selector("#problem [role=alert]")
    assert "broken.png" in page.inner_text("#problem")
    assert (page.inner_text("#picture"), decision(page)) == before
    page.context.close()


def test_image_without_skin_says_so_and_still_decides(address, browser, tmp_path):
    from PIL import Image

    black = tmp_path / "black.png"
    Image.new("RGB", (120, 120)).save(black)
    page = open_page(browser, address)
    page.set_input_files("#upload input[type=file]", str(black))
    page.wait_for_function("document.querySelector('#picture').innerText.includes('black.png')")
    page.wait_for_selector("#verdict .verdict")
    assert "not estimated" in page.inner_text("#tone-summary")
    assert "needs the tone group" in page.inner_text("#rules")
    page.context.close()


def test_nothing_of_an_upload_stays_on_disk(address, browser, folder, disputed, lesions):
    page = open_page(browser, address)
    upload(page, disputed[0])
    page.context.close()
    names = {path.name for path in (folder / "gradio").rglob("*") if path.is_file()}
    assert not names & set(lesions["image"])
    big = [p for p in (folder / "gradio").rglob("*") if p.is_file() and p.stat().st_size > 0]
    assert not big, "no copy under another name either"
    assert disputed[0].name not in (folder / "app.log").read_text()


def test_nothing_leaves_the_pages_own_origin(address, browser):
    context = browser.new_context()
    requested = []
    context.on("request", lambda request: requested.append(request.url))
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#other-verdict .verdict", timeout=60_000)
    page.get_by_role("tab", name="Groups").click()
    page.wait_for_selector("#bars .js-plotly-plot")
    outside = [url for url in requested if not url.startswith((address, "data:", "blob:"))]
    assert len(requested) > 10 and not outside
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_no_sideways_scrolling(address, browser, width, theme):
    page = open_page(browser, address, width=width, theme=theme)
    name = f"{{view}}_{width}_{theme}.png"
    for view in screenshots.walk(page, screenshots.ARTEFACTS, name, full_page=True):
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
    page.context.close()


def test_two_visitors_do_not_see_each_other(address, browser, lesions):
    first, second = (open_page(browser, address) for _ in range(2))
    upload(first, lesions["path"].iloc[0])
    assert lesions["image"].iloc[0] in first.inner_text("#picture")
    assert lesions["image"].iloc[0] not in second.content()
    choose_rule(second, "Domain-independent (sum of logits)")
    assert lesions["image"].iloc[0] not in second.content()
    first.context.close(), second.context.close()


def test_a_pasted_picture_is_analysed(address, browser):
    """A paste event with an image file, as the browser makes it from the clipboard."""
    page = open_page(browser, address)
    page.evaluate(
        """async () => {
          const canvas = Object.assign(document.createElement('canvas'), {width: 200, height: 150});
          const pen = canvas.getContext('2d');
          pen.fillStyle = 'rgb(205,165,140)'; pen.fillRect(0, 0, 200, 150);
          pen.fillStyle = 'rgb(70,45,35)'; pen.fillRect(80, 60, 40, 30);
          const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
          const data = new DataTransfer();
          data.items.add(new File([blob], 'pasted.png', {type: 'image/png'}));
          document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}));
        }"""
    )
    page.wait_for_function("document.querySelector('#picture').innerText.includes('pasted.png')")
    assert "200 x 150 px" in page.inner_text("#picture")
    page.context.close()
