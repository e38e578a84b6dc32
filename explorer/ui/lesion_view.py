"""The Lesion view: image -> skin -> tone -> darker skin -> logits -> rule -> decision."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import gradio as gr

from explorer import lesion
from explorer.errors import ExplorerError
from explorer.inference import DEFAULT_RULE, RULES
from explorer.intake import CheckedImage, read_image
from explorer.plots import lesion as plots
from explorer.skinformer import TARGET_RANGE
from explorer.ui import fragments, uploads
from explorer.ui.examples import examples
from explorer.ui.weights_loader import WeightsLoader

DEFAULT_TARGET = 10.0
DEFAULT_EXAMPLE = 1

#: A click on an example's button tells its position in the list.
PICK = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-index]');
  if (button) trigger('click', { index: Number(button.dataset.index) });
});
"""

#: Heavy events wait for one another, so that visitors do not slow each other down.
HEAVY = {"concurrency_limit": 2, "concurrency_id": "network"}
LIGHT = {"concurrency_limit": 20, "show_progress": "hidden"}


@dataclass(frozen=True)
class Session:
    """What one visitor is looking at; lives in memory only and goes with the visit."""

    result: lesion.ToneResult
    found: lesion.Classification | None = None
    other: lesion.OtherSkin | None = None


class Desk:
    """What changes while an analysis runs: which one is the latest, and the chosen rule."""

    def __init__(self):
        self.serial = 0
        self.rule = DEFAULT_RULE

    def take(self) -> Callable[[], bool]:
        """Start an analysis; the returned function says whether it is still the latest."""
        self.serial += 1
        mine = self.serial
        return lambda: self.serial == mine


@dataclass(frozen=True)
class Parts:
    """The view's components."""

    session: gr.State
    desk: gr.State
    upload: gr.File
    gallery: gr.HTML
    caption: gr.Markdown
    stop: gr.Button
    problem: gr.HTML
    picture: gr.HTML
    summary: gr.HTML
    steps: gr.HTML
    curve: gr.Plot
    shares: gr.Plot
    target: gr.Slider
    compare: gr.HTML
    reached: gr.HTML
    other_verdict: gr.HTML
    rule: gr.Radio
    verdict: gr.HTML
    explanation: gr.Markdown
    contributions: gr.Plot
    logits: gr.HTML
    points: gr.Plot
    rules: gr.HTML


def build(loader: WeightsLoader, page: gr.Blocks) -> None:
    """Lay out the view in the current context and wire its events."""
    parts = _layout()
    view = _View(parts, loader)
    analyses = [
        parts.upload.upload(
            view.uploaded, [parts.upload, parts.desk], **_outputs(parts)
        ),
        parts.gallery.click(view.picked, [parts.desk], **_outputs(parts)),
        page.load(view.opened, [parts.desk], **_outputs(parts)),
    ]
    darker = parts.target.release(
        view.darkened, [parts.target, parts.session, parts.desk], **_outputs(parts)
    )
    parts.stop.click(None, cancels=[*analyses, darker], api_visibility="private")
    parts.rule.change(
        view.switched, [parts.rule, parts.session, parts.desk], _rule_outputs(parts),
        api_visibility="private", **LIGHT,
    )


def _outputs(parts: Parts) -> dict:
    inputs_only = ("desk", "rule", "gallery", "stop")
    filled = [part for name, part in vars(parts).items() if name not in inputs_only]
    return {
        "outputs": filled, "api_visibility": "private", "show_progress": "minimal",
        "show_progress_on": [parts.summary], "trigger_mode": "always_last", **HEAVY,
    }


def _rule_outputs(parts: Parts) -> list:
    return [
        parts.verdict, parts.explanation, parts.contributions, parts.logits, parts.other_verdict,
    ]


def _layout() -> Parts:
    session, desk = gr.State(None, time_to_live=3600), gr.State(Desk())
    with gr.Row():
        with gr.Column(scale=1, min_width=300):
            chosen = _choose()
        with gr.Column(scale=2, min_width=300):
            problem = gr.HTML(elem_id="problem")
            with gr.Row():
                with gr.Column(min_width=260):
                    picture = gr.HTML(elem_id="picture", min_height=260)
                with gr.Column(min_width=260):
                    summary = gr.HTML(elem_id="tone-summary")
                    top_verdict = gr.HTML(elem_id="verdict", min_height=150)
    return Parts(
        session=session, desk=desk, **chosen, problem=problem, picture=picture, summary=summary,
        **_tone_part(), **_darker_part(), verdict=top_verdict, **_decision_part(),
    )


