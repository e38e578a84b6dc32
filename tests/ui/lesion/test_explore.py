"""Explore in a real browser: an upload, its steps, other ways to read the skin, no weights."""

import re

import numpy as np
import pytest
from PIL import Image

from explorer import classify, load_classifier, read_image, read_tone
from explorer.lesion.stored import stored_answers
from explorer.lesion.workshop import workshop
from explorer.synthetic.examples import EXAMPLES, FIRST
from explorer.ui.lesion.story import CHAPTERS
from support.browser import drawn, new_page, running_app, settled, upload

PUBLISHED = "discriminative_prior_shift"


@pytest.fixture(scope="module")
def found():
    """What the demo model says of the example that the page opens on."""
    return classify(read_tone(read_image(FIRST.path)), load_classifier("embedded"))


@pytest.fixture(scope="module")
def lesion(lesions):
    """A real lesion on which the published rule and the raw one disagree, and its answer."""
    classifier = load_classifier("embedded")
    for path in lesions.loc[lesions["split"] == "valid", "path"]:
        said = classify(read_tone(read_image(path)), classifier)
        if said.verdicts[PUBLISHED].word != said.verdicts["discriminative"].word:
            return path, said
    pytest.fail("no validation lesion on which the rules disagree")


def wait_table(page, condition, arg=None):
    """Wait until the instrument's table is complete and fulfils a condition on ``table``."""
    look = "const { table } = window.instrument ?? {};"
    page.wait_for_function(f"arg => {{ {look} return table?.complete && ({condition}); }}", arg=arg)


def table(page):
    return page.evaluate("window.instrument.table")


def open_drawer(page, elem_id):
    page.locator(f"#{elem_id} > button").first.click()
    settled(page)  # Gradio mounts what is inside when it opens


def test_text_of_the_steps(shared_page):
    ids = shared_page.eval_on_selector_all("[id^=step-]", "all => all.map((each) => each.id)")
    assert ids == [f"step-{key}" for key in CHAPTERS]
    for key, chapter in CHAPTERS.items():
        assert len(chapter.text.split()) <= 25
        text = shared_page.inner_text(f"#step-{key}")
        assert chapter.title in text and chapter.text in text
        for word in chapter.words:
            shared_page.locator(f"#step-{key} [popovertarget=word-{word}]").click()
            shared_page.wait_for_selector(f"#word-{word}:popover-open")
            shared_page.keyboard.press("Escape")


def test_an_upload_shows_the_cores_numbers(shared_page, lesion):
    path, said = lesion
    upload(shared_page, path)
    wait_table(shared_page, "table.range !== null")
    shown, result = table(shared_page), read_tone(read_image(path))
    for rule in shown["rules"]:
        verdict = said.verdicts[rule["key"]]
        p = rule["p"][shown["own"]]
        assert p == pytest.approx(float(verdict.probability_malignant), rel=1e-3, abs=1e-9)
        assert rule["malignant"][shown["own"]] == (verdict.word == "malignant")
        assert shown["range"][rule["key"]] == pytest.approx(said.ranges[rule["key"]], rel=1e-3)
    assert shown["owned"] and not shown["stored"] and shown["weights"]["demo"]
    text = shared_page.inner_text("#tone-summary")
    assert f"{result.tone.published.ita:.1f}°" in text and f"{result.tone.cielab.ita:.1f}°" in text
    assert f"n = {result.tone.skin_pixels:,} skin pixels" in text
    assert path.name in shared_page.inner_text("#picture")
    open_drawer(shared_page, "all-rules")
    rules = shared_page.inner_text("#rules")
    for verdict in said.verdicts.values():
        assert f"{float(verdict.probability_malignant):.3f}" in rules
    assert said.predict_py in rules and "demo model" in rules and "n = 1 image" in rules


