"""What ``groups`` prints where no JSON is asked for."""

import textwrap

from explorer.fairness.metrics import METRICS
from explorer.fairness.statement import CLASSES
from explorer.figures.gaps import gaps_table, spreads_table
from explorer.figures.pairs import pairs_table, tests_table
from explorer.figures.planning import plan_table, units_table
from explorer.figures.postprocess import (
    frontier_table,
    post_processing_chart,
    post_processing_notes,
    thresholds_table,
)
from explorer.figures.rates import metrics_table
from explorer.figures.why import why_section

#: Characters in a line of the statement.
WIDTH = 100


def print_analysis(analysis, powers, after, found, images) -> None:
    """What was analysed, and what else was asked for, where it was."""
    for sentence in analysis.decided.predictions.join.sentences:
        print(sentence)
    print_groups(analysis.report, analysis.statement, analysis.metrics)
    print_table(*spreads_table(analysis))
    for power in powers:
        print(power.sentences[0])
    if after is not None:
        print()
        for note in post_processing_notes(after):
            print(note)
        print_table(*post_processing_chart(after).table())
        print_table(*frontier_table(after))
        print_table(*thresholds_table(after))
    if found is not None:
        _section(why_section(found))
    if images is not None:
        print(f"\n{images.title}: {len(images):,} images")
        print_table(*images.table())


def _section(section) -> None:
    for text in (f"\n{section.title}", *section.text):
        print(text)
    tables = [(chart.title, *chart.table()) for chart in section.charts]
    tables += [(each.title, each.headers, each.rows) for each in section.tables]
    for title, headers, rows in tables:
        print(f"\n{title}")
        print_table(headers, rows)


def print_groups(report, statement, metrics=None) -> None:
    """The statement, rates, gaps, tests and pairs of a group report."""
    print(textwrap.fill(statement.text, WIDTH) + "\n")
    print(f"{report.weights}, {report.rule}, by {report.label}\n{report.source}\n")
    headers, rows = metrics_table(report, tuple(metrics or METRICS))
    headers, *rows = map(list, zip(headers, *rows))  # a column per group is narrower
    print_table(headers, rows)
    headers, rows = gaps_table(report)
    print_table(headers[:-1], [row[:-1] for row in rows])
    for row in rows:
        if row[-1]:
            print(f"{row[0]}: {row[-1]}")
    _tests(report)
    print(f"Intervals: {report.interval}")
    for text in report.warnings:
        print(f"note: {text}")


def _tests(report) -> None:
    """The tests over all groups, the named pairs, and what patients change."""
    print_table(*tests_table(report))
    for metric in CLASSES:
        headers, rows = pairs_table(report, metric)
        if rows:
            print(f"Pairs, {METRICS[metric].label.lower()}; p corrected over all pairs (Holm)")
            print_table(headers, rows)
        headers, rows = units_table(report, metric)
        if rows:
            print(f"{METRICS[metric].label}, image by image and by patient")
            print_table(headers, rows)


def print_plan(planned) -> None:
    """How many images or patients would settle it, where that was asked."""
    if planned:
        print(planned.sentence)
        print_table(*plan_table(planned))


def print_table(headers: list[str], rows: list[list[str]]) -> None:
    """Columns as wide as their texts."""
    widths = [max(map(len, column)) for column in zip(headers, *rows)]
    for row in (headers, ["-" * width for width in widths], *rows):
        print("  ".join(f"{cell:{width}s}" for cell, width in zip(row, widths)).rstrip())
    print()
