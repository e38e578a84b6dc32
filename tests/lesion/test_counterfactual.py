"""The curve, its command and its study; the network is replaced where it is not meant."""

import json

import numpy as np
import pytest

from explorer.evaluate.folder import find_images
from explorer.evaluate.sweep import sweep
from explorer.fairness.counterfactual import (
    SHIPPED,
    TARGETS,
    _median_interval,
    load_study,
    validation_lesions,
)
from explorer.figures.curve_tables import curve_table
from explorer.image import colour
from explorer.image.read import CheckedImage, read_image
from explorer.lesion.as_json import curve_json
from explorer.lesion.counterfactual import crossings, curve
from explorer.lesion.lesion import classify, read_tone
from explorer.model.classifier import load_classifier
from explorer.model.weights import DEMO_MODEL, Weights
from explorer.rules.rules import RULES
from explorer.transform.painter import WORKING_SIDE, default_targets
from explorer.transform.skinformer import skin_formed
from explorer.util.errors import ExplorerError
from support import ROOT
from support.command import explorer, explorer_process

EXAMPLES = ROOT / "assets" / "examples"
LESION = EXAMPLES / "synthetic-light.jpg"


class Brightness:
    """Stands in for a network: the malignant logits fall with the picture's mean grey."""

    weights = Weights("path", "made.pth", None, "0" * 64, 1, None, "made.pth is used: a test.")

    def __init__(self, threshold=90.0):
        self.threshold, self.seen = threshold, []

    def logits(self, images, batch_size=16, progress=None):
        self.seen += [image.shape for image in images]
        rows = np.zeros((len(images), 8), np.float32)
        rows[:, 1::2] = [[(self.threshold - image.mean()) / 10] for image in images]
        return rows


@pytest.fixture(scope="module")
def result():
    return read_tone(read_image(LESION))


@pytest.fixture(scope="module")
def made(result):
    return curve(result, Brightness())


# Targets and flips


@pytest.mark.parametrize(
    "own", [85.0, 61.3, 48.4, 33.0, 20.0, 5.1, -20.0, -34.0, -45.0, -50.0, -70]
)
def test_default_targets(own):
    targets = default_targets(own)
    assert len(targets) >= 16 and own in targets and targets == sorted(set(targets))
    assert np.diff(targets).min() > 0.15
    if own >= -34:
        assert targets[0] == -50 and targets[-1] == own, "from -50 to the image's own"
    assert targets[0] <= -50 or own == targets[0]


def test_crossings_of_a_known_curve():
    targets = np.array([-50.0, -10.0, 10.0, 50.0])
    probability = np.array([0.9, 0.3, 0.4, 0.6])
    found = crossings(targets, probability, (probability > 0.5).astype(int))
    assert found == pytest.approx((-50 + 40 * 0.4 / 0.6, 30.0))
    assert crossings(targets, np.full(4, 0.5), np.zeros(4, int)) == ()


def test_a_model_of_brightness_flips_where_it_must(result, made):
    """The decision of this stand-in changes where the mean grey passes 90."""
    from explorer.transform.melanin import transform

    key = "independent"
    (angle,) = made.flips[key]
    grey = transform(result.image.rgb, result.tone.colour_rgb, angle).rgb.mean()
    assert grey == pytest.approx(90, abs=2)
    assert made.stable[key] == (angle, made.own_ita)
    assert made.range[key] == pytest.approx(np.ptp(made.probability(key)))
    assert (made.verdicts[key].decision == (made.targets < angle)).all()
    steady = curve(result, Brightness(-1e4))
    assert steady.flips[key] == () and steady.stable[key] == (-50.0, steady.own_ita)


# The curve


