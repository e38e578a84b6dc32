"""A small table of made-up predictions, to try the reading of one's own files with."""

import csv
import io

import numpy as np

#: File name; it says what the numbers are.
NAME = "made-up-predictions.csv"
IMAGES, SEED = 600, 11
TONES = ("light", "medium", "dark")
#: Share of the images, and how much higher benign images score, by tone: a gap that is put in.
SHARES, SHIFTS = (0.6, 0.3, 0.1), (0.0, 0.1, 0.6)
CENTRES = ("Centre A", "Centre B", "Centre C")
SEXES = ("female", "male", "non-binary", "")
SEX_SHARES = (0.48, 0.48, 0.02, 0.02)


def made_up_csv() -> str:
    """600 rows of random numbers, always the same; no image and no model is behind them.

    Columns as people name them: ``Image Name``, ``y_true`` in words, ``y_prob`` in percent,
    ``skin tone``, ``sex``, ``centre``, ``patient``. Benign images of dark skin score too high.
    """
    rng = np.random.default_rng(SEED)
    tone = rng.choice(len(TONES), IMAGES, p=SHARES)
    malignant = rng.random(IMAGES) < 0.2
    shift = np.where(malignant, 1.0, -1.0 + np.take(SHIFTS, tone))
    score = 1 / (1 + np.exp(-(1.2 * shift + rng.normal(size=IMAGES))))
    sex = rng.choice(SEXES, IMAGES, p=SEX_SHARES)
    centre, patient = rng.choice(CENTRES, IMAGES), rng.integers(1, 301, IMAGES)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("Image Name", "y_true", "y_prob", "skin tone", "sex", "centre", "patient"))
    for i in range(IMAGES):
        label = "melanoma" if malignant[i] else "benign"
        person = f"made-up {patient[i]:03d}"
        cells = (f"{100 * score[i]:.1f}%", TONES[tone[i]], sex[i], centre[i], person)
        writer.writerow((f"made_up_{i + 1:03d}.jpg", label, *cells))
    return text.getvalue()
