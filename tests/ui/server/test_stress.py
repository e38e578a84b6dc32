"""Several visitors at once, as the benchmark of many visitors has them."""

import base64
import io
import json

import pytest
from PIL import Image

from explorer import read_image, read_tone
from explorer.benchmarks.visitor import STEPS, Visitor, page_config
from explorer.benchmarks.visitors import main, resident, visits
from explorer.synthetic.draw import draw_lesion
from explorer.synthetic.examples import FIRST
from explorer.synthetic.spec import LesionSpec
from support.coroutines import finish


@pytest.fixture(scope="module")
def address(own_address):
    """An app of this module's own: its visitors come at once."""
    return own_address


def test_five_visitors_at_once_meet_no_error(address):
    found = visits(address, 5)
    assert found["errors"] == [] and found["visits"] == 5
    assert all(found["seconds"][step]["n"] == 5 for step in STEPS)


def test_a_visitor_notices_errors(address, tmp_path):
    """The benchmark can fail: an upload that is no image shows an error on the page."""
    (tmp_path / "broken.png").write_bytes(b"no image")
    bad = Visitor(address).visit(tmp_path / "broken.png")
    assert any("shows an error" in error for error in bad.errors)


def test_what_a_visitor_does_reaches_the_server(address):
    visitor = Visitor(address)
    assert not visitor.visit(FIRST.path).errors
    tables = [
        part["id"]
        for part in page_config(address)["components"]
        if part["props"].get("elem_id") == "metrics-table"
    ]
    assert "female" in visitor._values[tables[0]]


def test_the_command_prints_a_table_and_writes_json(address, tmp_path, capsys):
    out = tmp_path / "visitors.json"
    assert main(["--address", address, "--visitors", "2", "--visits", "2", "--json", str(out)]) == 0
    assert "| visitors | visits | errors |" in capsys.readouterr().out
    assert json.loads(out.read_text())["runs"][0]["visits"] == 2


def test_resident_memory_of_this_process():
    import os

    memory = resident(os.getpid())
    assert not memory or 20 < memory["now"] <= memory["peak"]


def _png(rgb) -> bytes:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "PNG")
    return file.getvalue()


@pytest.mark.slow
def test_more_mcp_calls_at_once_than_the_server_has_threads_are_all_answered(address):
    """Each with its own image's tone; forty used to wait for each other until one gave up."""
    import asyncio

    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def ask(picture: bytes):
        async with (
            streamable_http_client(f"{address}/gradio_api/mcp/") as (read, write, *_),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            image = "data:image/png;base64," + base64.b64encode(picture).decode()
            return await session.call_tool("estimate_tone", {"image": image})

    async def everyone():
        return await asyncio.gather(*map(ask, pictures))

    specs = [LesionSpec(ita=56 - 2 * seed, seed=seed, size=96) for seed in range(44)]
    pictures = [_png(draw_lesion(spec).image) for spec in specs]
    answers = finish(everyone())
    assert not [each.content[0].text for each in answers if each.isError]
    found = [json.loads(each.content[0].text)["tone"]["cielab"]["ita"] for each in answers]
    wanted = [read_tone(read_image(each)).tone.cielab.ita for each in pictures]
    assert found == pytest.approx(wanted) and len(set(found)) > 40
