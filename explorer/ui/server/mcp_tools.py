"""Gradio's MCP server, with JSON for answers, data: URIs for files, and nothing left on disk."""

import json
import tempfile
import threading
from contextvars import ContextVar
from functools import partial

import gradio.mcp
from anyio import CapacityLimiter, to_thread
from gradio.processing_utils import save_base64_to_cache
from gradio.utils import get_upload_folder
from gradio_client import Client, handle_file

from explorer.ui.server import uploads

_saved: ContextVar[tuple[str, ...]] = ContextVar("saved", default=())

#: Calls that wait at once; more wait for their turn to wait.
AT_ONCE = 100
#: Seconds that a tool waits for this server's own queue; Gradio's client gives up after 5.
PATIENCE = 180.0

FILES = " Give a file as a data: URI, such as data:image/jpeg;base64,... ."


def install() -> None:
    """Let Gradio make its MCP server from :class:`Tools`; before ``launch``.

    A call waits in a thread for its turn in the queue. Gradio takes the threads that serve the
    queue for that, so that forty calls at once would wait for each other.
    """
    waiting = CapacityLimiter(AT_ONCE)
    gradio.mcp.run_sync = partial(to_thread.run_sync, limiter=waiting)
    gradio.mcp.GradioMCPServer, gradio.mcp.Client = Tools, PatientClient


class PatientClient(Client):
    """What Gradio's tools ask this server with: it waits while the server is busy."""

    def __init__(self, *args, **options):
        super().__init__(*args, httpx_kwargs={"timeout": PATIENCE}, **options)


class Tools(gradio.mcp.GradioMCPServer):
    """The public endpoints as MCP tools."""

    _file_data_tool_description = FILES
    _making = threading.Lock()

    def _get_or_create_client(self) -> Client:
        with self._making:  # one, however many call first
            return super()._get_or_create_client()

    def get_input_schema(self, tool_name: str, parameters: dict | None = None) -> tuple:
        schema, positions = super().get_input_schema(tool_name, parameters)
        for name, *_ in positions:
            schema["properties"][name].update(title="File", format="data: URI")
            schema["properties"][name].pop("required", None)
        return schema, positions

    def convert_strings_to_filedata(self, value: dict, filedata_positions: list) -> dict:
        """As Gradio does it, but every call has files of its own, remembered until it is over."""
        files = {}
        for name, *_ in filedata_positions:
            text = value.get(name)
            if isinstance(text, str) and text.startswith("data:"):
                folder = tempfile.mkdtemp(dir=get_upload_folder())
                files[name] = save_base64_to_cache(text, folder)
        _saved.set(tuple(files.values()))
        given = {**value, **{name: handle_file(path) for name, path in files.items()}}
        return super().convert_strings_to_filedata(given, filedata_positions)

    async def _execute_tool_without_progress(self, job) -> list:
        try:
            return await super()._execute_tool_without_progress(job)
        finally:
            _forget()

    async def _execute_tool_with_progress(self, job, progress_token) -> list:
        try:
            return await super()._execute_tool_with_progress(job, progress_token)
        finally:
            _forget()

    def postprocess_output_data(self, data, root_url: str) -> list:
        """JSON, where Gradio would print Python's own form of a dictionary."""
        return [
            self.types.TextContent(type="text", text=json.dumps(each, ensure_ascii=False))
            for each in data
        ]


def _forget() -> None:
    for path in _saved.get():
        uploads.remove(path)
