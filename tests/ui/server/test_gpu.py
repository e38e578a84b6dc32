"""The shared GPU of a Space, with a stand-in for its ``spaces`` package."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from explorer import load_classifier, read_image
from explorer.ui.server import gpu
from support import ROOT


@pytest.fixture
def image():
    return read_image(ROOT / "assets" / "examples" / "synthetic-dark.jpg").rgb


@pytest.fixture
def spaces(monkeypatch):
    """A fake ``spaces`` that counts what it decorates and what is called."""
    seen = SimpleNamespace(decorated=[], called=[])

    def GPU(duration):
        def decorate(function):
            seen.decorated.append((function.__name__, duration))

            def held(*arguments):
                seen.called.append(arguments[1])
                return function(*arguments)

            return held

        return decorate

    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=GPU))
    monkeypatch.setattr(gpu, "find_spec", lambda name: name == "spaces")
    gpu._on_gpu.cache_clear()
    yield seen
    gpu._on_gpu.cache_clear()


def test_without_the_package_nothing_changes(monkeypatch):
    monkeypatch.setattr(gpu, "find_spec", lambda name: None)
    classifier = load_classifier("embedded")
    assert gpu.with_gpu(classifier) is classifier


def test_every_pass_goes_through_spaces_and_answers_the_same(spaces, image):
    plain = load_classifier("embedded")
    shared = gpu.with_gpu(plain)
    assert spaces.decorated == [("run_pass", gpu.LONGEST)], "decorated before the first call"
    told = []
    logits = shared.logits([image] * 3, 2, lambda share, text: told.append(share))
    assert np.array_equal(logits, plain.logits([image] * 3, 2)) and told == [0.0, 1.0]
    assert np.array_equal(shared.oriented_logits(image), plain.oriented_logits(image))
    assert spaces.called == ["logits", "oriented_logits"]
    assert shared.weights.label == "demo model"


def test_what_stops_a_run_still_does(spaces, image):
    def stop(share, text):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        gpu.with_gpu(load_classifier("embedded")).logits([image], 1, stop)
    assert not spaces.called
