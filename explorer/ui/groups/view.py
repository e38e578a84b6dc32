"""Is it fair? The statement, two figures, the controls; closer looks open on demand."""

from collections.abc import Callable

import gradio as gr

from explorer.data.groupings import GROUPINGS
from explorer.fairness.cutoffs import OWN
from explorer.fairness.metrics import METRICS
from explorer.rules.rules import RULES
from explorer.ui.groups import images, statement, subtabs
from explorer.ui.groups.events import GroupsEvents, current
from explorer.ui.groups.panel import Panel
from explorer.ui.groups.state import Bench, GroupsChoice, names
from explorer.ui.groups.subtabs import SUB_TABS, TabChoice
from explorer.ui.parts import address
from explorer.ui.parts.choices import cutoff_names
from explorer.ui.parts.options import AT_ONCE, LIGHT
from explorer.util.templates import render

#: A figure that was hidden while the window changed its width learns of it when it is opened.
RESIZED = "() => { window.dispatchEvent(new Event('resize')); }"
#: Opens the first closer look that is offered if the open one is not. Which one is open is asked of
#: the page: since the server was asked, a visitor may have opened another.
OFFERED = """(basis) => {
  const hidden = (/data-hidden="([^"]*)"/.exec(basis)?.[1] ?? '').split(' ');
  const looks = [...document.querySelectorAll('#closer [role=tab][data-tab-id]')];
  const open = looks.find((look) => look.ariaSelected === 'true');
  if (open && hidden.includes(open.dataset.tabId)) {
    looks.find((look) => !hidden.includes(look.dataset.tabId))?.click();
  }
}"""


class Groups:
    """The view on the page: every event fills the view, then whichever sub-tab is open."""

    def __init__(self, parts: dict, panels: list[Panel]):
        self.parts, self.panels = parts, panels
        self.events = GroupsEvents(parts)
        self.looks = {panel.tab.key: panel for panel in panels}

    def listen(self, trigger, handler: Callable, given: list) -> gr.events.Dependency:
        """Let a handler, which gets the bench and the values of some components, fill the view."""

        def handle(bench: Bench | None, metric: str, *values) -> dict:
            return handler(current(bench, metric), *values)

        return self.fill(trigger, handle, [self.parts["bench"], self.parts["metric"], *given])

    def fill(self, trigger, handler: Callable, inputs: list | None) -> gr.events.Dependency:
        """The same for a handler of any inputs."""
        parts = self.parts
        filled = trigger(
            handler,
            inputs,
            list(parts.values()),
            trigger_mode="always_last",  # of the many values of a dragged slider the last counts
            show_progress_on=[parts["bars"], parts["gaps"]],
            **LIGHT,
        )
        refreshed = filled.then(
            self._refresh,
            [parts["opened"], parts["bench"], *(part for p in self.panels for part in p.inputs)],
            [
                *(parts[name] for name in ("closer", "absent")),
                *(part for panel in self.panels for part in panel.every),
            ],
            **{**LIGHT, "show_progress": "hidden"},
        )
        return refreshed.then(None, parts["absent"], None, js=OFFERED)

    def _refresh(self, opened: str, bench: Bench | None, *values) -> dict:
        """Offer what the source supports, and fill the open sub-tab anew.

        The others are filled when they are opened; one that is no more offered gives way to the
        first that is (``OFFERED``), which opens as by a click.
        """
        analysis, parts, values = bench and bench.analysis, self.parts, iter(values)
        given = {panel.tab.key: [next(values) for _ in panel.inputs] for panel in self.panels}
        there = subtabs.offered(analysis)
        shown = {
            parts["absent"]: render(
                "groups/closer.html",
                decided=analysis and analysis.decided,
                hidden=" ".join(key for key in subtabs.TABS if key not in there),
                absent=subtabs.absent(analysis),
            )
        }
        if not there:
            return {**shown, parts["closer"]: gr.Tabs(visible=False)}
        shown[parts["closer"]] = gr.Tabs(visible=True)
        return shown | (self.looks[opened].show(bench, *given[opened]) if opened in there else {})


def build(page: gr.Blocks) -> Groups:
    """Lay out the view in the current context and wire its events."""
    parts = {
        "bench": gr.State(None),
        "opened": gr.State(TabChoice.tab),
        "address": gr.HTML(elem_id="address-groups"),
    }
    with gr.Row(elem_id="answer", elem_classes="follow-page"):
        with gr.Column(min_width=320, scale=5):
            gr.Markdown("## Does it differ between groups?")
            parts["statement"] = statement.build()
        for name in ("bars", "gaps"):
            with gr.Column(min_width=320, scale=4):
                parts[name] = gr.Plot(show_label=False, elem_id=name)
    _choices(parts)
    with gr.Accordion("Rule, thresholds, small samples", open=False, elem_id="operating") as panel:
        parts["panel"] = panel
        _operating(parts)
    for name in ("gap_table", "metrics_table", "source"):
        parts[name] = gr.HTML(elem_id=name.replace("_", "-"))
    gr.Markdown("### Look closer")
    parts["absent"] = gr.HTML(elem_id="closer-basis")
    groups = Groups(parts, _sub_tabs(parts))
    _wire(page, groups)
    return groups


