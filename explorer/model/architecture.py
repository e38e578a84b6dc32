"""Which network a state dict belongs to, and that network through timm.

Two ways of naming tensors are understood: ``facebook``, the original ConvNeXt code [1]_ that the
study used (``downsample_layers``, ``stages.0.0.dwconv``, ``norm``, ``head``), and ``timm``. Either
may stand under the study's prefix ``model.``.

References
----------
.. [1] Liu et al. (2022), "A ConvNet for the 2020s", CVPR, arXiv 2201.03545.
"""

import re

from explorer.util import lazy
from explorer.util.errors import ExplorerError

convnext = lazy.load("timm.models.convnext")
timm = lazy.load("timm")
torch = lazy.load("torch")

#: timm name: (blocks per stage, width of the first stage; each later stage doubles it).
CONVNEXT = {
    "convnext_atto": ((2, 2, 6, 2), 40),
    "convnext_femto": ((2, 2, 6, 2), 48),
    "convnext_pico": ((2, 2, 6, 2), 64),
    "convnext_nano": ((2, 2, 8, 2), 80),
    "convnext_tiny": ((3, 3, 9, 3), 96),
    "convnext_small": ((3, 3, 27, 3), 96),
    "convnext_base": ((3, 3, 27, 3), 128),
    "convnext_large": ((3, 3, 27, 3), 192),
    "convnext_xlarge": ((3, 3, 27, 3), 256),
}

#: timm name: blocks per stage. The study's are _m and _l.
EFFICIENTNETV2 = {
    "tf_efficientnetv2_s": (2, 4, 4, 6, 9, 15),
    "tf_efficientnetv2_m": (3, 5, 5, 7, 14, 18, 5),
    "tf_efficientnetv2_l": (4, 7, 7, 10, 19, 25, 7),
    "tf_efficientnetv2_xl": (4, 8, 8, 16, 24, 32, 8),
}

#: Where a classifier's last layer is found, by name.
HEADS = ("head.weight", "head.fc.weight", "classifier.weight", "fc.weight")


def strip_prefix(state_dict: dict) -> dict:
    """The same tensors without ``module.`` (data parallel) and ``model.`` (the study's wrapper)."""
    for prefix in ("module.", "model."):
        if state_dict and all(key.startswith(prefix) for key in state_dict):
            state_dict = {key[len(prefix) :]: value for key, value in state_dict.items()}
    return state_dict


def naming_of(state_dict: dict) -> str:
    """``"facebook"`` if the tensors carry the original ConvNeXt names, else ``"timm"``."""
    return "facebook" if "downsample_layers.0.0.weight" in strip_prefix(state_dict) else "timm"


def outputs_of(state_dict: dict) -> int | None:
    """Number of outputs of the last layer, or None where its name is not known."""
    bare = strip_prefix(state_dict)
    shapes = (bare[name].shape for name in HEADS if name in bare)
    return next((shape[0] for shape in shapes if len(shape)), None)


def architecture_of(state_dict: dict) -> str | None:
    """timm name of the network that these names and shapes belong to.

    Parameters
    ----------
    state_dict : dict of str to tensor
        With or without prefix, in either naming.

    Returns
    -------
    str or None
        A key of :data:`CONVNEXT` or :data:`EFFICIENTNETV2`; None for anything else.
    """
    bare = strip_prefix(state_dict)
    stem = bare.get("downsample_layers.0.0.weight", bare.get("stem.0.weight"))
    if stem is not None and stem.ndim:
        blocks = _blocks(
            bare, r"stages\.([0-9])\.(?:blocks\.)?([0-9]{1,3})\.(?:dwconv|conv_dw)\.weight"
        )
        return _name_of(CONVNEXT, (blocks, stem.shape[0]))
    if "conv_stem.weight" in bare:
        return _name_of(EFFICIENTNETV2, _blocks(bare, r"blocks\.([0-9])\.([0-9]{1,3})\..*"))
    return None


def _blocks(names, pattern: str) -> tuple[int, ...]:
    """Number of blocks in each stage, from names that carry the numbers of both."""
    matches = filter(None, (re.fullmatch(pattern, name) for name in names))
    found = {(int(match[1]), int(match[2])) for match in matches}
    stages = sorted({stage for stage, _ in found})
    return tuple(sum(stage == other for other, _ in found) for stage in stages)


def _name_of(table: dict, value) -> str | None:
    return next((name for name, known in table.items() if known == value), None)


def known_to_timm(name) -> bool:
    """Whether timm has the architecture ``name``, with or without a tag (``resnet18.a1_in1k``).

    A name out of a file must pass here before it reaches ``timm.create_model``, for which
    ``hf-hub:...`` means a download and ``local-dir:...`` a folder.
    """
    if not isinstance(name, str):
        return False
    return timm.is_model(name.partition(".")[0])


def build_network(checkpoint):
    """The network of a checkpoint, ready for inference.

    Parameters
    ----------
    checkpoint : explorer.model.checkpoint.Checkpoint

    Returns
    -------
    torch.nn.Module
        float32 (N, 3, S, S) to logits (N, outputs); evaluation mode, no gradients, on the CPU.

    Raises
    ------
    ExplorerError
        If a tensor is missing, left over or of another shape: every one must fit.
    """
    name, outputs = checkpoint.architecture.partition(".")[0], checkpoint.num_outputs
    # Without storage: a file may name a network of billions of numbers, of which none is made
    # before all tensors are known to fit, and then the state dict brings them.
    with torch.device("meta"):
        network = timm.create_model(name, pretrained=False, num_classes=outputs)
    given = strip_prefix(checkpoint.state_dict)
    if checkpoint.naming != "timm":
        try:
            given = convnext.checkpoint_filter_fn(given, network)
        except Exception as error:  # names or sizes that its own mapping cannot place
            raise _misfit(checkpoint.architecture, f"timm cannot place {error}") from error
    told = _misfits(given, network.state_dict())
    if told:
        raise _misfit(checkpoint.architecture, "tensors " + ", ".join(told))
    if not {key for key, _ in network.named_buffers()} <= network.state_dict().keys():
        network = timm.create_model(name, pretrained=False, num_classes=outputs)
    network.load_state_dict(given, strict=True, assign=True)
    return network.eval().requires_grad_(False)


def _misfits(given: dict, wanted: dict) -> list[str]:
    """What of a state dict is not as a network wants it, in words; empty where all fits."""
    both = [key for key in wanted if key in given]
    faults = {
        "missing": [key for key in wanted if key not in given],
        "not known": [key for key in given if key not in wanted],
        "of another shape": [key for key in both if given[key].shape != wanted[key].shape],
        "of another kind of number": [
            key for key in both if given[key].is_floating_point() != wanted[key].is_floating_point()
        ],
    }
    return [f"{len(keys)} {what} (first: {keys[0][:60]})" for what, keys in faults.items() if keys]


def _misfit(architecture: str, why: str) -> ExplorerError:
    return ExplorerError(
        f"The weights do not fit the network {architecture} ({why}): choose a checkpoint of the"
        " study, or name the right architecture in the file."
    )
