"""The published network's blocks as few, fast calls on a CPU: same weights, same answer.

Nine tenths of a ConvNeXt's arithmetic are the two linear layers of each block. Here their weights
are laid out once as oneDNN wants them, GELU happens inside the first product, and what is linear
is merged into them: the normalisation's scale and shift into the first layer, the layer scale
into the second. The logits change by rounding alone (about 1e-6; a test compares).

In bfloat16 only these two products are, with sums in float32; the rest, and what flows from block
to block, stays float32. That is where the time is saved, and the logits move least.

``torch.ops.mkldnn`` is what PyTorch's own compiler emits for a frozen CPU model. It is not a
documented interface, hence the exactly pinned torch, and the plain network where it is missing.

References
----------
Liu et al. (2022), "A ConvNet for the 2020s", CVPR, arXiv 2201.03545 (the block).
"""

import copy

from explorer.util import lazy
from explorer.util.errors import ExplorerError

F = lazy.load("torch.nn.functional")
convnext = lazy.load("timm.models.convnext")
nn = lazy.load("torch.nn")
torch = lazy.load("torch")


def pack(network, rows: int, precision: str = "float32"):
    """A faster twin of a ConvNeXt; any other network is returned as it is.

    Parameters
    ----------
    network : torch.nn.Module
        timm's ConvNeXt, float32, evaluation mode, on the CPU. It is not changed.
    rows : int
        Images per pass, for which the layout is chosen; other numbers work as well.
    precision : str
        Of the linear layers: "float32", or "bfloat16" where :func:`check_bfloat16` passes.

    Returns
    -------
    torch.nn.Module
        float32 (N, 3, S, S) to logits (N, outputs), as ``network``.
    """
    interface = ("_reorder_linear_weight", "_linear_pointwise")
    has_onednn = torch.backends.mkldnn.is_available() and all(
        hasattr(torch.ops.mkldnn, name) for name in interface
    )
    if not (isinstance(network, convnext.ConvNeXt) and has_onednn):
        return network
    twin = copy.deepcopy(network).to(memory_format=torch.channels_last)
    side = 56  # of the first stage at the published 224 px; each later stage halves it
    for stage in twin.stages:
        for index, block in enumerate(stage.blocks):
            if _is_plain(block):
                stage.blocks[index] = _packed_block(
                    block, rows * side * side, getattr(torch, precision)
                )
        side //= 2
    return twin.eval()


def check_bfloat16() -> None:
    """Refuse a processor that would only pretend to have bfloat16.

    Raises
    ------
    ExplorerError
        Without AVX512-BF16 and AMX, where every product would be converted to and fro.
    """
    can = torch.cpu.get_capabilities()
    if not (can.get("avx512_bf16") or can.get("amx_bf16")):
        raise ExplorerError(
            "This processor has neither AVX512-BF16 nor AMX, so bfloat16 would gain nothing here: "
            "leave --precision out."
        )


def _is_plain(block) -> bool:
    """Whether this is the original block, without any of timm's variations."""
    return (
        not block.use_conv_mlp
        and block.gamma is not None
        and isinstance(block.norm, nn.LayerNorm)
        and isinstance(block.shortcut, nn.Identity)
        and isinstance(block.drop_path, nn.Identity)
        and isinstance(block.mlp.norm, nn.Identity)
        and type(block.mlp.act).__name__ == "GELU"
    )


def _packed_block(block, rows: int, dtype):
    """timm's block as three calls: depthwise convolution, normalisation, two merged products."""
    fused = torch.ops.mkldnn._linear_pointwise
    width, eps, convolution = block.norm.weight.numel(), block.norm.eps, block.conv_dw
    first, second = block.mlp.fc1, block.mlp.fc2
    with torch.no_grad():
        inner = _reordered((first.weight * block.norm.weight).to(dtype), rows)
        inner_bias = (first.bias + first.weight @ block.norm.bias).to(dtype)
        outer = _reordered((second.weight * block.gamma[:, None]).to(dtype), rows)
        outer_bias = (second.bias * block.gamma).to(dtype)

    class PackedBlock(torch.nn.Module):
        def forward(self, x):
            x = x.contiguous(memory_format=torch.channels_last)
            y = F.layer_norm(convolution(x).permute(0, 2, 3, 1), (width,), eps=eps)
            flat = y.reshape(-1, width).to(dtype)
            hidden = fused(flat, inner, inner_bias, "gelu", [], "none")
            out = fused(hidden, outer, outer_bias, "none", [], "").to(x.dtype)
            return out.view(y.shape).permute(0, 3, 1, 2).add_(x)

    return PackedBlock()


def _reordered(weight, rows: int):
    return torch.ops.mkldnn._reorder_linear_weight(weight.detach().contiguous(), rows)
