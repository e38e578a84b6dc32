"""Weight files: tensors of every kind, arguments of every kind, graphs that make no sense."""

import argparse
import json
import random
import struct
from functools import cache, partial
from pathlib import Path

import numpy as np

from explorer.benchmarks.fuzzing.oddities import WHOLE, sometimes_damaged, text, value
from explorer.model.architecture import CONVNEXT
from explorer.model.classifier import open_classifier
from explorer.model.weights import resolve_weights
from explorer.util import lazy

helper = lazy.load("onnx.helper")
numpy_helper = lazy.load("onnx.numpy_helper")
timm = lazy.load("timm")
torch = lazy.load("torch")

SMALL = ("test_resnet", "test_convnext", "test_efficientnet", "test_vit")
SAID = ("architecture", "model", "input_size", "num_groups", "num_outputs", "cielab", "mean", "std")
NUMBERS = ("224", "inf", "nan", "1e999", "-3", "[1,2,3]", "0.1,0.2,0.3", "9" * 5000)
ODD_KEYS = (f"stages.{'9' * 5000}.0.dwconv.weight", f"blocks.{'1' * 4400}.0.a", "stages.²._")


def pth(rng: random.Random, folder):
    """A PyTorch file, opened as the weights of the page."""
    path, name = folder / "a.pth", rng.choice(SMALL)
    tensors, said = _tensors(rng, name), _said(rng, name)
    content = {"model_state_dict": tensors, "args": argparse.Namespace(**said)}
    if rng.random() < 0.2:
        odd = (tensors, {"model": tensors, **said}, [tensors], {"args": said}, value(rng))
        content = rng.choice(odd)
    torch.save(content, path, _use_new_zipfile_serialization=rng.random() < 0.8)
    return _opened(rng, path)


def safetensors(rng: random.Random, folder):
    """A safetensors file whose header says what it likes."""
    path, name, header, data = folder / "a.safetensors", rng.choice(SMALL), {}, b""
    for key, tensor in _network(name).items():
        raw = tensor.contiguous().numpy().tobytes()
        kind = "I64" if tensor.dtype == torch.int64 else "F32"
        place = [len(data), len(data) + len(raw)]
        header[key] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": place}
        data += raw
    for _ in range(rng.choice((0, 1, 1, 2))):
        key = rng.choice(sorted(header))
        field = rng.choice(("dtype", "shape", "data_offsets", "key", "key", "other", "other"))
        if field == "key":
            header[rng.choice((*ODD_KEYS, text(rng)))] = header.pop(key)
        elif field == "other":  # of the same size, so that the file as a whole is sound
            header[key]["dtype"] = rng.choice(("I32", "U32", "F32", "F64"))
            header[key]["shape"] = [*header[key]["shape"], *rng.choice(([], [1]))]
        else:
            odd = ("F16", "F8_E4M3", "BOOL", [rng.choice(WHOLE)] * 2, value(rng))
            header[key] = {**header[key], field: rng.choice(odd)}
    header["__metadata__"] = {name: str(each) for name, each in _said(rng, name).items()}
    head = json.dumps(header).encode("utf-8", "replace")
    path.write_bytes(struct.pack("<Q", len(head)) + head + data)
    return _opened(rng, path)


def onnx(rng: random.Random, folder):
    """An ONNX file of the layout of the study's exports, small, and more or less changed."""
    path, model = folder / "a.onnx", helper.ModelProto()
    model.ParseFromString(_graph_bytes(rng.random() < 0.1))
    for _ in range(rng.choice((0, 1, 1, 2))):
        _change_graph(rng, model.graph)
    data = model.SerializeToString()
    if rng.random() < 0.1:
        data = data.replace(b"dwconv", b"dw\xff\xfenv", rng.choice((1, 9)))
    path.write_bytes(data)
    return _opened(rng, path)


def _opened(rng: random.Random, path: Path):
    path.write_bytes(sometimes_damaged(rng, path.read_bytes(), 0.2))
    return partial(_open, path)


def _open(path: Path) -> None:
    open_classifier(resolve_weights(str(path)))


# Contents


@cache
def _network(name: str) -> dict:
    return timm.create_model(name, num_classes=8).state_dict()


def _tensors(rng: random.Random, name: str) -> dict:
    whole = _network(name)
    found = dict(whole)
    for _ in range(rng.choice((0, 0, 1, 1, 2, 5))):
        key = rng.choice(list(found))
        if rng.random() < 0.5:
            found[rng.choice((*ODD_KEYS, "head.fc.weight", text(rng), 3))] = found.pop(key)
        elif key in whole:
            found[key] = rng.choice(_ODD)(whole[key])
    return found