def test_points_are_what_they_say(made):
    assert len(made.points) >= 16 and made.own == len(made.points) - 1
    for point in made.points:
        rgb = np.uint8(point.colour_rgb)
        assert point.reached_cielab == pytest.approx(float(colour.ita(rgb, "cielab")))
        assert point.reached_cielab == pytest.approx(point.target_ita, abs=0.5)
        assert point.reached_published == pytest.approx(float(colour.ita(rgb, "published")))
        assert point.group == colour.group_index(point.reached_published)
    for key, verdict in made.verdicts.items():
        for i, point in enumerate(made.points):
            alone = RULES[key](made.logits[i], point.group)
            assert verdict.probability_malignant[i] == pytest.approx(alone.probability_malignant)
    assert made.thumbnails.shape == (len(made.points), 96, 96, 3)
    assert np.all(np.diff(made.thumbnails.mean(axis=(1, 2, 3))) > 0), "darkest first"


def test_the_own_point_is_the_image_itself(result):
    classifier = load_classifier("embedded")
    own = curve(result, classifier, targets=[10])
    expected = classify(result, classifier)
    np.testing.assert_allclose(own.logits[own.own], expected.logits, atol=1e-4)
    assert own.probability("conditional")[own.own] == pytest.approx(
        float(expected.verdicts["conditional"].probability_malignant), abs=1e-5
    )


def test_progress_and_cancel(result):
    calls, classifier = [], Brightness()

    def stop(fraction, text):
        calls.append(fraction)
        if len(calls) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        curve(result, classifier, progress=stop)
    assert calls[0] == 0 and 0 < len(classifier.seen) < 16
    calls.clear()
    curve(result, classifier, targets=[0, 20], progress=lambda f, text: calls.append(f))
    assert calls == sorted(calls) and calls[-1] == 1


def test_large_images_are_shrunk_with_a_note(result):
    large = CheckedImage(np.kron(result.image.rgb, np.ones((4, 4, 1), np.uint8)), "big", "PNG")
    classifier = Brightness()
    found = curve(read_tone(large), classifier, targets=[0], scope="skin")
    assert {max(shape) for shape in classifier.seen} == {WORKING_SIDE}
    assert any(str(WORKING_SIDE) in note for note in found.notes)


def test_hand_picked_colour_is_the_start(result):
    found = curve(result, Brightness(), colour_rgb=(210, 160, 130), targets=[0])
    assert found.own_ita == pytest.approx(float(colour.ita(np.uint8([210, 160, 130]), "cielab")))


def test_published_transform_follows_its_two_constants(result):
    found = curve(result, Brightness(), transform="published", targets=[-10, 20])
    assert found.scope == "skin" and found.convention == "published"
    again = curve(result, Brightness(), transform="skin-former", targets=[20])
    assert again.transform == "published"
    assert found.own_ita == pytest.approx(result.tone.published.ita)
    lab = colour.rgb_to_lab8(np.uint8(result.tone.colour_rgb)).astype(float)
    for point in (point for point in found.points if point.target_ita != found.own_ita):
        delta = found.own_ita - point.target_ita
        wanted = lab + [-0.12 * delta, 0, 0.5 * delta]
        moved = colour.rgb_to_lab8(np.uint8(point.colour_rgb)).astype(float)
        np.testing.assert_allclose(moved, wanted.clip(0, 255), atol=2)
    own = found.points[found.own]
    assert own.colour_rgb == result.tone.colour_rgb
    made = skin_formed(result.image.rgb, result.tone.colour_rgb, -10, result.skin_mask)
    np.testing.assert_array_equal(made.rgb[~result.skin_mask], result.image.rgb[~result.skin_mask])


def test_out_of_reach_is_left_out_with_a_note(result):
    found = curve(result, Brightness(), colour_rgb=(123, 75, 69), targets=[41, -60])
    assert [round(target) for target in found.targets] == [-60, -46]
    assert any("41 degrees" in note for note in found.notes)


def test_wrap_of_the_published_angle_is_noted(result):
    found = curve(result, Brightness(), targets=[-70, 20])
    assert found.points[0].group == 0, "published arithmetic calls the darkest skin very light"
    assert any("-70 degrees" in note and "wraps" in note for note in found.notes)


