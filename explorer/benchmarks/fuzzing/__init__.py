"""Seeded bad inputs, one file per kind: what a visitor, a folder or a link could give."""
