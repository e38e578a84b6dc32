"""Lecture mode and the tour."""
