"""Weight files: read alike from every container, refused in one sentence when not right."""

import argparse
import os
import pickle
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

from explorer.model import architecture
from explorer.model.checkpoint import IMAGENET_MEAN, MEAN, STD, read_checkpoint
from explorer.util.errors import LONGEST, ExplorerError
from support.published_network import SMALL, ConvNeXt, PublishedNetwork, export_onnx
from support.weights_fixtures import ATTO


def refused(path, *words):
    """The refusal's sentence, checked for form and for what it must name."""
    with pytest.raises(ExplorerError) as caught:
        architecture.build_network(read_checkpoint(path))
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith(".") and "Traceback" not in sentence
    for word in words:
        assert word in sentence
    return sentence


@pytest.fixture(scope="module")
def atto():
    """State dict of a small network under the study's names, random values everywhere."""
    torch.manual_seed(1)
    network = PublishedNetwork(**ATTO)
    return {key: torch.randn_like(value) for key, value in network.state_dict().items()}


def save(path, state_dict, **entries):
    torch.save({"epoch": 1, "model_state_dict": state_dict, **entries}, path)
    return path


def test_published_pth(published_pth):
    checkpoint = read_checkpoint(published_pth)
    assert checkpoint.architecture == "convnext_tiny"
    assert (checkpoint.naming, checkpoint.container) == ("facebook", "pth")
    assert (checkpoint.num_outputs, checkpoint.num_groups) == (8, 4)
    assert (checkpoint.input_size, checkpoint.cielab) == (224, True)
    assert (checkpoint.mean, checkpoint.std) == (MEAN, STD)
    assert checkpoint.training_args["domain_discriminative_loss"] is True
    with torch.serialization.safe_globals([argparse.Namespace]):
        original = torch.load(published_pth)["model_state_dict"]
    assert checkpoint.state_dict.keys() == original.keys()
    assert all(torch.equal(checkpoint.state_dict[key], original[key]) for key in original)


def test_published_onnx_holds_the_same_bits(published_pth, published_onnx):
    import onnx

    ours, theirs = read_checkpoint(published_onnx), read_checkpoint(published_pth)
    named = {tensor.name for tensor in onnx.load(published_onnx).graph.initializer}
    # the export has the layout that was measured on the study's
    assert len(named) == 182 and len(named & theirs.state_dict.keys()) == 138
    assert ours.state_dict.keys() == theirs.state_dict.keys()
    for key, tensor in theirs.state_dict.items():
        assert ours.state_dict[key].numpy().tobytes() == tensor.numpy().tobytes(), key
        assert ours.state_dict[key].shape == tensor.shape
    assert (ours.architecture, ours.input_size) == ("convnext_tiny", 224)
    assert ours.notes and not theirs.notes  # ONNX does not name the colour space


def test_onnx_with_equal_tensors_stored_once(tmp_path):
    torch.manual_seed(2)  # as initialised, all scales are 1 and all shifts 0: stored once each
    network = PublishedNetwork(**ATTO)
    checkpoint = read_checkpoint(export_onnx(network, tmp_path / "fresh.onnx", 64))
    for key, tensor in network.state_dict().items():
        assert torch.equal(checkpoint.state_dict[key], tensor), key
    assert (checkpoint.architecture, checkpoint.input_size) == ("convnext_atto", 64)


def test_onnx_without_module_paths_or_typed_names(tmp_path, atto):
    """PyTorch before 1.13 named nodes MatMul_17 and renamed tensors by bare numbers."""
    import onnx

    network = PublishedNetwork(**ATTO)
    network.load_state_dict(atto)
    model = onnx.load(export_onnx(network, tmp_path / "new.onnx", 64))
    for count, node in enumerate(model.graph.node):
        node.name = f"{node.op_type}_{count}"
        node.input[:] = [name.rpartition("_")[2] if "::" in name else name for name in node.input]
    for tensor in model.graph.initializer:
        tensor.name = tensor.name.rpartition("_")[2] if "::" in tensor.name else tensor.name
    onnx.save(model, tmp_path / "old.onnx")
    found = read_checkpoint(tmp_path / "old.onnx").state_dict
    assert found.keys() == atto.keys()
    assert all(torch.equal(found[key], atto[key]) for key in atto)


