"""The classifier against the original network's logits, and one load however many ask."""

import json
import threading

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from explorer.model import classifier, weights
from explorer.model.checkpoint import IMAGENET_MEAN, IMAGENET_STD
from explorer.model.classifier import load_classifier, preprocess
from explorer.util.errors import ExplorerError
from support.published_network import PublishedNetwork
from support.weights_fixtures import ATTO


@pytest.fixture(autouse=True)
def fresh():
    classifier._classifiers.clear()
    yield
    classifier._classifiers.clear()


@pytest.fixture(scope="module")
def expected(shared):
    """Images by name with the 8 logits that the original network gives on them."""
    table = json.loads((shared / "published" / "expected_logits.json").read_text())["logits"]
    images = {}
    for name in table:
        folders = (shared / "lesions_original", shared / "lesions")
        path = next(folder / name for folder in folders if (folder / name).exists())
        images[name] = cv2.imread(str(path))[..., ::-1]
    return images, np.array(list(table.values()))


@pytest.mark.slow
@pytest.mark.parametrize("container", ["published_pth", "published_onnx"])
def test_expected_logits(container, expected, request):
    images, logits = expected
    assert len(images) == 15
    loaded = load_classifier(str(request.getfixturevalue(container)))
    seen = []
    ours = loaded.logits(list(images.values()), 4, lambda fraction, text: seen.append(fraction))
    assert ours.shape == (15, 8) and ours.dtype == np.float32
    print(container, "largest difference", np.abs(ours - logits).max())
    np.testing.assert_allclose(ours, logits, rtol=0, atol=1e-3)
    assert seen == [0, 4 / 15, 8 / 15, 12 / 15, 1]


def test_preprocessing_is_the_published_one(shared):
    from torchvision import transforms

    def published(bgr, mean, std, colour):
        steps = [
            transforms.ToPILImage(),
            transforms.Resize((224, 224)),
            transforms.ToTensor(),
            transforms.Normalize(mean, std),
        ]
        return transforms.Compose(steps)(cv2.cvtColor(bgr, colour))

    images = [cv2.imread(str(shared / "lesions" / "ISIC_0015719.jpg"))]
    images.append(np.ascontiguousarray(images[0][:301, 40:200]))  # another aspect ratio
    for bgr in images:
        ours = preprocess([bgr[..., ::-1]])
        theirs = published(bgr, (0.370, 0.133, 0.092), (0.327, 0.090, 0.105), cv2.COLOR_BGR2LAB)
        assert ours.shape == (1, 3, 224, 224) and ours.dtype == torch.float32
        assert torch.equal(ours[0], theirs)
        ours = preprocess([bgr[..., ::-1]], 224, False, IMAGENET_MEAN, IMAGENET_STD)
        theirs = published(bgr, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225], cv2.COLOR_BGR2RGB)
        assert torch.equal(ours[0], theirs)


def test_batches_of_mixed_sizes_and_none(small_safetensors):
    random = np.random.default_rng(0)
    images = [random.integers(0, 256, (64 + 9 * i, 80, 3), np.uint8) for i in range(5)]
    loaded = load_classifier(str(small_safetensors))
    together = loaded.logits(images, batch_size=2)
    alone = np.concatenate([loaded.logits([image]) for image in images])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-5)
    assert loaded.logits([]).shape == (0, 8)
    assert loaded.facts.input_size == 96 and loaded.preprocess(images).shape == (5, 3, 96, 96)
    with pytest.raises(TypeError, match="uint8"):
        loaded.logits([images[0] / 255])


def test_cancelling_a_run(small_safetensors):
    def cancel(fraction, text):
        if fraction:
            raise InterruptedError

    image = np.asarray(Image.new("RGB", (64, 64), "tan"))
    with pytest.raises(InterruptedError):
        load_classifier(str(small_safetensors)).logits([image] * 3, 1, cancel)


def test_concurrent_callers_load_once(small_safetensors, monkeypatch):
    reads, real = [], classifier.read_checkpoint
    monkeypatch.setattr(classifier, "read_checkpoint", lambda p: reads.append(p) or real(p))
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(load_classifier(str(small_safetensors))))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6 and len(set(map(id, found))) == 1 and len(reads) == 1


def test_a_failure_is_not_remembered(tmp_path, small_safetensors):
    path = tmp_path / "late.safetensors"
    with pytest.raises(ExplorerError):
        load_classifier(str(path))
    path.write_bytes(small_safetensors.read_bytes())
    assert load_classifier(str(path)).weights.source == "path"


