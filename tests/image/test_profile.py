"""Colour profiles: a picture saved in another space says what its sRGB original says."""

import gc
import io
import json
import weakref

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, TiffImagePlugin, TiffTags

from explorer.evaluate.settings import EvaluateSettings
from explorer.evaluate.stages import prepare
from explorer.image.colour import CIELAB, EIGHT_BIT, ita
from explorer.image.profile import MAX_PROFILE
from explorer.image.read import KEPT_PIXELS, read_image
from explorer.lesion.as_json import estimate_json, tone_json
from explorer.lesion.counterfactual import curve
from explorer.lesion.lesion import pick_by_hand, read_tone
from explorer.lesion.workshop import workshop
from explorer.model.checkpoint import Facts
from explorer.model.classifier import MEAN, STD, shrink
from explorer.tone.interval import tone_interval
from explorer.transform.skinformer import SKIN_FORMER
from support import ROOT
from support.colour_profiles import (
    ADOBE_RGB,
    P3_PROFILE,
    SRGB,
    grey_profile,
    reencoded,
    rgb_profile,
)
from texts import template

CROATIAN = json.loads((ROOT / "assets/locale/hr.json").read_text(encoding="utf-8"))["texts"]
RNG = np.random.default_rng(12)
SMOOTH = cv2.resize(RNG.integers(40, 216, (9, 12, 3), dtype=np.uint8), (96, 72))


def saved(rgb: np.ndarray, icc: bytes | None, format: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    picture = rgb if isinstance(rgb, Image.Image) else Image.fromarray(rgb)
    picture.save(buffer, format, icc_profile=icc, **options)
    return buffer.getvalue()


def apart(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one.astype(int) - other).max())


@pytest.mark.parametrize("primaries", [ADOBE_RGB, ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))])
def test_colours_are_converted_as_the_standards_formulas_say(primaries):
    """The other space's bytes come from its primaries by formula, without a colour engine."""
    bytes_there = reencoded(SMOOTH, primaries)
    assert apart(bytes_there, SMOOTH) > 8
    image = read_image(saved(bytes_there, rgb_profile("Some space", primaries)))
    assert apart(image.rgb, SMOOTH) <= 2
    np.testing.assert_array_equal(image.stored, bytes_there)
    assert apart(image.profile.from_srgb(image.rgb), bytes_there) <= 2
    (note,) = image.notes
    median = np.median(np.abs(bytes_there.astype(int) - image.rgb).max(axis=2))
    assert "Some space" in note and f"by {median:.0f} of 255 levels" in note


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_profiles_of_every_container_are_found(format):
    options = {"lossless": True} if format == "WEBP" else {}
    options |= {"quality": 98, "subsampling": 0} if format == "JPEG" else {}
    image = read_image(saved(reencoded(SMOOTH), P3_PROFILE, format, **options))
    assert image.profile.name == "Display P3"
    assert np.abs(image.rgb.astype(int) - SMOOTH).mean() < 2


def test_a_deep_tiff_has_its_profile_too(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    path = tmp_path / "deep.tif"
    deep = reencoded(SMOOTH).astype(np.uint16) * 257
    tifffile.imwrite(path, deep, photometric="rgb", iccprofile=P3_PROFILE)
    image = read_image(path)
    assert image.profile.name == "Display P3" and apart(image.rgb, SMOOTH) <= 2


def test_upright_and_palette_pictures_are_converted_as_well():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = read_image(saved(reencoded(SMOOTH), P3_PROFILE, exif=exif.tobytes()))
    assert image.size == (96, 72) and apart(image.rgb, np.rot90(SMOOTH, -1)) <= 2
    palette = Image.fromarray(reencoded(SMOOTH)).quantize(64)
    found = read_image(saved(palette, P3_PROFILE))
    assert found.profile is not None and apart(found.rgb, found.stored) > 4


@pytest.mark.parametrize(
    "icc", [ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), None]
)
def test_srgb_is_left_alone(icc):
    image = read_image(saved(SMOOTH, icc or rgb_profile("sRGB by formula", SRGB)))
    assert image.profile is None and image.notes == () and image.stored is image.rgb
    np.testing.assert_array_equal(image.rgb, SMOOTH)


def test_profiles_that_cannot_be_followed_are_named_in_a_note():
    picture = Image.fromarray(SMOOTH)
    cut = P3_PROFILE[:200]
    black = P3_PROFILE.replace(P3_PROFILE[P3_PROFILE.index(b"para") :][:32], bytes(32))
    for data, match in (
        (saved(picture, b"no profile at all"), "is damaged"),
        (saved(picture, cut), "is damaged"),
        (saved(picture, black), "cannot be followed both ways"),
        (saved(picture, grey_profile()), "is for grey pictures"),
        (saved(picture.convert("L"), grey_profile()), "is for grey pictures"),
        (saved(picture.convert("CMYK"), P3_PROFILE, "JPEG"), "is for the CMYK inks"),
        (saved(picture, P3_PROFILE + bytes(MAX_PROFILE), "TIFF"), "has more than 4 MB"),
    ):
        image = read_image(data, "x")
        assert image.profile is None and image.stored is image.rgb
        assert [note for note in image.notes if match in note], (match, image.notes)
        assert all(len(note) < 120 and "\n" not in note for note in image.notes)
        said = [template(each) for each in image.sentences if "profile" in each]
        assert all(each in CROATIAN for each in said), said


