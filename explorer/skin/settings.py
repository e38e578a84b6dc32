"""The knobs of the published skin-tone estimator, in one validated object.

The page, the command line (``--settings FILE.json``) and Python share it. A settings file is a
JSON object of any of its names; those left out keep the published value.
"""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from explorer.util.errors import ExplorerError

#: Allowed range of every knob, both ends included.
RANGES = {
    "width": (32, 1024),
    "height": (32, 1024),
    "clahe_clip": (0.1, 40.0),
    "clahe_tiles": (1, 32),
    "blackhat_kernel": (3, 51),
    "hair_threshold": (0, 255),
    "morphology_kernel": (1, 21),
    "morphology_iterations": (0, 20),
    "clusters_min": (2, 12),
    "clusters_max": (2, 15),
}


@dataclass(frozen=True)
class ToneSettings:
    """Settings of the estimator; the defaults are the published ones.

    Attributes
    ----------
    width, height : int
        Working size in pixels; the aspect ratio is not kept.
    clahe_clip, clahe_tiles : float, int
        CLAHE on lightness: contrast limit, and tiles along each side.
    blackhat_kernel, hair_threshold : int
        Side of the cross-shaped kernel in pixels (odd), and the grey level above which the
        blurred response counts as hair.
    morphology_kernel, morphology_iterations : int
        Side of the ellipse in pixels (odd) and repeats of each of open, dilate and close.
    clusters_min, clusters_max : int
        Range of k tried by k-means.

    Raises
    ------
    ExplorerError
        If a value is outside :data:`RANGES`, of the wrong kind, or a kernel is even.
    """

    width: int = 128
    height: int = 256
    clahe_clip: float = 2.0
    clahe_tiles: int = 8
    blackhat_kernel: int = 9
    hair_threshold: int = 20
    morphology_kernel: int = 3
    morphology_iterations: int = 5
    clusters_min: int = 3
    clusters_max: int = 9

    def __post_init__(self):
        for field in fields(self):
            value, (low, high) = getattr(self, field.name), RANGES[field.name]
            whole = field.type is int
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
                raise ExplorerError(f"{field.name} must be a number, not {value!r}.")
            if not low <= value <= high:
                raise ExplorerError(f"{field.name} must be in {low}..{high}, not {value}.")
        for name in ("blackhat_kernel", "morphology_kernel"):
            if getattr(self, name) % 2 == 0:
                raise ExplorerError(f"{name} must be odd, not {getattr(self, name)}.")
        if self.clusters_max - self.clusters_min < 2:
            raise ExplorerError("clusters_max must exceed clusters_min by at least 2.")

    @classmethod
    def from_dict(cls, values: dict) -> "ToneSettings":
        """Settings from a mapping; unknown names are refused, missing ones keep the default."""
        if not isinstance(values, dict):
            raise ExplorerError("settings must be an object of names and numbers.")
        unknown = sorted(set(values) - set(RANGES))
        if unknown:
            raise ExplorerError(
                f"unknown setting {unknown[0]!r}; the settings are {', '.join(RANGES)}."
            )
        return cls(**values)

    def to_dict(self) -> dict:
        """All settings by name, ready for JSON."""
        return asdict(self)


PUBLISHED = ToneSettings()


def read_settings(path: str | Path) -> ToneSettings:
    """Settings from a JSON file, e.g. ``{"clahe_clip": 3.0, "hair_threshold": 15}``.

    Raises
    ------
    ExplorerError
        If the file is missing or unreadable, is not a JSON object, or holds an unknown name or a
        value out of range.
    """
    path = Path(path)
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ExplorerError(f"{path} does not exist; check the path of the settings.") from None
    except OSError as error:
        raise ExplorerError(f"{path} cannot be read as settings ({error.strerror}).") from None
    except (ValueError, RecursionError):  # not text, not JSON, or nested beyond reason
        raise ExplorerError(
            f'{path} is not JSON; write settings like {{"clahe_clip": 3.0}}.'
        ) from None
    try:
        return ToneSettings.from_dict(values)
    except ExplorerError as error:
        raise ExplorerError(f"{path}: {error}") from None
