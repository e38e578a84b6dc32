"""The public endpoints: for ``gradio_client``, for plain HTTP, and as MCP tools.

Docstrings here are what the API page and the tool descriptions say.
"""

from collections.abc import Callable
from functools import wraps

import gradio as gr

from explorer.data.joining import read_predictions
from explorer.data.mapping import parse_columns
from explorer.data.predictions import Predictions
from explorer.evaluate.cutoffs import cutoffs_for
from explorer.fairness.analysis import analyse_predictions
from explorer.fairness.as_json import groups_json
from explorer.fairness.cutoffs import Cutoffs
from explorer.fairness.decisions import Operating
from explorer.lesion import lesion
from explorer.lesion.as_json import analysis_json, curve_json, estimate_json
from explorer.lesion.counterfactual import curve
from explorer.study.sources import SOURCES, load_source, report_figures
from explorer.tone.estimators import DEFAULT_METHOD, ESTIMATORS
from explorer.tone.hand import parse_points
from explorer.transform.contract import SCOPES
from explorer.transform.transforms import DEFAULT_SCOPE, DEFAULT_TRANSFORM, TRANSFORMS
from explorer.ui.parts.options import NETWORK, TABLES
from explorer.ui.server import uploads
from explorer.ui.server.weights_loader import WeightsLoader
from explorer.util.errors import ExplorerError
from explorer.util.registry import names


def build(loader: WeightsLoader) -> None:
    """Declare the endpoints in the current Blocks; nothing of them is drawn."""
    api = Endpoints(loader)
    with gr.Column(visible=False):
        image = gr.File(label="Image: JPEG, PNG, WebP, BMP or TIFF, at most 32 MB")
        method = gr.Radio(names(ESTIMATORS), value=DEFAULT_METHOD, label="Estimator")
        spots = gr.Textbox(label="Spots of skin picked by hand, 'x, y; x, y' in pixels")
        curve = [
            gr.Radio(names(TRANSFORMS), value=DEFAULT_TRANSFORM, label="Transform"),
            gr.Radio(list(SCOPES), value=DEFAULT_SCOPE, label="What melanin acts on"),
            gr.Number(label="Target ITA, degrees"),
        ]
        sensitivity = gr.Number(label="Also at the cut-offs for this sensitivity, 0 to 1")
        tables = [
            gr.Radio(list(SOURCES), value="published", label="Source, without predictions"),
            gr.Textbox(label="Group by: one or two columns, with a comma between"),
            gr.Textbox(label="Metric; all if empty"),
            gr.Textbox(label="Inference rule, for logits"),
            gr.Number(label="Threshold: malignant from this probability"),
            gr.Number(20, precision=0, label="Fewest images in a denominator"),
            gr.Textbox(label="Predictions as CSV text"),
            gr.Textbox(label="Metadata as CSV text"),
            gr.File(label="Predictions CSV"),
            gr.File(label="Metadata CSV"),
            gr.Textbox(label="What columns are, where a guess is wrong: 'target=y_true; score=p'"),
        ]
        found = gr.JSON(label="Result")
        called = gr.Button("Call")
    for function, inputs, limits in (
        (api.analyse_lesion, [image, method, spots, sensitivity], NETWORK),
        (api.estimate_tone, [image, method, spots], NETWORK),
        (api.counterfactual, [image, *curve, method, spots, sensitivity], NETWORK),
        (api.group_report, [*tables, sensitivity], TABLES),
    ):
        called.click(
            function, inputs, found, api_name=function.__name__, api_visibility="public", **limits
        )


def _told(endpoint: Callable) -> Callable:
    """The caller's own mistakes as one sentence; everything else stays in the server's log."""

    @wraps(endpoint)
    def guarded(*args, **options):
        try:
            return endpoint(*args, **options)
        except ExplorerError as error:
            raise gr.Error(" ".join(str(error).split()), print_exception=False) from None

    return guarded