def test_what_is_bad_leaves_what_was_there(shared_page, lesion, tmp_path):
    path, _ = lesion
    upload(shared_page, path)
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"this is no picture")
    shared_page.set_input_files("#upload input[type=file]", str(bad))
    shared_page.wait_for_selector("#problem [role=alert]")
    assert "not an image" in shared_page.inner_text("#problem")
    assert table(shared_page)["name"] == path.name


def test_an_image_may_be_dropped(shared_page, lesions):
    path = lesions["path"].iloc[1]
    shared_page.evaluate(
        """([name, bytes]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], name, { type: 'image/jpeg' }));
          document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
        }""",
        [path.name, list(path.read_bytes())],
    )
    wait_table(shared_page, "table.name === arg", path.name)


def test_another_transform_is_another_table(shared_page):
    shared_page.get_by_role("button", name="Tan skin").click()
    wait_table(shared_page, "table.name.startsWith('Tan skin')")
    before = table(shared_page)
    shared_page.locator("#instrument [data-part=way]").click()
    shared_page.get_by_label("Skin-former (the study's), skin only").check()
    wait_table(shared_page, "table.transform.key === 'published'")
    *_, expected = workshop(read_tone(read_image(EXAMPLES[3].path)), "published").answers(
        load_classifier("embedded")
    )
    after = table(shared_page)
    np.testing.assert_allclose(after["logits"], expected.logits, rtol=2e-3, atol=2e-3)
    np.testing.assert_allclose(
        after["logits"][after["own"]], before["logits"][before["own"]], atol=1e-3
    )
    shared_page.locator("#instrument [data-part=way]").click()
    shared_page.get_by_label("Melanin (Beer-Lambert), whole image").check()
    wait_table(shared_page, "table.transform.key === 'melanin'")


def test_skin_is_picked_in_an_armed_mode_only_and_can_be_undone(shared_page, lesions):
    upload(shared_page, lesions["path"].iloc[0])
    estimate = table(shared_page)
    open_drawer(shared_page, "hand")
    picture = shared_page.locator("#spotting img")
    picture.click(position={"x": 40, "y": 60})
    shared_page.wait_for_timeout(500)
    assert shared_page.locator("#spotting .spot").count() == 0, "nothing is picked by a mere tap"
    shared_page.get_by_label("Pick by clicking on this picture").check()
    picture.click(position={"x": 40, "y": 60})
    shared_page.wait_for_function("document.querySelectorAll('#spotting .spot').length === 1")
    picture.click(position={"x": 60, "y": 250})
    shared_page.wait_for_function("document.querySelectorAll('#spotting .spot').length === 2")
    shared_page.wait_for_function(
        "document.querySelector('#tone-summary').innerText.includes('picked by hand is in use')"
    )
    assert "n = 2 patches of 5 x 5 px" in shared_page.inner_text("#hand-tone")
    wait_table(shared_page, "table.id !== arg", estimate["id"])
    shared_page.get_by_role("button", name="Undo the last spot").click()
    shared_page.wait_for_function("document.querySelectorAll('#spotting .spot').length === 1")
    shared_page.get_by_role("button", name="Back to the estimate").click()
    shared_page.wait_for_function("document.querySelectorAll('#spotting .spot').length === 0")
    wait_table(shared_page, "table.id === arg", estimate["id"])


def test_estimator_knobs_and_figures_are_in_drawers(shared_page, lesions):
    upload(shared_page, lesions["path"].iloc[0])
    before = shared_page.inner_text("#tone-summary")
    open_drawer(shared_page, "search")
    assert shared_page.locator("#steps li").count() == 10
    shared_page.get_by_label("Robust (float CIELAB)").check()
    shared_page.wait_for_function(
        "text => document.querySelector('#tone-summary').innerText !== text", arg=before
    )
    shared_page.wait_for_function("new URL(location.href).searchParams.get('method') === 'robust'")
    shared_page.get_by_label("As published", exact=True).check()
    open_drawer(shared_page, "knobs")
    knob = shared_page.get_by_label("number input for Hair threshold, of 255")
    knob.fill("5")
    knob.press("Enter")
    shared_page.wait_for_function(
        "document.querySelector('[data-step=hair]')?.innerText.includes('5 of 255')"
    )
    shared_page.get_by_role("button", name="Published settings").click()
    shared_page.wait_for_function(
        "document.querySelector('[data-step=hair]')?.innerText.includes('20 of 255')"
    )
    open_drawer(shared_page, "figures")
    shared_page.wait_for_selector("#plane .js-plotly-plot")
    shared_page.wait_for_selector("#shares .js-plotly-plot")