@pytest.mark.parametrize(
    "bad, text",
    [
        ({"transform": "paint"}, "paint"),
        ({"scope": "hair"}, "hair"),
        ({"rules": ["x"]}, "'x'"),
        ({"rules": []}, "No rule"),
    ],
)
def test_bad_arguments(result, bad, text):
    with pytest.raises(ExplorerError, match=text):
        curve(result, Brightness(), **bad)


def test_without_a_tone_the_reason_is_given():
    black = read_tone(CheckedImage(np.zeros((80, 80, 3), np.uint8), "black", "PNG"))
    with pytest.raises(ExplorerError, match="skin"):
        curve(black, Brightness())


# JSON, table, CSV


def test_json_has_the_promised_keys(made):
    row = json.loads(json.dumps(curve_json(made), allow_nan=False))
    assert {"image", "transform", "points", "flips", "range"} <= set(row)
    assert set(row["flips"]) == set(row["range"]) == set(RULES)
    for point in row["points"]:
        assert {"target_ita", "reached_cielab", "reached_published", "rules"} <= set(point)
        for verdict in point["rules"].values():
            expected = "malignant" if verdict["probability_malignant"] > 0.5 else "benign"
            assert verdict["decision"] == expected


def test_table_holds_every_point(made):
    headers, rows = curve_table(made)
    assert len(rows) == len(made.points) and all(len(row) == len(headers) for row in rows)
    assert rows[0][0].endswith("(own)"), "lightest first"


# The command


def run(*arguments):
    return explorer("counterfactual", *arguments)


@pytest.mark.slow
def test_command_prints_one_object():
    arguments = (LESION, "--weights", "embedded", "--rules", "independent", "conditional", "--json")
    done = explorer_process("counterfactual", *arguments)
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert row["image"] == str(LESION) and row["weights"]["label"] == "demo model"
    assert len(row["points"]) >= 16 and set(row["range"]) == {"independent", "conditional"}


@pytest.mark.parametrize(
    "arguments",
    [
        (EXAMPLES,),
        (LESION, "--rules", "nonsense"),
        ("/no/such.jpg",),
        ("/no/dir", "--csv", "x.csv"),
    ],
)
def test_command_refuses_with_one_line(arguments):
    done = run(*arguments)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1


