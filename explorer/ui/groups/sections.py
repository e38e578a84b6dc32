"""The Groups view's sub-tabs: each shows one more side of the current analysis, when opened."""

import csv
import io
import os
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from types import MappingProxyType

import gradio as gr

from explorer.charts.chart import draw
from explorer.fairness import curves
from explorer.fairness.confidence import SCORES, from_decided
from explorer.fairness.decisions import CELLS, image_files, images_behind
from explorer.fairness.metrics import ALL_METRICS
from explorer.fairness.postprocess import CONSTRAINTS, post_process
from explorer.fairness.power import WORSE_IS_HIGHER, power_of_gap
from explorer.figures import curves as plots
from explorer.figures.confidence import confidence_chart, confidence_table
from explorer.image.read import read_image
from explorer.ui.groups.state import Bench, start
from explorer.ui.parts import notes as notes_
from explorer.ui.parts.notes import folded, sentence, words
from explorer.ui.parts.pictures import data_uri
from explorer.ui.parts.tables import download, table
from explorer.util.errors import ExplorerError

#: Most images listed on the page; the CSV file has all.
MOST_LISTED = 200
#: Environment variable that names a folder of images for thumbnails, and most of them shown.
IMAGES = "EXPLORER_IMAGES"
MOST_PICTURES = 48
PRIVATE = {"api_visibility": "private"}
LIGHT = {**PRIVATE, "show_progress": "minimal", "concurrency_limit": 20}
HEAVY = {
    **PRIVATE,
    "show_progress": "minimal",
    "concurrency_limit": 2,
    "concurrency_id": "workbench",
}

#: A click on a count tells which group and cell it counts; an empty list is all of them.
PICK = """
element.addEventListener('click', (event) => {
  const { group, cell } = event.target.closest('button[data-group]')?.dataset ?? {};
  if (cell) trigger('click', { groups: group ? [group] : [], cells: [cell] });
});
"""
#: So does a click on a mark of a figure, which comes from ``images.js`` here.
PICK_MARK = "element.addEventListener('pick', (event) => trigger('click', event.detail));"


class Section:
    """A sub-tab.

    ``outputs`` (name to component) are filled by :meth:`fill`, which gets the bench and the
    values of ``inputs``; what it does not name is emptied.
    """

    key, title, intro = "", "", ""

    def __init__(self, bench: gr.State):
        self.bench = bench
        self.inputs: list = []
        self.outputs: dict = {}
        if self.intro:
            gr.Markdown(self.intro)
        self.build()
        self.outputs["problem"] = gr.HTML(elem_id=f"{self.key}-problem")
        self.wire()

    def build(self) -> None:
        """Make the components, in the current context."""
        raise NotImplementedError

    def wire(self) -> None:
        """Connect the section's own controls, once all of its components are there."""
        self.follow(*self.inputs)

    def fill(self, bench: Bench, *values) -> dict:
        """Contents by the names of ``outputs``; may raise ExplorerError."""
        raise NotImplementedError

    def show(self, bench: Bench | None, *values) -> dict:
        """Everything that the section shows, as Gradio's updates by component."""
        found = {}
        if bench is not None:
            try:
                found = self.fill(bench, *values)
            except ExplorerError as error:
                found = {"problem": notes_.notes([sentence(error)])}
        return {part: _update(part, found.get(name)) for name, part in self.outputs.items()}

    @property
    def light(self) -> dict:
        """How its quick events run: progress is shown on one component, not on each."""
        return {**LIGHT, "show_progress_on": [next(iter(self.outputs.values()))]}

    @property
    def heavy(self) -> dict:
        """How its slow ones run: a few at a time."""
        return {**HEAVY, "show_progress_on": [next(iter(self.outputs.values()))]}

    def follow(self, *controls) -> None:
        """Show the section anew when one of its own controls is used."""
        for control in controls:
            control.input(
                self.show, [self.bench, *self.inputs], list(self.outputs.values()), **self.light
            )

    def _plot(self, name: str) -> None:
        self.outputs[name] = gr.Plot(show_label=False, elem_id=f"{self.key}-{name}")

    def _html(self, name: str, **more) -> None:
        self.outputs[name] = gr.HTML(elem_id=f"{self.key}-{name}", **more)


def _update(part, value):
    if isinstance(part, gr.Plot):
        return gr.Plot(value=value, visible=value is not None)
    if isinstance(part, gr.HTML):
        return value or ""
    return gr.skip() if value is None else value


