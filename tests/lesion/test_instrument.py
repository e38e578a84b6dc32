"""The instrument's table: what is shown is what the transform, the network and the rules give."""

import base64
import io
import json
import re
from dataclasses import replace
from itertools import groupby

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy.special import logit, softmax
from sklearn.metrics import roc_curve

from explorer.fairness.cutoffs import SLACK, same_sensitivity
from explorer.image.read import CheckedImage, read_image
from explorer.lesion.counterfactual import curve
from explorer.lesion.instrument_table import pictures_json, table_json
from explorer.lesion.instrument_words import finding, statement
from explorer.lesion.lesion import classify, read_tone
from explorer.lesion.stored import first_table, instrument_of, stored_answers
from explorer.lesion.workshop import TARGETS, workshop
from explorer.model.classifier import load_classifier
from explorer.model.weights import Weights
from explorer.rules.rules import RULES
from explorer.study.sources import demo_calibration
from explorer.synthetic.examples import EXAMPLES, FIRST
from explorer.tone.hand import read_patches
from explorer.transform.melanin import feather, transform
from support.command import explorer

#: Training counts n[d, y] of FACTS section 3, as the study's code writes them.
COUNTS = np.array([[1072, 16], [17515, 231], [6273, 181], [834, 16]], float)


class Brightness:
    """Stands in for a network: the malignant logits fall with the picture's mean grey."""

    weights = Weights("path", "made.pth", None, "0" * 64, 1, None, "made.pth is used: a test.")

    def __init__(self, threshold=90.0, scale=10.0):
        self.threshold, self.scale, self.asked = threshold, scale, []

    def logits(self, images, batch_size=16):
        self.asked.append(len(images))
        rows = np.zeros((len(images), 8), np.float32)
        rows[:, 1::2] = [[(self.threshold - image.mean()) / self.scale] for image in images]
        return rows

    def oriented_logits(self, image):
        return self.logits([image]).repeat(8, axis=0) + np.arange(8, dtype=np.float32)[:, None]


@pytest.fixture(scope="module")
def result():
    return read_tone(read_image(FIRST.path))


@pytest.fixture(scope="module")
def shop(result):
    return workshop(result)


@pytest.fixture(scope="module")
def steps(shop):
    return list(shop.answers(Brightness()))


def with_p(made, p, key="discriminative"):
    """The instrument with logits that give these probabilities by one rule, at every skin."""
    rows = np.full((len(p), 8), -30, np.float32)
    rows[:, 2], rows[:, 3] = 0, logit(p)
    made = replace(made, logits=rows)
    np.testing.assert_allclose(made.verdicts[key].probability_malignant, p, rtol=1e-4)
    return made


def test_skins_go_from_light_to_dark_with_the_own_among_them(shop, result):
    skins = shop.empty.skins
    targets = [skin.target for skin in skins]
    assert targets == sorted(targets, reverse=True) and 26 <= len(targets) <= 30
    own = skins[shop.empty.own]
    assert own.target == pytest.approx(result.tone.cielab.ita)
    assert own.group == result.group and own.melanin == 0
    assert {round(each, 6) for each in targets} - {round(own.target, 6)} <= set(TARGETS)
    reached = np.array([skin.reached_cielab for skin in skins])
    assert np.abs(reached - targets).max() <= 0.45  # as the melanin transform promises


def test_it_fills_in_the_own_skin_first(steps):
    assert [each.known.sum() for each in steps] == [1, 9, len(steps[-1].skins)]
    assert steps[0].known[steps[0].own] and not steps[1].is_complete and steps[2].is_complete
    assert steps[0].flips == dict.fromkeys(RULES, ())


def test_what_is_answered_already_is_not_asked_again(shop, steps):
    again = Brightness()
    *_, whole = shop.answers(again, steps[1])
    assert sum(again.asked) == len(whole.skins) - 9
    np.testing.assert_array_equal(whole.logits, steps[2].logits)
    assert list(shop.answers(again, whole)) == []


@pytest.mark.parametrize("scope", ["image", "skin"])
def test_a_look_up_in_the_table_is_the_transform(result, scope):
    """To the byte on every skin: the page's script does these two lines."""
    made = workshop(result, scope=scope).empty
    picture = made.picture.astype(float)
    weights = feather(result.skin_mask) if scope == "skin" else None
    for skin, table in zip(made.skins, made.tables):
        expected = transform(
            result.image.rgb, result.tone.colour_rgb, skin.target, weights=weights
        ).rgb
        new = np.stack([table[made.picture[..., c], c] for c in range(3)], axis=-1)
        if scope == "skin":
            new = np.floor(picture + made.mask[..., None] / 255 * (new - picture) + 0.5)
        assert np.abs(new.astype(int) - expected).max() <= (1 if scope == "skin" else 0)


