"""The study's ConvNeXt as its authors wrote it: an independent network for the tests.

The explorer runs ConvNeXt through timm. This is the other side: the original implementation's
structure and names [1]_ under the study's ``model.`` prefix, plain PyTorch, nothing from timm. It
is exported to ONNX the way the study did, and the explorer must read that file back.

References
----------
.. [1] Liu et al. (2022), "A ConvNet for the 2020s", CVPR, arXiv 2201.03545, and its code
   (MIT licence), models/convnext.py.
"""

import itertools
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

TINY = {"depths": (3, 3, 9, 3), "dims": (96, 192, 384, 768)}
#: Same structure, too small to be any published variant; for fast tests of the container.
SMALL = {"depths": (1, 1, 2, 1), "dims": (8, 16, 24, 32)}


class LayerNorm(nn.Module):
    """Normalisation over channels, for (N, H, W, C) or, ``channels_first``, (N, C, H, W)."""

    def __init__(self, width: int, channels_first: bool = False):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.channels_first = channels_first

    def forward(self, x):
        if not self.channels_first:
            return F.layer_norm(x, self.weight.shape, self.weight, self.bias, 1e-6)
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).pow(2).mean(1, keepdim=True)
        x = (x - mean) / torch.sqrt(variance + 1e-6)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class Block(nn.Module):
    """Depthwise 7x7, LayerNorm, two linear layers with GELU between, layer scale, residual."""

    def __init__(self, width: int):
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = LayerNorm(width)
        self.pwconv1 = nn.Linear(width, 4 * width)
        self.act = nn.GELU()
        self.pwconv2 = nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x):
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.pwconv2(self.act(self.pwconv1(y)))
        return x + y.permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    """Stem and three downsamplings, four stages, pooled LayerNorm and a linear head."""

    def __init__(self, depths: tuple, dims: tuple, outputs: int = 8):
        super().__init__()
        stem = nn.Sequential(nn.Conv2d(3, dims[0], 4, stride=4), LayerNorm(dims[0], True))
        between = [
            nn.Sequential(LayerNorm(a, True), nn.Conv2d(a, b, 2, stride=2))
            for a, b in itertools.pairwise(dims)
        ]
        self.downsample_layers = nn.ModuleList([stem, *between])
        self.stages = nn.ModuleList(
            nn.Sequential(*(Block(width) for _ in range(depth)))
            for depth, width in zip(depths, dims)
        )
        self.norm = nn.LayerNorm(dims[-1], eps=1e-6)
        self.head = nn.Linear(dims[-1], outputs)

    def forward(self, x):
        for downsample, stage in zip(self.downsample_layers, self.stages):
            x = stage(downsample(x))
        return self.head(self.norm(x.mean((-2, -1))))


class PublishedNetwork(nn.Module):
    """The study's wrapper: every name gains the prefix ``model.``."""

    def __init__(self, depths: tuple = TINY["depths"], dims: tuple = TINY["dims"]):
        super().__init__()
        self.model = ConvNeXt(depths, dims)

    def forward(self, x):
        return self.model(x)


def export_onnx(network: nn.Module, path: Path, size: int = 224) -> Path:
    """Export as the study did: opset 11, ``input`` to ``output``, TorchScript-based exporter."""
    torch.onnx.export(
        network.eval(),
        torch.zeros(1, 3, size, size),
        str(path),
        opset_version=11,
        input_names=["input"],
        output_names=["output"],
        dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}},
        dynamo=False,
    )
    return Path(path)
