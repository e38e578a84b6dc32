"""A server that answers like the ISIC archive's API, version 2, for a few records.

It can be busy, fail, be slow, redirect, send too much or something that is no image, and it
remembers every request.
"""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support import ROOT

ISIC_ID = "ISIC_0081956"
PUBLIC = (ISIC_ID, "ISIC_0081957", "ISIC_0081958")
ATTRIBUTION = "Hospital <Made-up> & University"
CLINICAL = {
    "age_approx": 50,
    "anatom_site_general": "anterior torso",
    "sex": "female",
    "diagnosis_1": "Malignant",
    "diagnosis_2": "Malignant melanocytic proliferations (Melanoma)",
    "diagnosis_3": "Melanoma Invasive",
    "patient_id": "IP_0000001",
}


@dataclass
class IsicServer:
    """``with IsicServer() as archive: archive.url``

    Attributes
    ----------
    busy : list of (status, Retry-After or None)
        Answers to the next requests, before it answers as it should.
    image : bytes
    image_url : str or None
        What the record says in place of the server's own address of the image.
    redirect : str or None
        Where a request for the image is sent, ``redirects`` times.
    silent : float
        Seconds before an answer.
    clinical : dict
        The record's metadata of that kind.
    body : bytes or None
        Sent in place of the record.
    asked : list of str
        Paths of all requests; ``agents`` has their User-Agent.
    """

    image: bytes = (ROOT / "assets" / "examples" / "synthetic-light.jpg").read_bytes()
    busy: list = field(default_factory=list)
    image_url: str | None = None
    redirect: str | None = None
    redirects: int = 99
    silent: float = 0.0
    clinical: dict = field(default_factory=lambda: dict(CLINICAL))
    body: bytes | None = None
    asked: list = field(default_factory=list)
    agents: list = field(default_factory=list)

    def __enter__(self):
        self.closing = threading.Event()
        handler = type("Handler", (_Handler,), {"archive": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # clients that give up are part of the game
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def record(self, isic_id: str) -> bytes:
        file = {"url": self.image_url or f"{self.url}/files/{isic_id}.jpg", "size": len(self.image)}
        return json.dumps(
            {
                "isic_id": isic_id,
                "public": True,
                "copyright_license": "CC-BY-NC",
                "attribution": ATTRIBUTION,
                "files": {"full": file, "thumbnail_256": file},
                "metadata": {
                    "acquisition": {"pixels_x": 512, "pixels_y": 512, "image_type": "dermoscopic"},
                    "clinical": self.clinical,
                },
            }
        ).encode()


class _Handler(BaseHTTPRequestHandler):
    archive: IsicServer

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.archive.asked.append(self.path)
        self.archive.agents.append(self.headers["User-Agent"])
        self.archive.closing.wait(self.archive.silent)
        if self.archive.busy:
            status, wait = self.archive.busy.pop(0)
            return self.reply(status, b"{}", {"Retry-After": wait} if wait is not None else {})
        if self.path in (f"/api/v2/images/{isic_id}/" for isic_id in PUBLIC):
            return self.reply(200, self.archive.body or self.archive.record(self.path[-13:-1]))
        if self.path.startswith("/files/"):
            if self.archive.redirect and self.archive.redirects:
                self.archive.redirects -= 1
                return self.reply(302, b"", {"Location": self.archive.redirect})
            return self.reply(200, self.archive.image)
        self.reply(404, b'{"detail": "Not Found"}')

    def reply(self, status: int, body: bytes, headers: dict | None = None):
        self.send_response(status)
        for key, value in {"Content-Length": len(body), **(headers or {})}.items():
            self.send_header(key, str(value))
        self.end_headers()
        self.wfile.write(body)