def test_numbers_are_those_of_the_curve_and_of_the_whole_image(real, demo):
    """On a real lesion: other skins by the curve's own path, the own skin by ``classify``."""
    result = read_tone(read_image(real))
    shop = workshop(result)
    *_, made = shop.answers(demo)
    np.testing.assert_allclose(made.logits[made.own], classify(result, demo).logits, atol=1e-5)
    targets = [skin.target for skin in made.skins]
    expected = curve(result, demo, targets=targets)
    np.testing.assert_allclose(made.logits[::-1], expected.logits, atol=1e-4)
    for key in RULES:
        np.testing.assert_allclose(made.flips[key][::-1], expected.flips[key], atol=0.01)


def test_rules_by_the_studys_formulas(steps):
    table = table_json(steps[-1])
    z = steps[-1].logits.astype(float)
    joint = softmax(z, axis=1)
    published, raw, wang, independent, conditional = table["rules"]
    s = joint.reshape(-1, 4, 2) * (COUNTS.sum(1, keepdims=True) / COUNTS / 100)
    np.testing.assert_allclose(published["scores"], s.sum(1), rtol=1e-3)
    np.testing.assert_allclose(published["p"], s.sum(1)[:, 1] / s.sum((1, 2)), rtol=1e-3)
    np.testing.assert_allclose(raw["p"], joint[:, 1::2].sum(1), rtol=1e-3)
    w = (joint.reshape(-1, 4, 2) / (COUNTS / COUNTS.sum())).sum(1)
    np.testing.assert_allclose(wang["p"], w[:, 1] / w.sum(1), rtol=1e-3)
    np.testing.assert_allclose(independent["log_odds"], (z[:, 1::2] - z[:, ::2]).sum(1), rtol=1e-3)
    for i, skin in enumerate(table["skins"]):
        own = softmax(z[i].reshape(4, 2)[skin["group"]])[1]
        assert conditional["p"][i] == pytest.approx(own, rel=1e-3)
    assert [rule["key"] for rule in table["rules"] if rule["parts"] is None] == [
        "discriminative",
        "independent",
    ], "weights of 1: the numbers themselves"
    for rule in table["rules"]:
        numbers = z if rule["sums_logits"] else joint
        parts = np.array(rule["parts"] or numbers.tolist())
        np.testing.assert_allclose(
            parts.reshape(-1, 4, 2).sum(1), rule["scores"], rtol=2e-3, atol=1e-6
        )
        np.testing.assert_allclose(
            np.broadcast_to(rule["factors"], parts.shape) * numbers, parts, rtol=2e-3, atol=1e-6
        )
        assert rule["malignant"] == [p > 0.5 for p in rule["p"]]


def test_what_is_not_computed_is_null(steps):
    table = table_json(steps[0])
    known = [row is not None for row in table["logits"]]
    assert sum(known) == 1 and known[table["own"]] and not table["complete"]
    for rule in table["rules"]:
        for key in ("p", "malignant", "log_odds", "scores", "parts"):
            if key != "parts" or rule[key]:  # null by weights of 1
                assert [each is not None for each in rule[key]] == known
        assert rule["flips"] == [] and rule["finding"] == ""
    assert table["range"] is None and set(table["columns"].values()) == {None}


def test_range_is_over_the_eight_orientations(shop, steps):
    made = shop.turned(steps[-1], Brightness())
    found = classify(shop.result, Brightness())
    assert table_json(made)["range"] == {
        key: pytest.approx(spread, rel=1e-3) for key, spread in found.ranges.items()
    }


