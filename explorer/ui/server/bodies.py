"""What is sent to the server: read whole, within a size and a time, before anything works on it."""

import asyncio
import re
import time

import orjson

#: Bytes of a JSON body: an MCP tool gets an image of 32 MB as a data: URI, which is a third longer.
MOST_JSON = 48 * 2**20
#: Values in a JSON body, which take up to 100 bytes each in memory; the page sends some hundred.
MOST_VALUES = 20_000
#: Bytes from which bodies are large, and how many of those are worked on at the same time.
LARGE, LARGE_AT_ONCE = 2 * 2**20, 4
#: Seconds without a byte after which a body is given up, and bytes per second that it brings at
#: least, counted from its first minute on: a picture of 5 MB by a slow telephone takes ten.
PATIENCE, SLOWEST = 45.0, 8 * 2**10

#: Strings of JSON; one that never ends ends with the text, so that each byte is read once.
STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


class Refused(Exception):
    """A request that ends here, with the status and the sentence of its answer."""

    def __init__(self, status: int, sentence: str):
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


TOO_SLOW = Refused(408, "Nothing more came for a while: send it again.")
TOO_LARGE = Refused(413, f"This is too large: at most {MOST_JSON // 2**20} MB of JSON are read.")
TOO_MANY = Refused(413, f"These are too many values: at most {MOST_VALUES:,} are read at once.")
NO_JSON = Refused(400, "This is not JSON.")


class Patient:
    """An ASGI ``receive`` that gives up a sender who stalls or trickles."""

    def __init__(self, receive):
        self._receive, self._start, self._got, self._over = receive, time.monotonic(), 0, False

    async def __call__(self) -> dict:
        if self._over:  # what follows is only whether the other side is still there
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), PATIENCE)
        except TimeoutError:
            raise TOO_SLOW from None
        self._got += len(message.get("body", b""))
        self._over = not message.get("more_body", False)
        late = time.monotonic() - self._start - PATIENCE
        if not self._over and late > 0 and self._got < late * SLOWEST:
            raise TOO_SLOW
        return message


async def read_json(receive, length: int | None) -> tuple[bytes, object]:
    """A request's body as bytes and as what it says; raises :class:`Refused`."""
    if length is not None and length > MOST_JSON:
        raise TOO_LARGE
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise TOO_SLOW
        parts.append(message.get("body", b""))
        size, more = size + len(parts[-1]), message.get("more_body", False)
        if size > MOST_JSON:
            raise TOO_LARGE
    body = b"".join(parts)
    if size < LARGE:
        return body, _parsed(body)
    return body, await asyncio.to_thread(_parsed, body)


def _parsed(body: bytes):
    if values(body) > MOST_VALUES:
        raise TOO_MANY
    try:
        return orjson.loads(body) if body else None
    except ValueError:
        raise NO_JSON from None


def values(body: bytes) -> int:
    """About how many values JSON text holds, its strings not looked into."""
    bare = STRINGS.sub(b"", body) if b'"' in body else body
    return sum(map(bare.count, (b",", b"[", b"{")))


def replayed(body: bytes, receive):
    """An ASGI ``receive`` that gives a body that was read before, and then what comes."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> dict:
        return left.pop() if left else await receive()

    return again
