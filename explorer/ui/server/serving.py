"""How the page is served: own look, no telemetry, bounded uploads and queue, nothing extra."""

import asyncio
import os
from pathlib import Path

import gradio as gr
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse, Response

from explorer.charts import theme
from explorer.ui.instrument import served as instrument
from explorer.ui.lecture import served as lecture
from explorer.ui.locale import catalogues
from explorer.ui.server import cache, documents, intake, mcp_tools, steady
from explorer.ui.server.admission import Admission
from explorer.ui.server.assets import Assets
from explorer.util import lazy

httpx = lazy.load("httpx")

#: Where the scripts and the look of the page lie, each beside what it serves.
UI = Path(__file__).resolve().parents[1]

#: Largest upload. Images have a limit of their own, which is the same (:mod:`explorer.image.read`).
MAX_UPLOAD = "32mb"

#: Events that wait, over all visitors; opening the page makes about ten. Further ones are refused.
MAX_WAITING = 400

#: Visitors whose state is remembered; beyond, see :class:`explorer.ui.server.visits.Visitors`.
#: An analysed lesion of 512x512 px takes about 20 MB.
MAX_VISITORS = 200

#: What the browser may do: load from the page's own origin only. Gradio runs inline scripts and
#: compiles handlers. Who may embed the page is left open, as Spaces needs.
CONTENT_POLICY = "; ".join(
    (
        "default-src 'self' data: blob:",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
HEADERS = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
)

#: Parts of Gradio's server that this page has no use for.
UNUSED = (
    "/gradio_api/component_server",
    "/gradio_api/deep_link",
    "/gradio_api/dev/",
    "/gradio_api/process_recording",
    "/gradio_api/profiling",
    "/gradio_api/proxy=",
    "/gradio_api/runs",
    "/gradio_api/run-history",
    "/gradio_api/stream/",
    "/gradio_api/undo-vibe-edit",
    "/gradio_api/vibe-",
    "/monitoring",
)

#: What goes out is compressed, save what is so already and streams of events, which must not wait
#: to be packed. At level 4 all that a first visit loads costs 0.1 s; level 9 is 3 % smaller.
PACKED = Middleware(GZipMiddleware, minimum_size=1000, compresslevel=4)

NO_ADDRESSES = (
    "This server fetches no addresses: send the file itself, in Python with handle_file(path), to "
    "an MCP tool as a data: URI."
)


class Guard:
    """ASGI middleware: the headers above on every answer, and "not found" for unused routes.

    It also answers with files of our own: catalogues of other languages, documents, the instrument,
    lecture mode.
    """

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def guarded(message):
            if message["type"] == "http.response.start":
                own = {name for name, _ in HEADERS}
                others = [pair for pair in message["headers"] if pair[0].lower() not in own]
                message = {**message, "headers": [*others, *HEADERS]}
            await send(message)

        if scope["path"].startswith(UNUSED):
            return await PlainTextResponse("Not found", 404)(scope, receive, guarded)
        if catalogue := catalogues.catalogues().get(scope["path"]):
            answer = Response(catalogue, media_type="application/json")
            return await answer(scope, receive, guarded)
        found = documents.answer(scope["path"]) or instrument.answer(scope["path"])
        if scope["path"].startswith(lecture.ROUTE):
            found = await asyncio.to_thread(lecture.answer, scope["path"])
        if found:
            content, kind = found
            return await Response(content, media_type=kind)(scope, receive, guarded)
        await self.app(scope, receive, guarded)


def fetch_nothing() -> None:
    """Let the server open no address that a caller names; Gradio would download any public one.

    There is no limit to what it would load into memory, and its names are looked up at Google.
    """

    class Nothing(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request):
            raise gr.Error(NO_ADDRESSES, print_exception=False)

    gr.processing_utils.async_transport = Nothing()


def queue_options() -> dict:
    """For ``Blocks.queue``: bounded, steady, and no way around it."""
    steady.install()
    intake.install()
    return {"max_size": MAX_WAITING, "api_open": False}


def look() -> str:
    """The page's own CSS.

    The rules are nested: three more classes outweigh Gradio's own, and Gradio, which binds what is
    inside a plain ``@media`` to a part of the page, leaves them as they are.
    """
    given = theme.PAGE_CSS + (UI / "variables.css").read_text(encoding="utf-8")
    sheets = [UI / "page.css", *sorted(UI.glob("*/*.css"))]
    rules = "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    return f"{given}\n:root:root:root {{\n{rules}\n}}"


def launch_options() -> dict:
    """For ``Blocks.launch``. ``GRADIO_MCP_SERVER=false`` switches the MCP tools off."""
    tools = os.environ.get("GRADIO_MCP_SERVER", "true").lower() == "true"
    if tools:
        mcp_tools.install()
    scripts = sorted(UI.glob("*/*.js"))  # each is a function
    calls = (f"({file.read_text(encoding='utf-8')}\n)();" for file in scripts)
    return {
        "theme": gr.themes.Default(
            primary_hue="emerald",
            neutral_hue="slate",
            font=theme.FONT.split(", ")[:1],
            font_mono=["ui-monospace", "monospace"],
        ),
        "css": look(),  # not in the head, which comes after the first picture is drawn
        "js": "() => {\n" + "\n".join(calls) + "\n}",
        "max_file_size": MAX_UPLOAD,
        "state_session_capacity": MAX_VISITORS,
        "show_error": False,
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "ssr_mode": False,
        "mcp_server": tools,
        "app_kwargs": {
            "middleware": [Middleware(Assets), PACKED, Middleware(Guard), Middleware(Admission)],
            "lifespan": cache.sweeping,
        },
    }
