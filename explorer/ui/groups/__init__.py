"""Is it fair? The place that compares groups."""
