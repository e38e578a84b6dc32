"""Gradio's scripts and styles: packed once for all visitors, and kept by their browsers."""

from typing import NamedTuple

#: Where they lie. Each name holds a digest of what the file holds, so none ever changes.
FOLDER = "/assets/"

#: What is kept, in bytes. A visit loads 2 MB of them packed; all there are would be 70 MB.
MOST = 32_000_000

FOR_EVER = (b"cache-control", b"public, max-age=31536000, immutable")


class Answer(NamedTuple):
    """What the server said, in one piece."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Assets:
    """ASGI middleware: the answer to an asset's first request is the answer to all others.

    A first visit asks for 86 of them; to read and pack them anew for each visitor took the server
    longer than all else that a visit asks of it. Ranges go the long way, and what is not found is
    looked for again.
    """

    def __init__(self, app):
        self.app = app
        self.kept: dict[tuple[str, bool], Answer] = {}

    async def __call__(self, scope, receive, send):
        asset = scope["type"] == "http" and scope["path"].startswith(FOLDER)
        given = dict(scope["headers"]) if asset else {}
        if not asset or scope["method"] != "GET" or b"range" in given:
            return await self.app(scope, receive, send)
        asked = scope["path"], b"gzip" in given.get(b"accept-encoding", b"")
        if (answer := self.kept.get(asked)) is None:
            answer = await self._first(scope, receive)
            size = sum(len(each.body) for each in self.kept.values()) + len(answer.body)
            if answer.status == 200 and size <= MOST:
                self.kept[asked] = answer
        # a copy, since what lies around this one adds headers of its own in place
        start = {"status": answer.status, "headers": [*answer.headers]}
        await send({"type": "http.response.start", **start})
        await send({"type": "http.response.body", "body": answer.body})

    async def _first(self, scope, receive) -> Answer:
        start, pieces = {}, []

        async def gather(message):
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                pieces.append(message.get("body", b""))

        await self.app(scope, receive, gather)
        body, lasting = b"".join(pieces), [FOR_EVER] if start["status"] == 200 else []
        headers = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
        size = (b"content-length", str(len(body)).encode())
        return Answer(start["status"], [*headers, size, *lasting], body)
