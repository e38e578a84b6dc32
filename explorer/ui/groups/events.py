"""Handlers of the Groups view: each asks the core for an analysis and fills components with it."""

from collections.abc import Callable
from dataclasses import replace

import gradio as gr

from explorer.fairness.metrics import ALL_METRICS
from explorer.ui.groups.contents import controls, results
from explorer.ui.groups.state import OWN, Bench, GroupsChoice, Own, start
from explorer.ui.groups.subtabs import TabChoice
from explorer.ui.parts import address, notes
from explorer.ui.parts.failures import explained
from explorer.ui.parts.notes import sentence
from explorer.util.errors import ExplorerError


class GroupsEvents:
    """One instance serves all visitors: everything of a visitor is in the Bench.

    A handler that fails leaves the bench as it was, sets the controls back to it and says why.
    """

    def __init__(self, parts: dict):
        self.parts = parts

    def prepare(self) -> None:
        """Compute what a new visitor sees, before the first one comes."""
        self._show(start())

    def opened(self, request: gr.Request) -> dict:
        """A new visitor sees the published model by published group, or what a link asks for."""
        asked = address.asked(GroupsChoice, request)
        tab = address.asked(TabChoice, request).tab
        problem = ""
        try:
            bench = start(asked)
            if asked.metric != bench.choice.metric:
                label = ALL_METRICS[asked.metric].label
                problem = f"The link asks for the metric '{label}', which this source does not have"
                problem = notes.problem(f"{problem}; recall is shown.")
        except Exception as error:
            bench = start(GroupsChoice(metric=asked.metric))
            text = f"The default is shown, not what the link asks for: {explained(error)}"
            problem = notes.problem(sentence(ExplorerError(text)))
        filled = self._show(bench) | self._fill(problem=problem)
        if tab == TabChoice.tab:
            return filled
        return filled | self._fill(closer=gr.Tabs(selected=tab), opened=tab)

    def source(self, bench: Bench, source: str) -> dict:
        """Another source."""
        return self._try(bench, lambda: bench.moved_to(source))

    def handed_over(self, bench: Bench, make: Callable[[], Own]) -> dict:
        """*Audit a model* hands over the visitor's own; ``make`` may raise ExplorerError."""
        return self._try(bench, lambda: replace(bench, own=make()).moved_to(OWN))

    def changed(self, bench: Bench, **changes) -> dict:
        """Other choices."""
        return self._try(bench, lambda: bench.changed(**changes))

    def cutoff(self, bench: Bench, cutoff: str, **changes) -> dict:
        """The rules' own cut-offs, or those for the same sensitivity: in place of a threshold."""
        return self.changed(bench, cutoff=cutoff, threshold=None, **changes)

    def own_threshold(self, bench: Bench, group: str | None, value: float) -> dict:
        """A threshold of one group."""
        if not group:
            return self._fill(problem=notes.problem("Choose the group first."))
        limits = {**dict(bench.choice.limits), group: value}
        return self.changed(bench, limits=tuple(limits.items()))

    def metric(self, bench: Bench | None, metric: str) -> tuple:
        """Another metric in the chart; the bench is left to slower events that may be under way."""
        bench = current(bench, metric)
        found = results(bench)
        return found["bars"], found["metrics_table"], _address(bench)

    # Filling

    def _try(self, bench: Bench, make: Callable[[], Bench]) -> dict:
        try:
            return self._show(make())
        except Exception as error:
            return self._fill(**controls(bench), problem=notes.problem(sentence(error)))

    def _show(self, bench: Bench) -> dict:
        return self._fill(
            bench=bench, problem="", address=_address(bench), **controls(bench), **results(bench)
        )

    def _fill(self, **values) -> dict:
        return {self.parts[name]: value for name, value in values.items()}


def current(bench: Bench | None, metric: str) -> Bench:
    """A visitor's bench, with the metric that the control shows."""
    return (bench or start()).seen_by(metric)


def _address(bench: Bench) -> str:
    return address.fragment(GroupsChoice, bench.in_link)
