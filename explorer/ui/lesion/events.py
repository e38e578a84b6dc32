"""Handlers of the Lesion view: each asks the core for a result and fills components with it."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import gradio as gr
from gradio.components.plot import PlotData

from explorer.image.read import CheckedImage, read_image
from explorer.lesion import lesion
from explorer.lesion.stored import NotStored, stored_answers
from explorer.rules.rules import RULES
from explorer.skin.settings import PUBLISHED, RANGES, ToneSettings
from explorer.synthetic.examples import EXAMPLES
from explorer.tone.hand import parse_points, read_patches
from explorer.tone.study import STUDY
from explorer.ui.lesion import contents, html, isic
from explorer.ui.lesion.state import ImageChoice, LesionChoice, LesionDesk, Session
from explorer.ui.parts import address, notes
from explorer.ui.parts.banner import pending
from explorer.ui.parts.examples import DEFAULT_EXAMPLE, example_tone
from explorer.ui.server import uploads
from explorer.ui.server.weights_loader import WeightsLoader
from explorer.util.errors import ExplorerError


class LesionEvents:
    """One instance serves all visitors: everything of a visitor is in Session and LesionDesk."""

    def __init__(self, filled: dict, loader: WeightsLoader):
        self.filled, self.loader = filled, loader
        self._drawn: dict[tuple, dict] = {}
        self._drawing = threading.Lock()

    # A new image: first what needs no network pass, then the rest

    def prepare(self) -> None:
        """Draw what a new visitor sees, before the first one comes."""
        list(self._example(DEFAULT_EXAMPLE, LesionDesk()))

    def opened(self, desk: LesionDesk, request: gr.Request):
        """A new visitor sees a worked example, or what a link asks for."""
        image = address.asked(ImageChoice, request)
        desk.choice, desk.isic = address.asked(LesionChoice, request), image.isic
        shown = [each.id for each in EXAMPLES].index(image.example)
        yield from self._example(shown, desk)

    def linked(self, desk: LesionDesk):
        """The image of the archive that the link asks for, if it does; the example stays if not."""
        isic_id, desk.isic = desk.isic, ""
        yield from self.fetched(isic_id, desk) if isic_id else [self._nothing()]

    def picked(self, desk: LesionDesk, event: gr.EventData):
        """An example was chosen."""
        yield from self._example(event.index, desk)

    def uploaded(self, path: str | None, desk: LesionDesk):
        """A file was uploaded: read, removed from disk, analysed; the old result stays if bad."""
        if path is None:
            return
        try:
            image = uploads.take(path)
        except ExplorerError as error:
            yield self._fill(problem=notes.problem(str(error)), upload=None)
            return
        yield self._fill(upload=None, caption="")
        yield from self._guarded(desk, self._analyse(image, desk))

    def fetched(self, isic_id: str, desk: LesionDesk):
        """An id of the ISIC archive was given; the old result stays if it cannot be had."""
        waiting = isic.Fetching(isic_id)

        def analyse():
            for text in waiting.texts():
                yield self._fill(fetching=text)
            found = waiting.lesion
            result = lesion.read_tone(found.image, desk.choice.settings, desk.choice.method)
            yield self._fill(caption="")
            link, credit = ImageChoice(isic=found.isic_id), isic.credit(found)
            yield from self._begin_with(Session(result, link=link, credit=credit), desk)

        yield from self._guarded(desk, analyse())
        yield self._fill(fetching=waiting.problem)

    def completed(self, session: Session | None, desk: LesionDesk):
        """The network's part, once the weights are there; nothing where all is answered."""
        loader = self.loader
        answered = session is None or (
            session.found is not None
            and session.other is not None
            and (
                (loader.classifier is None and loader.is_demo)
                or loader.answered(session.found.weights)
            )
        )
        if answered:
            yield self._nothing()
        else:
            yield from self._guarded(desk, self._complete(session, desk))

    def _example(self, index: int, desk: LesionDesk):
        """An example; drawn once for all visitors while their controls stand as at first."""
        if not desk.choice.is_untouched or not self.loader.may_quote:
            yield from self._guarded(desk, self._from_example(index, desk))
            return
        key = (index, desk.choice.rule, desk.choice.beside)
        with self._drawing:
            if key not in self._drawn:
                updates = list(self._from_example(index, desk))
                self._drawn[key] = serialised({k: v for each in updates for k, v in each.items()})
        yield from self._guarded(desk, iter([self._drawn[key]]))

    def _from_example(self, index: int, desk: LesionDesk):
        example = EXAMPLES[index]
        yield self._fill(caption=example.caption)
        link = ImageChoice(example=example.id)
        if desk.choice.settings == PUBLISHED and desk.choice.method == STUDY:
            yield from self._begin_with(Session(example_tone(index), link=link), desk)
        else:
            yield from self._analyse(read_image(example.path, example.title), desk, link)

    def _analyse(self, image: CheckedImage, desk: LesionDesk, link: ImageChoice | None = None):
        result = lesion.read_tone(image, desk.choice.settings, desk.choice.method)
        yield from self._begin_with(Session(result, link=link), desk)

    def _begin_with(self, session: Session, desk: LesionDesk):
        """The tone, and what stored answers say of this image."""
        yield self._fill(**contents.EMPTY, **contents.by_tone(session, desk.choice))
        if not self.loader.may_quote:
            return
        try:
            found = lesion.classify(session.result, stored_answers())
        except NotStored:
            return
        session = replace(session, found=found)
        yield self._fill(session=session, **contents.by_decision(session, desk.choice))
        try:
            yield from self._put_on_other_skin(session, desk, stored_answers())
        except (NotStored, ExplorerError):  # told by what completes this
            return

    def _complete(self, session: Session, desk: LesionDesk):
        try:
            for fraction, text in self.loader.wait():
                stored = contents.stored_verdict(session, desk.choice)
                yield self._fill(verdict=stored + pending(text, fraction))
        except ExplorerError:
            yield self._fill(verdict=contents.stored_verdict(session, desk.choice))
            raise
        if session.found is None or not self.loader.answered(session.found.weights):
            found = lesion.classify(session.result, self.loader.at_hand)
            session = replace(session, found=found, other=None)
        yield self._fill(session=session, **contents.by_decision(session, desk.choice))
        if session.other is None:
            yield from self._transform(session, desk)

    # Another tone for the same image

    def retoned(self, method: str, session: Session | None, desk: LesionDesk, *knobs: float):
        """Another estimator, or its knobs were turned; the hand value stays."""

        def read():
            published = PUBLISHED.to_dict()  # sliders may send 9.0 for 9
            typed = {name: type(published[name])(value) for name, value in zip(RANGES, knobs)}
            desk.choose(settings=ToneSettings.from_dict(typed), method=method)
            result = lesion.read_tone(session.result.image, desk.choice.settings, method)
            result = replace(result, hand=session.result.hand)
            yield from self._with_tone(session.with_tone(result), desk)

        if session is not None:
            yield from self._guarded(desk, read())

    def spotted(
        self, spots: str, patch: int, session: Session | None, desk: LesionDesk, event: gr.EventData
    ):
        """The picture was clicked: the spot joins the list."""
        if session is None:
            return
        height, width = session.result.image.rgb.shape[:2]
        x, y = round(event.x * (width - 1)), round(event.y * (height - 1))
        text = "; ".join(part for part in (spots.strip(" ;"), f"{x}, {y}") if part)
        yield self._fill(spots=text)
        yield from self.marked(text, patch, session, desk)

    def marked(self, spots: str, patch: int, session: Session | None, desk: LesionDesk):
        """The list of spots or the patch size changed."""

        def read():
            hand = read_patches(session.result.image.rgb, parse_points(spots), int(patch))
            yield self._fill(hand=html.hand(hand))
            result = replace(session.result, hand=hand)
            yield from self._with_tone(session.with_tone(result), desk)

        if session is not None and spots.strip():
            yield from self._guarded(desk, read())

    def unmarked(self, session: Session | None, desk: LesionDesk):
        """Back to the estimate."""
        yield self._fill(spots="", hand="")
        if session is not None:
            session = session.with_tone(replace(session.result, hand=None))
            yield from self._guarded(desk, self._with_tone(session, desk))

    def _with_tone(self, session: Session, desk: LesionDesk):
        yield self._fill(problem="", **contents.by_tone(session, desk.choice))
        if session.found is None:
            return
        yield self._fill(**contents.by_decision(session, desk.choice))
        yield from self._transform(session, desk)

    # Other skin, other rule

    def transformed(
        self, target: float, transform: str, scope: str, session: Session | None, desk: LesionDesk
    ):
        """The target moved, or another transform was chosen."""
        desk.choose(target=target, transform=transform, scope=scope)
        if session is not None and session.found is not None:
            yield from self._guarded(desk, self._transform(session, desk))

    def _transform(self, session: Session, desk: LesionDesk):
        """On other skin by what is at hand; other images than the examples wait for weights."""
        try:
            yield from self._put_on_other_skin(session, desk, self.loader.at_hand)
        except NotStored:
            for fraction, text in self.loader.wait():
                yield self._fill(other_verdict=pending(text, fraction))
            yield from self._put_on_other_skin(session, desk, self.loader.at_hand)

    def _put_on_other_skin(self, session: Session, desk: LesionDesk, classifier):
        if session.found.weights.sha256 != classifier.weights.sha256:
            session = replace(session, found=lesion.classify(session.result, classifier))
        other = lesion.on_other_skin(
            session.result,
            desk.choice.target,
            classifier,
            transform=desk.choice.transform,
            scope=desk.choice.scope,
        )
        session = replace(session, other=other)
        yield self._fill(
            session=session,
            problem="",
            compare=html.before_after(session.result, other),
            reached=html.reached(other),
            **contents.by_decision(session, desk.choice),
        )

    def compared(self, beside: str, session: Session | None, desk: LesionDesk) -> str:
        """Another rule was put beside the chosen one."""
        desk.choose(beside=beside)
        if session is None or session.found is None:
            return ""
        return html.sides(session.found, desk.choice.rule, beside)

    def switched(self, rule: str, session: Session | None, desk: LesionDesk):
        """Another rule: the stored logits are read anew, no network runs."""
        desk.choose(rule=rule)
        if session is None or session.found is None:
            return self._fill(explanation=html.rule_text(RULES[rule]))
        return self._fill(**contents.by_rule(session, desk.choice))

    # What is filled

    def _guarded(self, desk: LesionDesk, updates: Iterator[dict]):
        """Stop when something newer began; tell an error in one sentence."""
        is_latest = desk.take()
        try:
            for update in updates:
                if not is_latest():
                    yield self._nothing()
                    return
                yield update
        except ExplorerError as error:
            yield self._fill(problem=notes.problem(str(error)))

    def _nothing(self) -> dict:
        """Leave the page as it is: Gradio empties it where a handler ends without any yield."""
        return self._fill(session=gr.skip())

    def _fill(self, **values) -> dict:
        return {self.filled[name]: value for name, value in values.items()}


def serialised(update: dict) -> dict:
    """An update whose figures are JSON already, so that it can be sent many times."""
    return {
        component: PlotData(type="plotly", plot=value.to_json())
        if hasattr(value, "to_json")
        else value
        for component, value in update.items()
    }