def _choose() -> dict:
    upload = gr.File(
        label="Upload, drop or paste a lesion", height=150,
        file_types=["image"], elem_id="upload",
    )
    gr.Markdown(
        "JPEG, PNG, WebP, BMP or TIFF, up to 32 MB. Analysed in memory and not kept.",
        elem_classes="small",
    )
    gallery = gr.HTML(
        fragments.example_buttons(examples()), elem_id="examples", js_on_load=PICK,
    )
    caption = gr.Markdown(elem_id="caption", elem_classes="small")
    stop = gr.Button("Stop the analysis", size="sm", variant="secondary", elem_id="stop")
    return {"upload": upload, "gallery": gallery, "caption": caption, "stop": stop}


def _tone_part() -> dict:
    gr.Markdown(
        "## 1. Skin tone, step by step\nWhat the study's estimator does with this image, in order. "
        "Every picture is made at its working size and drawn in the proportions of your image."
    )
    steps = gr.HTML(elem_id="steps", min_height=300)
    with gr.Row(elem_classes="follow-page"):
        with gr.Column(min_width=300):
            gr.Markdown("#### How many clusters?")
            curve = gr.Plot(show_label=False, elem_id="curve")
        with gr.Column(min_width=300):
            gr.Markdown("#### Which colour is the skin?")
            shares = gr.Plot(show_label=False, elem_id="shares")
    return {"steps": steps, "curve": curve, "shares": shares}


def _darker_part() -> dict:
    gr.Markdown(
        "## 2. The same lesion on darker skin\nThe study's *skin-former*, as published. Choose a "
        "target angle, then drag across the picture."
    )
    target = gr.Slider(
        *TARGET_RANGE, value=DEFAULT_TARGET, step=1, elem_id="target", buttons=[],
        label="Target ITA in degrees, published convention (the study trained with −10 to 28)",
    )
    with gr.Row():
        with gr.Column(min_width=280):
            compare = gr.HTML(elem_id="compare", min_height=280)
        with gr.Column(min_width=280):
            other_verdict = gr.HTML(elem_id="other-verdict")
            reached = gr.HTML(elem_id="reached")
    return {"target": target, "compare": compare, "reached": reached, "other_verdict": other_verdict}


def _decision_part() -> dict:
    gr.Markdown(
        "## 3. From eight logits to a decision\nThe network answers once with 4 tone groups x 2 "
        "classes; the rule turns that into one decision. Switching it never runs the network again."
    )
    rule = gr.Radio(
        [(rule.name, key) for key, rule in RULES.items()], value=DEFAULT_RULE,
        label="Inference rule", elem_id="rule",
    )
    with gr.Row(elem_classes="follow-page"):
        with gr.Column(min_width=300):
            explanation = gr.Markdown(
                elem_id="formula", latex_delimiters=[{"left": "$$", "right": "$$", "display": True}]
            )
        with gr.Column(min_width=300):
            gr.Markdown("#### What each tone group adds to the two scores")
            contributions = gr.Plot(show_label=False, elem_id="contributions")
    logits = gr.HTML(elem_id="logits")
    gr.Markdown("#### All rules side by side")
    with gr.Row(elem_classes="follow-page"):
        with gr.Column(min_width=300):
            points = gr.Plot(show_label=False, elem_id="points")
        with gr.Column(min_width=300):
            rules = gr.HTML(elem_id="rules")
    return {
        "rule": rule, "explanation": explanation, "contributions": contributions,
        "logits": logits, "points": points, "rules": rules,
    }


