"""What an audit card holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from explorer.charts.chart import Chart
from explorer.study import tables
from explorer.util.plain import plain

#: What a verdict comes to, in a word or two.
STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "reproduced": "Reproduced",
        "qualified": "Reproduced, with a qualification",
        "differs": "Comes out differently here",
        "open": "Cannot be settled with the published data",
    }
)


@dataclass(frozen=True, kw_only=True)
class AuditCard:
    """One claim and what became of it.

    Attributes
    ----------
    key : str
        Stable name, for links and JSON.
    title, claim : str
        A few words, and the claim in a sentence (paraphrased).
    published_figure, recomputed_figure : str
        As text, with n and interval where there is one.
    path : str
        Functions and data that give the recomputed figure.
    status : str
        Key of :data:`STATUSES`.
    verdict, uncertainty : str
        A few sentences each.
    would_change : str
        What would change the verdict, in a sentence.
    source : str
        Where the claim and the published figure come from.
    values : mapping of str to float
        The recomputed figures as numbers.
    table : (headers, rows)
        The plot's twin, with whatever else belongs beside it; all text.
    chart : Chart
        The small plot as data.
    """

    key: str
    title: str
    claim: str
    published_figure: str
    recomputed_figure: str
    path: str
    status: str
    verdict: str
    uncertainty: str
    would_change: str
    source: str
    values: Mapping[str, float]
    table: tuple[list[str], list[list[str]]]
    chart: Chart

    @property
    def command(self) -> str:
        """What makes the card again in a terminal."""
        return f"python -m explorer claims {self.key}"

    @property
    def alt_text(self) -> str:
        """What the plot shows, in words."""
        return self.chart.alt_text

    @property
    def label(self) -> dict:
        """What stands beside the plot in a file (:meth:`explorer.charts.label.Label.to_meta`)."""
        title = self.chart.title
        source = f"{self.source.rstrip('.')}. Recomputed by {self.path}"
        known = {"origin": "the study checked", "source": source, "name": self.key}
        label = replace(self.chart, **known).label
        headers, rows = self.table
        return replace(label, caption=title, headers=headers, rows=rows).to_meta()


def card_json(card: AuditCard) -> dict:
    """The card without its drawing, whose figures are in its table, {headers, rows}."""
    told = {key: value for key, value in plain(card).items() if key != "chart"}
    return told | {"table": dict(zip(("headers", "rows"), card.table))}


# What the cards share

COUNTS = "assets/published/validation_counts.csv"
ROWS = "assets/published/validation_rows.csv"
REPORT_TABLE = "The study's report, table of 24 experiments (assets/published/experiments.csv)"
GROUP_TABLES = "the study's report, tables per tone group (assets/published/group_metrics.csv)"
BOTH = MappingProxyType({"measured": "recomputed here, with 95 % interval", "quoted": "published"})

NULL = (
    "The null band shuffles group labels within each class (20,000 times): what a gap would "
    "be if, given the label, a call had nothing to do with the group."
)


def p_words(p_value: float) -> str:
    """``p = 0.17`` or, below 0.001, ``p = 2e-14``."""
    if p_value < 0.0001:
        return f"p = {p_value:.0e}".replace("e-0", "e-")
    return f"p = {p_value:.2g}"


def listed(values, digits: int = 2, unit: str = "") -> str:
    """``0.68, 0.77, 0.36 and 0.53``."""
    *head, last = (f"{value:.{digits}f}" for value in values)
    return f"{', '.join(head)} and {last}{unit}"


def named(function: Callable) -> str:
    """Where a function stands, ``explorer.study.counts.group_report``: it moves with it."""
    return f"{function.__module__}.{function.__qualname__}"


def gap_text(gap) -> str:
    """``0.146 [0.077, 0.203]`` of anything with ``value``, ``low`` and ``high``."""
    return f"{gap.value:.3f} [{gap.low:.3f}, {gap.high:.3f}]"


def submitted() -> dict:
    """The report's row of the submitted model."""
    rows = tables.load("experiments").rows()
    return next(row for row in rows if row["experiment"] == tables.SUBMITTED_EXPERIMENT)
