"""Measurements behind ``assets/docs/figures.md``: ``python -m explorer.benchmarks.NAME``."""
