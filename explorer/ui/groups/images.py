"""The sub-tab Images of the Groups view: from a count, or a mark of a figure, to what it counts."""

import csv
import io
import os
from collections.abc import Mapping
from types import MappingProxyType

import gradio as gr

from explorer.fairness.decisions import Decided
from explorer.fairness.metrics import CELLS
from explorer.fairness.selection import ImageSelection, image_files, images_behind
from explorer.image.read import read_image
from explorer.ui.groups.panel import Panel
from explorer.ui.groups.state import Bench, start
from explorer.ui.parts import notes
from explorer.ui.parts.notes import sentence
from explorer.ui.parts.options import LIGHT
from explorer.ui.parts.pictures import data_uri
from explorer.ui.parts.tables import download
from explorer.util.cells import safe_cell
from explorer.util.templates import render

KEY = "images"
INTRO = "Press a count to list the images behind it, or click a bar or point of a figure."
#: Most images listed on the page; the CSV file has all.
MOST_LISTED = 200
#: Environment variable that names a folder of images for thumbnails, and most of them shown.
IMAGES = "EXPLORER_IMAGES"
MOST_PICTURES = 48

#: A click on a count tells which group and cell it counts; an empty list is all of them.
PICK = """
element.addEventListener('click', (event) => {
  const { group, cell } = event.target.closest('button[data-group]')?.dataset ?? {};
  if (cell) trigger('click', { groups: group ? [group] : [], cells: [cell] });
});
"""
#: So does a click on a mark of a figure, which comes from ``images.js`` here.
PICK_MARK = "element.addEventListener('pick', (event) => trigger('click', event.detail));"


def build(panel: Panel) -> None:
    """The counts, and a list of the images behind the one that was chosen."""
    panel.html("cells", js_on_load=PICK)
    panel.html("list")
    chosen = gr.State(None)
    panel.inputs = [chosen]
    panel.outputs["cells"].click(_picked, [panel.bench], [chosen, panel.outputs["list"]], **LIGHT)


def wire_figures(panel: Panel, tabs: gr.Tabs, opened: gr.State) -> None:
    """Let a click on a mark of a figure open the sub-tab with what is behind it."""
    marks = gr.HTML('<span id="list-images" hidden></span>', js_on_load=PICK_MARK)
    marks.click(
        _clicked, [panel.bench], [*panel.inputs, panel.outputs["list"], tabs, opened], **LIGHT
    ).then(None, js="() => window.explorerImages.show()")


def fill(bench: Bench, chosen: tuple | None) -> dict:
    """The counts, and the list again where its groups are still there."""
    decided = bench.need().decided
    there = chosen is not None and set(chosen[0]) <= set(decided.names)
    return {"cells": _counts(decided), "list": _list(bench, *chosen) if there else ""}


def _picked(bench: Bench | None, event: gr.EventData) -> tuple:
    """List the images of a pressed count, and remember which they are."""
    chosen = tuple(event.groups), tuple(event.cells)
    try:
        return chosen, _list(bench or start(), *chosen)
    except Exception as error:
        return None, notes.problem(sentence(error))


def _clicked(bench: Bench | None, event: gr.EventData) -> tuple:
    """The same for a mark of a figure; the sub-tab may not be open."""
    return *_picked(bench, event), gr.Tabs(selected=KEY), KEY


def _counts(decided: Decided) -> str:
    counts = decided.counts.cells
    rows = [(name, name, counts[:, i]) for i, name in enumerate(decided.names)]
    rows.append(("all images", "", counts.sum(axis=1)))
    return render(
        "groups/counts.html",
        label=decided.label,
        cells=list(CELLS),
        rows=[
            (label, group, [(cell, f"{n:,}") for cell, n in zip(CELLS, row)])
            for label, group, row in rows
        ],
    )


def _list(bench: Bench, groups: tuple[str, ...], cells: tuple[str, ...]) -> str:
    found = images_behind(bench.need().decided, groups, cells)
    headers, rows = found.table()
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(map(safe_cell, row) for row in (headers, *rows))
    return render(
        "groups/images.html",
        thumbnails=thumbnails(found, bench.pictures),
        caption=f"{found.title}: {len(found):,} images",
        headers=headers,
        rows=rows[:MOST_LISTED],
        more=len(rows) > MOST_LISTED,
        saved=download(text.getvalue(), "images.csv", "Save the list as CSV"),
    )


def thumbnails(found: ImageSelection, own: Mapping[str, str] = MappingProxyType({})) -> str:
    """Pictures that the visitor gave, by name, else those of the folder that the operator named."""
    pictures = [(name, own[name]) for name in found.image.tolist() if name in own]
    folder = os.environ.get(IMAGES)
    if folder and not pictures:
        files = zip(found.image.tolist(), image_files(found, folder))
        named = [(name, path) for name, path in files if path][:MOST_PICTURES]
        pictures = [(name, data_uri(read_image(path).rgb, 160)) for name, path in named]
    return render("groups/thumbnails.html", pictures=pictures[:MOST_PICTURES])
