"""The evaluations of a run as a person reads them: a table, and what moved by more than chance."""

from collections.abc import Sequence

from striate.data.wording import one_line
from striate.reports.evaluations import EvaluationRow, changes_of
from striate.reports.moved import moved_sentence
from striate.reports.words import NBSP, date, percent_range

MOVED = "*"  # behind a value that moved by more than chance


def evaluation_lines(rows: Sequence[EvaluationRow]) -> list[str]:
    """A heading, a line an evaluation, and a sentence for every change that is more than chance."""
    names = list(rows[0].cells)
    table = [("date", "data", "pictures", "95 % interval", *names)]
    for row in rows:
        interval = percent_range(*row.right[1]) if row.right else "-"
        cells = [f"{cell.text or '-'}{MOVED if cell.beyond else ''}" for cell in row.cells.values()]
        texts = (date(row.date), row.data, f"{row.pictures:,}", interval, *cells)
        table.append(tuple(one_line(text.replace(NBSP, " ")) for text in texts))
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    lines = []
    for line in table:
        left = [text.ljust(width) for text, width in zip(line[:2], widths[:2], strict=True)]
        right = [text.rjust(width) for text, width in zip(line[2:], widths[2:], strict=True)]
        lines.append("  ".join([*left, *right]).rstrip())
    said = [
        f"{MOVED} {one_line(row.data)}, {date(row.date)}: {moved_sentence(change, since)}"
        for row in rows
        for change, since in changes_of(rows, row)
        if change.beyond_chance
    ]
    return [*lines, "", *(said or ["No change is more than chance."])]