@pytest.mark.slow
def test_folder_survives_bad_files_and_resumes(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(LESION.read_bytes())
    (folder / "b.jpg").write_text("not an image")
    out = tmp_path / "out.csv"
    names = ("--csv", out, "--weights", "embedded", "--rules", "independent")
    first = run(folder, *names)
    assert (
        first.returncode == 1
        and "b.jpg" in first.stderr
        and "1 of 2 images written" in first.stdout
    )
    before = out.read_text().splitlines()[1]
    again = run(folder, *names)
    assert "1 were there already" in again.stdout and out.read_text().splitlines()[1] == before
    study = load_study(out)
    assert study.images == 1 and study.rules == ("independent",) and study.targets == TARGETS
    other = run(folder, *names, "--transform", "published")
    assert other.returncode == 2 and "another file" in other.stderr


# The study


def test_sweep_row_equals_the_curve(result, tmp_path):
    out = tmp_path / "one.csv"
    (item,) = (each for each in find_images([EXAMPLES]) if each.name == LESION.name)
    done = sweep([item], Brightness(), out, rules=tuple(RULES), malignant={item.name: 1})
    assert (done.written, done.skipped, done.bad) == (1, 0, ())
    study, made = load_study(out), curve(result, Brightness(), targets=TARGETS)
    row = study.table.iloc[0]
    for rule in RULES:
        assert study.ranges[rule][0] == pytest.approx(made.range[rule], abs=1e-5)
        assert study.flipped[rule][0] == bool(made.flips[rule])
        for i, point in enumerate(made.points):
            place = "own" if i == made.own else f"{point.target_ita:g}"
            assert row[f"p_{rule}_{place}"] == pytest.approx(made.probability(rule)[i], abs=1e-5)
    assert row["malignant"] == 1 and row["ita_cielab"] == pytest.approx(
        result.tone.cielab.ita, abs=1e-3
    )


@pytest.fixture(scope="module")
def study():
    return load_study()


def test_shipped_study_is_of_the_shipped_model(study, shared):
    import hashlib

    assert study.weights_sha256 == hashlib.sha256(DEMO_MODEL.read_bytes()).hexdigest(), (
        "the demo model changed: delete the CSV and run python -m explorer.study"
    )
    lesions = validation_lesions(shared)
    assert list(study.table["image"]) == list(lesions["image"]) and study.images == 124
    assert list(study.table["malignant"]) == list(lesions["target"])
    np.testing.assert_array_equal(
        study.table["group_published"],
        [colour.group_index(angle) for angle in study.table["ita_published"]],
    )
    agree = (study.table["group_published"] == lesions["group_published"].to_numpy()).mean()
    assert agree > 0.85, "the estimate is close to the study's own"


@pytest.mark.parametrize("row", [0, 57, 123])
def test_shipped_rows_come_from_the_images(study, shared, row):
    lesion = validation_lesions(shared).iloc[row]
    result = read_tone(read_image(lesion["path"]))
    targets = study.targets[::3]
    made = curve(result, load_classifier("embedded"), targets=targets)
    shipped = study.table.iloc[row]
    for rule in study.rules:
        for target in targets:
            i = int(np.flatnonzero(made.targets == target)[0])
            assert shipped[f"p_{rule}_{target:g}"] == pytest.approx(
                made.probability(rule)[i], abs=2e-3
            )


def test_shipped_probabilities_ranges_and_flips_agree(study):
    assert study.table["largest_miss"].max() <= 0.5
    for rule in study.rules:
        places = ["own", *(f"{target:g}" for target in study.targets)]
        values = study.table[[f"p_{rule}_{place}" for place in places]].to_numpy(float)
        np.testing.assert_allclose(
            np.nanmax(values, 1) - np.nanmin(values, 1), study.ranges[rule], atol=2e-6
        )
        called = values > 0.5
        differs = (called != called[:, :1]) & ~np.isnan(values)
        np.testing.assert_array_equal(differs.any(axis=1), study.flipped[rule])


def test_flip_share_has_wilsons_interval(study):
    z, n = 1.959963984540054, study.images
    for rule in study.rules:
        rate, p = study.flip_share(rule), study.flipped[rule].mean()
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        assert (rate.low, rate.high) == pytest.approx((centre - half, centre + half), abs=1e-9)
        assert rate.value == study.flipped[rule].mean()


def test_groups_cover_every_lesion_once(study):
    for by in ("published", "cielab", "diagnosis"):
        groups = study.members(by)
        assert np.sum(list(groups.values()), axis=0).tolist() == [1] * study.images
    with pytest.raises(ExplorerError, match="shoe"):
        study.members("shoe")


def test_spread_of_the_ranges(study):
    rule = study.rules[0]
    spread = study.spread(rule)
    assert spread.median == np.median(study.ranges[rule])
    assert spread.low <= spread.median <= spread.high
    assert (study.ranges[rule] <= spread.lower_quartile).mean() == pytest.approx(0.25, abs=0.01)
    few = np.arange(study.images) < 5
    assert study.spread(rule, few).low is None


def test_interval_of_the_median_covers_it():
    """Of a distribution with known median 0, about 95 of 100 intervals must hold it."""
    rng = np.random.default_rng(0)
    held = sum(
        low <= 0 <= high
        for low, high in (_median_interval(rng.normal(size=60)) for _ in range(100))
    )
    assert 88 <= held <= 100


def test_bad_study_files_are_refused(tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    for path in (other, tmp_path / "none.csv", LESION):
        with pytest.raises(ExplorerError, match="counterfactual DIR"):
            load_study(path)
    lines = SHIPPED.read_text().splitlines(keepends=True)
    mixed = tmp_path / "mixed.csv"
    mixed.write_text(lines[0] + lines[1] + lines[2].replace("demo model", "other model"))
    with pytest.raises(ExplorerError, match="mixes"):
        load_study(mixed)
