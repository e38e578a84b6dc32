"""Writing the demo model's file; :mod:`explorer.model.checkpoint` reads it, as any other."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from explorer.model.checkpoint import MEAN, STD


def save(path: Path, state: dict, metadata: dict[str, str]) -> None:
    """Write a state dict as safetensors; tensors of two or more dimensions become float16.

    Vectors (normalisation statistics, biases) stay float32: they are small in bytes, and their
    range can exceed float16's.
    """
    half = {
        key: (value.to(torch.float16) if value.ndim > 1 else value).contiguous().clone()
        for key, value in state.items()
    }
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    save_file(half, str(path), metadata=metadata)


def metadata(architecture: str, input_size: int) -> dict[str, str]:
    """What a loader needs to use the weights, all strings."""
    return {
        "name": "demo model",
        "licence": "CC BY-NC 4.0",
        "architecture": architecture,
        "state_dict_naming": "timm",
        "num_outputs": "8",
        "num_groups": "4",
        "input_size": str(input_size),
        "cielab": "true",
        "mean": json.dumps(MEAN),
        "std": json.dumps(STD),
    }


def normalise(view):
    """Bytes, float tensor (B, 3, S, S) in 0..255, to the network's input."""
    mean, std = (torch.tensor(value).view(1, 3, 1, 1) for value in (MEAN, STD))
    return (view / 255 - mean) / std
