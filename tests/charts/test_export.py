"""Figures as files: parsed by XML and Pillow, their sizes, captions, tables, and grey looks."""

import csv
import io
import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from explorer.charts import fonts, sheet, theme
from explorer.charts.chart import SERIES, Chart, Mark, Row, draw
from explorer.charts.export import CAPTIONS, Drawn, write_figures
from explorer.charts.label import Label, sourced
from explorer.charts.sheet import Path, Words
from explorer.fairness import curves as fairness_curves
from explorer.fairness.analysis import analyse_predictions
from explorer.fairness.counterfactual import load_study
from explorer.figures import counterfactual, curves, domains, gaps, lesion, printed, rates, skins
from explorer.figures.sets import group_figures
from explorer.image.read import read_image
from explorer.lesion.counterfactual import curve
from explorer.lesion.lesion import classify, read_tone
from explorer.model.classifier import load_classifier
from explorer.study.counts import group_report
from explorer.study.sources import load_source
from explorer.util.errors import ExplorerError
from support import ROOT

SVG = "{http://www.w3.org/2000/svg}"
EXAMPLE = ROOT / "assets" / "examples" / "synthetic-light.jpg"


@pytest.fixture(scope="module")
def report():
    return group_report("published")


@pytest.fixture(scope="module")
def figures(report):
    """One of every kind of figure, by name, and the table that each must give as CSV."""
    analysis = analyse_predictions(load_source("demo"), ("published",))
    roc = fairness_curves.roc_curves(analysis)
    bins = fairness_curves.calibration_curves(analysis)
    found = read_tone(read_image(str(EXAMPLE)))
    network = load_classifier("embedded")
    versions, verdicts = curve(found, network), classify(found, network).verdicts
    study = load_study()
    made = {
        "gaps": (gaps.gap_plot(report), gaps.gaps_table(report)),
        "recall": (rates.metric_bars(report, "recall"), rates.metrics_table(report, ("recall",))),
        "roc": (curves.curve_plot(roc, "roc"), curves.curve_table(roc, "roc")),
        "calibration": (curves.calibration_plot(bins), curves.calibration_table(bins)),
        "range": (skins.range_chart(study), skins.range_chart(study).table()),
        "printed": (printed.printed_chart("recall"), printed.printed_chart("recall").table()),
        "curve": (counterfactual.curve_plot(versions), counterfactual.curve_table(versions)),
        "parts": (domains.domain_plot(versions, "discriminative"), None),
        "logits": (domains.domain_plot(versions, "independent"), None),
        "bars": (domains.contributions(verdicts["independent"]), None),
        "clusters": (lesion.cluster_shares(found.tone), None),
    }
    return {
        name: (sourced(figure, "somewhere", "A source of the test"), table)
        for name, (figure, table) in made.items()
    }


@pytest.fixture(scope="module")
def drawn(figures):
    return {name: Drawn.of(figure) for name, (figure, _) in figures.items()}


def test_svg_says_its_width_caption_n_and_source(drawn):
    for name, each in drawn.items():
        root = ET.fromstring(each.svg.encode())
        assert root.tag == f"{SVG}svg"
        width, height = (float(root.get(side).removesuffix("mm")) for side in ("width", "height"))
        assert width == (174 if name in ("roc", "calibration", "curve", "parts", "logits") else 85)
        box = list(map(float, root.get("viewBox").split()))
        assert box[2] / box[3] == pytest.approx(width / height, rel=0.01)
        label = each.label
        assert root.find(f"{SVG}title").text == label.caption
        said = " ".join(text.text for text in root.iter(f"{SVG}text")).replace("\xa0", " ")
        for part in (label.caption, label.basis, f"Source: {label.source}"):
            assert part.rstrip(".") in said, name
        assert re.search(r"n = [\d,]+|gives no n", label.basis), name
        assert not list(root.iter(f"{SVG}script")) and "http" not in each.svg.split("2000/svg")[1]


def test_letters_are_readable_in_print(drawn):
    for each in drawn.values():
        root = ET.fromstring(each.svg.encode())
        points = float(root.get("width")[:-2]) / float(root.get("viewBox").split()[2]) / 25.4 * 72
        sizes = [float(text.get("font-size")) * points for text in root.iter(f"{SVG}text")]
        assert min(sizes) >= 7 and max(sizes) <= 10  # pt, what journals ask for


