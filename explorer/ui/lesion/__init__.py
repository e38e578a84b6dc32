"""The Lesion view."""
