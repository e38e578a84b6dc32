"""A server that speaks the Hugging Face Hub's protocol for listing and downloading one repository.

Large files are served as the Hub does it: ``/resolve/`` answers with the file's facts and a
redirect to another host, which sends the bytes and understands ``Range``. The server can break
connections, hang, and refuse, and it remembers every request.
"""

import contextlib
import hashlib
import json
import os
import re
import socket
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "1a2b3c4d" * 5


@dataclass
class HubServer:
    """``with HubServer("owner/name", {"weights/a.pth": content}) as hub: hub.url``

    Attributes
    ----------
    break_after : int or None
        The next transfer of a file stops after so many bytes, once; ``reset`` says whether the
        connection is reset rather than closed.
    hang : bool
        Accept requests and never answer.
    trickle : bool
        Answer a listing with one byte every 0.3 s, without end.
    refuse : tuple or None
        (status, X-Error-Code) for every request.
    requests : list of (method, path, Range header or "")
    authorised : list of paths that were asked for with a token
    """

    repository: str
    files: dict
    commit: str = COMMIT
    revisions: tuple = ("main", "v1")
    break_after: int | None = None
    reset: bool = False
    hang: bool = False
    trickle: bool = False
    refuse: tuple | None = None
    requests: list = field(default_factory=list)
    authorised: list = field(default_factory=list)

    def __enter__(self):
        self.closing = threading.Event()
        handler = type("Handler", (_Handler,), {"hub": self})
        self.server = _Server(("127.0.0.1", 0), handler)
        self.connections = []
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        if self.closing.is_set():
            return
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        for connection in self.connections:  # those that clients keep open
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def transfers(self) -> list:
        """(path, Range) of every request for a file's bytes."""
        return [(path, asked) for method, path, asked in self.requests if path.startswith("/cdn/")]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients that give up are part of the game."""


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.hub.connections.append(self.connection)

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append((self.command, path, self.headers.get("Range", "")))
        if self.headers.get("Authorization"):
            self.hub.authorised.append(path)
        if self.hub.hang:
            return self.hub.closing.wait(60)
        if self.hub.refuse:
            return self.fail(*self.hub.refuse)
        name = re.escape(self.hub.repository)
        if match := re.fullmatch(f"/api/models/{name}(?:/revision/(.+))?", path):
            return self.listing(match[1])
        if match := re.fullmatch(f"/{name}/resolve/([^/]+)/(.+)", path):
            return self.resolve(*match.groups())
        if match := re.fullmatch("/cdn/(.+)", path):
            return self.transfer(match[1])
        return self.fail(401, None)  # the Hub's answer to unknown repositories, as to private ones

    def fail(self, status: int, code: str | None):
        self.reply(status, b"{}", {"X-Error-Code": code} if code else {})

    def reply(self, status: int, body: bytes, headers: dict):
        self.send_response(status)
        for key, value in ({"Content-Length": len(body)} | headers).items():
            self.send_header(key, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def knows(self, revision: str | None) -> bool:
        return revision in (None, self.hub.commit, *self.hub.revisions)

    def listing(self, revision: str | None):
        if not self.knows(revision):
            return self.fail(404, "RevisionNotFound")
        if self.hub.trickle:
            return self.drip()
        siblings = [
            {
                "rfilename": name,
                "size": len(content),
                "blobId": "0" * 40,
                "lfs": {"size": len(content), "sha256": _sha256(content), "pointerSize": 134},
            }
            for name, content in self.hub.files.items()
        ]
        about = {"id": self.hub.repository, "sha": self.hub.commit, "siblings": siblings}
        self.reply(200, json.dumps(about).encode(), {"Content-Type": "application/json"})

    def drip(self):
        self.send_response(200)
        self.send_header("Content-Length", "10000")
        self.end_headers()
        while not self.hub.closing.wait(0.3):
            self.wfile.write(b" ")

    def resolve(self, revision: str, name: str):
        if not self.knows(revision):
            return self.fail(404, "RevisionNotFound")
        if name not in self.hub.files:
            return self.fail(404, "EntryNotFound")
        content = self.hub.files[name]
        facts = {
            "X-Repo-Commit": self.hub.commit,
            "X-Linked-Size": len(content),
            "X-Linked-Etag": f'"{_sha256(content)}"',
            "Location": f"http://localhost:{self.hub.port}/cdn/{name}",
        }
        self.reply(302, b"", facts)

    def transfer(self, name: str):
        content = self.hub.files[name]
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(asked[1]) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        stop, self.hub.break_after = self.hub.break_after, None
        self.wfile.write(memoryview(content)[start:stop])
        if stop is not None:
            self.drop()

    def drop(self):
        self.close_connection = True
        if self.hub.reset:
            # lets the client read what was sent before the reset discards it
            self.hub.closing.wait(0.5)
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            os.close(self.connection.detach())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