def test_formulas_are_rendered_by_the_page_itself(shared_page):
    for key, chapter in CHAPTERS.items():
        if not chapter.formula and key != "rule":
            continue
        shared_page.locator(f"#formula-{key} > button").first.click()
        shared_page.wait_for_selector(f"#formula-{key} .katex-html")
        assert shared_page.locator(f"#formula-{key} .katex-error").count() == 0, key


def test_a_picture_without_skin_has_no_other_skins(shared_page, tmp_path):
    black = tmp_path / "black.png"
    Image.new("RGB", (300, 300)).save(black)
    shared_page.set_input_files("#upload input[type=file]", str(black))
    wait_table(shared_page, "table.name === 'black.png'")
    assert len(table(shared_page)["skins"]) == 1
    shared_page.wait_for_function(
        "document.querySelector('#tone-summary').innerText.includes('more skin around')"
    )


def test_stop_is_offered_only_while_something_runs(shared_page, lesions):
    shared_page.wait_for_selector("#stop[disabled]")  # what the test before began has ended
    shared_page.evaluate("""() => {
      const stop = document.querySelector('#stop');
      window.offered = [stop.disabled];
      new MutationObserver(() => window.offered.push(stop.disabled)).observe(
        stop, { attributes: true, attributeFilter: ['disabled'] });
    }""")
    upload(shared_page, lesions["path"].iloc[2])
    shared_page.wait_for_function("window.offered.length > 2 && window.offered.at(-1)")
    assert shared_page.evaluate("window.offered[0] && window.offered.includes(false)")


def test_example_is_there_without_any_weights(browser, tmp_path, found):
    """Weights that cannot be had: the example's stored answer still shows, as the demo model's."""
    with running_app(tmp_path, weights=str(tmp_path / "missing.pth")) as address:
        page = new_page(browser)
        page.goto(address)
        drawn(page)
        page.wait_for_function(
            "document.querySelector('#banner').innerText.includes('missing.pth')"
        )
        shown = table(page)
        p = float(found.verdicts[PUBLISHED].probability_malignant)
        assert shown["rules"][0]["p"][shown["own"]] == pytest.approx(p, rel=1e-3)
        text = page.inner_text("#instrument")
        assert "demo model" in text and found.verdicts[PUBLISHED].word in text
        page.get_by_role("button", name=re.compile("Dark skin")).click()
        wait_table(page, "table.name.startsWith('Dark skin')")
        *_, stored = workshop(read_tone(read_image(EXAMPLES[5].path))).answers(stored_answers())
        np.testing.assert_allclose(table(page)["logits"], stored.logits, rtol=1e-3)


def test_stored_answer_gives_way_to_the_loaded_weights(browser, published_pth, tmp_path):
    """With other weights than the demo's, what stays on the page is theirs."""
    said = classify(read_tone(read_image(FIRST.path)), load_classifier(str(published_pth))).verdicts
    with running_app(tmp_path, weights=str(published_pth)) as address:
        page = new_page(browser, seconds=120)
        page.goto(address)
        wait_table(
            page, "table.weights.label.includes('published_seed_0.pth') && table.logits[table.own]"
        )
        shown = table(page)
        p = float(said[PUBLISHED].probability_malignant)
        assert shown["rules"][0]["p"][shown["own"]] == pytest.approx(p, rel=1e-3)
        assert "demo model" not in page.inner_text("#instrument")
        assert not shown["stored"]
