"""Small multiples: square-scaled panels, two in a row, a group each, on a page of 390 px."""

from collections.abc import Iterable, Sequence

from explorer.charts import theme

PANEL = 185  # px, height of a panel
HEAD = 58  # px above a panel, for its three lines of text
TICKS = 46  # px below a panel, for its axis and some air above the next text
FOOT = 106  # px below the last row, for the axis titles and the key
COLUMNS = 2
MOST_PANELS = 12


def largest(groups: Sequence) -> list:
    """The :data:`MOST_PANELS` groups with most images, in their own order."""
    kept = sorted(groups, key=lambda g: -g.count)[:MOST_PANELS]
    return [g for g in groups if any(g is k for k in kept)]


def shortened(name: str) -> str:
    """A name that fits half a page of 390 px."""
    return name if len(name) <= 22 else f"{name[:21]}…"


def panels(
    labels: Sequence[str],
    traces: Iterable[Iterable],
    titles: tuple[str, str],
    key: str,
    dark: bool = False,
    span: str = ", 0 to 1",
):
    """A figure of panels with both axes from 0 to 1, unless they are changed afterwards.

    Parameters
    ----------
    labels : sequence of str
        The three lines above each panel, HTML of Plotly.
    traces : iterable of iterables of plotly traces
        What each panel shows.
    titles : (str, str)
        What runs across and up.
    key : str
        What the marks mean, below all panels.
    dark : bool
    span : str
        What the titles say of the axes' ends.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    rows = -(-len(labels) // COLUMNS)
    height = rows * (PANEL + HEAD + 24) + FOOT
    drawing = theme.figure(height, dark)
    drawing.set_subplots(
        rows,
        COLUMNS,
        horizontal_spacing=0.1,
        vertical_spacing=(HEAD + TICKS) / height if rows > 1 else 0,
    )
    drawing.update_layout(margin={"t": HEAD, "b": FOOT, "l": 34, "r": 10})
    axis = {
        "range": [-0.02, 1.02],
        "tickvals": [0, 0.5, 1],
        "ticktext": ["0", "0.5", "1"],
        "fixedrange": True,
        "gridcolor": theme.GRID,
        "zeroline": False,
        "linecolor": theme.GRID,
    }
    drawing.update_xaxes(**axis)
    drawing.update_yaxes(**axis)
    for index, label in enumerate(labels):
        number = "" if index == 0 else str(index + 1)
        x = drawing.layout[f"xaxis{number}"].domain[0]
        y = drawing.layout[f"yaxis{number}"].domain[1]
        font = {"size": theme.FONT_SIZE - 2}
        # from the left end of the axis' own texts, where a phone has room for it
        theme.write(drawing, label, y, x=x, xshift=-26, yshift=6, yanchor="bottom", font=font)
    cells = [{"row": i // COLUMNS + 1, "col": i % COLUMNS + 1} for i in range(rows * COLUMNS)]
    for empty in cells[len(labels) :]:
        drawing.update_xaxes(visible=False, **empty)
        drawing.update_yaxes(visible=False, **empty)
    theme.write(
        drawing,
        f"across: {titles[0]}{span}<br>up: {titles[1]}{span}<br>{key}",
        0,
        yanchor="top",
        yshift=-28,
        borderpad=1,
    )
    for cell, shown in zip(cells, traces):
        for trace in shown:
            drawing.add_trace(trace, **cell)
    return drawing
