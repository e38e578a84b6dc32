"""Explore: one lesion, its instrument and its steps."""
