"""Which weights, from where, read safely, run."""
