"""Cells of CSV files that people open in a spreadsheet, which runs some texts as formulas.

A text that begins with ``=``, ``@``, a tab or a sign, and is no number or range of numbers, gets an
apostrophe in front: spreadsheets then show it as it is [1]_. The explorer's own readers take the
apostrophe off again.

References
----------
.. [1] OWASP, "CSV Injection", https://owasp.org/www-community/attacks/CSV_Injection
"""

import re

from explorer.util import lazy

pa = lazy.load("pyarrow")
pc = lazy.load("pyarrow.compute")

#: What is run; behind a sign nothing but what numbers and ranges of them are written with is safe.
#: RE2 as well, which has no look-ahead.
RUN = r"^[=@\t\r]|^[+-](.|\n)*[^0-9 .,:;%eEto±–−()+-]|^[+-](.*[^eE])?[+=*/|@-]"
_RUN = re.compile(RUN)
#: Such a text with its apostrophe.
ESCAPED = r"^'(?=[=@\t\r+-])"


def safe_cell(cell):
    """A cell for a CSV file; what is not a text stays as it is."""
    return f"'{cell}" if isinstance(cell, str) and _RUN.search(cell) else cell


def plain_cell(cell: str) -> str:
    """The text that :func:`safe_cell` was given."""
    return re.sub(ESCAPED, "", cell)


def safe_table(table):
    """The same for the texts and the names of a ``pyarrow.Table``."""
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            column = table.column(place)
            run = pc.match_substring_regex(column, RUN)
            escaped = pc.binary_join_element_wise(pa.scalar("'", field.type), column, "")
            table = table.set_column(place, field, pc.if_else(run, escaped, column))
    return table.rename_columns(list(map(safe_cell, table.column_names)))
