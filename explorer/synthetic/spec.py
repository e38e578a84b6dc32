"""What to draw: one frozen, validated description, and random ones for benchmark sets."""

from dataclasses import dataclass

import numpy as np

from explorer.util.errors import ExplorerError

#: Lesion kinds: a naevus with a regular pigment network, a naevus of globules, an irregular
#: melanoma-like lesion (several colours, blue-white veil, notched border), and no lesion.
KINDS = ("naevus", "globular", "irregular", "none")
FRAMES = ("none", "white", "black")
HAIR_COLOURS = ("dark", "light")

#: What :func:`random_spec` may add to a picture. Exposure and illuminant are there for
#: robustness tests, but no estimator can undo them from one picture without a reference.
ARTEFACTS = (
    "hair",
    "vignette",
    "noise",
    "gradient",
    "blur",
    "specular",
    "ruler",
    "frame",
    "exposure",
    "illuminant",
)

#: ITA in degrees from which random cases are drawn, one range per tone, lightest first.
TONE_RANGES = ((56.0, 68.0), (42.0, 54.0), (29.0, 40.0), (11.0, 27.0), (-29.0, 9.0), (-52.0, -31.0))

_LIMITS = {
    "size": (64, 4096),
    "blood": (0.0, 1.0),
    "area": (0.005, 0.8),
    "depth": (0.2, 3.0),
    "hair": (0, 400),
    "vignette": (0.0, 1.0),
    "noise": (0.0, 30.0),
    "specular": (0.0, 1.0),
    "exposure": (-3.0, 3.0),
    "gradient": (0.0, 1.5),
    "blur": (0.0, 10.0),
}
_CHOICES = {"kind": KINDS, "frame": FRAMES, "hair_colour": HAIR_COLOURS}


@dataclass(frozen=True)
class LesionSpec:
    """Description of one synthetic picture; equal specs give equal pixels.

    Every part (skin texture, lesion, hair, ...) has its own random stream, so that changing one
    field leaves the others' shapes alone: the same seed with another ``ita`` is the same lesion
    on other skin, and ``hair=0`` is the same picture without its hair.

    Attributes
    ----------
    ita : float
        ITA of the skin in degrees by float CIELAB, about -80..75 (depends on ``blood``).
        Ignored when ``skin_rgb`` is given.
    skin_rgb : three floats in 0..1, or None
        sRGB colour of the skin in place of ``ita`` and ``blood``.
    blood : float in 0..1
        Haemoglobin of the skin: 0 pale, 0.3 usual, 1 strongly reddened.
    seed : int >= 0
    size : int, pixels (the picture is square)
    kind : one of :data:`KINDS`
    area : float in 0.005..0.8
        Share of the picture that the lesion covers.
    depth : float in 0.2..3
        Amount of extra melanin in the lesion, 1 is usual.
    centre : two floats in 0..1
        Centre of the lesion, x and y as shares of the picture's size.
    hair : int
        Number of hairs; ``hair_colour`` is "dark" or "light".
    vignette : float in 0..1
        Share of light lost at the corners.
    frame : "none", "white" or "black"
        Circular frame, as some dermoscopes leave it.
    noise : float
        Standard deviation of the sensor noise in 8-bit levels.
    specular : float in 0..1
        Density of small mirror reflections.
    ruler : bool
        Ruler marks along one side.
    exposure : float, stops
        0 keeps the skin's true colour; -1 halves the light.
    illuminant : three floats > 0
        Factors on linear R, G, B; (1, 1, 1) is neutral.
    gradient : float in 0..1.5
        Natural logarithm of the ratio of light between opposite edges.
    blur : float, pixels
        Standard deviation of the optical blur.
    """

    ita: float = 48.0
    seed: int = 0
    size: int = 512
    skin_rgb: tuple[float, float, float] | None = None
    blood: float = 0.3
    kind: str = "naevus"
    area: float = 0.12
    depth: float = 1.0
    centre: tuple[float, float] = (0.5, 0.5)
    hair: int = 0
    hair_colour: str = "dark"
    vignette: float = 0.0
    frame: str = "none"
    noise: float = 1.0
    specular: float = 0.0
    ruler: bool = False
    exposure: float = 0.0
    illuminant: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gradient: float = 0.0
    blur: float = 0.0

    def __post_init__(self):
        for name, (low, high) in _LIMITS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ExplorerError(f"{name} is {value!r}: choose a value from {low} to {high}.")
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ExplorerError(
                    f"{name} is {getattr(self, name)!r}: choose one of {', '.join(choices)}."
                )
        if self.seed < 0:
            raise ExplorerError(f"seed is {self.seed}: choose a whole number of 0 or more.")
        if len(self.illuminant) != 3 or min(self.illuminant) <= 0:
            raise ExplorerError("illuminant needs three factors above 0, for red, green and blue.")

    @property
    def unit(self) -> float:
        """Pixels of this picture per pixel of a 512-pixel one; sizes of structures scale by it."""
        return self.size / 512.0

    def rng(self, part: str) -> np.random.Generator:
        """Random stream of one part ("skin", "lesion", "hair", ...), independent of the others."""
        return np.random.default_rng([self.seed, *part.encode()])


