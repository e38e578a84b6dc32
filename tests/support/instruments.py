"""Instruments of real pictures without a network: answers that follow how bright a picture is."""

import numpy as np

from explorer.image.read import read_image
from explorer.lesion import lesion
from explorer.lesion.instrument import Instrument
from explorer.lesion.instrument_file import instrument_file
from explorer.lesion.instrument_table import pictures_json, table_json
from explorer.lesion.workshop import workshop
from explorer.model.weights import demo_weights


class Brightness:
    """Eight logits by a picture's mean: bright and dark ones are malignant, so decisions flip."""

    weights = demo_weights("A test's answers are used")

    def logits(self, pictures, batch_size=None) -> np.ndarray:
        mean = np.array([np.mean(each) for each in pictures])
        benign = 3.6 - ((mean - 110) / 30) ** 2
        steps = np.array([0.0, 0.2, 2.0, 2.4, 1.0, 1.1, -1.0, -0.5])
        return (steps + np.outer(benign, [1, -1] * 4)).astype(np.float32)

    def oriented_logits(self, picture) -> np.ndarray:
        return self.logits([picture]) + np.linspace(0, 0.4, 8)[:, None].astype(np.float32)


def made(path, scope="image", transform="melanin") -> Instrument:
    """Complete, on all skins."""
    shop = workshop(lesion.read_tone(read_image(path)), transform, scope)
    *_, whole = shop.answers(Brightness())
    return shop.turned(whole, Brightness())


def write_file(
    folder, instrument: Instrument, *, pictured=True, name="instrument.html", **more
) -> str:
    """The instrument's file in a folder; its address. ``more`` goes to the table."""
    pictures = pictures_json(instrument) if pictured else None
    path = folder / name
    html = instrument_file(table_json(instrument, owned=False, **more), pictures)
    path.write_text(html, encoding="utf-8")
    return path.as_uri()
