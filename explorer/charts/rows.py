"""An empty figure of rows with their text above: no left margin, so that it fits a phone."""

from explorer.charts import theme

LINE = 18  # px, one line of label text
BAR = 22  # px, a bar
ROW_SPACE = 20  # px between a bar and the next row's label


def labelled_rows(labels: list[list[str]], dark: bool, caption: str) -> tuple:
    """A figure with a text block above each of its rows, and the pixels per row.

    Parameters
    ----------
    labels : list of list of str
        Lines of each row.
    dark : bool
    caption : str
        Above all rows.

    Returns
    -------
    figure : plotly.graph_objects.Figure
        Row i has its bar centred at y = i; y points down.
    scale : float
        A length in pixels divided by it is a length in y.
    """
    lines = max(len(label) for label in labels)
    scale = lines * LINE + BAR + ROW_SPACE
    above = (lines * LINE + BAR / 2 + ROW_SPACE / 2) / scale
    head = LINE * 2.5
    height = round(len(labels) * scale + head + 100)
    drawing = theme.figure(height, dark)
    drawing.update_yaxes(
        range=[len(labels) - above, -above - head / scale], visible=False, showgrid=False
    )
    drawing.update_xaxes(rangemode="tozero", showgrid=True)
    anchors = [
        (row - (BAR / 2 + 3) / scale, "<br>".join(label), "bottom")
        for row, label in enumerate(labels)
    ]
    for y, text, side in [*anchors, (-above - head / scale, caption, "top")]:
        theme.write(drawing, text, y, "y", yanchor=side)
    return drawing, scale
