"""From description to picture: skin, lesion, artefacts, light, camera."""

from dataclasses import dataclass

import cv2
import numpy as np

from explorer.image.colour import encode_srgb
from explorer.synthetic.artefacts import add_layers, frame_opacity, illumination
from explorer.synthetic.lesion import LesionMaps, lesion_maps
from explorer.synthetic.skin import SkinColour, skin_of_colour, skin_texture, skin_with_ita
from explorer.synthetic.spec import LesionSpec


@dataclass(frozen=True)
class SyntheticLesion:
    """A drawn picture with its truth.

    Attributes
    ----------
    image : uint8, shape (size, size, 3)
        sRGB.
    truth : SkinColour
        Colour of the skin before texture, artefacts, light, noise and rounding.
    lesion_mask, hair_mask, skin_mask : bool, shape (size, size), pairwise disjoint
        Visible lesion; hair (opacity over a quarter); clean skin, which is neither lesion nor its
        fading border, nor hair, ruler, reflection or frame. Skin under a vignette or gradient
        is still skin. Pixels in none of them are borders and the other artefacts.
    lesion_extent : bool, shape (size, size)
        The whole lesion, also where hair, ruler or frame hide it: ``spec.area`` of the picture.
    spec : LesionSpec
    """

    image: np.ndarray
    truth: SkinColour
    lesion_mask: np.ndarray
    hair_mask: np.ndarray
    skin_mask: np.ndarray
    lesion_extent: np.ndarray
    spec: LesionSpec


def draw_lesion(spec: LesionSpec) -> SyntheticLesion:
    """Draw the picture of ``spec``: pure and deterministic.

    Raises
    ------
    ExplorerError
        If no skin of the wanted ITA exists at the wanted amount of blood.
    """
    truth = (
        skin_with_ita(spec.ita, spec.blood)
        if spec.skin_rgb is None
        else skin_of_colour(spec.skin_rgb)
    )
    maps = lesion_maps(spec)
    clean = np.ones((spec.size, spec.size), bool) if maps is None else maps.cover < 0.005
    frame = None if spec.frame == "none" else frame_opacity(spec)
    visible = clean if frame is None else clean & (frame == 0)
    texture = skin_texture(spec)
    if visible.any():  # the median of the visible clean skin is the truth, channel by channel
        texture -= np.median(texture[visible], axis=0)
    light = cv2.exp(texture) * np.asarray(truth.linear, np.float32)
    if maps is not None:
        light = light * maps.transmission()
    layers = add_layers(light, spec)
    if spec.blur:
        light = cv2.GaussianBlur(light, (0, 0), spec.blur)
    light *= illumination(spec)
    levels = 255 * encode_srgb(light)
    if spec.noise:
        noise = spec.rng("noise").standard_normal(levels.shape, dtype=np.float32)
        levels += np.float32(spec.noise) * noise
    if frame is not None:
        levels += frame[..., None] * ((254 if spec.frame == "white" else 2) - levels)
    image = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
    return SyntheticLesion(image, truth, **_masks(spec, maps, clean, layers, frame), spec=spec)


def _masks(
    spec: LesionSpec,
    maps: LesionMaps | None,
    clean: np.ndarray,
    layers: dict[str, np.ndarray],
    frame: np.ndarray | None,
) -> dict[str, np.ndarray]:
    """The masks of :class:`SyntheticLesion`."""
    nowhere = np.zeros(clean.shape, bool)
    extent = nowhere if maps is None else maps.cover >= 0.5
    inside = ~nowhere if frame is None else frame < 0.01
    hair = (layers["hair"] > 0.25) & inside if "hair" in layers else nowhere
    touched, covered = ~inside, ~inside
    for opacity in layers.values():
        touched = touched | (opacity > 0.01)
        covered = covered | (opacity > 0.25)
    margin = 1 + int(np.ceil(2 * spec.blur))  # blur carries hair and lesion into clean skin
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * margin + 1,) * 2)
    unclean = cv2.dilate((touched | ~clean).astype(np.uint8), kernel).astype(bool)
    return {
        "lesion_mask": extent & ~covered,
        "hair_mask": hair,
        "skin_mask": ~unclean,
        "lesion_extent": extent,
    }
