"""Whose predictions: files read, joined with what is known of each image, and grouped."""
