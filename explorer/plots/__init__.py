"""Plotly figures: pure functions from result objects to figures, table twins and alt texts."""
