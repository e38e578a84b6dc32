"""The pieces of a figure in a file: names, lines, areas, axes, texts."""

import io

import numpy as np
import pytest
from PIL import Image

from explorer.charts import sheet
from explorer.charts.axes import axis_of
from explorer.charts.label import slug
from explorer.charts.letters import lines_of
from explorer.charts.sheet import Sheet, Stroke, clipped_area, clipped_line
from explorer.charts.sheet_png import to_png


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Recall, by tone (8-bit)", "recall-by-tone-8-bit"),
        ("Dječja šaka č", "djecja-saka-c"),
        ("−", "figure"),
        ("word " * 30, "-".join(["word"] * 9)),
    ],
)
def test_slug(text, expected):
    assert slug(text) == expected


def test_what_lies_outside_a_box_is_cut_off():
    box = (0, 0, 10, 10)
    assert clipped_line([(-5, 5), (15, 5)], box) == [[(0, 5), (10, 5)]]
    assert clipped_line([(2, 2), (4, 4), (20, 4)], box) == [[(2, 2), (4, 4), (10, 4)]]
    assert clipped_line([(-1, -1), (-5, 9)], box) == []
    corners = clipped_area([(-5, -5), (5, -5), (5, 5), (-5, 5)], box)
    assert set(corners) == {(0, 0), (5, 0), (5, 5), (0, 5)}


def test_dashes_of_a_line_have_the_lengths_of_the_pattern():
    """Alternating ink and paper along the middle of a dashed line, as long as it says."""
    made = Sheet(390, 20)
    made.line(((10, 10), (310, 10)), Stroke((0, 0, 0, 1), 4, (30, 20)))
    row = (
        np.asarray(Image.open(io.BytesIO(to_png(made, {}))).convert("L"))[
            round(10 * sheet.SCALE / 25.4 * 300)
        ]
        < 128
    )
    edges = np.flatnonzero(np.diff(row.astype(int))) / (sheet.SCALE / 25.4 * 300)
    assert np.diff(edges) == pytest.approx([30, 20] * 5 + [30], abs=0.8)


def test_axes_reversed_named_and_with_ticks_at_a_distance():
    falling = axis_of({"range": [50, -50], "dtick": 20, "tick0": 0}, [], 0.0, 100.0)
    assert falling.place(50) == 0 and falling.place(-50) == 100
    assert [text for _, text in falling.ticks()] == ["−40", "−20", "0", "20", "40"]
    named = axis_of({"autorange": "reversed"}, ["a", "b"], 100.0, 0.0)
    assert named.place("a") == pytest.approx(25) and named.place("b") == pytest.approx(75)


def test_marked_up_texts():
    (first, second), (third,) = lines_of(
        '<b>a &lt; b</b> c<br><span style="color:#0072B2">●</span>'
    )
    assert (first.text, first.bold, second.text, second.bold) == ("a < b", True, " c", False)
    assert third.text == "●" and third.colour == (0, 0x72, 0xB2, 1.0)
