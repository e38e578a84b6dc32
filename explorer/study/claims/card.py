"""What an audit card holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from explorer.charts import chart
from explorer.charts.chart import Chart

#: What a verdict comes to, in a word or two.
STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "reproduced": "Reproduced",
        "qualified": "Reproduced, with a qualification",
        "differs": "Comes out differently here",
        "open": "Cannot be settled with the published data",
    }
)


@dataclass(frozen=True)
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
    source : str
        Where the claim and the published figure come from.
    chart : Chart
        The small plot as data.
    table : (headers, rows)
        The plot's twin, with whatever else belongs beside it; all text.
    values : mapping of str to float
        The recomputed figures as numbers.
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
    source: str
    chart: Chart
    table: tuple[list[str], list[list[str]]]
    values: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def plot(self, dark: bool = False):
        """The small plot as a Plotly figure, see :func:`explorer.study.claims.card.audit_plot`."""

        return audit_plot(self, dark)

    @property
    def alt_text(self) -> str:
        """What the plot shows, in words."""
        return self.chart.alt_text

    def to_json(self) -> dict:
        """Plain dictionaries, lists, texts and numbers."""
        names = (
            "key",
            "title",
            "claim",
            "published_figure",
            "recomputed_figure",
            "path",
            "status",
            "verdict",
            "uncertainty",
            "source",
        )
        headers, rows = self.table
        return {
            **{name: getattr(self, name) for name in names},
            "values": dict(self.values),
            "table": {"headers": headers, "rows": rows},
        }


# Words that the cards share

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


def audit_plot(card, dark: bool = False):
    """A card's chart in the house style.

    Parameters
    ----------
    card : explorer.study.claims.AuditCard
    dark : bool
        For a dark page.

    Returns
    -------
    plotly.graph_objects.Figure
        Its table twin is ``card.table``, its alt text ``card.alt_text``.
    """
    return chart.draw(card.chart, dark)
