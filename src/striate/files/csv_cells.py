"""CSV cells that no spreadsheet runs: every CSV that Striate writes goes through here.

A text that begins with = + - @, a tab or a line break may be a formula to a spreadsheet, and a stranger may
have chosen it as the name of a picture. It gets an apostrophe before it. A text that has apostrophes before
such a sign already gets one more, so that reading undoes exactly what writing did. Numbers stay: they run
nothing.

Source: OWASP, "CSV Injection".
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Literal

Quoting = Literal[0, 1, 2]

_RUNS = re.compile(r"'*[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)


def guarded(text: str) -> str:
    """A text as a cell that is shown and not run."""
    return f"'{text}" if _RUNS.match(text) and not _NUMBER.fullmatch(text) else text


def unguarded(cell: str) -> str:
    """The text that `guarded` made a cell of."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell) else cell


class GuardedWriter:
    """Writes rows as CSV with \\n at their ends; texts are guarded, numbers are not."""

    def __init__(self, file: io.TextIOBase, quoting: Quoting = csv.QUOTE_MINIMAL) -> None:
        self._table = csv.writer(file, lineterminator="\n", quoting=quoting)

    def row(self, cells: Iterable[str | float | int]) -> None:
        """One line."""
        self._table.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in cells])


def csv_text(rows: Sequence[Sequence[str | float | int]], quoting: Quoting = csv.QUOTE_MINIMAL) -> str:
    """Rows as one text."""
    text = io.StringIO()
    writer = GuardedWriter(text, quoting)
    for row in rows:
        writer.row(row)
    return text.getvalue()
