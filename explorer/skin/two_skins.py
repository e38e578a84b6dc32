"""Whether the skin of a picture falls into two parts of different colour."""

import cv2
import numpy as np

from explorer.image import colour
from explorer.skin.patches import PATCH, skin_patches
from explorer.skin.robust import RobustSegmentation, robust_level

#: Least share of the smaller cluster of skin colours.
CLUSTER_SHARE = 0.30
#: Distance of two skin clusters in units of their spread (Ashman's D, with robust spreads);
#: halves of one Gaussian, split in the middle, have about 3.
CLUSTER_SEPARATION = 3.5
#: Share of the rim of the field of view that the dark part must cover to be another skin.
RIM_SHARE = 0.25
#: Fewer patches of skin than this are not split.
LEAST_PATCHES = 20


def two_skins(found: RobustSegmentation) -> tuple[float, float, np.ndarray] | None:
    """Angles of both parts, degrees, and a mask of one; None where they are not two."""
    field, kernel = found.field.astype(np.uint8), np.ones((9, 9), np.uint8)
    inner = cv2.erode(field, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    rim = found.field & (inner == 0)
    skin = found.skin
    # the dark part too, where it reaches along the rim as a lesion seldom does
    if (found.lesion & rim).sum() >= RIM_SHARE * max(int(rim.sum()), 1):
        skin = found.field & ~(found.hair | found.specular | found.foreign)
    patches = skin_patches(found.image, skin)
    if len(patches.colour) < LEAST_PATCHES:
        return None
    lab = colour.rgb_to_cielab(patches.evened / 255)
    second = _split(lab)
    if min(second.mean(), 1 - second.mean()) < CLUSTER_SHARE or not _separate(lab, second):
        return None
    mask = np.zeros_like(found.skin)
    for row, col in patches.cell[second]:
        mask[row * PATCH : (row + 1) * PATCH, col * PATCH : (col + 1) * PATCH] = True
    angles = (float(colour.ita_cielab(np.median(lab[part], axis=0))) for part in (second, ~second))
    return *angles, mask


def _split(lab: np.ndarray) -> np.ndarray:
    """Two clusters of patch colours (k-means started along the widest axis), bool (n,)."""
    centred = lab - lab.mean(axis=0)
    along = centred @ np.linalg.svd(centred, full_matrices=False)[2][0]
    second = along > np.median(along)
    for _ in range(20):
        if second.all() or not second.any():
            break
        means = [lab[part].mean(axis=0) for part in (~second, second)]
        distances = [((lab - mean) ** 2).sum(axis=1) for mean in means]
        second = distances[1] < distances[0]
    return second


def _separate(lab: np.ndarray, second: np.ndarray) -> bool:
    """Whether the clusters stand apart: Ashman's D along the line that joins them.

    Ashman, Bird, Zepf (1994), "Detecting bimodality in astronomical datasets", Astron. J. 108.
    """
    joint = lab[second].mean(axis=0) - lab[~second].mean(axis=0)
    along = lab @ (joint / max(float(np.linalg.norm(joint)), 1e-9))
    parts = [robust_level(along[part]) for part in (second, ~second)]
    spread = np.sqrt((parts[0][1] ** 2 + parts[1][1] ** 2) / 2)
    return bool(abs(parts[0][0] - parts[1][0]) > CLUSTER_SEPARATION * max(spread, 1e-6))
