"""The fuzzer: what it makes, how it counts, and that a case can be had again."""

import json
import random
import struct
from collections import Counter
from contextlib import suppress

import onnx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.benchmarks import fuzz
from explorer.benchmarks.fuzz import Outcome, case_of, main, summary
from explorer.benchmarks.fuzzing import weights

#: What is made is odd on purpose.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def made(tmp_path):
    """The bytes of the files of so many cases of a target."""

    def making(target: str, cases: int):
        for number in range(cases):
            folder = tmp_path / str(number)
            folder.mkdir()
            case_of(target, 1, number, folder)
            yield from (path.read_bytes() for path in folder.iterdir())

    return making


def kinds(contents, **marks) -> set[str]:
    """Which of the marks were seen in any of the contents."""
    contents = list(contents)
    return {name for name, mark in marks.items() if any(map(mark, contents))}


def test_a_case_is_made_of_its_number_alone(made, tmp_path):
    first = list(made("csv", 3))
    (tmp_path / "again").mkdir()
    case_of("csv", 1, 2, tmp_path / "again")
    assert (tmp_path / "again" / "0.csv").read_bytes() in first[2:]


def test_known_oddities_of_csv_are_made(made):
    def header(data: bytes) -> bytes:
        return data.removeprefix(b"\xef\xbb\xbf").strip(b"\n ").partition(b"\n")[0]

    def twice(data: bytes) -> bool:
        cells = header(data).replace(b'"', b"").split(b";")
        return max(Counter(filter(None, cells)).values(), default=0) > 1

    marks = {
        "old Mac": lambda data: b"\r" in data and b"\n" not in data,
        "long": lambda data: b"x" * 131_073 in data,
        "two lines": lambda data: b"two\nlines" in data,
        "index": lambda data: data.startswith((b"\t", b'""\t')),
        "predicted": lambda data: b"predicted:target" in header(data),
        "twice": twice,
        "UTF-16": lambda data: data.startswith((b"\xff\xfe", b"\xfe\xff")),
    }
    assert kinds(made("csv", 600), **marks) == set(marks)


def test_known_oddities_of_parquet_are_made(made, tmp_path):
    def not_text(data: bytes) -> bool:
        (tmp_path / "a.parquet").write_bytes(data)
        with suppress(Exception):  # it is damaged otherwise
            table = pq.read_table(tmp_path / "a.parquet")
            columns = (each for each in table.columns if pa.types.is_string(each.type))
            return any(_is_no_utf8(column) for column in columns)
        return False

    assert kinds(made("parquet", 120), bad=not_text) == {"bad"}


def _is_no_utf8(column) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return True
    return False


def test_known_oddities_of_zip_files_are_made():
    archives = [case_of("zip", 1, number, None).args[0] for number in range(60)]

    def contradicts(data: bytes) -> bool:
        end = data.rfind(b"PK\5\6")
        entries = data.count(b"PK\1\2")
        return end >= 0 and struct.unpack_from("<HH", data, end + 8) != (entries, entries)

    def nameless(data: bytes) -> bool:
        place = data.find(b"PK\1\2")
        return place >= 0 and struct.unpack_from("<H", data, place + 28) == (0,)

    marks = {"contradicts": contradicts, "nameless": nameless}
    assert kinds(archives, **marks) == set(marks)


@pytest.mark.slow
def test_known_oddities_of_weights_are_made(made):
    marks = {
        "digits": lambda data: b"9" * 4301 in data or b"1" * 4301 in data,
        "meta": lambda data: b"_rebuild_meta_tensor_no_storage" in data,
    }
    assert kinds(made("pth", 40), **marks) == set(marks)
    said = [weights._said(random.Random(number), "test_resnet") for number in range(1000)]
    assert {each.get("num_groups") for each in said if type(each.get("num_groups")) is str} > {
        "inf"
    }


def test_known_oddities_of_onnx_are_made(made):
    def bare(data: bytes) -> bool:
        with suppress(Exception):  # it is damaged otherwise
            return any(not node.input for node in onnx.load_from_string(data).graph.node)
        return False

    marks = {"bare": bare, "bytes": lambda data: b"dw\xff\xfenv" in data}
    assert kinds(made("onnx", 60), **marks) == set(marks)


def test_tiff_directories_that_lie_are_among_the_images():
    data = [case_of("images", 1, number, None).args[0] for number in range(300)]
    whole = [each for each in data if each[:4] in (b"II*\0", b"MM\0*")]
    assert len(set(whole)) > 40 and any(b"acsp" in each for each in data), "colour profiles as well"


@pytest.mark.parametrize(
    "outcome, rows",
    [
        (Outcome(0, "results", "", 9.9, 9.9, 1000), set()),
        (Outcome(0, "refused", "a" * 300), set()),
        (Outcome(0, "refused", "a" * 301), {"long"}),
        (Outcome(0, "refused", "a\nb"), {"long"}),
        (Outcome(0, "results", "", 10.1), {"slow"}),
        (Outcome(0, "results", "", 1, 1, 1025), {"large"}),
        (Outcome(0, "traceback", "KeyError"), {"traceback"}),
        (Outcome(0, "ended", "exit code -9", 60), {"ended", "slow"}),
    ],
)
def test_what_counts_as_a_fault(outcome, rows):
    assert set(outcome.counts) - {"cases", "results", "refused"} == rows
    assert bool(outcome.fault) == bool(rows)
    found = summary([outcome, Outcome(7, "results")])
    assert found["cases"] == 2 and {row for row in fuzz.ROWS[3:] if found[row]} == rows
    assert [each["first"] for each in found["faults"]] == [0] * bool(rows)


def test_a_run_in_a_worker_of_its_own(capsys):
    assert main(["--target", "settings", "--cases", "15", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["targets"]["settings"]
    assert found["cases"] == 15 == found["results"] + found["refused"] and not found["faults"]