class Images(Section):
    """Drill-down: from a count to the images behind it."""

    key, title = "images", "Images"
    intro = "Press a count to list the images behind it, or click a bar or point of a figure."

    def build(self) -> None:
        self._html("cells", js_on_load=PICK)
        self._html("list")
        self.chosen = gr.State(None)
        self.inputs = [self.chosen]

    def fill(self, bench: Bench, chosen: tuple | None) -> dict:
        decided = bench.need().decided
        there = chosen is not None and set(chosen[0]) <= set(decided.names)
        return {"cells": _cells(decided), "list": _list(bench, *chosen) if there else ""}

    def wire(self) -> None:
        self.outputs["cells"].click(
            self.picked, [self.bench], [self.chosen, self.outputs["list"]], **LIGHT
        )

    def wire_figures(self, marks: gr.HTML, tabs: gr.Tabs, opened: gr.State):
        """Let a click on a mark of a figure list its images; returns the event."""
        return marks.click(
            self.clicked, [self.bench], [self.chosen, self.outputs["list"], tabs, opened], **LIGHT
        )

    def picked(self, bench: Bench | None, event: gr.EventData) -> tuple:
        """List the images of a pressed count, and remember which they are."""
        chosen = tuple(event.groups), tuple(event.cells)
        try:
            return chosen, _list(bench or start(), *chosen)
        except ExplorerError as error:
            return None, notes_.problem(sentence(error))

    def clicked(self, bench: Bench | None, event: gr.EventData) -> tuple:
        """The same for a mark of a figure; the sub-tab may not be open."""
        return *self.picked(bench, event), gr.Tabs(selected=self.key), self.key


def _list(bench: Bench, groups: tuple[str, ...], cells: tuple[str, ...]) -> str:
    """Pictures, table and CSV file of the images in some groups and cells."""
    found = images_behind(bench.need().decided, groups, cells)
    caption = f"{found.title}: {len(found):,} images"
    more = len(found) - MOST_LISTED
    notes = [f"The first {MOST_LISTED}; all are in the CSV file."] if more > 0 else []
    return (
        _thumbnails(found, bench.pictures)
        + table(caption, *found.table(MOST_LISTED))
        + notes_.notes(notes)
        + download(_csv(*found.table()), "images.csv", "Save the list as CSV")
    )


def _thumbnails(found, own: Mapping[str, str] = MappingProxyType({})) -> str:
    """Pictures that the visitor gave, else those of :func:`_from_folder`."""
    named = [(name, own[name]) for name in found.image.tolist() if name in own][:MOST_PICTURES]
    pictures = "".join(
        f'<figure><img src="{uri}" alt="{escape(name)}"><figcaption>{escape(name)}</figcaption>'
        "</figure>"
        for name, uri in named or _from_folder(found)
    )
    return f'<div class="thumbnails">{pictures}</div>' if pictures else ""


def _from_folder(found) -> list[tuple[str, str]]:
    """Name and picture from the folder that the operator named in :data:`IMAGES`."""
    folder = os.environ.get(IMAGES)
    if not folder:
        return []
    named = [(name, path) for name, path in zip(found.image, image_files(found, folder)) if path]
    return [(name, data_uri(read_image(path).rgb, 160)) for name, path in named[:MOST_PICTURES]]


def _cells(decided) -> str:
    counts, heads = decided.counts.cells, "".join(f"<th scope=col>{cell}</th>" for cell in CELLS)
    rows = [(name, name, counts[:, i]) for i, name in enumerate(decided.names)]
    rows.append(("all images", "", counts.sum(axis=1)))
    body = "".join(
        f"<tr><th scope=row>{escape(label)}</th>"
        + "".join(
            f'<td><button type="button" data-group="{escape(group)}" data-cell="{cell}" '
            f'aria-label="{escape(label)}, {cell}: {n:,} images">{n:,}</button></td>'
            for cell, n in zip(CELLS, row)
        )
        + "</tr>"
        for label, group, row in rows
    )
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Counts"><table class="grid '
        f'counts"><caption>Images by {escape(decided.label)}, true label and call</caption><thead>'
        f"<tr><td></td>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _csv(headers: list[str], rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([headers, *rows])
    return text.getvalue()


class Spreads(Section):
    """Difference, ratio and worst group of every metric."""

    key, title = "spreads", "Differences and ratios"
    intro = (
        "Only groups with enough images in a rate's denominator are compared here. A "
        "difference above 0 and a ratio below 1 come about even under equal treatment."
    )

    def build(self) -> None:
        self._html("table")

    def fill(self, bench: Bench) -> dict:
        analysis = bench.need()
        caption = f"{analysis.decided.predictions.name}, by {analysis.report.label}"
        return {"table": table(caption, *plots.spreads_table(analysis))}


class Curves(Section):
    """ROC, precision-recall and calibration."""

    key, title = "curves", "Curves"
    kinds = {"ROC": "roc", "Precision and recall": "precision_recall", "Calibration": "calibration"}

    def build(self) -> None:
        kind = gr.Radio(list(self.kinds.items()), value="roc", label="Curve", elem_id="curve-kind")
        with gr.Column(elem_classes="follow-page panels small-labels"):
            self._plot("plot")
        self._html("table")
        self.inputs = [kind]

    def fill(self, bench: Bench, kind: str) -> dict:
        analysis = bench.need()
        if kind == "calibration":
            found = curves.calibration_curves(analysis)
            figure, twin = plots.calibration_plot(found), plots.calibration_table(found)
            alt = plots.calibration_alt_text(found)
        else:
            make = {"roc": curves.roc_curves, "precision_recall": curves.precision_recall_curves}
            found = make[kind](analysis)
            figure, twin = plots.curve_plot(found, kind), plots.curve_table(found, kind)
            alt = plots.curve_alt_text(found, kind)
        return {
            "plot": figure,
            "table": words(alt) + folded("The figure as a table", table("By group", *twin)),
        }


