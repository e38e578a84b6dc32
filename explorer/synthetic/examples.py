"""The example pictures of the page: one per skin tone, and one with a white frame."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2

from explorer.image.colour import tone_name
from explorer.image.resize import average
from explorer.synthetic.draw import draw_lesion
from explorer.synthetic.spec import LesionSpec
from explorer.util.paths import ASSETS

FOLDER = ASSETS / "examples"
#: JPEG quality; chroma is kept at full resolution, so that the skin's colour survives.
QUALITY = 92
#: Side of a thumbnail, px.
THUMBNAIL = 160


@dataclass(frozen=True)
class Example:
    """One example: ``note`` tells lesion and artefacts, in a sentence or two."""

    id: str
    title: str
    note: str
    spec: LesionSpec

    @property
    def caption(self) -> str:
        return (
            "Synthetic: drawn by program, not a photograph. Known skin tone: "
            f"ITA {self.spec.ita:g} degrees ({tone_name(self.spec.ita)}). {self.note}"
        )

    @property
    def alt(self) -> str:
        return f"Drawing of a skin lesion on {tone_name(self.spec.ita)} skin. {self.note}"

    @property
    def file(self) -> str:
        return f"{self.id}.jpg"

    @property
    def path(self) -> Path:
        return FOLDER / self.file

    @property
    def thumbnail(self) -> str:
        return f"{self.id}.small.jpg"


EXAMPLES = (
    Example(
        "synthetic-very-light",
        "Very light skin, even lesion",
        "Even, regular lesion with a pigment network; nothing added but faint noise.",
        LesionSpec(ita=62, seed=11, kind="naevus", area=0.10, depth=0.9, blood=0.22),
    ),
    Example(
        "synthetic-light",
        "Light skin, irregular lesion, hair",
        "Irregular lesion of several colours. Hair added.",
        LesionSpec(ita=48, seed=4, kind="irregular", area=0.14, hair=16),
    ),
    Example(
        "synthetic-intermediate",
        "Intermediate skin, globular lesion",
        "Even lesion of small globules. Dark corners (vignette) added.",
        LesionSpec(ita=34, seed=7, kind="globular", area=0.09, vignette=0.6),
    ),
    Example(
        "synthetic-tan",
        "Tan skin, irregular lesion",
        "Irregular lesion of several colours; nothing added but faint noise.",
        LesionSpec(ita=19, seed=21, kind="irregular", area=0.16),
    ),
    Example(
        "synthetic-brown",
        "Brown skin, even lesion",
        "Even, regular lesion with a pigment network. Ruler marks added.",
        LesionSpec(ita=-10, seed=5, kind="naevus", area=0.08, depth=1.1, ruler=True),
    ),
    Example(
        "synthetic-dark",
        "Dark skin, irregular lesion",
        "Irregular lesion of several colours. Hair added.",
        LesionSpec(ita=-40, seed=37, kind="irregular", area=0.13, depth=1.2, hair=6),
    ),
    Example(
        "synthetic-white-frame",
        "Very light skin, white circular frame",
        "Even lesion, few hairs. White circular frame added: the published estimator takes the "
        "frame for skin.",
        LesionSpec(ita=62, seed=13, kind="naevus", area=0.08, frame="white", hair=5),
    ),
)

#: The one that the page opens on.
FIRST = EXAMPLES[1]


def encode_example(example: Example, side: int | None = None) -> bytes:
    """JPEG bytes of one example, shrunk to ``side`` pixels where that is given."""
    image = draw_lesion(example.spec).image
    if side is not None:
        image = average(image, side, side)
    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        QUALITY,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    return cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)[1].tobytes()


def describe_example(example: Example) -> dict:
    """The row of ``examples.json``."""
    return {
        "id": example.id,
        "file": example.file,
        "title": example.title,
        "caption": example.caption,
        "alt": example.alt,
        "true_ita": float(example.spec.ita),
        "tone": tone_name(example.spec.ita),
        "synthetic": True,
        "spec": asdict(example.spec),
    }


def write_examples(folder: Path = FOLDER) -> list[Path]:
    """Write every example, its thumbnail and ``examples.json`` into ``folder``.

    Returns the paths of the pictures and of the index, which comes last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / example.file for example in EXAMPLES]
    for example, path in zip(EXAMPLES, paths):
        path.write_bytes(encode_example(example))
        (folder / example.thumbnail).write_bytes(encode_example(example, THUMBNAIL))
    index = folder / "examples.json"
    rows = [describe_example(example) for example in EXAMPLES]
    index.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return [*paths, index]
