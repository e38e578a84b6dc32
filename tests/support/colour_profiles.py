"""Colour profiles made by formula, and pictures re-encoded for them without any colour engine.

The numbers are those of the standards: chromaticities of the primaries, Bradford's adaptation to
D50, ICC.1 for the bytes. Nothing here asks littleCMS, which the explorer uses.
"""

import struct

import numpy as np

D65, D50 = np.array([0.95047, 1.0, 1.08883]), np.array([0.9642, 1.0, 0.8249])
#: x and y of red, green and blue.
SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
DISPLAY_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
#: ICC's parametric curve of type 3 for sRGB's encoding, which Display P3 shares.
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def to_xyz(primaries) -> np.ndarray:
    """3x3 from linear RGB to XYZ under D65."""
    columns = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in primaries]).T
    return columns * np.linalg.solve(columns, D65)


def reencoded(rgb: np.ndarray, primaries=DISPLAY_P3) -> np.ndarray:
    """sRGB bytes (H, W, 3) as bytes of another space with sRGB's curve: the same colours."""
    value = rgb / 255.0
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ (np.linalg.inv(to_xyz(primaries)) @ to_xyz(SRGB)).T, 0, 1)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(255 * coded).astype(np.uint8)


def _tag(kind: bytes, body: bytes) -> bytes:
    whole = kind + bytes(4) + body
    return whole + bytes(-len(whole) % 4)


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _text(text: str) -> bytes:
    encoded = text.encode("utf-16-be")
    return _tag(b"mluc", struct.pack(">II4sII", 1, 12, b"enUS", len(encoded), 28) + encoded)


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile of version 4 for a display, with these tags."""
    start, index, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        index += struct.pack(">4sII", name, start + len(body), len(content))
        body += content
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x04300000, b"mntr", space, b"XYZ ")
    header += struct.pack(">6H4s", 2024, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + _fixed(*D50)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + index + body


def rgb_profile(name: str, primaries) -> bytes:
    """The ICC profile of an RGB space with these primaries, D65 and sRGB's curve."""
    ratio = (BRADFORD @ D50) / (BRADFORD @ D65)
    adapted = np.linalg.inv(BRADFORD) @ np.diag(ratio) @ BRADFORD @ to_xyz(primaries)
    curve = _tag(b"para", struct.pack(">HH", 3, 0) + _fixed(*SRGB_CURVE))
    columns = zip((b"rXYZ", b"gXYZ", b"bXYZ"), adapted.T)
    tags = {b"desc": _text(name), b"cprt": _text("none"), b"wtpt": _tag(b"XYZ ", _fixed(*D50))}
    tags |= {tag: _tag(b"XYZ ", _fixed(*column)) for tag, column in columns}
    return _profile(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def grey_profile() -> bytes:
    """The ICC profile of a grey with a gamma of 2.2."""
    curve = _tag(b"curv", struct.pack(">IH", 1, round(2.2 * 256)))
    tags = {b"desc": _text("Grey"), b"cprt": _text("none"), b"wtpt": _tag(b"XYZ ", _fixed(*D50))}
    return _profile(b"GRAY", tags | {b"kTRC": curve})


P3_PROFILE = rgb_profile("Display P3", DISPLAY_P3)