class Power(Section):
    """What these counts cannot show."""

    key, title = "power", "Small samples"
    intro = (
        "A test that finds nothing says little if it could hardly have found anything: the "
        "true gap that would be missed, given how many images there are."
    )

    def build(self) -> None:
        metric = gr.Radio(
            [(ALL_METRICS[key].label, key) for key in WORSE_IS_HIGHER],
            value="recall",
            label="Gap in",
            elem_id="power-metric",
        )
        self._html("text")
        with gr.Column(elem_classes="follow-page panels small-labels"):
            self._plot("plot")
        self._html("table")
        self.inputs = [metric]

    def fill(self, bench: Bench, metric: str) -> dict:
        power = power_of_gap(bench.need().decided.counts, metric)
        twin = folded("The figure as a table", table("Detectable gaps", *plots.power_table(power)))
        items = "".join(f"<li>{escape(text)}</li>" for text in power.sentences)
        return {
            "text": f"<ul>{items}</ul>",
            "plot": plots.power_plot(power),
            "table": words(plots.power_alt_text(power)) + twin,
        }


class Confidence(Section):
    """Tests of equal confidence."""

    key, title = "confidence", "Equal confidence"
    intro = (
        "Is the malignant score of malignant images the same in all groups? A large p-value "
        "does not show that it is: with few images only a large difference can be seen."
    )
    names = {
        "probability": "Probability, normalised",
        **{
            key: f"{key[0].upper()}{key[1:]} score, as in the study's scripts"
            for key in SCORES
            if key != "normalised"
        },
    }

    def build(self) -> None:
        score = gr.Radio(
            [(name, key) for key, name in self.names.items()],
            value="probability",
            label="Score",
            elem_id="score",
        )
        with gr.Row(elem_classes="follow-page"):
            for name, title in (("all", "All malignant images"), ("detected", "Those detected")):
                with gr.Column(min_width=320):
                    gr.Markdown(f"#### {title}")
                    self._plot(name)
        self._html("table")
        self.inputs = [score]

    def fill(self, bench: Bench, score: str) -> dict:
        analysis = bench.need()
        tests = from_decided(analysis.decided)
        if score not in tests:
            raise ExplorerError("this score needs the 8 logits: choose the probability")
        charts = [confidence_chart(test) for test in tests[score]]
        alt = " ".join(chart.alt_text for chart in charts)
        return {
            "all": draw(charts[0]),
            "detected": draw(charts[1]),
            "table": words(alt) + table("Tests", *confidence_table(tests[score])),
        }


class PostProcess(Section):
    """fairlearn's ThresholdOptimizer, before and after."""

    key, title = "post", "Post-processing"
    intro = (
        "Thresholds per group can equalise a rate on the images that they were chosen on. "
        "Here fairlearn's ThresholdOptimizer is fitted on one half of the patients and judged "
        "on the other, both ways."
    )

    def build(self) -> None:
        self.constraint = gr.Radio(
            [(label, key) for key, (label, _) in CONSTRAINTS.items()],
            value="equalized_odds",
            label="What to equalise",
            elem_id="constraint",
        )
        button = gr.Button("Fit and compare", variant="primary", elem_id="fit")
        with gr.Column(elem_classes="follow-page panels"):
            self._plot("plot")
        self._html("table")
        self.button = button

    def wire(self) -> None:
        """Events that need all components."""
        self.button.click(
            self._fit,
            [self.bench, self.constraint],
            [self.bench, *self.outputs.values()],
            **self.heavy,
        )

    def _fit(self, bench: Bench | None, constraint: str) -> dict:
        try:
            analysis = (bench or start()).need()
            after = post_process(analysis.decided, constraint, analysis.report.small)
        except ExplorerError as error:
            return {**self.show(bench), self.outputs["problem"]: notes_.problem(sentence(error))}
        bench = replace(bench, after=after)
        return {self.bench: bench, **self.show(bench)}

    def fill(self, bench: Bench) -> dict:
        analysis = bench.need()
        if analysis.decided.probability is None:
            raise ExplorerError(
                "post-processing needs a probability or logits per image: this "
                "source has labels only"
            )
        if bench.after is None:
            return {}
        chart = plots.post_processing_chart(bench.after)
        left_out = bench.after.left_out
        notes = [bench.after.held_out] + ([f"Left out: {', '.join(left_out)}."] if left_out else [])
        twin = folded("The figure as a table", table(chart.title, *chart.table()))
        limits = folded("Thresholds", table("Thresholds", *plots.thresholds_table(bench.after)))
        return {
            "plot": draw(chart),
            "table": words(chart.alt_text) + notes_.notes(notes) + twin + limits,
        }