def test_no_word_leaves_the_sheet(drawn):
    for name, each in drawn.items():
        for word in (mark for mark in each.sheet.marks if isinstance(mark, Words)):
            length = fonts.width(word.text, word.size, word.bold)
            assert 0 <= word.y <= each.sheet.height, (name, word.text)
            if word.upright:
                assert word.y - length >= 0 and word.x <= each.sheet.width, (name, word.text)
            else:
                assert word.x >= -1 and word.x + length <= each.sheet.width + 1, (name, word.text)


def test_png_has_300_dpi_and_the_same_size(drawn):
    for name in ("recall", "curve"):
        image = Image.open(io.BytesIO(drawn[name].png))
        assert image.format == "PNG" and image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
        assert image.width == pytest.approx(drawn[name].label.width / 25.4 * 300, abs=1)
        assert drawn[name].label.basis in image.info["Description"]
        assert image.info["Title"] == drawn[name].label.caption


def test_csv_is_the_table_twin(drawn, figures):
    for name, (_, table) in figures.items():
        headers, *rows = csv.reader(io.StringIO(drawn[name].csv))
        if table is not None:
            assert (headers, rows) == (list(table[0]), [list(row) for row in table[1]])
        assert len(rows) > 1 and all(len(row) == len(headers) for row in rows)


def test_csv_of_contributions_are_the_numbers_that_are_drawn(figures, drawn):
    _, *rows = csv.reader(io.StringIO(drawn["bars"].csv))
    shown = np.array([trace.x for trace in figures["bars"][0].data]).T
    assert np.array([row[1:] for row in rows], float) == pytest.approx(shown, abs=1e-4)
    _, *rows = csv.reader(io.StringIO(drawn["parts"].csv))
    shown = np.array([trace.y for trace in figures["parts"][0].data]).T[::-1]
    assert np.array([row[1:] for row in rows], float) == pytest.approx(shown, abs=1e-4)


# Legible in grey


def grey_look(trace) -> tuple:
    """All that tells a trace from another without colour."""
    marker, line = trace.marker, getattr(trace, "line", None)
    symbol = marker.symbol if marker and hasattr(marker, "symbol") else None
    pattern = getattr(trace, "fillpattern", None) or getattr(marker, "pattern", None)
    return (
        trace.type,
        trace.mode if trace.type == "scatter" else "",
        line.dash if line and trace.mode and "lines" in trace.mode else None,
        str(symbol),
        str(pattern.shape if pattern else None),
        str(trace.fill if trace.type == "scatter" else None),
    )


@pytest.mark.parametrize("name", ["gaps", "curve", "parts", "logits", "bars", "range"])
def test_traces_of_a_legend_differ_by_more_than_colour(figures, name):
    figure, _ = figures[name]
    figure = draw(figure) if isinstance(figure, Chart) else figure
    named = [trace for trace in figure.data if trace.x is not None]
    for one, other in itertools.combinations(named, 2):
        assert grey_look(one) != grey_look(other), (one.name, other.name)


def test_all_images_and_a_group_have_different_dashes(figures):
    everyone, group, *_ = figures["roc"][0].data
    assert everyone.line.dash == "dash" and group.line.dash in ("solid", "dot")


def test_no_two_series_of_a_chart_have_the_same_mark():
    looks = [(series.symbol, series.is_open, series.is_band) for series in SERIES.values()]
    points = [look for look in looks if not look[2]]
    assert len(set(points)) == len(points)
    assert SERIES["range"].is_open != SERIES["second_range"].is_open


def grey(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))


def test_the_hatch_of_a_bar_stays_in_grey(report):
    """Bars that rest on few images are striped: their pixels alternate, those of others do not."""
    figure = rates.metric_bars(report, "recall")  # very light and tan to dark have few
    made = Drawn.of(figure)
    areas = [m for m in made.sheet.marks if isinstance(m, Path) and m.closed and m.stroke]
    bars = [m for m in areas if m.points[2][1] - m.points[0][1] > 10]  # without the legend's
    assert [bool(bar.hatch) for bar in bars] == [True, False, False, True]
    picture, factor = grey(made.png), sheet.SCALE / 25.4 * 300
    for bar in bars:
        (x0, y0), (x1, y1) = bar.points[0], bar.points[2]
        inside = picture[
            round((y0 + 3) * factor) : round((y0 + 6) * factor),
            round((x0 + 20) * factor) : round((x0 + 120) * factor),
        ]
        assert (inside.std() > 40) == bool(bar.hatch), (x1, y1)


