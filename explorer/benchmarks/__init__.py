"""Measurements that the README reports: ``python -m explorer.benchmarks.NAME``."""