#: Tensors that are not what the network needs.
_ODD = (
    lambda tensor: tensor.to("meta"),
    lambda tensor: torch.zeros(1).expand(2**20, 2**12),
    lambda tensor: tensor.to_sparse() if tensor.ndim else tensor,
    lambda tensor: tensor.to(torch.complex64),
    lambda tensor: tensor.to(torch.bool),
    lambda tensor: tensor.to(torch.bfloat16),
    lambda tensor: tensor.to(torch.float8_e4m3fn),
    lambda tensor: torch.full_like(tensor.float(), float("nan")),
    lambda tensor: torch.zeros(0),
    lambda tensor: torch.tensor(3),
    lambda tensor: torch.quantize_per_tensor(torch.zeros(4), 0.1, 0, torch.qint8),
    lambda tensor: torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)]),
    lambda tensor: tensor.tolist(),
    lambda tensor: None,
)


def _said(rng: random.Random, name: str) -> dict:
    """What the file says of its network: right, of another network, or odd."""
    if rng.random() < 0.1:
        name = rng.choice((rng.choice(timm.list_models()), "hf-hub:a/b"))
    said = {"architecture": name, "input_size": "64"}
    for _ in range(rng.choice((0, 1, 2))):
        said[rng.choice(SAID)] = rng.choice((value(rng), rng.choice(NUMBERS)))
    return said


@cache
def _graph_bytes(whole: bool) -> bytes:
    """A ConvNeXt as the exporter writes it: timm's smallest, or a smaller one."""
    blocks, width = CONVNEXT["convnext_atto"] if whole else ((1, 1, 2, 1), 8)
    made, tensors, nodes = np.random.default_rng(0), [], []

    def add(name: str, *shape: int, operation: str = "") -> None:
        array = made.standard_normal(shape).astype(np.float32)
        tensors.append(numpy_helper.from_array(array, name))
        if operation:
            nodes.append(helper.make_node(operation, ["input", name], [f"{name}_out"]))

    def layer(name: str, *shape: int, outputs: int) -> None:
        add(f"model.{name}.weight", *shape)
        add(f"model.{name}.bias", outputs)

    before = 3
    for stage, count in enumerate(blocks):
        side, place = 2 if stage else 4, f"downsample_layers.{stage}"
        layer(f"{place}.{stage > 0:d}", width, before, side, side, outputs=width)
        for operation in ("Mul", "Add"):
            shape = (before if stage else width, 1, 1)
            add(f"onnx::{operation}_{stage}", *shape, operation=operation)
        for block in range(count):
            place = f"stages.{stage}.{block}"
            add(f"model.{place}.gamma", width)
            layer(f"{place}.dwconv", width, 1, 7, 7, outputs=width)
            layer(f"{place}.norm", width, outputs=width)
            for number, shape in ((1, (width, 4 * width)), (2, (4 * width, width))):
                add(f"onnx::MatMul_{stage}_{block}_{number}", *shape, operation="MatMul")
                add(f"model.{place}.pwconv{number}.bias", shape[1])
        before, width = width, 2 * width
    layer("norm", before, outputs=before)
    layer("head", 8, before, outputs=8)
    asked = helper.make_tensor_value_info("input", 1, ["batch", 3, 224, 224])
    given = helper.make_tensor_value_info("output", 1, ["batch", 8])
    graph = helper.make_graph(nodes, "g", [asked], [given], tensors)
    return helper.make_model(graph).SerializeToString()


def _change_graph(rng: random.Random, graph) -> None:
    node, tensor = rng.choice(graph.node), rng.choice(graph.initializer)
    match rng.randrange(8):
        case 0:
            del node.input[:]
        case 1:
            node.op_type = rng.choice(("Identity", "MatMul", "Add", "Loop"))
        case 2:
            tensor.name = rng.choice((*ODD_KEYS, "a.weight", "x"))
        case 3:
            tensor.dims.append(rng.choice((0, 2, 2**20, 2**40)))
        case 4:
            tensor.data_type = rng.randrange(24)
        case 5:
            tensor.ClearField("raw_data")
        case 6:
            graph.input[0].type.tensor_type.shape.dim[3].dim_value = rng.choice(WHOLE) % 2**31
        case 7:
            _aliases(rng, graph)


def _aliases(rng: random.Random, graph) -> None:
    """Names for one tensor, which a reader might copy for each of them."""
    for number in range(rng.choice((3, 3000))):
        name = f"model.x{number}.weight"
        graph.node.append(helper.make_node("Identity", [graph.initializer[0].name], [name]))
    if rng.random() < 0.5:
        big = np.zeros((300, 600), np.float32)
        graph.initializer[0].CopyFrom(numpy_helper.from_array(big, graph.initializer[0].name))