def test_a_tiff_whose_profile_is_a_number_is_read_without_it():
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags.tagtype[34675], tags[34675] = TiffTags.FLOAT, 1.5
    image = read_image(saved(SMOOTH, None, "TIFF", tiffinfo=tags))
    np.testing.assert_array_equal(image.rgb, SMOOTH)
    assert image.profile is None and "is damaged" in image.notes[0]


def test_damaged_profiles_give_a_picture_and_nothing_else():
    """300 seeded changes of a good profile: each is followed or named, none stops anything."""
    rng, followed = np.random.default_rng(5), 0
    for _ in range(300):
        broken = bytearray(P3_PROFILE)
        for at in rng.integers(0, len(broken), rng.integers(1, 9)):
            broken[at] = rng.integers(256)
        image = read_image(saved(SMOOTH, bytes(broken[: rng.integers(1, len(broken) + 1)])))
        assert image.rgb.shape == SMOOTH.shape
        assert image.profile is not None or all("ignored" in note for note in image.notes)
        followed += image.profile is not None
    assert followed < 300


@pytest.fixture(scope="module")
def pairs(lesions):
    """Real lesions, each as it is and as the same colours in Display P3."""
    originals = [read_image(path) for path in lesions["path"].iloc[::85]]
    return [(one, read_image(saved(reencoded(one.rgb), P3_PROFILE), one.name)) for one in originals]


def tones(pairs, method: str):
    """By lesion: the angle of the original, that of Display P3, that of its bytes alone, and
    whether the first two have different names."""
    found = []
    for original, other in pairs:
        mine, theirs = (read_tone(each, method=method).tone for each in (original, other))
        assert mine.as_stored is None
        angles = mine.cielab.ita, theirs.cielab.ita, theirs.as_stored.cielab.ita
        found.append((*angles, mine.cielab.name != theirs.cielab.name))
    return np.array(found).T


@pytest.mark.slow
def test_a_real_lesion_in_display_p3_has_the_robust_tone_of_its_original(pairs):
    own, followed, ignored, renamed = tones(pairs, "robust")
    assert np.abs(followed - own).max() < 0.5 and not renamed.any()
    assert np.median(np.abs(ignored - own)) > 1  # what following the profile is for


def test_the_studys_estimator_is_moved_by_rounding_alone(pairs):
    """A level of 255 moves its clusters: most lesions keep their angle, but not every one its name.

    The limit is the estimator's, not the conversion's: the colours are within two levels.
    """
    own, followed, ignored, renamed = tones(pairs, "published")
    for original, other in pairs:
        assert apart(original.rgb, other.rgb) <= 2
    assert np.median(np.abs(followed - own)) < 0.6 < 1 < np.median(np.abs(ignored - own))
    assert renamed.sum() <= 1 and np.abs(followed - own).max() < 8


def test_the_published_angle_and_the_network_get_the_bytes_as_opencv_reads_them(pairs):
    _, other = pairs[0]
    bgr = cv2.imdecode(np.frombuffer(other.file, np.uint8), cv2.IMREAD_COLOR)
    as_opencv = read_image(saved(bgr[..., ::-1], None))
    tone, expected = read_tone(other).tone, read_tone(as_opencv).tone
    assert tone.published == expected.published
    assert tone.as_stored.cielab == expected.cielab and tone.stored_rgb == expected.colour_rgb
    mine, theirs = (tone_interval(each, convention=EIGHT_BIT) for each in (tone, expected))
    assert (mine.low, mine.high) == (theirs.low, theirs.high)
    asked = []
    shop = workshop(read_tone(other))
    next(shop.answers(Answering(asked)))
    np.testing.assert_array_equal(asked[0], bgr[..., ::-1])


class Answering:
    """In the place of a network: notes what it was asked."""

    weights = type("W", (), {"sha256": "", "label": "none"})()

    def __init__(self, asked: list):
        self.asked = asked

    def logits(self, images, batch_size: int = 0):
        self.asked += images
        return np.zeros((len(images), 8), np.float32)