def test_onnx_in_another_order_is_refused(tmp_path, atto):
    import onnx

    network = PublishedNetwork(**ATTO)
    network.load_state_dict(atto)
    model = onnx.load(export_onnx(network, tmp_path / "good.onnx", 64))
    linears = [node for node in model.graph.node if node.op_type == "MatMul"]
    linears[0].name, linears[2].name = linears[2].name, linears[0].name
    onnx.save(model, tmp_path / "swapped.onnx")
    refused(tmp_path / "swapped.onnx", "out of order")


def test_onnx_of_another_network_is_refused(tmp_path):
    network = timm.create_model("test_efficientnet", num_classes=8)
    path = export_onnx(network, tmp_path / "efficientnet.onnx", 64)
    refused(path, "efficientnet.onnx", "cannot be mapped", ".pth")


def test_onnx_whose_nodes_have_no_inputs_or_no_text_as_names(tmp_path):
    import onnx

    whole = export_onnx(PublishedNetwork(**SMALL), tmp_path / "a.onnx", 64).read_bytes()
    model = onnx.load_from_string(whole)
    for node in model.graph.node:
        del node.input[:]
    (tmp_path / "b.onnx").write_bytes(model.SerializeToString())
    refused(tmp_path / "b.onnx", "b.onnx", "renamed weights")
    (tmp_path / "c.onnx").write_bytes(whole.replace(b"dwconv", b"dw\xff\xfenv"))
    refused(tmp_path / "c.onnx", "names that are not text")


def test_onnx_with_tensors_elsewhere_is_refused(tmp_path, atto):
    import onnx

    model = onnx.load(export_onnx(PublishedNetwork(**SMALL), tmp_path / "whole.onnx", 64))
    onnx.save(model, tmp_path / "split.onnx", save_as_external_data=True, size_threshold=0)
    refused(tmp_path / "split.onnx", "other files")


@pytest.mark.slow
def test_architecture_by_shape_is_timms(tmp_path):
    """Every table entry against the network that timm builds under that name."""
    with torch.device("meta"):
        for name in (*architecture.CONVNEXT, *architecture.EFFICIENTNETV2):
            state_dict = timm.create_model(name, num_classes=8).state_dict()
            assert architecture.architecture_of(state_dict) == name
            wrapped = {f"model.{key}": value for key, value in state_dict.items()}
            assert architecture.architecture_of(wrapped) == name
            assert architecture.outputs_of(wrapped) == 8
        for name, (depths, width) in list(architecture.CONVNEXT.items())[4:8]:
            original = ConvNeXt(depths, tuple(width * 2**i for i in range(4))).state_dict()
            assert architecture.architecture_of(original) == name
            assert architecture.naming_of(original) == "facebook"
        assert architecture.architecture_of(timm.create_model("resnet10t").state_dict()) is None


@pytest.mark.parametrize("key", ["model_state_dict", "model", None])
def test_pth_layouts(tmp_path, atto, key):
    torch.save({key: atto, "epoch": 3} if key else atto, tmp_path / "a.bin")  # content decides
    checkpoint = read_checkpoint(tmp_path / "a.bin")
    assert checkpoint.architecture == "convnext_atto"
    assert all(torch.equal(checkpoint.state_dict[k], atto[k]) for k in atto)


def test_pth_of_old_pytorch(tmp_path, atto):
    torch.save({"model": atto}, tmp_path / "a.pth", _use_new_zipfile_serialization=False)
    assert read_checkpoint(tmp_path / "a.pth").architecture == "convnext_atto"


def test_rgb_experiment_takes_imagenet_statistics(tmp_path, atto):
    args = argparse.Namespace(model="convnext_atto", cielab=False, input_size=96, num_groups=4)
    checkpoint = read_checkpoint(save(tmp_path / "rgb.pth", atto, args=args))
    assert (checkpoint.cielab, checkpoint.mean) == (False, IMAGENET_MEAN)
    assert checkpoint.input_size == 96


