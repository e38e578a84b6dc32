"""A chart as data, its SVG, and the colours of both themes."""
