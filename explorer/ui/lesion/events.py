"""Handlers of Explore: each asks the core for a result and fills components with it."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import gradio as gr

from explorer.image.read import CheckedImage, read_image
from explorer.lesion import lesion
from explorer.lesion.instrument import Instrument
from explorer.lesion.stored import NotStored, first_table, stored_answers
from explorer.lesion.workshop import workshop
from explorer.skin.settings import PUBLISHED, RANGES, ToneSettings
from explorer.synthetic.examples import EXAMPLES
from explorer.tone.hand import parse_points
from explorer.tone.study import STUDY
from explorer.ui.instrument.carrying import carrying
from explorer.ui.lesion import contents, isic
from explorer.ui.lesion.state import ImageChoice, LesionChoice, LesionDesk, ReadingChoice, Session
from explorer.ui.parts import address, notes
from explorer.ui.parts.banner import pending
from explorer.ui.parts.examples import DEFAULT_EXAMPLE, example_tone
from explorer.ui.server import uploads
from explorer.ui.server.courtesy import Courtesy
from explorer.ui.server.weights_loader import WeightsLoader


class LesionEvents:
    """One instance serves all visitors: everything of a visitor is in Session and LesionDesk."""

    def __init__(self, filled: dict, loader: WeightsLoader):
        self.filled, self.loader = filled, loader
        self._drawn: dict[int, dict] = {}
        self._drawing = threading.Lock()
        self._courtesy = Courtesy()
        #: Examples as the loaded weights answered them, by example and weights: for all visitors.
        self._examples: dict[tuple[str, str], Instrument] = {}

    # A new image: its own skin at once where the weights are there, then all skins

    def prepare(self) -> None:
        """Draw what a new visitor sees, before the first one comes."""
        list(self._example(DEFAULT_EXAMPLE, LesionDesk()))

    @carrying
    def opened(self, desk: LesionDesk, request: gr.Request):
        """A new visitor sees a worked example, or what a link asks for."""
        image, shown = (address.asked(kind, request) for kind in (ImageChoice, LesionChoice))
        desk.transform, desk.scope, desk.isic = shown.transform, shown.scope, image.isic
        desk.method = address.asked(ReadingChoice, request).method
        desk.asked = {name: getattr(shown, name) for name in ("rule", "cutoff", "target")}
        index = [each.id for each in EXAMPLES].index(image.example)
        first = index == DEFAULT_EXAMPLE and desk.is_untouched and self.loader.may_quote
        asked = {} if image.isic else desk.asked
        instrument = self.filled["instrument"]
        if first:  # the page holds its table already
            yield {instrument: gr.update(asked={**asked, "of": first_table()["id"]})}
        for update in self._example(index, desk):
            if first:
                update = {key: it for key, it in update.items() if key is not instrument}
            elif instrument in update:
                update = self._tied(update, asked)
            yield update

    @carrying
    def linked(self, desk: LesionDesk):
        """The image of the archive that the link asks for, if it does; the example stays if not."""
        isic_id, desk.isic = desk.isic, ""
        yield from self.fetched(isic_id, desk) if isic_id else [self._nothing()]

    @carrying
    def picked(self, desk: LesionDesk, event: gr.EventData):
        """An example was chosen."""
        desk.asked = None
        yield from self._example(event.index, desk)

    @carrying
    def uploaded(self, path: str | None, desk: LesionDesk):
        """A file was uploaded: read, removed from disk, analysed; the old result stays if bad."""
        if path is None:
            return
        desk.asked = None
        try:
            image = uploads.take(path)
        except Exception as error:
            yield self._fill(problem=notes.problem(notes.sentence(error)), upload=None)
            return
        yield from self._guarded(desk, self._analyse(image, desk), upload=None)

    @carrying
    def fetched(self, isic_id: str, desk: LesionDesk):
        """An id of the ISIC archive was given; the old result stays if it cannot be had."""
        waiting = isic.Fetching(isic_id)

        def analyse():
            for text in waiting.texts():
                yield self._fill(fetching=text)
            found = waiting.lesion
            kept = found.image.put_away()
            result = lesion.read_tone(kept, desk.settings, desk.method)
            link, credit = ImageChoice(isic=found.isic_id), isic.credit(found)
            update = self._begun(Session(result, link=link, credit=credit), desk)
            if desk.asked:  # by the link that asked for this image
                update, desk.asked = self._tied(update, desk.asked), None
            yield update

        yield from self._guarded(desk, analyse())
        yield self._fill(fetching=waiting.problem)

    @carrying
    def completed(self, session: Session | None, desk: LesionDesk):
        """What the network has not answered yet, once the weights are there."""
        if session is None or (session.told and self._stays(session.instrument)):
            yield self._nothing()  # and what may be on its way meanwhile stays the latest
        else:
            yield from self._guarded(desk, self._complete(session, desk))

    def _example(self, index: int, desk: LesionDesk):
        """An example; drawn once for all visitors while their controls stand as at first."""
        if not desk.is_untouched or not self.loader.may_quote:
            yield from self._guarded(desk, self._from_example(index, desk))
            return
        with self._drawing:
            if index not in self._drawn:
                updates = list(self._from_example(index, desk, quoted=True))
                self._drawn[index] = {k: v for each in updates for k, v in each.items()}
        yield from self._guarded(desk, iter([self._drawn[index]]))

    def _from_example(self, index: int, desk: LesionDesk, quoted: bool = False):
        example = EXAMPLES[index]
        about = {"link": ImageChoice(example=example.id), "example": example}
        if desk.settings == PUBLISHED and desk.method == STUDY:
            result = example_tone(index)
        else:
            image = read_image(example.path, example.title)
            result = lesion.read_tone(image, desk.settings, desk.method)
        begun = Session(result, **about)
        if quoted:
            yield from self._quoted(begun, desk)
        else:
            yield self._begun(begun, desk)

    def _analyse(self, image: CheckedImage, desk: LesionDesk):
        with self._courtesy.first():
            result = lesion.read_tone(image.put_away(), desk.settings, desk.method)
            update = self._begun(Session(result), desk)
        yield update

    def _quoted(self, session: Session, desk: LesionDesk):
        """An example by its stored answers alone."""
        shop, stored = workshop(session.result), stored_answers()
        *_, whole = shop.answers(stored)
        whole = shop.turned(whole, stored)
        session = replace(session, shop=shop, instrument=whole, quoted=True, told=True)
        yield self._fill(**contents.EMPTY, **contents.begun(session))
        yield self._fill(**contents.by_tone(session, desk), **contents.by_rules(session))

    def _begun(self, session: Session, desk: LesionDesk) -> dict:
        """The picture on its own skin, answered where that takes no waiting."""
        shop = workshop(session.result, desk.transform, desk.scope)
        session = replace(session, shop=shop, instrument=shop.empty)
        answering = self.loader.at_hand
        try:
            first = self._examples.get(session.key(desk, answering.weights))
            first = first or next(shop.answers(answering))
            session = replace(session, instrument=first)
        except NotStored:  # the weights are on their way
            pass
        return self._fill(**contents.EMPTY, **contents.begun(session))

    def _complete(self, session: Session, desk: LesionDesk):
        """The steps, all skins, then the range over eight orientations, as the answers come."""
        if not session.told:
            session = replace(session, told=True)
            with session.result.image.held():
                steps = contents.by_tone(session, desk)
            yield self._fill(session=session, **steps)
        made = session.instrument
        if self._stays(made):
            yield self._fill(**contents.by_rules(session)) if session.found else self._nothing()
            return
        for fraction, text in self.loader.wait():
            yield self._fill(waiting=pending(text, fraction))
        yield self._fill(waiting="")
        answering = self.loader.at_hand
        same = made.weights is not None and made.weights.sha256 == answering.weights.sha256
        session = replace(session, quoted=False)
        with self._courtesy.long() as let_pass, session.result.image.held():
            for more in session.shop.answers(answering, made if same else None, let_pass):
                session = replace(session, instrument=more)
                yield self._fill(**contents.answered(session))
            let_pass()
            whole = session.shop.turned(session.instrument, answering)
        session = replace(session, instrument=whole)
        if key := session.key(desk, answering.weights):
            self._examples[key] = whole
        yield self._fill(**contents.answered(session), **contents.by_rules(session))

    def _stays(self, made: Instrument) -> bool:
        """Whether all is answered, and by the weights that answer here."""
        return made.is_complete and (
            self.loader.answered(made.weights)
            or (self.loader.classifier is None and self.loader.is_demo)
        )

    # Another tone or transform for the same image

    @carrying
    def retoned(self, method: str, session: Session | None, desk: LesionDesk, *knobs: float):
        """Another estimator, or its knobs were turned; the hand value stays."""

        def read():
            published = PUBLISHED.to_dict()  # sliders may send 9.0 for 9
            typed = {name: type(published[name])(value) for name, value in zip(RANGES, knobs)}
            desk.settings, desk.method = ToneSettings.from_dict(typed), method
            result = lesion.read_tone(session.result.image, desk.settings, method)
            yield from self._anew(session, replace(result, hand=session.result.hand), desk)

        if session is not None:
            yield from self._guarded(desk, read())

    @carrying
    def spotted(
        self,
        armed: bool,
        spots: str,
        patch: int,
        session: Session | None,
        desk: LesionDesk,
        event: gr.EventData,
    ):
        """The picture in the drawer was clicked: where picking is on, the spot joins the list."""
        if session is None or not armed:
            yield self._nothing()
            return
        height, width = session.result.image.size
        x, y = round(event.x * (width - 1)), round(event.y * (height - 1))
        text = "; ".join(part for part in (spots.strip(" ;"), f"{x}, {y}") if part)
        yield self._fill(spots=text)
        yield from self.marked(text, patch, session, desk)

    @carrying
    def marked(self, spots: str, patch: int, session: Session | None, desk: LesionDesk):
        """The list of spots or the patch size changed."""

        def read():
            picked = lesion.pick_by_hand(session.result, parse_points(spots), int(patch))
            yield from self._anew(session, picked, desk)

        if session is not None and spots.strip():
            yield from self._guarded(desk, read())

    @carrying
    def undone(self, spots: str, patch: int, session: Session | None, desk: LesionDesk):
        """The last spot is taken back."""
        rest = "; ".join(spots.split(";")[:-1]).strip(" ;")
        if not rest:
            yield from self.unmarked(session, desk)
            return
        yield self._fill(spots=rest)
        yield from self.marked(rest, patch, session, desk)

    @carrying
    def unmarked(self, session: Session | None, desk: LesionDesk):
        """Back to the estimate."""
        yield self._fill(spots="")
        if session is not None:
            result = replace(session.result, hand=None)
            yield from self._guarded(desk, self._anew(session, result, desk))

    @carrying
    def transformed(self, session: Session | None, desk: LesionDesk, event: gr.EventData):
        """Another transform, or another part of the picture, was chosen at the instrument."""
        desk.transform, desk.scope = event.transform, event.scope
        if session is not None:
            yield from self._guarded(desk, self._anew(session, session.result, desk))

    def _anew(self, session: Session, result: lesion.ToneResult, desk: LesionDesk):
        """The same image from another tone, or by another transform."""
        shop = workshop(result, desk.transform, desk.scope)
        session = replace(session, result=result, shop=shop, instrument=shop.empty, told=True)
        yield self._fill(problem="", **contents.begun(session), **contents.by_tone(session, desk))
        yield from self._complete(session, desk)

    def plotted(self, session: Session | None) -> dict:
        """The drawer with the tone's figures was opened."""
        return self._fill(**(contents.tone_figures(session) if session else {}))

    # What is filled

    def _guarded(self, desk: LesionDesk, updates: Iterator[dict], **failed):
        """Stop when something newer began; tell an error in one sentence, and fill ``failed``."""
        is_latest = desk.take()
        running = {self.filled["stop"]: gr.Button(interactive=True)}
        try:
            for update in updates:
                if not is_latest():
                    yield self._nothing()
                    return
                yield running | update
                running = {}
        except Exception as error:
            yield self._fill(problem=notes.problem(notes.sentence(error)), waiting="", **failed)
        if is_latest():
            yield self._fill(stop=gr.Button(interactive=False))

    def _tied(self, update: dict, asked: dict) -> dict:
        """A new picture, and what a link asks for of it and of no other."""
        held = update[self.filled["instrument"]]
        tied = {**held, "asked": {**asked, "of": held["pictures"]["id"]}}
        return update | {self.filled["instrument"]: tied}

    def _nothing(self) -> dict:
        """Leave the page as it is: Gradio empties it where a handler ends without any yield."""
        return self._fill(session=gr.skip())

    def _fill(self, **values) -> dict:
        return {self.filled[name]: value for name, value in values.items()}
