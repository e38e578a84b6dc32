"""The small plot of an audit card."""

from explorer.charts import chart


def audit_plot(card, dark: bool = False):
    """A card's chart in the house style.

    Parameters
    ----------
    card : explorer.audit.AuditCard
    dark : bool
        For a dark page.

    Returns
    -------
    plotly.graph_objects.Figure
        Its table twin is ``card.table``, its alt text ``card.alt_text``.
    """
    return chart.draw(card.chart, dark)
