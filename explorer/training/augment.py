"""Random views of a batch of 8-bit CIELAB squares.

Geometry is free (a lesion has no up or down); colour moves little, because the tone group is part
of the label: one byte of L8 moves the published angle by about 0.2 degrees. Images are sometimes
shrunk and enlarged again, so that a folder's resolution tells nothing.
"""

import math

import torch
from torch.nn import functional

#: Bytes: standard deviation of the offset of L, a, b; and of the contrast, as a factor.
OFFSET = (4.0, 1.5, 1.5)
CONTRAST = 0.06
#: Side of the seen square relative to the whole image, smallest and largest.
ZOOM = (0.7, 1.0)
#: Share of batches that lose resolution, and the sides they are shrunk to, relative.
BLUR_SHARE, BLUR = 0.3, (0.5, 0.9)


def random_view(lab: torch.Tensor, size: int, generator: torch.Generator) -> torch.Tensor:
    """Random rotation, flip, zoom, shift, light and sharpness.

    Parameters
    ----------
    lab : uint8, shape (B, S, S, 3)
        8-bit CIELAB.
    size : int
        Side of the result, px.
    generator : torch.Generator
        The only source of chance.

    Returns
    -------
    float32, shape (B, 3, size, size)
        In 0..255.
    """
    image = lab.permute(0, 3, 1, 2).float()
    grid = functional.affine_grid(
        _affine(len(lab), generator), [len(lab), 3, size, size], align_corners=False
    )
    view = functional.grid_sample(image, grid, padding_mode="reflection", align_corners=False)
    chance = torch.rand(2, generator=generator)
    if chance[0] <= BLUR_SHARE:  # shrink (antialiased) and enlarge again
        side = int(view.shape[-1] * (BLUR[0] + (BLUR[1] - BLUR[0]) * chance[1]))
        small = functional.interpolate(view, (side, side), mode="bilinear", antialias=True)
        view = functional.interpolate(small, view.shape[-2:], mode="bilinear")
    noise = torch.randn(len(lab), 4, 1, 1, generator=generator)
    mean = view.mean(dim=(2, 3), keepdim=True)
    view = mean + (view - mean) * (1 + CONTRAST * noise[:, 3:])
    return (view + noise[:, :3] * torch.tensor(OFFSET).view(1, 3, 1, 1)).clamp(0, 255)


def _affine(count: int, generator: torch.Generator) -> torch.Tensor:
    """(count, 2, 3) maps from the view's square to the image's, coordinates in -1..1."""
    chance = torch.rand(count, 6, generator=generator)
    zoom = ZOOM[0] + (ZOOM[1] - ZOOM[0]) * chance[:, 0]
    # quarter turns; half of the views also turn by up to 45 degrees (corners are mirrored in)
    angle = torch.floor(chance[:, 1] * 4) * math.pi / 2
    angle = angle + (chance[:, 2] * 2 - 1).clamp(min=0) * math.pi / 4
    flip = torch.where(chance[:, 3] < 0.5, -1.0, 1.0)
    cos, sin = zoom * torch.cos(angle), zoom * torch.sin(angle)
    shift = (chance[:, 4:] * 2 - 1) * (1 - zoom)[:, None]
    rows = [torch.stack([flip * cos, -sin, shift[:, 0]], 1)]
    rows.append(torch.stack([flip * sin, cos, shift[:, 1]], 1))
    return torch.stack(rows, 1)
