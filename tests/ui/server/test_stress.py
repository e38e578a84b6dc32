"""Several visitors at once, as the benchmark of many visitors has them."""

import pytest

from explorer.benchmarks.visitor import STEPS, Visitor, page_config
from explorer.benchmarks.visitors import main, resident, visits
from explorer.synthetic.examples import FIRST


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
    import json

    out = tmp_path / "visitors.json"
    assert main(["--address", address, "--visitors", "2", "--visits", "2", "--json", str(out)]) == 0
    assert "| visitors | visits | errors |" in capsys.readouterr().out
    assert json.loads(out.read_text())["runs"][0]["visits"] == 2


def test_resident_memory_of_this_process():
    import os

    memory = resident(os.getpid())
    assert not memory or 20 < memory["now"] <= memory["peak"]