def test_efficientnet_under_the_study_prefix(tmp_path):
    torch.manual_seed(3)
    network = timm.create_model("test_efficientnet", num_classes=8).eval()
    wrapped = {f"model.{key}": value for key, value in network.state_dict().items()}
    args = argparse.Namespace(model="test_efficientnet")  # a small one of the family
    checkpoint = read_checkpoint(save(tmp_path / "e.pth", wrapped, args=args))
    image = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(architecture.build_network(checkpoint)(image), network(image))


def test_safetensors_metadata(small_safetensors):
    checkpoint = read_checkpoint(small_safetensors)
    assert (checkpoint.architecture, checkpoint.naming) == ("test_resnet", "timm")
    assert (checkpoint.input_size, checkpoint.num_outputs, checkpoint.num_groups) == (96, 8, 4)
    assert (checkpoint.mean, checkpoint.std, checkpoint.cielab) == (MEAN, STD, True)
    assert checkpoint.name == "small model" and not checkpoint.notes
    floats = [t for t in checkpoint.state_dict.values() if t.is_floating_point()]
    assert {t.dtype for t in floats} == {torch.float32}
    assert not architecture.build_network(checkpoint).training


def test_network_out_of_convnext_gives_the_original_logits(tmp_path, atto):
    torch.manual_seed(4)
    original = PublishedNetwork(**ATTO).eval()
    image = torch.randn(2, 3, 64, 64)
    checkpoint = read_checkpoint(save(tmp_path / "a.pth", original.state_dict()))
    with torch.inference_mode():
        ours, theirs = architecture.build_network(checkpoint)(image), original(image)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=1e-5)


class Malicious:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


@pytest.mark.parametrize("new_format", [True, False])
def test_malicious_pickle_is_refused_and_never_runs(tmp_path, atto, new_format):
    marker, path = tmp_path / "ran", tmp_path / "evil.pth"
    content = {"model_state_dict": atto, "args": Malicious(marker)}
    torch.save(content, path, _use_new_zipfile_serialization=new_format)
    refused(path, "evil.pth", "run code", "mkdir" if new_format else "")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Malicious(marker)))
    refused(tmp_path / "plain.pth")
    assert not marker.exists()
    with pytest.raises(FileExistsError):  # the trap itself works
        marker.mkdir()
        pickle.loads(pickle.dumps(Malicious(marker)))


def test_architecture_name_cannot_reach_the_network(tmp_path, atto):
    for name in ("hf-hub:someone/model", "local-dir:/etc", "../x", "resnet18.no_such_tag"):
        save_file({"weight": torch.zeros(8, 3)}, tmp_path / "a.st", metadata={"architecture": name})
        refused(tmp_path / "a.st", "name")


