"""Reading the published weight files: PyTorch, safetensors and ONNX into one kind of checkpoint.

Nothing in a file is ever executed: pickles are read by PyTorch's restricted unpickler with
``argparse.Namespace`` as the only addition, ONNX files are parsed as data
(:mod:`explorer.model.onnx`), TorchScript is refused. A file that is not understood is refused in
one sentence; there is no second, laxer way of reading it.
"""

import argparse
import json
import math
import pickle
import zipfile
from contextlib import nullcontext
from dataclasses import dataclass, field, fields
from pathlib import Path

from safetensors import safe_open

from explorer.model.architecture import architecture_of, known_to_timm, naming_of, outputs_of
from explorer.model.onnx import read_onnx
from explorer.util import lazy
from explorer.util.errors import ExplorerError, one_line

torch = lazy.load("torch")

#: Mean and standard deviation of the study's CIELAB input, per byte plane divided by 255.
MEAN = (0.370, 0.133, 0.092)
STD = (0.327, 0.090, 0.105)
#: The same of ImageNet's RGB, used by the study's RGB experiments.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

#: Numbers that a file's tensors may have beyond one per byte of it, which is what the smallest
#: kind takes: exporters store equal tensors once, small ones as a rule.
SHARED = 4_000_000
#: The largest size or count that metadata may give, and the longest name.
MOST_WHOLE, LONGEST_NAME = 100_000, 120

#: Extensions of the files that can be read; the content decides, not the extension.
EXTENSIONS = (".safetensors", ".onnx", ".pth", ".pt")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a checkpoint says of its network, without the tensors."""

    architecture: str  #: timm name
    naming: str  #: "facebook" or "timm", see :mod:`explorer.model.architecture`
    num_outputs: int  #: 8 in the study's domain-discriminative experiments
    num_groups: int  #: skin-tone domains among the outputs, 4 in the study
    input_size: int  #: side of the square input in pixels
    cielab: bool  #: input is 8-bit CIELAB (else RGB)
    mean: tuple[float, float, float]  #: per channel, after division by 255
    std: tuple[float, float, float]
    container: str  #: "pth", "safetensors" or "onnx"
    name: str  #: the file's own name for the model, or the file name
    training_args: dict = field(default_factory=dict)  #: what the file says, plain values only
    notes: tuple[str, ...] = ()  #: sentences on what had to be assumed


@dataclass(frozen=True, kw_only=True)
class Checkpoint(Facts):
    """Facts and tensors of one weight file.

    ``state_dict`` maps the names as they stand in the file (for ONNX: as they stood in the network
    that was exported) to dense, finite CPU tensors; floating-point ones are float32.
    """

    state_dict: dict = field(repr=False)

    @property
    def facts(self) -> Facts:
        """Everything but the tensors."""
        return Facts(**{each.name: getattr(self, each.name) for each in fields(Facts)})


def read_checkpoint(path) -> Checkpoint:
    """Read a weight file.

    Parameters
    ----------
    path : str or Path
        ``.pth``/``.pt`` (a dict with ``model_state_dict`` or ``model`` and the training's
        arguments, or a bare state dict), ``.safetensors`` (metadata may name ``architecture``,
        ``input_size``, ``cielab``, ``mean``, ``std``, ``num_outputs``, ``num_groups``, ``name``)
        or ``.onnx`` (an export of the study's ConvNeXt). Told apart by content.

    Returns
    -------
    Checkpoint

    Raises
    ------
    ExplorerError
        In one sentence, for anything that is missing, damaged, unsafe or not understood.
    """
    path = Path(path)
    container = container_of(path)
    state_dict, said = _READERS[container](path)
    return _described(_checked(state_dict, path), said, container, path)


def container_of(path: Path) -> str:
    """``"pth"``, ``"safetensors"`` or ``"onnx"``, from the file's first bytes."""
    try:
        with open(path, "rb") as file:
            head = file.read(64)
    except OSError as error:
        raise ExplorerError(
            f"The weights {path} cannot be opened ({error.strerror}): check the path."
        ) from error
    if head.startswith(b"version https://git-lfs"):
        raise _refused(path, "is a Git LFS pointer, not the weights", "download the file itself")
    if head.startswith(b"PK\x03\x04") or (head[:1] == b"\x80" and head[1:2] in b"\2\3\4\5"):
        return "pth"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 2**27:
        return "safetensors"
    if head[:1] == b"\x08":  # the protobuf tag of ModelProto.ir_version, which comes first
        return "onnx"
    raise _refused(path, "is no weight file", "give a .pth, .safetensors or .onnx file")


def _refused(path: Path, what: str, advice: str) -> ExplorerError:
    return ExplorerError(f"The file {Path(path).name} {what}: {advice}.")


def _read_pickle(path: Path) -> tuple[dict, dict]:
    loaded = _unpickled(path)
    if not isinstance(loaded, dict):
        raise _refused(path, "holds no dict of weights", "give the study's .pth or a state dict")
    for key in ("model_state_dict", "model"):
        if isinstance(loaded.get(key), dict):
            args = loaded.get("args")
            said = args if isinstance(args, dict) else getattr(args, "__dict__", {})
            return loaded[key], {str(k): v for k, v in said.items() if _is_plain(v)}
    if loaded and all(hasattr(value, "shape") for value in loaded.values()):
        return loaded, {}
    keys = ", ".join(str(key)[:40] for key in list(loaded)[:6]) or "nothing"
    raise _refused(
        path, f"has no model_state_dict (found: {keys})", "give the study's .pth or a state dict"
    )


def _is_plain(value) -> bool:
    """Whether an argument is kept: a number of a size that can be printed, a text, or nothing."""
    if isinstance(value, int):
        return abs(value) < 2**63
    return value is None or isinstance(value, str | float)


def _unpickled(path: Path):
    is_zip = zipfile.is_zipfile(path)
    try:
        with zipfile.ZipFile(path) if is_zip else nullcontext() as archive:
            names = archive.namelist() if is_zip else []
    except Exception as error:  # its list of contents contradicts itself
        raise _refused(path, "is a damaged PyTorch file", "get it again") from error
    if any(name.endswith("/constants.pkl") for name in names):
        raise _refused(
            path, "is TorchScript, which is a program", "give the .pth, .safetensors or .onnx"
        )
    try:
        with torch.serialization.safe_globals([argparse.Namespace]):
            # mapped, so that the optimizer's tensors, twice the weights, are not read
            return torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip or None)
    except pickle.UnpicklingError as error:
        try:
            asked = torch.serialization.get_unsafe_globals_in_checkpoint(path) if is_zip else ()
        except Exception:  # it cannot be said what the pickle asked for
            asked = ()
        names = ", ".join(sorted(set(asked) - {"argparse.Namespace"})[:3])
        found = f" ({names})" if names else ""
        advice = "loading them could run code, so ask for the weights as .safetensors"
        raise _refused(path, f"holds Python objects other than weights{found}", advice) from error
    except Exception as error:
        raise _refused(path, "is damaged or no PyTorch file", "get it again") from error