class Endpoints:
    """One instance serves all callers and keeps nothing of any."""

    def __init__(self, loader: WeightsLoader):
        self._loader = loader

    @_told
    def analyse_lesion(
        self,
        image: str,
        method: str = DEFAULT_METHOD,
        spots: str | None = None,
        sensitivity: float | None = None,
    ) -> dict:
        """Read the skin tone around a skin lesion and classify the lesion by every inference rule of
        the published melanoma classifier. Research only, not a medical device. Gives the tone by
        two conventions with 95 % intervals, cautions, the 8 logits, and per rule the probability
        of malignancy, the decision, the range over eight orientations and the weights' name.

        Args:
            image: The lesion; deleted from the server as soon as it is read.
            method: Estimator of skin tone, "published" (the study's) or "robust" (float CIELAB).
            spots: Skin picked by hand, "x, y; x, y" in pixels; feeds the conditional rule.
            sensitivity: Also each rule's decision at its cut-off that finds this share of the
                malignant images of a calibration set, 0.8 for example.
        """  # noqa: E501
        result, classifier = _read(image, method, spots), self._classifier()
        cutoffs = _cutoffs(classifier, sensitivity)
        return analysis_json(
            result.image.name, result, lesion.classify(result, classifier), cutoffs
        )

    @_told
    def estimate_tone(
        self, image: str, method: str = DEFAULT_METHOD, spots: str | None = None
    ) -> dict:
        """Estimate the skin tone around a skin lesion: the individual typology angle (ITA) in
        degrees and the tone group, as published (8-bit arithmetic) and on float CIELAB, each with
        a 95 % interval; the dominant colour, the number of skin pixels, and cautions on what may
        have misled the estimate.

        Args:
            image: The lesion; deleted from the server as soon as it is read.
            method: Estimator of skin tone, "published" (the study's) or "robust" (float CIELAB).
            spots: Skin picked by hand, "x, y; x, y" in pixels, for a tone read there as well.
        """
        result = _read(image, method, spots)
        return estimate_json(result.image.name, result)

    @_told
    def counterfactual(
        self,
        image: str,
        transform: str = DEFAULT_TRANSFORM,
        scope: str = DEFAULT_SCOPE,
        target: float | None = None,
        method: str = DEFAULT_METHOD,
        spots: str | None = None,
        sensitivity: float | None = None,
    ) -> dict:
        """Classify the same skin lesion on other skin: a curve over at least 16 skin tones, or one
        target beside the image as it is. Gives for every version the ITA that was reached, the
        logits, and each rule's probability and decision; and per rule where the decision flips,
        how far the probability moves, and between which tones the decision holds.

        Args:
            image: The lesion; deleted from the server as soon as it is read.
            transform: "melanin" (absorption by melanin) or "published" (the study's skin-former).
            scope: What melanin acts on, "image" or "skin".
            target: ITA in degrees; leave out for the whole curve.
            method: Estimator of skin tone, "published" or "robust".
            spots: Skin picked by hand, "x, y; x, y" in pixels, to start from.
            sensitivity: Also decisions and flips at each rule's cut-off that finds this share of
                the malignant images of a calibration set, 0.8 for example.
        """
        result = _read(image, method, spots)
        if result.chosen is None:
            raise ExplorerError(result.problem)
        targets = None if target is None else [float(target)]
        classifier = self._classifier()
        found = curve(
            result,
            classifier,
            transform=transform,
            scope=scope,
            targets=targets,
            cutoffs=_cutoffs(classifier, sensitivity),
        )
        if targets and targets[0] not in found.targets:
            raise ExplorerError(found.notes[-1])
        return curve_json(found)

    @_told
    def group_report(
        self,
        source: str = "published",
        by: str | None = None,
        metric: str | None = None,
        rule: str | None = None,
        threshold: float | None = None,
        minimum: int = 20,
        predictions_text: str | None = None,
        metadata_text: str | None = None,
        predictions: str | None = None,
        metadata: str | None = None,
        columns: str | None = None,
        sensitivity: float | None = None,
    ) -> dict:
        """Compare a melanoma classifier's metrics across groups: every rate with a 95 % interval
        and its n, every gap with an interval, the gap that chance alone would give, and a p-value.
        For the published model, or for predictions of your own as CSV. A gap is a measured
        difference; alone it proves nothing about its cause.

        Args:
            source: "published", "demo" or "report" (printed figures); unused with predictions.
            by: "published", "cielab", "sex", "age", "site", or any column of yours by its own
                name; or two: "a, b".
            metric: One metric, such as "recall" or "false_positive_rate"; all if left out.
            rule: Inference rule, such as "independent", where there are logits.
            threshold: Malignant from this probability on, where there are probabilities.
            minimum: Rates with a smaller denominator are kept out of comparisons.
            predictions_text: CSV: image_name and prediction, probability or logit_0..logit_7;
                columns of other names are guessed.
            metadata_text: CSV: image_name, target and columns to group by.
            predictions: The same as a file; deleted from the server as soon as it is read.
            metadata: The same as a file; deleted from the server as soon as it is read.
            columns: What a column is, where the guess is wrong: "target=y_true; score=y_prob".
            sensitivity: In place of a threshold: the rule's cut-off that finds this share of the
                malignant images among those that are compared, where there are logits.
        """
        own = _tables(predictions, metadata, predictions_text, metadata_text, columns)
        if own is None and source == "report":
            return report_figures().to_json()
        own = load_source(source) if own is None else own
        keys = own.keys_of(by) if by and by.strip() else own.need_groupings()[:1]
        operating = Operating(rule or None, threshold, sensitivity=sensitivity)
        analysis = analyse_predictions(own, keys, operating, int(minimum))
        return groups_json(analysis, metric or None)

    def _classifier(self):
        for _ in self._loader.wait():
            pass
        return self._loader.classifier


def _cutoffs(classifier, sensitivity: float | None) -> Cutoffs | None:
    """What a caller asks for beside the rules' own cut-offs."""
    if sensitivity is None:
        return None
    return cutoffs_for(classifier.weights, sensitivity=sensitivity)


def _read(image: str | None, method: str, spots: str | None) -> lesion.ToneResult:
    if image is None:
        raise ExplorerError("There is no image: send one, for example with handle_file(path).")
    result = lesion.read_tone(uploads.take(image), method=method)
    if not spots or not spots.strip():
        return result
    return lesion.pick_by_hand(result, parse_points(spots))


def _tables(
    predictions, metadata, predictions_text, metadata_text, columns: str | None
) -> Predictions | None:
    """The caller's own predictions, or None; files are deleted, texts written only to be read."""
    first, second = _content(predictions, predictions_text), _content(metadata, metadata_text)
    if first is None:
        if second is not None:
            raise ExplorerError("Metadata alone says nothing: send predictions as well.")
        return None
    given = [("predictions.csv", first), ("metadata.csv", second)]
    with uploads.as_files(each for each in given if each[1] is not None) as paths:
        chosen = [text for text in (columns or "").split(";") if text.strip()]
        return read_predictions(*paths, columns=parse_columns(chosen))


def _content(upload: str | None, text: str | None) -> bytes | None:
    if upload is not None:
        return uploads.read(upload)
    return text.encode() if text and text.strip() else None
