"""What a sub-tab of the Groups view is, and its place on the page."""

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from explorer.charts.label import sourced
from explorer.fairness.analysis import Analysis
from explorer.ui.groups.state import Bench
from explorer.ui.parts import notes
from explorer.ui.parts.notes import sentence
from explorer.ui.parts.options import LIGHT


@dataclass(frozen=True)
class SubTab:
    """A sub-tab: one more side of the current analysis, shown when it is opened.

    Attributes
    ----------
    key, title : str
    intro : str
        Markdown; often empty.
    build : function of a Panel
        Makes its components in the current context and connects its own controls.
    fill : function of the Bench and the values of ``Panel.inputs``
        Contents by the names of ``Panel.outputs``; what it does not name is emptied. May raise
        ExplorerError, which is then all that is shown.
    offered : function of an Analysis
        Whether there is anything to show of it.
    needs : str
        What is missing where it is not offered, as in "it takes <needs>".
    """

    key: str
    title: str
    intro: str
    build: Callable[["Panel"], None]
    fill: Callable[..., dict]
    offered: Callable[[Analysis], bool] = lambda analysis: True
    needs: str = ""


class Panel:
    """A sub-tab on the page, made in the current context.

    ``outputs`` are components by name, ``inputs`` those whose values the sub-tab is filled with.
    """

    def __init__(self, tab: SubTab, bench: gr.State):
        self.tab, self.bench = tab, bench
        self.inputs: list = []
        self.outputs: dict = {}
        self.problem = gr.HTML(elem_id=f"{tab.key}-problem", render=False)
        if tab.intro:
            gr.Markdown(tab.intro)
        tab.build(self)
        self.problem.render()

    @property
    def every(self) -> list:
        """All components that :meth:`show` fills."""
        return [*self.outputs.values(), self.problem]

    def html(self, name: str, **more) -> None:
        """Add an output of HTML."""
        self.outputs[name] = gr.HTML(elem_id=f"{self.tab.key}-{name}", **more)

    def plot(self, name: str) -> None:
        """Add an output that is a figure."""
        self.outputs[name] = gr.Plot(show_label=False, elem_id=f"{self.tab.key}-{name}")

    def wide_plot(self, name: str, small_labels: bool = True) -> None:
        """Add a figure of several panels over the whole width."""
        labels = " small-labels" if small_labels else ""
        with gr.Column(elem_classes=f"follow-page panels{labels}"):
            self.plot(name)

    def follow(self, *controls) -> None:
        """Fill the sub-tab by these controls, and anew when one is used; once all else is there."""
        self.inputs = list(controls)
        for control in controls:
            control.input(
                self.show, [self.bench, *controls], self.every, **self.progress_here(LIGHT)
            )

    def progress_here(self, options) -> dict:
        """Options of an event whose progress is shown on one component, not on each."""
        return {**options, "show_progress_on": [next(iter(self.outputs.values()))]}

    def show(self, bench: Bench | None, *values) -> dict:
        """Everything that the sub-tab shows, as Gradio's updates by component."""
        found, problem = {}, ""
        if bench is not None:
            try:
                found = self.tab.fill(bench, *values)
            except Exception as error:
                problem = notes.notes([sentence(error)])
        shown = {self.problem: problem}
        for name, part in self.outputs.items():
            value = found.get(name)
            if isinstance(part, gr.Plot):
                value = sourced(value, *bench.origin) if bench else value
                shown[part] = gr.Plot(value=value, visible=value is not None)
            elif isinstance(part, gr.HTML):
                shown[part] = value or ""
            else:
                shown[part] = gr.skip() if value is None else value
        return shown