def test_every_colour_of_a_series_is_dark_enough_in_grey():
    """At least 3:1 to white, by the luminance of WCAG 2."""
    for colour in theme.COLOURS.values():
        channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        assert 1.05 / (linear @ (0.2126, 0.7152, 0.0722) + 0.05) >= 3


# Files in a folder


@pytest.fixture
def small():
    rows = (
        Row("light", "n = 58", (Mark("measured", 0.62, 0.49, 0.73), Mark("range", None, 0.3, 0.5))),
    )
    legend = {"measured": "measured", "range": "middle half"}
    return Chart("Recall, by tone", "recall, 0 to 1", legend, rows, source="A table")


def test_files_and_captions(tmp_path, small):
    paths = write_figures(tmp_path / "new" / "figures", [small, small], "python -m explorer test")
    stem = "recall-by-tone_melanoma-fairness-explorer"
    names = [f"{each}{end}" for each in (stem, f"{stem}-2") for end in (".svg", ".png", ".csv")]
    assert [path.name for path in paths] == [*names, CAPTIONS]
    assert all(path.stat().st_size > 40 for path in paths)
    told = paths[-1].read_text(encoding="utf-8")
    for part in ("Recall, by tone", "n = 58", "Source: A table", "by: python -m explorer test"):
        assert told.count(part) >= 2
    assert ET.parse(paths[0]).getroot().get("width") == "85.00mm"


def test_own_files_are_written_again_and_others_are_left(tmp_path, small):
    write_figures(tmp_path, [small], "first")
    other = Chart("Another", "share", small.legend, small.rows, source="B")
    write_figures(tmp_path, [other], "second")
    write_figures(tmp_path, [small], "third")
    told = (tmp_path / CAPTIONS).read_text(encoding="utf-8")
    assert "first" not in told and "second" in told and "third" in told
    (tmp_path / "mine_melanoma-fairness-explorer.png").write_bytes(b"a picture of somebody's own")
    mine = Chart("Mine", "share", small.legend, small.rows, source="C")
    with pytest.raises(ExplorerError, match=r"mine_melanoma-fairness-explorer\.png is there"):
        write_figures(tmp_path, [other, mine], "fourth")
    assert (tmp_path / "mine_melanoma-fairness-explorer.png").read_bytes().startswith(b"a picture")
    assert "fourth" not in (tmp_path / CAPTIONS).read_text(encoding="utf-8")


def test_a_list_of_captions_of_somebody_else_is_left(tmp_path, small):
    (tmp_path / CAPTIONS).write_text("my captions\n")
    with pytest.raises(ExplorerError, match="was not written by the explorer"):
        write_figures(tmp_path, [small])
    assert [path.name for path in tmp_path.iterdir()] == [CAPTIONS]


def test_a_folder_that_cannot_be_one(tmp_path, small):
    (tmp_path / "file").write_text("")
    with pytest.raises(ExplorerError, match="cannot be written to"):
        write_figures(tmp_path / "file" / "figures", [small])


@pytest.mark.parametrize("width", [10, 1000])
def test_a_width_that_nobody_can_read(small, width):
    with pytest.raises(ExplorerError, match="choose 60 to 295"):
        Drawn.of(small, width)


def test_another_width(small):
    assert ET.fromstring(Drawn.of(small, 120).svg.encode()).get("width") == "120.00mm"


def test_group_figures_hold_every_metric_and_their_source(report):
    figures = group_figures(report)
    labels = [figure.label if isinstance(figure, Chart) else Label.of(figure) for figure in figures]
    assert labels[0].name == "Gaps by published"
    drawn = [label for label, figure in zip(labels, figures) if not isinstance(figure, Chart)]
    assert len(drawn) == 1 + len(rates.METRICS)
    assert all("6,562 images, 137 malignant" in label.basis for label in labels)
    assert all(report.source.rstrip(".") in label.source for label in labels)


def test_a_source_of_its_own_is_kept(small):
    assert sourced(small, "x", "y").source == "A table" and sourced(None, "x", "y") is None
