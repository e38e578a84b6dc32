"""The Groups view: a source, a grouping, a metric, bars and gaps; the rest opens on demand."""

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from explorer.data.groupings import GROUPINGS
from explorer.fairness.gaps import SMALL
from explorer.fairness.metrics import METRICS
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.ui.groups.compare import Compare
from explorer.ui.groups.events import GroupsEvents
from explorer.ui.groups.report import Report
from explorer.ui.groups.sections import (
    LIGHT,
    PICK_MARK,
    Confidence,
    Curves,
    Images,
    PostProcess,
    Power,
    Section,
    Spreads,
)
from explorer.ui.groups.state import TabChoice, names
from explorer.ui.parts import address

SECTIONS = (Images, Spreads, Curves, Power, Confidence, PostProcess, Compare, Report)
FILES = (
    "**Predictions**: a column `image_name` and `logit_0` … `logit_7`, or `probability`, or a "
    "label (`prediction`; in the study's own file `target`). **Metadata**: `image_name`, `target` "
    "and columns to group by, such as `group`, `sex`, `age_approx`, `patient_id`. The study's own "
    "two files load as they are, as does `predictions.parquet` of the evaluate command. One file "
    "that holds everything will do. Files are read into memory and removed from the server's disk "
    "at once."
)


@dataclass(frozen=True)
class Groups:
    """For other views: the handlers, and ``listen(trigger, handler, inputs)`` to wire one."""

    events: GroupsEvents
    listen: Callable


def build(page: gr.Blocks) -> Groups:
    """Lay out the view in the current context and wire its events."""
    gr.Markdown(
        "## Is the classifier fair across groups, and how would I know?\nRates per group with "
        "intervals, and the gaps between groups beside what chance alone would give. A gap is a "
        "measured difference between two named groups; alone it proves nothing about its cause."
    )
    parts = {
        "bench": gr.State(None, time_to_live=3600),
        "opened": gr.State(Images.key),
        "address": gr.HTML(elem_id="address-groups"),
    }
    _controls(parts)
    _results(parts)
    gr.Markdown("### Look closer")
    sections = _sections(parts)
    events = GroupsEvents(parts)
    return Groups(events, _wire(page, parts, events, sections))


def _controls(parts: dict) -> None:
    parts["choice"] = gr.Radio(names(), value="published", label="Source", elem_id="group-source")
    with gr.Column(visible=False) as parts["files"]:
        gr.Markdown(FILES, elem_classes="small")
        with gr.Row():
            for name in ("predictions", "metadata"):
                parts[name] = gr.File(
                    label=f"{name.capitalize()} CSV",
                    height=130,
                    elem_id=f"{name}-csv",
                    file_types=[".csv", ".tsv", ".txt", ".parquet"],
                )
    parts["about"] = gr.HTML(elem_id="join")
    parts["problem"] = gr.HTML(elem_id="groups-problem")
    with gr.Row():
        with gr.Column(min_width=300):
            parts["by"] = gr.Radio(
                [(grouping.label, key) for key, grouping in GROUPINGS.items()],
                value="published",
                label="Group by",
                elem_id="by",
            )
        with gr.Column(min_width=300):
            parts["by2"] = gr.Dropdown(
                [("nothing else", "")], value="", label="And by (intersections)", elem_id="by2"
            )
            parts["metric"] = gr.Dropdown(
                [(metric.label, key) for key, metric in METRICS.items()],
                value="recall",
                label="Metric in the chart",
                elem_id="metric",
            )
    with gr.Accordion("Rule, thresholds, small samples", open=False, elem_id="operating") as parts[
        "panel"
    ]:
        _operating(parts)


def _operating(parts: dict) -> None:
    parts["now"] = gr.HTML(elem_id="operating-now")
    with gr.Row():
        parts["rule"] = gr.Dropdown(
            [(rule.name, key) for key, rule in RULES.items()],
            value=DEFAULT_RULE,
            label="Inference rule",
            elem_id="group-rule",
            visible=False,
        )
        parts["minimum"] = gr.Slider(
            1,
            100,
            value=SMALL,
            step=1,
            buttons=[],
            elem_id="minimum",
            min_width=260,
            label="Fewest images in a denominator; rates below are hatched and not ranked",
        )
    with gr.Column(visible=False) as parts["thresholds"]:
        parts["threshold"] = gr.Slider(
            0,
            1,
            value=0.5,
            step=0.005,
            buttons=[],
            elem_id="threshold",
            label="Threshold for all: malignant from this probability",
        )
        with gr.Row():
            parts["group"] = gr.Dropdown([], label="Own threshold for", elem_id="one-group")
            parts["own_threshold"] = gr.Slider(
                0,
                1,
                value=0.5,
                step=0.005,
                buttons=[],
                elem_id="own-threshold",
                min_width=260,
                label="Threshold of this group",
            )
        parts["reset"] = gr.Button(
            "Back to the rule's own decisions", size="sm", elem_id="reset-thresholds"
        )


