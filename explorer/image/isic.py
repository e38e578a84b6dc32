"""One lesion of the ISIC archive by its id, with its licence, attribution and labels.

The archive's public API, version 2: ``/api/v2/images/{id}/`` answers with ``isic_id``,
``copyright_license``, ``attribution``, ``files.full.url`` and ``metadata``, whose parts are
``clinical`` and ``acquisition``. Its images are published, so a few are kept in memory for the
next visitor; nothing is written to disk.
"""

import json
import os
import re
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from explorer.image import read
from explorer.image.read import CheckedImage, read_image
from explorer.util.errors import ExplorerError
from explorer.util.http import FetchProblem, Waiting, fetch
from explorer.util.plain import picked

ID = re.compile(r"ISIC_[0-9]{7}")
EXAMPLE_ID = "ISIC_0081956"
ENDPOINT = "https://api.isic-archive.com"
#: Seconds for one lesion in all, pauses included.
TOTAL_SECONDS = 60.0
MOST_RECORD_BYTES = 2**20
#: Memory for published images as they were sent, and how long one is kept.
CACHE_BYTES = 64 * 2**20
CACHE_SECONDS = 3600.0
#: The archive's levels of diagnosis, from benign or malignant to the most specific.
DIAGNOSES = tuple(f"diagnosis_{level}" for level in range(1, 6))


@dataclass(frozen=True)
class ArchiveLesion:
    """A published lesion.

    Attributes
    ----------
    isic_id : str
    image : CheckedImage
        At full size.
    licence : str
        As the archive states it: "CC-0", "CC-BY" or "CC-BY-NC".
    attribution : str
        Whom to name where the image is shown.
    label : str or None
        "benign" or "malignant" where the archive says so.
    diagnosis : str
        All that the archive states, from the general to the specific; "" if nothing.
    metadata : dict
        ``clinical`` and ``acquisition``, as answered.
    url : str
        Of the record.
    """

    isic_id: str
    image: CheckedImage
    licence: str
    attribution: str
    label: str | None
    diagnosis: str
    metadata: dict
    url: str

    def to_json(self) -> dict:
        """Everything but the pixels."""
        names = ("isic_id", "url", "licence", "attribution", "label", "diagnosis", "metadata")
        return picked(self, *names)


def endpoint() -> str:
    """The archive's address: ``ISIC_ARCHIVE_ENDPOINT`` or https://api.isic-archive.com."""
    return (os.environ.get("ISIC_ARCHIVE_ENDPOINT") or ENDPOINT).rstrip("/")


def is_isic_id(text: str) -> bool:
    """Whether a text has the form of an id, ``ISIC_`` and seven digits."""
    return ID.fullmatch(text) is not None


def checked_id(text: str) -> str:
    """An id as the archive writes it; blanks around it and small letters are forgiven.

    Raises
    ------
    ExplorerError
        If it is none.
    """
    isic_id = text.strip().upper()
    if not is_isic_id(isic_id):
        raise ExplorerError(
            f"{text.strip()[:40]!r} is not an id of the ISIC archive: write ISIC_ and seven "
            f"digits, such as {EXAMPLE_ID}."
        )
    return isic_id


def fetch_lesion(isic_id: str, progress: Waiting | None = None) -> ArchiveLesion:
    """A lesion's image and what the archive says of it.

    Parameters
    ----------
    isic_id : str
    progress : callable, optional
        Told what is going on, one sentence at a time.

    Raises
    ------
    ExplorerError
        In one sentence: not an id, unknown or not public, no network, too busy, too large, not
        an image, or a server that does not answer like the archive.
    """
    isic_id = checked_id(isic_id)
    url = f"{endpoint()}/api/v2/images/{isic_id}/"
    record, data = sent = _cache.get(url) or _sent(isic_id, url, progress or (lambda text: None))
    image = read_image(data, isic_id)
    _cache.keep(url, sent)
    metadata = record.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    clinical = metadata.get("clinical")
    label, diagnosis = _diagnosis(clinical if isinstance(clinical, dict) else {})
    licence, attribution = (
        _text(record.get(name), "not stated") for name in ("copyright_license", "attribution")
    )
    return ArchiveLesion(isic_id, image, licence, attribution, label, diagnosis, metadata, url)


def _sent(isic_id: str, url: str, progress: Waiting) -> tuple[dict, bytes]:
    """The record and the image file, as the archive sends them."""
    until = time.monotonic() + TOTAL_SECONDS
    progress(f"Asking the ISIC archive for {isic_id}")
    try:
        content = fetch(url, MOST_RECORD_BYTES, endpoint(), until, progress)
    except FetchProblem as problem:
        if problem.status == 404:
            raise ExplorerError(
                f"The ISIC archive has no public image {isic_id}: check the number."
            ) from None
        raise
    try:
        record = json.loads(content)
        image_url = record["files"]["full"]["url"]
        good = record["isic_id"] == isic_id and isinstance(image_url, str)
    except (ValueError, KeyError, TypeError):
        good = False
    if not good:
        raise ExplorerError(
            f"The server {endpoint()} does not answer like the ISIC archive: try again later, or "
            "check ISIC_ARCHIVE_ENDPOINT."
        )
    progress(f"Fetching the image of {isic_id}")
    return record, fetch(image_url, read.MAX_BYTES, endpoint(), until, progress)


def _diagnosis(clinical: dict) -> tuple[str | None, str]:
    """Benign or malignant, if stated, and the whole diagnosis in words.

    Records of before 2024 have ``benign_malignant`` and ``diagnosis`` in place of the levels.
    """
    levels = [_text(clinical.get(name)) for name in DIAGNOSES]
    older = [_text(clinical.get(name)) for name in ("benign_malignant", "diagnosis")]
    words = [word for word in levels if word] or [word for word in older if word]
    stated = [word.lower() for word in (levels[0], older[0])]
    label = next((word for word in stated if word in ("benign", "malignant")), None)
    return label, " > ".join(dict.fromkeys(words))


def _text(value, otherwise: str = "", most: int = 300) -> str:
    return str(value).strip()[:most] if value else otherwise


class _Cache:
    """Records and files by address: the latest used, bounded in bytes and in age."""

    def __init__(self):
        self._kept: OrderedDict[str, tuple[float, dict, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, url: str) -> tuple[dict, bytes] | None:
        with self._lock:
            found = self._kept.get(url)
            if found is not None and time.monotonic() - found[0] > CACHE_SECONDS:
                del self._kept[url]
                return None
            return found and found[1:]

    def keep(self, url: str, sent: tuple[dict, bytes]) -> None:
        with self._lock:
            since, *_ = self._kept.pop(url, (time.monotonic(),))
            self._kept[url] = (since, *sent)
            while sum(len(data) for _, _, data in self._kept.values()) > CACHE_BYTES:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


_cache = _Cache()