def test_at_one_sensitivity_every_rule_has_a_cut_off_of_its_own(demo, result):
    """The second columns by the rules' formulas, at thresholds by scikit-learn."""
    *_, made = workshop(result).answers(demo)
    cutoffs, of = same_sensitivity(demo_calibration()), demo_calibration()
    table = table_json(made, cutoffs=cutoffs)
    groups = np.array([skin.group for skin in made.skins])
    for rule in table["rules"]:
        said = RULES[rule["key"]](of.logits, of.group)
        fpr, tpr, limits = roc_curve(of.target, said.log_odds, drop_intermediate=False)
        at, same = int(np.argmax(tpr >= 0.8)), rule["same"]
        assert same["cutoff"]["log_odds"] == pytest.approx(limits[at] - SLACK, rel=1e-3)
        assert same["cutoff"]["sensitivity"][0] == pytest.approx(tpr[at], abs=1e-3)
        assert same["cutoff"]["false_positive_rate"][0] == pytest.approx(fpr[at], abs=1e-3)
        called = RULES[rule["key"]](made.logits, groups).log_odds >= limits[at] - SLACK
        assert same["malignant"] == called.astype(int).tolist()
        turns = np.flatnonzero(np.diff(called.astype(int)))
        assert len(same["flips"]) == len(turns)
        for flip, i in zip(same["flips"], turns):
            assert made.skins[i + 1].target - 0.06 <= flip <= made.skins[i].target + 0.06
        whole = statement(replace(made, cutoffs=cutoffs), rule["key"])
        replaced = rule["statement"].replace(rule["decided"], same["decided"])
        assert whole == replaced.replace(rule["finding"], same["finding"])
        assert "(n = 124) it finds 81 % [70, 89] of 69 malignant" in whole
        assert rule["cutoff"]["p"] == 0.5 and rule["malignant"] == [p > 0.5 for p in rule["p"]]
    independent = table["rules"][3]
    assert not any(independent["malignant"]) and any(independent["same"]["malignant"])
    assert independent["same"]["cutoff"]["extreme"] and independent["saturated"]


def test_without_a_calibration_set_there_are_no_second_columns(steps):
    table = table_json(steps[-1], problem="no calibration set is known")
    assert table["same_sensitivity"]["wanted"] is None
    assert table["same_sensitivity"]["problem"] == "no calibration set is known"
    assert [rule["same"] for rule in table["rules"]] == [None] * 5
    assert table["rules"][0]["cutoff"]["sensitivity"] is None


@pytest.mark.parametrize("scope", ["image", "skin"])
def test_table_is_small_and_its_pictures_are_lossless(real, demo, scope):
    shop = workshop(read_tone(read_image(real)), scope=scope)
    *_, made = shop.answers(demo)
    made = shop.turned(made, demo)
    cutoffs = same_sensitivity(demo_calibration())
    table = table_json(made, cutoffs=cutoffs, caption="A lesion with a caption of some length")
    assert len(json.dumps(table, separators=(",", ":"), ensure_ascii=False).encode()) <= 60_000
    tables = np.frombuffer(base64.b64decode(table["tables"]), np.uint8)
    np.testing.assert_array_equal(tables.reshape(-1, 256, 3), made.tables)
    pictures = pictures_json(made)
    assert pictures["id"] == table["id"] and pictures["frames"] is None
    np.testing.assert_array_equal(opened(pictures["picture"]), made.picture)
    if scope == "skin":
        np.testing.assert_array_equal(opened(pictures["mask"]), made.mask)
    else:
        assert pictures["mask"] is None


def opened(uri):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition("base64,")[2]))))


