"""The stored answers are the demo model's own, and never speak for anything else."""

import json
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from explorer import load_classifier, read_image, read_tone
from explorer.lesion import stored as example_answers
from explorer.lesion.stored import FILE, NotStored, StoredAnswers, stored_answers
from explorer.lesion.workshop import workshop
from explorer.model.hub import sha256_of
from explorer.model.weights import DEMO_MODEL
from explorer.synthetic.examples import EXAMPLES
from explorer.ui.server.weights_loader import WeightsLoader


@pytest.fixture(scope="module")
def rows():
    return json.loads(FILE.read_text())


def test_file_is_tied_to_model_and_pictures(rows):
    assert rows["weights_sha256"] == sha256_of(DEMO_MODEL)
    skins = [len(workshop(read_tone(read_image(each.path))).empty.skins) for each in EXAMPLES]
    assert len(rows["answers"]) == sum(skins) and min(skins) >= 26
    for row in rows["answers"]:
        assert row["image_sha256"] == sha256_of(FILE.parent / row["image"])


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.id)
def test_stored_answers_are_what_the_network_says(example):
    """Recomputed by the network, the picture as it is and on every other skin."""
    demo, result = load_classifier("embedded"), read_tone(read_image(example.path))
    turned = stored_answers().oriented_logits(result.image.rgb)
    np.testing.assert_allclose(turned, demo.oriented_logits(result.image.rgb), atol=2e-4)
    *_, quoted = workshop(result).answers(stored_answers())
    *_, computed = workshop(result).answers(demo)
    np.testing.assert_allclose(quoted.logits, computed.logits, atol=2e-4)


def test_other_pixels_are_not_answered():
    picture = read_image(EXAMPLES[0].path).rgb.copy()
    stored_answers().oriented_logits(picture)
    picture[0, 0, 0] ^= 1
    with pytest.raises(NotStored):
        stored_answers().oriented_logits(picture)


def test_answers_of_another_model_are_not_used(monkeypatch, tmp_path, rows):
    changed = tmp_path / "answers.json"
    changed.write_text(json.dumps({**rows, "weights_sha256": "0" * 64}))
    monkeypatch.setattr(example_answers, "FILE", changed)
    assert not stored_answers.__wrapped__().rows


def test_loaded_weights_other_than_the_demos_are_never_quoted():
    """What is at hand: stored answers at first, then the demo model, then others without any."""
    loader = WeightsLoader("embedded")
    assert isinstance(loader.at_hand, StoredAnswers) and loader.may_quote
    list(loader.wait())
    picture = read_image(EXAMPLES[0].path).rgb
    assert loader.may_quote and loader.at_hand.weights.is_demo
    np.testing.assert_array_equal(
        loader.at_hand.oriented_logits(picture), stored_answers().oriented_logits(picture)
    )
    other = replace(loader.classifier, weights=replace(loader.classifier.weights, sha256="1" * 64))
    loader._loading = Future()
    loader._loading.set_result(other)
    assert loader.at_hand is other and not loader.may_quote
    assert not loader.answered(stored_answers().weights)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.id)
def test_thumbnails_show_their_example(example):
    large = Image.open(example.path).convert("RGB")
    small = Image.open(example.path.with_name(example.thumbnail)).convert("RGB")
    assert max(small.size) == 160
    shrunk = np.asarray(large.resize(small.size, Image.Resampling.BOX), float)
    assert np.abs(shrunk - np.asarray(small)).mean() < 4