def _results(parts: dict) -> None:
    with gr.Row(elem_classes="follow-page"):
        for name in ("bars", "gaps"):
            with gr.Column(min_width=320):
                parts[name] = gr.Plot(show_label=False, elem_id=name)
    parts["hint"] = gr.HTML(elem_id="images-hint")
    parts["gap_table"] = gr.HTML(elem_id="gap-table")
    parts["metrics_table"] = gr.HTML(elem_id="metrics-table")
    parts["source"] = gr.HTML(elem_id="source")


def _sections(parts: dict) -> list[Section]:
    made, tab_address = [], gr.HTML(elem_id="address-tab")
    with gr.Tabs(elem_id="closer") as parts["closer"]:
        for kind in SECTIONS:
            with gr.Tab(kind.title, id=kind.key) as tab:
                made.append(kind(parts["bench"]))
            tab.select(
                _Selected(kind.key), None, [parts["opened"], tab_address], **address.QUICK
            ).then(
                made[-1].show,
                [parts["bench"], *made[-1].inputs],
                list(made[-1].outputs.values()),
                **made[-1].light,
            )
    return made


def _wire(page: gr.Blocks, parts: dict, events: GroupsEvents, sections: list[Section]) -> Callable:
    """Every change fills the view, then whichever sub-tab is open."""
    listen = _listener(parts, sections)
    for each in _triggers(page, parts, events):
        listen(*each)
    parts["metric"].input(
        events.metric,
        [parts["bench"], parts["metric"]],
        [parts["bars"], parts["metrics_table"], parts["address"]],
        **{**LIGHT, "show_progress_on": [parts["bars"]]},
    )
    _wire_plots(parts, sections[0])
    return listen


def _triggers(page: gr.Blocks, parts: dict, events: GroupsEvents) -> list[tuple]:
    """What changes the figures: event, handler, and what the handler needs to know."""
    return [
        (page.load, events.opened, []),
        (parts["choice"].input, events.source, [parts["choice"]]),
        (parts["predictions"].upload, events.predictions, [parts["predictions"]]),
        (parts["metadata"].upload, events.metadata, [parts["metadata"]]),
        (parts["by"].input, events.grouped, [parts["by"], parts["by2"]]),
        (parts["by2"].input, events.grouped, [parts["by"], parts["by2"]]),
        (parts["rule"].input, events.rule, [parts["rule"]]),
        (parts["threshold"].input, events.threshold, [parts["threshold"]]),
        (
            parts["own_threshold"].input,
            events.own_threshold,
            [parts["group"], parts["own_threshold"]],
        ),
        (parts["reset"].click, events.reset, []),
        (parts["minimum"].input, events.minimum, [parts["minimum"]]),
    ]


def _listener(parts: dict, sections: list[Section]) -> Callable:
    """A function that lets an event's handler fill the view."""
    bench, every = parts["bench"], [parts[name] for name in GroupsEvents.FILLED]
    inputs = [part for section in sections for part in section.inputs]
    outputs = [part for section in sections for part in section.outputs.values()]
    # a dragged slider sends many values: the last one must count
    shown = {
        **LIGHT,
        "trigger_mode": "always_last",
        "show_progress_on": [parts["bars"], parts["gaps"]],
    }

    def listen(trigger, handler, given):
        return trigger(handler, [bench, parts["metric"], *given], every, **shown).then(
            _Refresh(sections),
            [parts["opened"], bench, *inputs],
            outputs,
            **{**LIGHT, "show_progress": "hidden"},
        )

    return listen


def _wire_plots(parts: dict, images: Images) -> None:
    """A click on a mark of a figure opens the Images sub-tab with what is behind it."""
    marks = gr.HTML('<span id="list-images" hidden></span>', js_on_load=PICK_MARK)
    images.wire_figures(marks, parts["closer"], parts["opened"]).then(
        None, js="() => window.explorerImages.show()"
    )


class _Selected:
    """A sub-tab was opened: which one, and what the address should hold."""

    def __init__(self, key: str):
        self.shown = key, address.fragment(TabChoice, TabChoice(key))

    def __call__(self) -> tuple[str, str]:
        return self.shown


class _Refresh:
    """Fill the open sub-tab anew; the others are filled when they are opened."""

    def __init__(self, sections: list[Section]):
        self.sections = sections

    def __call__(self, opened: str, bench, *values) -> dict:
        values = iter(values)
        for section in self.sections:
            own = [next(values) for _ in section.inputs]
            if section.key == opened:
                return section.show(bench, *own)
        raise AssertionError(f"no section {opened}")
