"""Handlers of the Lesion view: each asks the core for a result and fills components with it."""

from collections.abc import Iterator
from dataclasses import replace

import gradio as gr

from explorer import lesion
from explorer.cautions import find_cautions
from explorer.colour import CONVENTIONS
from explorer.confidence import tone_interval
from explorer.errors import ExplorerError
from explorer.hand import parse_points, read_patches
from explorer.inference import RULES
from explorer.intake import CheckedImage, read_image
from explorer.plots import lesion as plots
from explorer.plots.tone import tone_plane
from explorer.settings import RANGES, ToneSettings
from explorer.ui import fragments, tone_fragments, uploads
from explorer.ui.examples import examples
from explorer.ui.session import Desk, Session
from explorer.ui.weights_loader import WeightsLoader

DEFAULT_EXAMPLE = 1


class LesionEvents:
    """One instance serves all visitors: everything of a visitor is in Session and Desk."""

    #: Names of the components that change with the rule alone.
    BY_RULE = ("verdict", "explanation", "contributions", "logits", "other_verdict")

    def __init__(self, filled: dict, loader: WeightsLoader):
        self.filled, self.loader = filled, loader

    # A new image

    def opened(self, desk: Desk):
        """A new visitor sees a worked example."""
        yield from self._example(DEFAULT_EXAMPLE, desk)

    def picked(self, desk: Desk, event: gr.EventData):
        """An example was chosen."""
        yield from self._example(event.index, desk)

    def uploaded(self, path: str | None, desk: Desk):
        """A file was uploaded: read, removed from disk, analysed; the old result stays if bad."""
        if path is None:
            return
        try:
            image = uploads.take(path)
        except ExplorerError as error:
            yield self._fill(problem=fragments.problem(str(error)), upload=None)
            return
        yield self._fill(upload=None, caption="")
        yield from self._guarded(desk, self._analyse(image, desk))

    def _example(self, index: int, desk: Desk):
        example = examples()[index]
        yield self._fill(caption=example.caption)
        image = read_image(example.path, example.title)
        yield from self._guarded(desk, self._analyse(image, desk))

    def _analyse(self, image: CheckedImage, desk: Desk):
        """Tone first, then the decision once the weights are there, then other skin."""
        session = Session(lesion.read_tone(image, desk.settings, desk.method))
        empty = dict.fromkeys(
            ("problem", "compare", "reached", "other_verdict", "verdict", "logits", "rules", "hand"),
            "",
        )
        yield self._fill(
            **empty, **self._tone(session), spots="", contributions=None, points=None
        )
        for fraction, text in self.loader.wait():
            yield self._fill(verdict=fragments.weights_pending(fraction, text))
        found = lesion.classify(session.result, self.loader.classifier)
        session = replace(session, found=found)
        yield self._fill(session=session, **self._decision(session, desk))
        yield from self._transform(session, desk)

    # Another tone for the same image

    def retoned(self, method: str, session: Session | None, desk: Desk, *knobs: float):
        """Another estimator, or its knobs were turned; the hand value stays."""
        if session is not None:
            yield from self._guarded(desk, self._retone(method, session, desk, knobs))

    def _retone(self, method: str, session: Session, desk: Desk, knobs: tuple):
        desk.settings, desk.method = ToneSettings.from_dict(_typed(knobs)), method
        result = lesion.read_tone(session.result.image, desk.settings, method)
        result = replace(result, hand=session.result.hand)
        yield from self._with_tone(session.with_tone(result), desk)

    def spotted(
        self, spots: str, patch: int, session: Session | None, desk: Desk, event: gr.EventData
    ):
        """The picture was clicked: the spot joins the list."""
        if session is None:
            return
        height, width = session.result.image.rgb.shape[:2]
        x, y = round(event.x * (width - 1)), round(event.y * (height - 1))
        text = "; ".join(part for part in (spots.strip(" ;"), f"{x}, {y}") if part)
        yield self._fill(spots=text)
        yield from self.marked(text, patch, session, desk)

    def marked(self, spots: str, patch: int, session: Session | None, desk: Desk):
        """The list of spots or the patch size changed."""
        if session is not None and spots.strip():
            yield from self._guarded(desk, self._mark(spots, patch, session, desk))

    def _mark(self, spots: str, patch: int, session: Session, desk: Desk):
        hand = read_patches(session.result.image.rgb, parse_points(spots), int(patch))
        session = session.with_tone(replace(session.result, hand=hand))
        yield self._fill(hand=tone_fragments.hand(hand))
        yield from self._with_tone(session, desk)

    def unmarked(self, session: Session | None, desk: Desk):
        """Back to the estimate."""
        yield self._fill(spots="", hand="")
        if session is not None:
            session = session.with_tone(replace(session.result, hand=None))
            yield from self._guarded(desk, self._with_tone(session, desk))

    def _with_tone(self, session: Session, desk: Desk):
        yield self._fill(problem="", **self._tone(session))
        if session.found is None:
            return
        yield self._fill(**self._decision(session, desk))
        yield from self._transform(session, desk)

    # Other skin, other rule

    def transformed(
        self, target: float, transform: str, scope: str, session: Session | None, desk: Desk
    ):
        """The target moved, or another transform was chosen."""
        desk.target, desk.transform, desk.scope = target, transform, scope
        if session is not None and session.found is not None:
            yield from self._guarded(desk, self._transform(session, desk))

    def _transform(self, session: Session, desk: Desk):
        other = lesion.on_other_skin(
            session.result, desk.target, self.loader.classifier,
            transform=desk.transform, scope=desk.scope,
        )
        session = replace(session, other=other)
        yield self._fill(
            session=session, problem="", compare=fragments.before_after(session.result, other),
            reached=fragments.reached(other), **self._decision(session, desk),
        )

    def switched(self, rule: str, session: Session | None, desk: Desk):
        """Another rule: the stored logits are read anew, no network runs."""
        desk.rule = rule
        if session is None or session.found is None:
            return self._fill(explanation=fragments.rule_text(RULES[rule]))
        return self._fill(**self._by_rule(session, desk))

    # What is filled

    def _guarded(self, desk: Desk, updates: Iterator[dict]):
        """Stop when something newer began; tell an error in one sentence."""
        is_latest = desk.take()
        try:
            for update in updates:
                if not is_latest():
                    return
                yield update
        except ExplorerError as error:
            yield self._fill(problem=fragments.problem(str(error)))

    def _fill(self, **values) -> dict:
        return {self.filled[name]: value for name, value in values.items()}

    def _tone(self, session: Session) -> dict:
        result, tone = session.result, session.result.tone
        intervals = {} if tone is None else {
            convention: tone_interval(tone, convention=convention) for convention in CONVENTIONS
        }
        clustered = tone is not None and result.method == "published"
        return {
            "session": session,
            "picture": fragments.picture(result),
            "summary": tone_fragments.summary(result, intervals),
            "steps": fragments.steps(result),
            "cautions": tone_fragments.cautions(_cautions(result)),
            "plane": None if tone is None else tone_plane(tone, intervals["cielab"]),
            "clusters": gr.update(visible=clustered),
            "curve": plots.compactness_curve(tone) if clustered else None,
            "shares": plots.cluster_shares(tone) if clustered else None,
        }

    def _decision(self, session: Session, desk: Desk) -> dict:
        other = session.other
        second = None if other is None else other.classification
        return {
            **self._by_rule(session, desk),
            "points": plots.rule_points(session.found, second),
            "rules": fragments.rules_table(session.found, other),
        }

    def _by_rule(self, session: Session, desk: Desk) -> dict:
        rule, found, other = RULES[desk.rule], session.found, session.other
        said = found.verdicts.get(rule.key)
        return {
            "verdict": fragments.verdict(found, rule, "This image"),
            "explanation": fragments.rule_text(rule),
            "contributions": None if said is None else plots.contributions(said),
            "logits": fragments.logits_table(found, rule),
            "other_verdict": "" if other is None else fragments.verdict(
                other.classification, rule, "On other skin"
            ),
        }


def _cautions(result: lesion.ToneResult) -> tuple:
    """Of the image; what the robust method has segmented is not segmented again."""
    found = result.segmentation if result.method == "robust" else None
    return find_cautions(result.image.rgb, found)


def _typed(knobs: tuple) -> dict:
    """Slider values as the settings want them: sliders may send 9.0 for 9."""
    kinds = {field: type(getattr(ToneSettings(), field)) for field in RANGES}
    return {name: kinds[name](value) for name, value in zip(RANGES, knobs)}
