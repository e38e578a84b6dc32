"""Handlers of the form for images: each asks the core and fills components with what came of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing

import gradio as gr

from explorer.ui.answer import Answer
from explorer.ui.evaluate import html
from explorer.ui.evaluate.run import new_run, work
from explorer.ui.evaluate.staging import Batch, read_tables, stage
from explorer.ui.evaluate.state import Desk
from explorer.ui.groups.state import Bench
from explorer.ui.parts import notes
from explorer.ui.parts.notes import sentence
from explorer.ui.server.weights_loader import WeightsLoader

#: Seconds between two updates of the progress, and of the table, which is long.
PACE, TABLE_PACE = 0.5, 2.0


class EvaluateEvents:
    """One instance serves all visitors: everything of a visitor is in the Desk."""

    def __init__(self, parts: dict, loader: WeightsLoader, answer: Answer):
        self.parts, self.loader, self.answer = parts, loader, answer

    # What is given

    def images(self, desk: Desk, paths: list[str] | None) -> dict:
        """Images or a zip came."""
        return self._taken(desk, "images", paths, lambda: desk.give(stage(paths)))

    def tables(self, desk: Desk, paths: list[str] | None) -> dict:
        """Metadata came; what was there stays if it cannot be read."""
        return self._taken(desk, "tables", paths, lambda: desk.describe(read_tables(paths)))

    def _taken(self, desk: Desk, name: str, paths: list[str] | None, take: Callable) -> dict:
        if not paths:
            return self._fill(desk=desk)
        problem = ""
        try:
            take()
        except Exception as error:
            problem = notes.problem(sentence(error))
        return self._given(desk, problem, **{name: None})

    def clear(self, desk: Desk) -> dict:
        """Forget everything."""
        shown = desk.shown
        desk.close()
        desk.metadata, desk.run, desk.shown = None, None, False
        return self._fill(
            desk=desk, given="", problem="", progress="", results="", **_buttons(desk)
        ) | (self.answer.hidden() if shown else {})

    def _given(self, desk: Desk, problem: str = "", **more) -> dict:
        text = html.given(desk.batch, desk.known(desk.batch))
        return self._fill(desk=desk, given=text, problem=problem, **more)

    # The run

    def asked(self, desk: Desk) -> dict:
        """Run was pressed: there may be other visitors before this one."""
        if desk.working:  # pressed again before the button was off
            return self._fill(desk=desk)
        if desk.batch is None:
            return self._fill(
                problem=notes.problem(
                    "There are no images to evaluate: choose some, or a zip file, first."
                )
            )
        desk.ask()
        return self._fill(
            problem="",
            progress=html.status("Waiting for a free place …"),
            results="",
            **_buttons(desk),
        )

    def cancelled(self, desk: Desk) -> dict:
        """Cancel was pressed; a run at work ends itself after the image in hand."""
        desk.stop()
        if desk.working:  # what it says at its end could arrive before anything said here
            return self._fill(desk=desk)
        desk.drop()
        return self._given(desk) | self._fill(progress=html.not_begun(), **_buttons(desk))

    def run(self, desk: Desk, tone: str, rule: str) -> Iterator[dict]:
        """Evaluate what waits; whatever ends it, the images are deleted.

        Something is given in any case: Gradio empties every output of an event that gives nothing,
        also the sentence that says why nothing runs. The buttons are said again, here and with the
        progress, because Gradio's client may lose what was said a moment before.
        """
        yield self._fill(desk=desk, **_buttons(desk))
        if not desk.asked or desk.working:
            return
        desk.rule = rule
        batch, wanted = desk.take()
        if batch is None:
            return
        try:
            for _, text in self.loader.wait():
                if not wanted():
                    yield self._ended(desk, wanted) | self._fill(progress=html.not_begun())
                    return
                yield self._fill(progress=html.status(f"{text} …"))
            yield from self._work(desk, batch, wanted, tone)
        except Exception as error:
            yield self._ended(desk, wanted) | self._fill(
                progress="", problem=notes.problem(sentence(error))
            )
        finally:
            batch.remove()
            desk.working = False

    def _work(self, desk: Desk, batch: Batch, wanted, tone: str) -> Iterator[dict]:
        known, classifier = desk.known(batch), self.loader.classifier
        desk.run = run = new_run(batch, classifier, tone, known)
        told = listed = 0.0
        with closing(work(batch, run, classifier, known, wanted)) as runs:
            for run in runs:
                now, desk.run = time.monotonic(), run
                if now - told < PACE:
                    continue
                told, filled = now, {"progress": html.progress(run)} | _buttons(desk)
                if now - listed >= TABLE_PACE:
                    listed, filled["results"] = now, html.results(run, desk.rule)
                yield self._fill(**filled)
        whole = len(run.rows) == run.total
        yield self._ended(desk, wanted) | self._fill(
            progress=html.finished(run, time.monotonic() - run.started, whole),
            results=html.results(run, desk.rule, True),
        )

    def _ended(self, desk: Desk, wanted) -> dict:
        if wanted():
            desk.stop()
        return self._fill(
            desk=desk, given=html.given(desk.batch, desk.known(desk.batch)), **_buttons(desk)
        )

    def answered(self, desk: Desk, bench: Bench | None) -> dict:
        """The run has ended: with true labels there is an answer."""
        if desk.asked or desk.run is None or not desk.run.labelled:
            return self._fill(desk=desk)
        try:
            found = self.answer.of(desk.for_groups(), bench, "Your images")
            desk.shown = True
            return found | self._fill(desk=desk)
        except Exception as error:
            return self._fill(problem=notes.problem(sentence(error)))

    def ruled(self, desk: Desk, rule: str) -> dict:
        """Another rule: the same logits, read again, also by a run at work."""
        desk.rule = rule
        if desk.run is None:
            return self._fill(desk=desk)
        return self._fill(results=html.results(desk.run, rule, not desk.asked))

    def _fill(self, **values) -> dict:
        return {self.parts[name]: value for name, value in values.items()}


def _buttons(desk: Desk) -> dict:
    """Run where nothing runs, Cancel where something does."""
    return {
        "run": gr.Button(interactive=not desk.asked),
        "cancel": gr.Button(interactive=desk.asked),
    }