def _choices(parts: dict) -> None:
    with gr.Row(elem_id="group-controls"):
        parts["choice"] = gr.Radio(
            names(),
            value=GroupsChoice.source,
            label="Source",
            elem_id="group-source",
            min_width=300,
            scale=3,
        )
        parts["by"] = gr.Radio(
            [(grouping.label, key) for key, grouping in GROUPINGS.items()],
            value=GroupsChoice.by,
            label="Group by",
            elem_id="by",
            min_width=300,
            scale=3,
        )
        with gr.Column(min_width=240, scale=2):
            parts["metric"] = gr.Dropdown(
                [(metric.label, key) for key, metric in METRICS.items()],
                value=GroupsChoice.metric,
                label="Metric in the first figure",
                elem_id="metric",
            )
            parts["by2"] = gr.Dropdown(
                [("nothing else", "")],
                value=GroupsChoice.by2,
                label="And by (intersections)",
                elem_id="by2",
            )
    parts["about"] = gr.HTML(elem_id="join")
    parts["problem"] = gr.HTML(elem_id="groups-problem")


def _operating(parts: dict) -> None:
    parts["now"] = gr.HTML(elem_id="operating-now")
    with gr.Row():
        parts["rule"] = gr.Dropdown(
            [(rule.name, key) for key, rule in RULES.items()],
            value=GroupsChoice.rule,
            label="Inference rule",
            elem_id="group-rule",
            visible=False,
        )
        parts["cutoff"] = gr.Radio(
            cutoff_names(),
            value=GroupsChoice.cutoff,
            label="Cut-off",
            elem_id="group-cutoff",
            visible=False,
        )
        parts["minimum"] = gr.Slider(
            1,
            100,
            value=GroupsChoice.minimum,
            step=1,
            buttons=[],
            elem_id="minimum",
            min_width=260,
            label="Fewest images in a denominator; rates below are hatched and not ranked",
        )
    with gr.Column(visible=False) as parts["thresholds"]:
        probability = {"minimum": 0, "maximum": 1, "value": 0.5, "step": 0.005, "buttons": []}
        label = "Threshold for all: malignant from this probability"
        parts["threshold"] = gr.Slider(elem_id="threshold", label=label, **probability)
        with gr.Row():
            parts["group"] = gr.Dropdown([], label="Own threshold for", elem_id="one-group")
            label = "Threshold of this group"
            parts["own_threshold"] = gr.Slider(
                elem_id="own-threshold", min_width=260, label=label, **probability
            )
        parts["reset"] = gr.Button(
            "Back to the rule's own decisions", size="sm", elem_id="reset-thresholds"
        )


def _sub_tabs(parts: dict) -> list[Panel]:
    panels, tab_address = [], gr.HTML(elem_id="address-tab")
    with gr.Tabs(elem_id="closer", overflow_behavior="wrap") as parts["closer"]:
        for kind in SUB_TABS:
            with gr.Tab(kind.title, id=kind.key) as tab:
                panel = Panel(kind, parts["bench"])
            # which one is open now, and what the address should hold
            opened = kind.key, address.fragment(TabChoice, TabChoice(kind.key))
            tab.select(
                lambda opened=opened: opened, None, [parts["opened"], tab_address], **AT_ONCE
            ).then(
                panel.show,
                [parts["bench"], *panel.inputs],
                panel.every,
                **panel.progress_here(LIGHT),
            ).then(None, js=RESIZED)
            panels.append(panel)
    return panels


def _wire(page: gr.Blocks, groups: Groups) -> None:
    parts, events = groups.parts, groups.events
    groups.fill(page.load, events.opened, None)

    def grouped(bench: Bench, by: str, by2: str) -> dict:
        """Thresholds of single groups end with their groups."""
        return change(bench, by=by, by2=by2, limits=())

    change = events.changed
    for trigger, handler, given in (
        (parts["choice"].input, events.source, ["choice"]),
        (parts["by"].input, grouped, ["by", "by2"]),
        (parts["by2"].input, grouped, ["by", "by2"]),
        (parts["rule"].input, lambda bench, key: change(bench, rule=key), ["rule"]),
        (parts["cutoff"].input, events.cutoff, ["cutoff"]),
        (parts["threshold"].input, lambda bench, p: change(bench, threshold=p), ["threshold"]),
        (parts["own_threshold"].input, events.own_threshold, ["group", "own_threshold"]),
        (parts["reset"].click, lambda bench: events.cutoff(bench, OWN, limits=()), []),
        (parts["minimum"].input, lambda bench, n: change(bench, minimum=int(n)), ["minimum"]),
    ):
        groups.listen(trigger, handler, [parts[name] for name in given])
    parts["metric"].input(
        events.metric,
        [parts["bench"], parts["metric"]],
        [parts["bars"], parts["metrics_table"], parts["address"]],
        show_progress_on=[parts["bars"]],
        **LIGHT,
    )
    images.wire_figures(groups.panels[0], parts["closer"], parts["opened"])
