"""Weight files for the tests: the study's layout, and small ones made on the spot."""

import functools
import json
import runpy
from pathlib import Path
from unittest import mock

import pytest

#: timm's convnext_atto: the study's structure, 3.4 million parameters.
ATTO = {"depths": (2, 2, 6, 2), "dims": (40, 80, 160, 320)}


@functools.cache
def make_checkpoint(script: Path, out: Path) -> Path:
    with mock.patch("sys.argv", [str(script), str(out), "--seed", "0"]):
        runpy.run_path(str(script), run_name="__main__")
    return out


@functools.cache
def export_checkpoint(checkpoint: Path) -> Path:
    import argparse

    import torch

    from support.published_network import PublishedNetwork, export_onnx

    network = PublishedNetwork()
    with torch.serialization.safe_globals([argparse.Namespace]):
        network.load_state_dict(torch.load(checkpoint)["model_state_dict"])
    return export_onnx(network, checkpoint.with_suffix(".onnx"))


@pytest.fixture(scope="session")
def published_pth(published, tmp_path_factory) -> Path:
    """``make_checkpoint.py --seed 0``: the published container, keys and shapes (111 MB)."""
    out = tmp_path_factory.getbasetemp() / "published_seed_0.pth"
    return make_checkpoint(published / "make_checkpoint.py", out)


@pytest.fixture(scope="session")
def published_onnx(published_pth) -> Path:
    """The same weights, exported from the original network as the study did."""
    return export_checkpoint(published_pth)


@functools.cache
def _demo(path: Path) -> Path:
    import timm
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    tensors = timm.create_model("test_resnet", num_classes=8).state_dict()
    metadata = {
        "architecture": "test_resnet",
        "input_size": "96",
        "cielab": "true",
        "mean": json.dumps((0.37, 0.133, 0.092)),
        "std": json.dumps((0.327, 0.09, 0.105)),
        "num_outputs": "8",
        "num_groups": "4",
        "name": "small model",
        "state_dict_naming": "timm",
    }
    half = {key: t.half() if t.ndim > 1 else t for key, t in tensors.items()}
    save_file(half, path, metadata=metadata)
    return path


@pytest.fixture
def small_safetensors(tmp_path_factory) -> Path:
    """A tiny timm network in the demo model's container: float16, everything in the metadata."""
    return _demo(tmp_path_factory.getbasetemp() / "small.safetensors")


@pytest.fixture
def no_hub(monkeypatch, tmp_path):
    """No setting, an empty cache, and a Hub that refuses connections at once."""
    for name in ("EXPLORER_WEIGHTS", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    return monkeypatch