def test_skin_former_comes_as_pictures(result):
    made = workshop(result, "published").empty
    table, pictures = table_json(made), pictures_json(made)
    assert table["tables"] is None and len(pictures["frames"]) == len(made.skins)
    assert table["transform"]["scope"] == "skin" and table["transform"]["convention"] == "published"
    own = cv2.resize(made.picture, (360, 360), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(opened(pictures["frames"][made.own]) - own).mean() < 3


def test_larger_pictures_are_shown_small_and_classified_whole(demo):
    rgb = np.asarray(Image.open(FIRST.path).resize((1500, 1200)))
    result = read_tone(CheckedImage(rgb, "large.png", "PNG"))
    shop = workshop(result)
    assert shop.empty.picture.shape == (410, 512, 3) and "1024x819" in shop.empty.notes[0]
    first = next(shop.answers(demo))
    np.testing.assert_allclose(first.logits[first.own], classify(result, demo).logits, atol=1e-5)


def test_a_hand_picked_tone_is_where_it_starts(result):
    hand = read_patches(result.image.rgb, [(20, 20)], 9)
    made = workshop(replace(result, hand=hand)).empty
    own = made.skins[made.own]
    assert own.target == pytest.approx(hand.cielab.ita) and own.group == hand.published.group
    assert made.skins != workshop(result).empty.skins


def test_without_skin_there_is_the_picture_as_it_is(demo):
    result = read_tone(CheckedImage(np.zeros((300, 300, 3), np.uint8), "black.png", "PNG"))
    assert result.tone is None
    *_, made = workshop(result).answers(demo)
    table = table_json(made)
    assert len(table["skins"]) == 1 and table["skins"][0]["target"] is None and table["complete"]
    assert table["rules"][0]["p"][0] is not None and table["rules"][4]["p"] == [None]
    assert table["rules"][0]["finding"] == "" and "no skin found" in table["rules"][0]["statement"]
    assert np.array_equal(np.unique(made.tables[0]), np.arange(256))


@pytest.mark.parametrize(
    "dark, said",
    [
        ((5, 12), "malignant here, benign from {5} to {12}. Only the skin's colour changed."),
        ((5, 5), "malignant here, benign at {5}. Only the skin's colour changed."),
        ((9, 28), "malignant here, benign from {9} to {28}. Only the skin's colour changed."),
        ((99, 99), "malignant on all 29 skins. This rule does not flip here."),
    ],
)
def test_finding_in_words(steps, dark, said):
    made, n = steps[-1], len(steps[-1].skins)
    assert n == 29
    p = np.full(n, 0.7)
    p[dark[0] : dark[1] + 1] = 0.3
    names = {str(i): f"{skin.target:.0f}°" for i, skin in enumerate(made.skins)}
    for place, name in names.items():
        said = said.replace(f"{{{place}}}", name)
    assert finding(with_p(made, p), "discriminative") == f"Same lesion: {said}"


def test_finding_with_two_ways_back(steps):
    p = np.full(len(steps[-1].skins), 0.2)
    p[:2], p[-3:] = 0.9, 0.8
    targets = [f"{skin.target:.0f}°" for skin in steps[-1].skins]
    assert finding(with_p(steps[-1], p), "discriminative") == (
        f"Same lesion: benign here, malignant from {targets[0]} to {targets[1]} and from "
        f"{targets[-3]} to {targets[-1]}. Only the skin's colour changed."
    )


def test_a_flat_line_is_called_saturation(steps):
    made = with_p(steps[-1], np.full(len(steps[-1].skins), 1e-6))
    said = finding(made, "discriminative")
    assert "log-odds of -14 to -14" in said and "saturation, not fairness" in said
    assert table_json(made)["rules"][1]["saturated"]


def test_statement_says_whose_number_and_what_it_is_not(shop, steps):
    made = shop.turned(steps[-1], Brightness())
    said = statement(made, "discriminative_wang")
    for part in ("made.pth", "Wang et al.", "ITA 48°, float CIELAB", "8 orientations", "n = 1"):
        assert part in said
    assert f"{len(made.skins)} skins" in said and "Not a medical device." in said
    p = made.verdicts["discriminative_wang"].probability_malignant[made.own]
    assert f"P(malignant) = {p:.3f}" in said


def test_the_first_table_is_that_of_the_stored_answers():
    _, table = instrument_of(FIRST, stored_answers(), same_sensitivity(demo_calibration()))
    assert first_table() == json.loads(json.dumps(table)) and table["complete"]


def test_the_first_example_flips_there_and_back_and_by_the_rule():
    """What a lecturer shows in three clicks."""
    published, raw = first_table()["rules"][:2]
    own = first_table()["own"]
    runs = [called for called, _ in groupby(published["malignant"])]
    assert runs == [True, False, True] and published["malignant"][own]
    assert not raw["malignant"][own]


def test_command_prints_writes_and_complains(tmp_path):
    file = tmp_path / "tan.html"
    picture = str(EXAMPLES[3].path)
    done = explorer("instrument", picture, "--weights", "embedded", "--json", "--out", file)
    table = json.loads(done.stdout)
    assert done.returncode == 0 and table["complete"] and table["weights"]["demo"]
    text = file.read_text()
    assert table["id"] in text and "data:image/png" in text
    assert set(re.findall(r"https?://[\w.]+", text)) <= {"http://www.w3.org"}, "asks nobody"
    bare = tmp_path / "bare.html"
    done = explorer("instrument", picture, "--weights", "embedded", "--out", bare, "--no-picture")
    assert "data:image/png" not in bare.read_text() and "[1] synthetic-tan.jpg" in done.stdout
    assert f"{table['rules'][0]['p'][table['own']]:.3f}" in done.stdout
    bad = explorer("instrument", picture, "--weights", "embedded", "--out", tmp_path / "no" / "x")
    assert bad.returncode == 2 and "choose another file" in bad.stderr
    assert explorer("instrument", tmp_path / "none.jpg").returncode == 2


@pytest.fixture(scope="module")
def demo():
    return load_classifier("embedded")


@pytest.fixture(scope="module")
def real(lesions):
    return lesions["path"].iloc[3]
