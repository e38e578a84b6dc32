"""What a session keeps of a picture, without a browser."""

import cv2
import numpy as np
import pytest
from PIL import Image

from explorer.image.read import KEPT_PIXELS, SMALL_SIDE, read_image
from explorer.lesion.stored import stored_answers
from explorer.ui.lesion.contents import EMPTY
from explorer.ui.lesion.events import LesionEvents
from explorer.ui.lesion.state import LesionDesk
from support.colour_profiles import P3_PROFILE, reencoded


class Waiting:
    """In the place of the loader: no weights are there yet."""

    may_quote, at_hand = True, stored_answers()


def kept(value, seen: dict) -> int:
    """Bytes of all arrays and byte strings that a value leads to, each counted once."""
    if id(value) in seen:
        return 0
    seen[id(value)] = value
    if isinstance(value, np.ndarray):
        return kept(value.base, seen) if value.base is not None else value.nbytes
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, dict):
        return sum(kept(each, seen) for each in value.values())
    if isinstance(value, (list, tuple)):
        return sum(kept(each, seen) for each in value)
    return kept(vars(value), seen) if hasattr(value, "__dict__") else 0


@pytest.mark.slow
@pytest.mark.parametrize("icc", [None, P3_PROFILE])
def test_of_a_large_upload_its_file_is_kept_and_what_the_views_need(lesions, tmp_path, icc):
    side = 2 * int(KEPT_PIXELS**0.5)
    large = cv2.resize(read_image(lesions["path"].iloc[0]).rgb, (side, side))
    path = tmp_path / "large.jpg"
    pixels = large if icc is None else reencoded(large)
    Image.fromarray(pixels).save(path, quality=85, icc_profile=icc)
    size = path.stat().st_size
    names = ("instrument", "session", "stop", "upload", *EMPTY)
    events = LesionEvents({name: name for name in names}, Waiting())
    updates = list(events.uploaded(str(path), LesionDesk()))
    (session,) = [each["session"] for each in updates if "session" in each]
    assert session.result.image.size == (side, side)
    total = kept(session, {})
    assert size < total < size + 12 * SMALL_SIDE**2 < large.nbytes / 2
    again = session.result.image.rgb
    assert again.shape == large.shape and np.abs(again.astype(int) - large).mean() < 4
    del again
    assert kept(session, {}) == total