def test_everything_that_names_a_float_angle_says_what_the_profile_did(pairs, tmp_path):
    original, other = pairs[0]
    mine, theirs = read_tone(original), read_tone(other)
    row = tone_json("x", theirs)
    without = theirs.tone.as_stored.cielab.ita
    assert row["colour_profile"] == {"name": "Display P3", "cielab_ita_without": without}
    (said,) = [note for note in row["notes"] if "colour profile" in note]
    assert f"{row['cielab']['ita']:.1f}" in said and f"{without:.1f}" in said
    assert tone_json("x", mine)["colour_profile"] is None
    assert not [note for note in tone_json("x", mine)["notes"] if "profile" in note]
    assert estimate_json("x", theirs)["image_notes"] == other.sentences != []

    path = tmp_path / "x.png"
    path.write_bytes(other.file)
    facts = Facts(
        architecture="tiny",
        naming="timm",
        num_outputs=8,
        num_groups=4,
        input_size=64,
        cielab=True,
        mean=MEAN,
        std=STD,
        container="pth",
        name="tiny",
    )
    found = prepare("x.png", path, EvaluateSettings(tone_from="image"), facts)
    assert found.facts["ita_cielab"] == theirs.tone.cielab.ita
    assert found.facts["ita_published"] == theirs.tone.published.ita
    assert sum("colour profile" in text for text in found.facts["warnings"]) == 2
    np.testing.assert_array_equal(found.square, shrink(other.stored, 64))


def test_a_tone_picked_by_hand_follows_the_profile(pairs):
    original, other = pairs[0]
    spots = [(20, 30), (40, 30)]
    mine, theirs = (pick_by_hand(read_tone(each), spots).hand for each in (original, other))
    plain = pick_by_hand(read_tone(read_image(saved(other.stored, None))), spots).hand
    assert apart(np.array(theirs.colour_rgb), np.array(mine.colour_rgb)) <= 1
    assert theirs.published == plain.published and theirs.published != theirs.cielab
    assert [each.published for each in theirs.patches] == [p.published for p in plain.patches]
    assert theirs.ita_range(EIGHT_BIT) == plain.ita_range(EIGHT_BIT)
    assert theirs.ita_range(CIELAB) != plain.ita_range(CIELAB)


def test_other_skin_is_shown_in_srgb_and_given_to_the_network_in_the_files_own_space(pairs):
    original, other = pairs[0]
    skin = read_tone(original).tone.colour_rgb
    targets = [0.0, 30.0]
    first, second = [], []
    mine = curve(read_tone(original), Answering(first), colour_rgb=skin, targets=targets)
    theirs = curve(read_tone(other), Answering(second), colour_rgb=skin, targets=targets)
    for one, two, point, same in zip(first, second, theirs.points, mine.points):
        assert np.abs(other.profile.to_srgb(two).astype(int) - one).mean() < 2
        assert point.colour_rgb == same.colour_rgb
        own_bytes = other.profile.from_srgb(np.uint8(point.colour_rgb))
        assert point.reached_published == ita(own_bytes, EIGHT_BIT)
    assert np.abs(mine.thumbnails.astype(int) - theirs.thumbnails).mean() < 2
    assert "Display P3" in theirs.notes[0] and not mine.notes


def test_the_studys_skin_former_acts_on_the_files_own_bytes(pairs):
    _, other = pairs[0]
    plain = read_image(saved(other.stored, None))
    first, second = [], []
    how = {"transform": SKIN_FORMER.key, "targets": [0.0, 20.0]}
    expected = curve(read_tone(plain), Answering(first), **how)
    found = curve(read_tone(other), Answering(second), **how)
    assert [p.reached_published for p in found.points] == [
        p.reached_published for p in expected.points
    ]
    for one, two in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, two)
    shown = other.profile.to_srgb(np.uint8(expected.points[0].colour_rgb))
    assert found.points[0].colour_rgb == tuple(shown)


def test_a_large_picture_is_put_away_as_its_file_and_comes_back_the_same():
    side = int(KEPT_PIXELS**0.5) + 8
    large = cv2.resize(SMOOTH, (side, side))
    for icc in (None, P3_PROFILE):
        image = read_image(saved(large, icc, "JPEG", quality=90))
        rgb, stored, size = image.rgb, image.stored, image.size
        kept = image.put_away()
        assert kept.rgb is rgb and kept.stored is stored  # shared as long as they are held
        expected, small = (rgb.copy(), stored.copy()), image.small
        del image, rgb, stored
        np.testing.assert_array_equal(kept.rgb, expected[0])
        np.testing.assert_array_equal(kept.stored, expected[1])
        np.testing.assert_array_equal(kept.small, small)
        assert kept.size == size
        seen = weakref.ref(kept.rgb), weakref.ref(kept.stored)
        gc.collect()
        assert seen[0]() is None and seen[1]() is None  # nobody holds them: they are gone
        with kept.held():
            assert kept.rgb is kept.rgb and kept.stored is kept.stored
    little = read_image(saved(SMOOTH, None)).put_away()
    assert little.file is None and little.rgb is little.rgb