def test_two_outputs_are_refused(tmp_path):
    network = PublishedNetwork(**ATTO).state_dict()
    network |= {"model.head.weight": torch.zeros(2, 320), "model.head.bias": torch.zeros(2)}
    torch.save({"model_state_dict": network}, tmp_path / "recall_ce.pth")
    with pytest.raises(ExplorerError, match=r"recall_ce\.pth has 2 outputs, not the 8"):
        load_classifier(str(tmp_path / "recall_ce.pth"))


def test_unreadable_published_file(no_hub, small_safetensors, tmp_path, monkeypatch):
    """Without a setting, the demo model and the reason; asked for by name, the error."""
    monkeypatch.setattr(weights, "DEMO_MODEL", small_safetensors)
    folder = tmp_path / "hf/hub/models--Mhara--melanoma_classification/snapshots" / ("ab" * 20)
    folder.mkdir(parents=True)
    (folder / "best_model_domain_discriminative.pth").write_bytes(b"no weights")
    loaded = load_classifier()
    assert loaded.weights.is_demo and "is no weight file" in loaded.weights.reason
    with pytest.raises(ExplorerError, match="is no weight file"):
        load_classifier("hub")


def test_the_demo_model_that_ships(no_hub, expected):
    if not weights.DEMO_MODEL.is_file():
        pytest.skip("the demo model is not in assets/")
    loaded = load_classifier("embedded")
    assert loaded.weights.is_demo and loaded.weights.label == "demo model"
    assert loaded.weights.size < 12e6
    logits = loaded.logits(list(expected[0].values()))
    assert logits.shape == (15, 8) and np.isfinite(logits).all() and logits.std(axis=0).min() > 0


@pytest.mark.slow
def test_the_packed_network_gives_the_networks_logits():
    """The published architecture, with random weights that make every block count."""
    import timm
    import torch

    from explorer.model.packed import pack

    torch.manual_seed(1)
    network = timm.create_model("convnext_tiny", num_classes=8).eval()
    with torch.no_grad():
        for name, values in network.named_parameters():
            if name.endswith("gamma") or "norm" in name:
                values.add_(torch.randn_like(values) / 2)
    packed = pack(network, 4)
    assert packed is not network and "PackedBlock" in repr(packed)
    for count in (1, 4, 5):
        images = torch.randn(count, 3, 224, 224)
        with torch.inference_mode():
            expected = network(images)
            assert expected.std() > 0.01
            torch.testing.assert_close(packed(images), expected, atol=1e-5, rtol=1e-4)


def test_the_packed_network_in_bfloat16_drifts_less_than_torchs_own():
    """A small network of the published structure, every block of which counts."""
    from timm.models.convnext import ConvNeXt

    from explorer.model.packed import check_bfloat16, pack

    try:
        check_bfloat16()
    except ExplorerError as error:
        pytest.skip(str(error))
    torch.manual_seed(1)
    network = ConvNeXt(depths=(1, 1, 2, 1), dims=(32, 64, 96, 128), num_classes=8).eval()
    with torch.no_grad():
        for name, values in network.named_parameters():
            values.add_(torch.randn_like(values) / (2 if name.endswith("gamma") else 10))
    packed, images = pack(network, 16, "bfloat16"), torch.randn(16, 3, 96, 96)
    with torch.inference_mode():
        expected = network(images)
        ours = (packed(images) - expected).square().mean()
        with torch.autocast("cpu", torch.bfloat16):
            theirs = (network(images).float() - expected).square().mean()
    assert 1e-8 < ours / expected.var() < 1e-4, "rounded to 8 bits, and not more"
    assert ours < theirs


@pytest.mark.parametrize("feature", ["avx512_bf16", "amx_bf16"])
def test_bfloat16_needs_a_processor_that_has_it(monkeypatch, feature):
    from explorer.model.packed import check_bfloat16

    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {feature: True})
    check_bfloat16()
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {feature: False, "avx2": True})
    with pytest.raises(ExplorerError, match=r"neither AVX512-BF16 nor AMX.*leave --precision out"):
        check_bfloat16()


def test_other_networks_are_not_packed():
    import timm

    from explorer.model.packed import pack

    network = timm.create_model("resnet10t", num_classes=8).eval()
    assert pack(network, 4) is network
