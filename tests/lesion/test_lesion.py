"""One lesion from image to verdicts, and its JSON; the network is replaced if not meant."""

import numpy as np
import pytest

from explorer.image.read import CheckedImage, read_image
from explorer.lesion import lesion
from explorer.lesion.as_json import lesion_json
from explorer.model.weights import Weights
from explorer.rules.rules import RULES, apply_rules
from explorer.tone.estimators import ESTIMATORS
from explorer.transform.transforms import TRANSFORMS
from explorer.util.errors import ExplorerError

WEIGHTS = Weights("path", "made.pth", None, "0" * 64, 1, None, "made.pth is used: a test.")


class OnePass:
    """Stands in for a classifier: fixed logits, and a count of the passes."""

    weights = WEIGHTS
    passes = 0

    def oriented_logits(self, rgb):
        assert rgb.dtype == np.uint8
        self.passes += 1
        return np.random.default_rng(4).normal(0, 2, (8, 8)).astype(np.float32)


@pytest.fixture
def result(lesions):
    return lesion.read_tone(read_image(lesions["path"].iloc[0]))


def test_one_pass_serves_every_rule(result):
    classifier = OnePass()
    found = lesion.classify(result, classifier)
    expected = apply_rules(found.oriented_logits[0], result.tone.published.group)
    assert set(found.verdicts) == set(RULES)
    for key, verdict in found.verdicts.items():
        assert verdict.probability_malignant == expected[key].probability_malignant
        low, high = found.ranges[key]
        each = [
            float(apply_rules(row, result.group)[key].probability_malignant)
            for row in found.oriented_logits
        ]
        assert (low, high) == (min(each), max(each))
        assert low <= verdict.probability_malignant <= high
    assert classifier.passes == 1


def test_json_has_the_promised_keys(result):
    row = lesion_json("a.jpg", result, lesion.classify(result, OnePass()))
    assert {"tone", "weights", "logits", "rules"} <= set(row)
    assert {"source", "name", "revision", "sha256"} <= set(row["weights"])
    assert len(row["logits"]) == 8 and set(row["rules"]) == set(RULES)
    for rule in row["rules"].values():
        assert rule["decision"] == (
            "malignant" if rule["probability_malignant"] > 0.5 else "benign"
        )


@pytest.mark.parametrize("method", ESTIMATORS)
def test_without_skin_the_other_rules_still_answer(method):
    black = CheckedImage(np.zeros((80, 80, 3), np.uint8), "black.png", "PNG")
    result = lesion.read_tone(black, method=method)
    assert result.tone is None and "skin" in result.problem
    assert [step.key for step in result.steps][-1] == "skin"
    row = lesion_json("black.png", result, lesion.classify(result, OnePass()))
    assert row["tone"] is None and row["tone_problem"] == result.problem
    assert row["rules"]["conditional"] is None and row["rules"]["independent"]["decision"]


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("scope", ["skin", "image"])
def test_other_skin_uses_the_group_of_the_new_image(result, transform, scope):
    classifier = OnePass()
    other = lesion.on_other_skin(result, 0.0, classifier, transform=transform, scope=scope)
    assert other.classification.group == other.reestimated.published.group
    assert other.changed.reached_published < result.tone.published.ita
    assert classifier.passes == 1


def test_other_skin_needs_a_tone_and_a_known_transform(result):
    assert lesion.read_tone(result.image, method="study").method == "published"
    with pytest.raises(ExplorerError, match=r"-60\.\.70"):
        lesion.on_other_skin(result, -80.0, OnePass(), transform="skin-former")
    with pytest.raises(ExplorerError, match="Unknown transform"):
        lesion.on_other_skin(result, 0.0, OnePass(), transform="paint")
    black = CheckedImage(np.zeros((80, 80, 3), np.uint8), "black.png", "PNG")
    with pytest.raises(ExplorerError, match="pick skin by hand"):
        lesion.on_other_skin(lesion.read_tone(black), 0.0, OnePass())
