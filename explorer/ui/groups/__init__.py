"""The Groups view."""