def _read_safetensors(path: Path) -> tuple[dict, dict]:
    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys()  # it is no mapping: it cannot be walked itself
            return {key: file.get_tensor(key) for key in names}, dict(file.metadata() or {})
    except Exception as error:  # its reader raises what it likes
        raise _refused(path, "is a damaged safetensors file", "get it again") from error


_READERS = {"pth": _read_pickle, "safetensors": _read_safetensors, "onnx": read_onnx}


def _checked(state_dict: dict, path: Path) -> dict:
    """Own copies of dense, finite tensors, floating-point ones as float32."""
    values = list(state_dict.values())
    named = all(isinstance(key, str) for key in state_dict)
    if not values or not named or not all(map(_is_dense, values)):
        raise _refused(path, "holds something other than named tensors", "give a state dict")
    if any(each.numel() * each.element_size() > each.untyped_storage().nbytes() for each in values):
        # a stride of 0 lets a few bytes pose as a tensor of any size
        raise _refused(path, "declares more numbers than it holds", "get it again")
    if sum(each.numel() for each in values) > path.stat().st_size + SHARED:
        raise _refused(path, "declares one tensor under many names", "give a state dict")
    checked = {
        key: value.float().clone(memory_format=torch.contiguous_format)
        if value.is_floating_point()
        else value.clone()
        for key, value in state_dict.items()
    }
    broken = [
        key
        for key, value in checked.items()
        if value.is_floating_point() and not torch.isfinite(value).all()
    ]
    if broken:
        raise _refused(path, f"has values that are not numbers in {broken[0]}", "get it again")
    return checked


def _is_dense(value) -> bool:
    """Whether a value is a tensor that has its numbers, in memory and plainly."""
    return (
        isinstance(value, torch.Tensor)
        and value.layout == torch.strided
        and value.device.type == "cpu"
        and not (value.is_quantized or value.is_nested or value.is_complex())
    )


def _described(state_dict: dict, said: dict, container: str, path: Path) -> Checkpoint:
    assumed = "The file does not name its colour space: CIELAB is assumed."
    notes = (assumed,) if said.get("cielab") is None else ()
    cielab = str(said.get("cielab")).lower() not in ("false", "0", "no")
    outputs = outputs_of(state_dict) or _whole(said, "num_outputs", 8, path)
    architecture = said.get("architecture") or said.get("model")
    if not known_to_timm(architecture):
        architecture = architecture_of(state_dict)
    if architecture is None:
        raise _refused(
            path,
            "neither names its architecture nor has the shapes of a network of the study",
            "name a timm architecture in its metadata",
        )
    checkpoint = Checkpoint(
        state_dict=state_dict,
        architecture=architecture,
        naming=naming_of(state_dict),
        num_outputs=outputs,
        num_groups=_whole(said, "num_groups", 4, path) if outputs > 2 else 1,
        input_size=_whole(said, "input_size", 224, path),
        cielab=cielab,
        mean=_triple(said, "mean", MEAN if cielab else IMAGENET_MEAN, path),
        std=_triple(said, "std", STD if cielab else IMAGENET_STD, path),
        container=container,
        name=one_line(str(said.get("name") or path.name))[:LONGEST_NAME],
        training_args=said,
        notes=notes,
    )
    if not 32 <= checkpoint.input_size <= 1024 or min(checkpoint.std) <= 0:
        raise _refused(path, "has an impossible input_size or std", "correct the file's metadata")
    return checkpoint


def _whole(said: dict, key: str, default: int, path: Path) -> int:
    try:
        value = int(said.get(key) or default)
    except (TypeError, ValueError, OverflowError) as error:
        raise _refused(path, f"has an unreadable {key}", "correct its metadata") from error
    if not 1 <= value <= MOST_WHOLE:
        raise _refused(path, f"has an impossible {key}", f"give 1 to {MOST_WHOLE}")
    return value


def _triple(said: dict, key: str, default: tuple, path: Path) -> tuple[float, float, float]:
    text = said.get(key)
    if text is None:
        return default
    try:
        values = tuple(float(value) for value in json.loads(f"[{str(text).strip('[]() ')}]"))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise _refused(path, f"has an unreadable {key}", "correct its metadata") from error
    if len(values) != 3 or not all(map(math.isfinite, values)):
        raise _refused(path, f"has an unreadable {key}", "give three numbers in its metadata")
    return values