def random_spec(
    rng: np.random.Generator, artefacts=("hair", "vignette", "noise", "gradient"), size: int = 512
) -> LesionSpec:
    """One random case; the six tones are equally frequent.

    Parameters
    ----------
    rng : numpy Generator
    artefacts : names of :data:`ARTEFACTS`
        Each is present with probability 1/2 (noise: always, 0.5..4 levels). The default leaves
        the colour of evenly lit skin intact.
    size : pixels

    Returns
    -------
    LesionSpec
    """
    unknown = set(artefacts) - set(ARTEFACTS)
    if unknown:
        raise ExplorerError(
            f"unknown artefact {sorted(unknown)[0]!r}: choose from {', '.join(ARTEFACTS)}."
        )
    low, high = TONE_RANGES[rng.integers(len(TONE_RANGES))]
    content = {
        "ita": rng.uniform(low, high),
        "seed": int(rng.integers(2**31)),
        "size": size,
        "blood": rng.uniform(0.1, 0.5),
        "kind": str(rng.choice(KINDS, p=(0.4, 0.2, 0.35, 0.05))),
        "area": float(np.exp(rng.uniform(np.log(0.03), np.log(0.35)))),
        "depth": rng.uniform(0.6, 1.5),
        "centre": tuple(rng.uniform(0.4, 0.6, 2).tolist()),
        "noise": 0.0,
    }
    # Every artefact is drawn, and then the unwanted ones dropped: the lesions of two benchmark
    # sets with the same generator then stay the same.
    drawn = _random_artefacts(rng)
    for name in artefacts:
        content |= drawn[name]
    return LesionSpec(**content)


def _random_artefacts(rng: np.random.Generator) -> dict[str, dict]:
    """Fields of every artefact; an empty dict where the coin says that it is absent."""
    drawn = {
        "hair": {
            "hair": int(rng.integers(3, 40)),
            "hair_colour": "light" if rng.random() < 0.15 else "dark",
        },
        "vignette": {"vignette": rng.uniform(0.2, 0.95)},
        "gradient": {"gradient": rng.uniform(0.05, 0.35)},
        "blur": {"blur": rng.uniform(0.5, 2.0)},
        "specular": {"specular": rng.uniform(0.2, 1.0)},
        "ruler": {"ruler": True},
        "frame": {"frame": str(rng.choice(("white", "black")))},
        "exposure": {"exposure": rng.uniform(-0.6, 0.4)},
        "illuminant": {"illuminant": tuple(np.exp(rng.normal(0, 0.08, 3)).tolist())},
    }
    coins = rng.random(len(drawn)) < 0.5
    drawn = {k: v if coin else {} for (k, v), coin in zip(drawn.items(), coins)}
    return drawn | {"noise": {"noise": rng.uniform(0.5, 4.0)}}