class _View:
    """Event handlers: each asks the core for a result and fills components with it."""

    def __init__(self, parts: Parts, loader: WeightsLoader):
        self.parts, self.loader = parts, loader

    def opened(self, desk: Desk):
        """A new visitor sees a worked example."""
        yield from self._example(DEFAULT_EXAMPLE, desk)

    def picked(self, desk: Desk, event: gr.EventData):
        """An example was chosen in the gallery."""
        yield from self._example(event.index, desk)

    def uploaded(self, path: str | None, desk: Desk):
        """A file was uploaded: read, removed from disk, analysed; the old result stays if bad."""
        if path is None:
            return
        try:
            image = uploads.take(path)
        except ExplorerError as error:
            yield {self.parts.problem: fragments.problem(str(error)), self.parts.upload: None}
            return
        yield {self.parts.upload: None, self.parts.caption: ""}
        yield from self._while_latest(desk, self._analyse(image, desk))

    def darkened(self, target: float, session: Session | None, desk: Desk):
        """The skin-former's slider was let go."""
        if session is not None and session.found is not None:
            yield from self._while_latest(desk, self._darken(target, session, desk))

    def _example(self, index: int, desk: Desk):
        example = examples()[index]
        yield {self.parts.caption: example.caption}
        image = read_image(example.path, example.title)
        yield from self._while_latest(desk, self._analyse(image, desk))

    @staticmethod
    def _while_latest(desk: Desk, updates: Iterator[dict]):
        is_latest = desk.take()
        for update in updates:
            if not is_latest():
                return
            yield update

    def _analyse(self, image: CheckedImage, desk: Desk):
        """Tone first, then the decision once the weights are there, then darker skin."""
        p = self.parts
        session = Session(lesion.read_tone(image))
        yield self._cleared() | self._tone(session) | {p.session: session}
        try:
            for fraction, text in self.loader.wait():
                yield {p.verdict: fragments.weights_pending(fraction, text)}
            session = replace(session, found=lesion.classify(session.result, self.loader.classifier))
        except ExplorerError as error:
            yield {p.problem: fragments.problem(str(error)), p.verdict: ""}
            return
        yield self._decision(session, desk.rule) | {p.session: session}
        yield from self._darken(DEFAULT_TARGET, session, desk)

    def _darken(self, target: float, session: Session, desk: Desk):
        p = self.parts
        if session.result.tone is None:
            yield {p.compare: fragments.problem("Without a skin tone there is nothing to darken.")}
            return
        try:
            other = lesion.on_darker_skin(session.result, target, self.loader.classifier)
        except ExplorerError as error:
            yield {p.problem: fragments.problem(str(error))}
            return
        session = replace(session, other=other)
        yield {
            p.session: session,
            p.target: target,
            p.compare: fragments.before_after(session.result, other),
            p.reached: fragments.reached(other),
        } | self._decision(session, desk.rule)

    def switched(self, rule: str, session: Session | None, desk: Desk):
        """Another rule: the stored logits are read anew, no network runs."""
        desk.rule = rule
        if session is None or session.found is None:
            return {self.parts.explanation: fragments.rule_text(RULES[rule])}
        return self._rule_parts(session, RULES[rule])

    def _cleared(self) -> dict:
        p = self.parts
        empty = (p.problem, p.compare, p.reached, p.other_verdict, p.verdict, p.logits, p.rules)
        return {part: "" for part in empty} | {p.contributions: None, p.points: None}

    def _tone(self, session: Session) -> dict:
        p, result = self.parts, session.result
        tone = result.tone
        return {
            p.picture: fragments.picture(result),
            p.summary: fragments.tone_summary(result),
            p.steps: fragments.steps(result),
            p.curve: None if tone is None else plots.compactness_curve(tone),
            p.shares: None if tone is None else plots.cluster_shares(tone),
        }

    def _decision(self, session: Session, rule: str) -> dict:
        p, other = self.parts, session.other
        second = None if other is None else other.classification
        return self._rule_parts(session, RULES[rule]) | {
            p.points: plots.rule_points(session.found, second),
            p.rules: fragments.rules_table(session.found, other),
        }

    def _rule_parts(self, session: Session, rule) -> dict:
        p, found, other = self.parts, session.found, session.other
        said = found.verdicts.get(rule.key)
        return {
            p.verdict: fragments.verdict(found, rule, "This image"),
            p.explanation: fragments.rule_text(rule),
            p.contributions: None if said is None else plots.contributions(said),
            p.logits: fragments.logits_table(found, rule),
            p.other_verdict: "" if other is None else fragments.verdict(
                other.classification, rule, "On darker skin"
            ),
        }
