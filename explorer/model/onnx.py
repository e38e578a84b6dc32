"""Weights out of an ONNX export of the study's ConvNeXt, without running it.

The exporter keeps most parameters under their own names. Two kinds it rewrites and renames:
linear weights become transposed operands of ``MatMul``, and the scale and shift of channels-first
normalisation get shape (C, 1, 1). Both are found by the order in which the graph uses them, which
is the order of the network; where node names carry the module path (PyTorch 1.13 and later) it
must agree. Undoing a transposition moves numbers, never changes them: the tensors are equal to
those of the exported network to the last bit.

The ``onnx`` package is used to parse the file only. Tensors stored outside it are refused.
"""

import re
from pathlib import Path

from explorer.util import lazy
from explorer.util.errors import ExplorerError

external_data_helper = lazy.load("onnx.external_data_helper")
numpy_helper = lazy.load("onnx.numpy_helper")
onnx = lazy.load("onnx")
torch = lazy.load("torch")

_OWN_NAME = re.compile(r"[A-Za-z_][\w.]*\.(weight|bias|gamma|running_mean|running_var)")


def read_onnx(path: Path) -> tuple[dict, dict]:
    """State dict of the exported network, and what the graph says of its input.

    Parameters
    ----------
    path : Path

    Returns
    -------
    state_dict : dict of str to torch.Tensor
        The exported network's own names, shapes and values, in the network's order.
    said : dict
        ``input_size`` in pixels, where the graph fixes it.

    Raises
    ------
    ExplorerError
        If the file is damaged, keeps tensors elsewhere, or is not an export of the original
        ConvNeXt (an EfficientNet export folds its normalisation into its convolutions).
    """
    graph, arrays = _graph_and_arrays(path)
    if sum(array.size for array in arrays.values()) > path.stat().st_size:
        raise _refused(path, "names one tensor many times over")
    own = {name: array for name, array in arrays.items() if _OWN_NAME.fullmatch(name)}
    renamed = {name: array for name, array in arrays.items() if name not in own}
    if renamed:
        own = _convnext(own, renamed, graph, path)
    state_dict = {name: torch.from_numpy(array.copy()) for name, array in own.items()}
    weights = {tensor.name for tensor in graph.initializer}
    for tensor in graph.input:
        dims = tensor.type.tensor_type.shape.dim
        if tensor.name not in weights and len(dims) == 4 and dims[3].dim_value:
            return state_dict, {"input_size": dims[3].dim_value}
    return state_dict, {}


def _refused(path: Path, why: str, advice: str = "give the .pth or .safetensors of it instead"):
    return ExplorerError(f"The ONNX file {path.name} {why}: {advice}.")


def _graph_and_arrays(path: Path) -> tuple:
    """The graph, and by name its floating-point tensors with more than one value, with aliases."""
    try:
        graph = onnx.load(str(path), load_external_data=False).graph
    except Exception as error:
        raise _refused(path, "is damaged or not ONNX", "get it again") from error
    if not _has_names(graph):
        raise _refused(path, "has names that are not text", "get it again")
    if not graph.node or not graph.initializer:
        raise _refused(path, "is damaged or holds no weights", "get it again")
    is_external = external_data_helper.uses_external_data
    if graph.sparse_initializer or any(map(is_external, graph.initializer)):
        raise _refused(path, "keeps its tensors in other files or sparse")
    try:
        arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    except Exception as error:
        raise _refused(path, "is damaged", "get it again") from error
    for node in graph.node:  # the exporter stores equal tensors once and names the others this way
        if node.op_type == "Identity" and node.input and node.output and node.input[0] in arrays:
            arrays[node.output[0]] = arrays[node.input[0]]
    kinds = ("float16", "float32", "float64")  # ml_dtypes' own kinds are unknown to torch
    return graph, {
        name: array for name, array in arrays.items() if array.dtype.name in kinds and array.ndim
    }


def _has_names(graph) -> bool:
    """Whether all names are text; protobuf hands out bytes where they are not UTF-8."""
    names = [each.name for each in (*graph.initializer, *graph.input, *graph.node)]
    names += [name for node in graph.node for name in (*node.input, *node.output)]
    return all(isinstance(name, str) for name in names)


def _convnext(own: dict, renamed: dict, graph, path: Path) -> dict:
    """All tensors of the original ConvNeXt in its order, renamed ones put back."""
    stem = next((name for name in own if name.endswith("downsample_layers.0.0.weight")), None)
    if stem is None:
        raise _refused(path, "is not an export of the study's ConvNeXt and cannot be mapped")
    prefix = stem.removesuffix("downsample_layers.0.0.weight")
    uses = [  # every use of a renamed tensor, in the order of the graph
        (node, renamed[name])
        for node in graph.node
        if node.op_type != "Identity"
        for name in node.input
        if name in renamed
    ]
    norms = [(n, a) for n, a in uses if n.op_type in ("Mul", "Add") and a.shape[1:] == (1, 1)]
    linears = [(n, a) for n, a in uses if n.op_type == "MatMul" and a.ndim == 2]
    if len(norms) + len(linears) != len(uses):
        raise _refused(path, "uses weights in a way that the study's ConvNeXt does not")
    # In order of use: the normalisation after the stem and before each stage; the two linear
    # layers of every block.
    places = [
        f"{place}.{kind}" for place in ("0.1", "1.0", "2.0", "3.0") for kind in ("weight", "bias")
    ]
    norm_names = [f"{prefix}downsample_layers.{place}" for place in places]
    pattern = re.compile(re.escape(prefix) + r"stages\.([0-9])\.([0-9]{1,3})\.dwconv\.weight")
    matches = filter(None, map(pattern.fullmatch, own))
    blocks = sorted((int(match[1]), int(match[2])) for match in matches)
    linear_names = [f"{prefix}stages.{s}.{b}.pwconv{i}.weight" for s, b in blocks for i in (1, 2)]
    return {
        **own,
        **_placed(norm_names, norms, own, path, lambda array: array.reshape(-1)),
        **_placed(linear_names, linears, own, path, lambda array: array.T),
    }


def _placed(names: list[str], uses: list[tuple], own: dict, path: Path, restore) -> dict:
    names = [name for name in names if name not in own]
    if len(names) != len(uses):
        raise _refused(path, f"has {len(uses)} renamed weights where {len(names)} are missing")
    for name, (node, _) in zip(names, uses):
        if not _agrees(node.name, name):
            raise _refused(path, f"uses its weights out of order at {node.name}")
    return {name: restore(array) for name, (_, array) in zip(names, uses)}


def _agrees(node: str, name: str) -> bool:
    """Whether a node's module path, if it has one, is that of the parameter ``name``.

    ``/model/stages.0/stages.0.1/pwconv1/MatMul`` agrees with ``model.stages.0.1.pwconv1.weight``.
    """
    modules = node.strip("/").split("/")[:-1] if node.startswith("/") else []
    owner = f".{name.rpartition('.')[0]}."
    return all(f".{module}." in owner for module in modules) and (
        not modules or owner.endswith(f".{modules[-1]}.")
    )
