"""Handlers of the form: files and choices come, the form and the answer follow."""

from collections.abc import Callable
from dataclasses import replace

import gradio as gr

from explorer.data.made_up import made_up_csv
from explorer.ui.answer import Answer
from explorer.ui.groups.state import Bench, Own
from explorer.ui.own import form as layout
from explorer.ui.own.state import Form, example
from explorer.ui.parts import notes
from explorer.ui.parts.notes import sentence
from explorer.util.errors import ExplorerError

KEPT = "What is shown below is still what was read before."


class FormEvents:
    """One instance serves all visitors: everything of a visitor is in the Form and the Bench.

    Files or choices that cannot be read give one sentence; the answer stays as it was.
    """

    def __init__(self, parts: dict, answer: Answer):
        self.parts, self.answer = parts, answer

    def uploaded(self, role: str) -> Callable:
        """A file of a role came."""

        def take(form: Form, bench: Bench | None, path: str | None) -> dict:
            if path is None:
                return self._unchanged()
            cleared = {self.parts[f"{role}_csv"]: None}
            try:
                new = form.given(role, path)
                if new.made_up and role == "metadata":  # an example's file has its own labels
                    new = replace(new, predictions=None)
            except Exception as error:
                return cleared | self._problem(error, bench)
            if new.predictions is None:
                note = notes.notes([f"{new.metadata.name} is here. Now the predictions."])
                return cleared | self._fill(form_state=new, problem=note)
            return cleared | self._read(new, form, bench)

        return take

    def example(self, form: Form, bench: Bench | None) -> dict:
        """The made-up example."""
        return self._read(example(), form, bench)

    def chosen(self, role: str) -> Callable:
        """Another column for a role was chosen; images may have a name in either file."""

        def take(form: Form, bench: Bench | None, *values) -> dict:
            if form.predictions is None:
                return self._unchanged()
            columns = values[0] if role == "group" else [each for each in values if each]
            return self._read(form.chosen(role, columns), form, bench)

        return take

    def guessed(self, form: Form, bench: Bench | None) -> dict:
        """Back to the guesses."""
        if form.predictions is None:
            return self._unchanged()
        return self._read(form.guessed(), form, bench)

    def _read(self, form: Form, before: Form, bench: Bench | None) -> dict:
        try:
            draft = form.read()
            filled = self._fill(**layout.shown(form, draft, made_up_csv() if form.made_up else ""))
            form = replace(form, groups=layout.groups_of(draft) or form.groups)
        except Exception as error:  # not even a table: what was there stays
            return self._problem(error, bench) | self._fill(form_state=before)
        filled |= self._fill(form_state=form, problem="")
        if draft.predictions is None:
            return filled | self._problem(ExplorerError(draft.problem), bench)
        title = "Made-up predictions" if form.made_up else "Your predictions"
        try:
            return filled | self.answer.of(Own(draft.predictions, {}), bench, title)
        except Exception as error:
            return filled | self._problem(error, bench)

    def _problem(self, error: Exception, bench: Bench | None) -> dict:
        kept = notes.notes([KEPT]) if bench is not None else ""
        return self._fill(problem=notes.problem(sentence(error)) + kept)

    def _unchanged(self) -> dict:
        return self._fill(problem=gr.skip())

    def _fill(self, **values) -> dict:
        return {self.parts[name]: value for name, value in values.items()}