def test_damaged_and_foreign_files_are_refused(tmp_path, atto):
    whole = save(tmp_path / "a.pth", atto).read_bytes()
    save_file(atto, tmp_path / "a.safetensors")
    safe = (tmp_path / "a.safetensors").read_bytes()
    onnx = export_onnx(PublishedNetwork(**SMALL), tmp_path / "a.onnx", 64).read_bytes()
    contents = {
        "short.pth": whole[: len(whole) // 2],
        "short.safetensors": safe[: len(safe) // 2],
        "short.onnx": onnx[: len(onnx) // 2],
        "empty.pth": b"",
        "page.pth": b"<!DOCTYPE html><html></html>",
        "pointer.pth": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
        "list.pickle": pickle.dumps([1, 2]),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name, name)
    refused(tmp_path / "missing.pth", "No such file")
    refused(tmp_path, "cannot be opened")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as file:
        file.writestr("a.txt", "a")
    refused(tmp_path / "other.zip", "other.zip")


def test_torchscript_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "script.pt", "w") as file:  # its layout
        for name in ("data.pkl", "constants.pkl", "code/__torch__.py", "version"):
            file.writestr(f"script/{name}", b"3\n")
    refused(tmp_path / "script.pt", "TorchScript")


def test_wrong_contents_are_refused(tmp_path, atto):
    def saved(content):
        torch.save(content, tmp_path / "x.pth")
        return tmp_path / "x.pth"

    def changed(**changes):
        renamed = {key.replace("__", "."): value for key, value in changes.items()}
        return {"model_state_dict": {**atto, **renamed}}

    refused(saved({"weights": {"a": 1}, "step": 2}), "model_state_dict", "weights, step")
    refused(saved([torch.zeros(3)]), "dict")
    refused(saved({"model_state_dict": {"a": torch.zeros(3)}}), "architecture")
    refused(saved({"model": {}}), "named tensors")
    refused(saved(changed(model__head__bias=torch.zeros(9))), "1 of another shape", "head.fc.bias")
    refused(saved(changed(model__extra=torch.zeros(9))), "1 not known", "extra")
    missing = {key: value for key, value in atto.items() if key != "model.norm.weight"}
    refused(saved({"model": missing}), "1 missing", "head.norm.weight")
    refused(saved(changed(model__norm__weight=torch.full((320,), torch.nan))), "model.norm.weight")
    refused(saved(changed(model__norm__weight=torch.zeros(3).to_sparse())), "named tensors")
    refused(saved(changed(model__norm__weight=torch.zeros(320, device="meta"))), "named tensors")
    huge = torch.zeros(1).expand(2**20, 2**20)
    refused(saved(changed(model__norm__weight=huge)), "more numbers than it holds")


#: More than Python reads as a number (sys.set_int_max_str_digits).
DIGITS = "9" * 4301


@pytest.mark.parametrize("place", ["stages.{}.0.dwconv.weight", "stages.0.{}.dwconv.weight"])
def test_a_number_of_thousands_of_digits_in_a_tensors_name(tmp_path, atto, place):
    name = "model." + place.format(DIGITS)
    tensors = {**atto, name: torch.zeros(1)}
    assert len(refused(save(tmp_path / "a.pth", tensors), "not known")) <= LONGEST
    save_file(tensors, tmp_path / "a.safetensors")
    refused(tmp_path / "a.safetensors", "not known")
    bare = {f"blocks.{DIGITS}.0.a": torch.zeros(8, 3), "conv_stem.weight": torch.zeros(8, 3)}
    refused(save(tmp_path / "b.pth", bare), "neither names its architecture")


@pytest.mark.parametrize(
    "key, value",
    [
        ("mean", "0.1,0.2"),
        ("std", "[0,1,1]"),
        ("input_size", "9e9"),
        ("mean", "[x]"),
        ("num_groups", "inf"),
        ("num_groups", "nan"),
        ("num_groups", DIGITS),
    ],
)
def test_impossible_metadata_is_refused(tmp_path, atto, key, value):
    save_file(atto, tmp_path / "a.safetensors", metadata={key: value})
    refused(tmp_path / "a.safetensors", key)


def test_arguments_of_a_training_that_are_no_numbers(tmp_path, atto):
    """A pickle holds them as numbers, infinity too."""
    for value in (float("inf"), float("nan"), 10**30, [3], None):
        args = argparse.Namespace(num_groups=value)
        path = save(tmp_path / "a.pth", atto, args=args)
        if isinstance(value, float):
            refused(path, "num_groups")
        else:
            assert read_checkpoint(path).num_groups == 4, "what is no plain number is not kept"


def test_network_with_tensors_outside_its_state_dict():
    """LeViT keeps index tables that no checkpoint brings."""
    torch.manual_seed(5)
    levit = timm.create_model("levit_128s", num_classes=8).eval()
    outside = {key for key, _ in levit.named_buffers()} - levit.state_dict().keys()
    assert outside
    facts = {"architecture": "levit_128s", "naming": "timm", "num_outputs": 8}
    given = SimpleNamespace(**facts, state_dict=levit.state_dict())
    image = torch.randn(1, 3, 224, 224)
    with torch.inference_mode():
        assert torch.equal(architecture.build_network(given)(image), levit(image))


def test_weights_that_do_not_fit_the_named_architecture(tmp_path, atto):
    args = argparse.Namespace(model="convnext_nano")
    refused(save(tmp_path / "a.pth", atto, args=args), "convnext_nano")
