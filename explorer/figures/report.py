"""One self-contained HTML report, and the same as JSON.

A report is a list of sections; each has text, charts and tables. Charts are drawn as inline SVG,
so that the file needs no script and no network, stays below a megabyte and prints. Every figure
in the page is in the JSON as well.

    >>> from explorer.fairness.gaps import group_report
    >>> html = write_report("out.html", group_report("published"))  # and out.json

References
----------
Mitchell et al. (2019), "Model cards for model reporting", FAT*: figures by group, with intervals,
beside the data and the model that they hold for.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from markupsafe import Markup

from explorer.charts.svg import SVG_WIDTH, to_svg
from explorer.fairness.analysis import Analysis
from explorer.fairness.gaps import GroupReport
from explorer.fairness.metrics import ALL_METRICS, METRICS
from explorer.fairness.statement import Statement, statement_of
from explorer.figures.sections import Section, group_section, inner_report
from explorer.study import tables
from explorer.util.errors import ExplorerError
from explorer.util.paths import ASSETS
from explorer.util.plain import json_text, plain
from explorer.util.templates import render

STYLE = ASSETS / "report" / "report.css"
#: Width of a chart that stands beside another, px.
NARROW = 430


@dataclass(frozen=True)
class Meta:
    """What a report is about.

    Attributes
    ----------
    title, source, weights, rule : str
    threshold : str
        The operating point in words.
    data_sha256 : str
        Hash of the data that the figures rest on; empty if there is none.
    data : str
        What was hashed.
    created : str
        ISO date; empty: today.
    notes : tuple of str
        Shown with the warnings.
    """

    title: str = "Group fairness report"
    source: str = ""
    weights: str = ""
    rule: str = ""
    threshold: str = "the rule's own decision"
    data_sha256: str = ""
    data: str = ""
    created: str = ""
    notes: tuple[str, ...] = ()


def write_report(
    path: str | Path | None,
    reports: GroupReport | Analysis | Iterable,
    sections: Sequence[Section] = (),
    meta: Meta | None = None,
) -> str:
    """Write a report as HTML and, beside it, as JSON.

    Parameters
    ----------
    path : str, Path or None
        ``out.html``; the JSON goes to ``out.json``. None writes nothing.
    reports : GroupReport or Analysis, or several
        A section each.
    sections : sequence of Section
        Further ones, see :mod:`explorer.figures.sections`.
    meta : Meta, optional
        By default that of the first report, with today's date.

    Returns
    -------
    str
        The HTML.

    Raises
    ------
    ExplorerError
        If there is no report, or the file cannot be written.
    """
    reports = _several(reports)
    meta = meta or default_meta(reports[0])
    html = render(
        "report/page.html",
        meta=meta,
        facts=(
            ("Date", _created(meta)),
            ("Source", meta.source),
            ("Weights", meta.weights),
            ("Inference rule", meta.rule),
            ("Threshold", meta.threshold),
            ("Data, SHA-256", meta.data_sha256 and f"{meta.data_sha256} ({meta.data})"),
        ),
        statements=list(map(_statement, reports)),
        warnings=_warnings(reports, meta),
        sections=[*map(group_section, reports), *sections],
        method=_method(reports),
        style=Markup(STYLE.read_text(encoding="utf-8")),
        svg=lambda chart, narrow: to_svg(chart, NARROW if narrow else SVG_WIDTH),
    )
    if path is not None:
        path = Path(path)
        twin = json_text(report_json(reports, sections, meta))
        try:
            path.write_text(html, encoding="utf-8")
            path.with_suffix(".json").write_text(twin + "\n", encoding="utf-8")
        except OSError as error:
            raise ExplorerError(f"cannot write the report to {path}: {error.strerror}") from error
    return str(html)


def report_json(
    reports: GroupReport | Analysis | Iterable,
    sections: Sequence[Section] = (),
    meta: Meta | None = None,
) -> dict:
    """The report as plain dictionaries, lists, texts and numbers.

    Keys: title, created, source, weights, rule, threshold, data, data_sha256, statements (one per
    report, see :class:`explorer.fairness.statement.Statement`), warnings, method, groups (a list,
    each as ``groups --json`` gives it), sections (title, text, charts, tables, data, parts).
    """
    reports = _several(reports)
    meta = meta or default_meta(reports[0])
    facts = plain(meta)
    del facts["notes"]
    return facts | plain(
        {
            "created": _created(meta),
            "statements": [_statement(report).to_json() for report in reports],
            "warnings": _warnings(reports, meta),
            "method": _method(reports),
            "groups": [report.to_json() for report in reports],
            "sections": list(map(_section_json, sections)),
        }
    )


def default_meta(report: GroupReport | Analysis) -> Meta:
    """Title, source and data hash of a report."""
    inner = inner_report(report)
    if inner is not report:
        predictions = report.decided.predictions
        digest, data = (
            predictions.sha256,
            (f"image names, labels, predictions and groups of {len(predictions):,} images"),
        )
        title = f"Group fairness of {predictions.name}"
        operating = report.decided.operating
        limits = [f"{group}: {value:g}" for group, value in operating.by_group.items()]
        if operating.threshold is not None:
            limits.insert(0, f"{operating.threshold:g} on the probability")
        if report.decided.cutoffs is not None:
            limits.insert(0, report.decided.cutoffs.text(operating.key))
        threshold = "; ".join(limits) or Meta.threshold
    elif report.source == tables.SOURCES["validation_counts"]:
        name = "validation_counts"
        digest = hashlib.sha256((tables.FOLDER / f"{name}.csv").read_bytes()).hexdigest()
        data, title = f"assets/published/{name}.csv", "Group fairness of the published model"
        threshold = Meta.threshold
    else:
        digest, data, title, threshold = "", "", Meta.title, Meta.threshold
    return Meta(title, inner.source, inner.weights, inner.rule, threshold, digest, data)


def _several(reports) -> list:
    reports = list(reports) if isinstance(reports, (list, tuple)) else [reports]
    if not reports:
        raise ExplorerError("a report needs at least one group report: none was given")
    return reports


def _statement(report: GroupReport | Analysis) -> Statement:
    return report.statement if isinstance(report, Analysis) else statement_of(report)


def _created(meta: Meta) -> str:
    return meta.created or date.today().isoformat()


def _warnings(reports: list, meta: Meta) -> list[str]:
    texts = [text for report in reports for text in inner_report(report).warnings]
    texts += [
        text
        for report in reports
        if inner_report(report) is not report
        for text in report.decided.predictions.join.sentences
    ]
    return list(dict.fromkeys([*meta.notes, *texts]))


def _method(reports: list) -> list[str]:
    used = dict.fromkeys(m for report in reports for m in getattr(report, "metrics", METRICS))
    rates = "; ".join(f"{ALL_METRICS[m].label.lower()}: {ALL_METRICS[m].definition}" for m in used)
    return list(dict.fromkeys(inner_report(report).interval for report in reports)) + [
        f"Malignant is the positive class. {rates[0].upper()}{rates[1:]}.",
        "A gap is the largest minus the smallest group rate. The equalized odds difference is the "
        "larger of the recall and the false positive rate gap. A gap is positive even if all "
        "groups are treated alike, so each stands beside what chance alone gives. Whether rates "
        "differ is told by one test over all groups, corrected for the rates tested.",
    ]


def _section_json(section: Section) -> dict:
    return {
        "title": section.title,
        "text": section.text,
        "status": section.status,
        "charts": [
            {"alt": chart.alt_text, "title": chart.title}
            | dict(zip(("headers", "rows"), chart.table()))
            for chart in section.charts
        ],
        "tables": section.tables,
        "data": section.data,
        "parts": list(map(_section_json, section.parts)),
    }
