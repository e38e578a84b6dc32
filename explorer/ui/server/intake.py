"""Uploads on their way in: how much one request, one page and one address may have lying here.

What is read is deleted (:mod:`explorer.ui.server.uploads`) and counts no more, so these are limits
of what waits, not of what a visitor may do in all.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import gradio.route_utils
import orjson
from gradio.route_utils import MultiPartException

from explorer.image.zipped import Limits
from explorer.ui.server import uploads
from explorer.ui.server.bodies import Refused

#: Bytes of what surrounds the files in a request.
AROUND = 2**20
#: Bytes that wait for one page: the images of a whole evaluation, in one request or in many.
MOST_OF_PAGE = Limits().total + AROUND
#: Bytes of one request of a client, which sends files singly, and of all that wait from one
#: address: a class of thirty behind it with two tables of 32 MB each.
MOST_OF_REQUEST, MOST_OF_ADDRESS = 2 * Limits().file + AROUND, 60 * Limits().file
#: Bytes of the disk that stay free.
FREE = 2**30
#: Bytes of a form's field that is no file; there is none that anybody needs.
MOST_OF_FIELD = 2**16

NO_LENGTH = Refused(411, "An upload has to say how long it is.")
NO_ROOM = Refused(503, "There is no room for files just now: try again in a minute.")

_addresses: dict[str, "Given"] = {}


@dataclass
class Given:
    """Files that somebody sent and that nobody has read yet.

    Attributes
    ----------
    request, waiting : int
        Most bytes of one request, and of all that wait.
    arriving : int
        Bytes of requests that are under way.
    paths : set of str
        Where Gradio put the files.
    """

    request: int = MOST_OF_PAGE
    waiting: int = MOST_OF_PAGE
    arriving: int = 0
    paths: set[str] = field(default_factory=set)

    @contextmanager
    def room_for(self, length: int | None) -> Iterator[None]:
        """While a request of ``length`` bytes is taken; raises Refused where it is too much."""
        if length is None:
            raise NO_LENGTH
        if length > self.request:
            raise _too_much(self.request, "in one request")
        if self._lying() + self.arriving + length > self.waiting:
            raise _too_much(self.waiting, "that wait to be read")
        if shutil.disk_usage(os.environ["GRADIO_TEMP_DIR"]).free - length < FREE:
            raise NO_ROOM
        self.arriving += length
        try:
            yield
        finally:
            self.arriving -= length

    def noting(self, send):
        """An ASGI ``send`` that remembers where the files were put, which the answer says."""
        parts, status = [], []

        async def noted(message):
            status.append(message.get("status", 0))
            parts.append(message.get("body", b""))
            if status[0] == 200 and len(status) > 1 and not message.get("more_body"):
                self.paths.update(orjson.loads(b"".join(parts)))
            await send(message)

        return noted

    def remove(self) -> None:
        """Delete what nobody has read."""
        for path in self.paths:
            uploads.remove(path)

    def _lying(self) -> int:
        sizes = {path: _size(path) for path in self.paths}
        self.paths = {path for path, size in sizes.items() if size is not None}
        return sum(size or 0 for size in sizes.values())


def of_address(address: str) -> Given:
    """What the clients at an address sent; addresses whose files are read are forgotten."""
    for name, given in list(_addresses.items()):
        if not given.arriving and not given._lying():
            del _addresses[name]
    return _addresses.setdefault(address, Given(MOST_OF_REQUEST, MOST_OF_ADDRESS))


class Parser(gradio.route_utils.GradioMultiPartParser):
    """Gradio's reader of uploads, which leaves nothing behind where an upload breaks off.

    To be reported upstream: Gradio (6.31) deletes its temporary files where a form is malformed,
    and not where the sender goes away.
    """

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        super().on_part_data(data, start, end)
        if self._current_part.file is None and len(self._current_part.data) > MOST_OF_FIELD:
            raise MultiPartException("Only files are taken.")

    async def parse(self):
        try:
            return await super().parse()
        except BaseException:
            for file in self._files_to_close_on_error:
                file.close()
                Path(file.name).unlink(missing_ok=True)
            raise


def _too_much(most: int, what: str) -> Refused:
    return Refused(413, f"These files are too large: at most {most // 2**20} MB {what}.")


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size
    except OSError:
        return None


def install() -> None:
    """Let Gradio read uploads with :class:`Parser`."""
    gradio.route_utils.GradioMultiPartParser = Parser
