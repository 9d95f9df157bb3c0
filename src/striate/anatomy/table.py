"""A table as Markdown, LaTeX, CSV and HTML, and the table of a network's layers."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from striate.anatomy.layer import Layer
from striate.anatomy.symbols import as_latex, escaped
from striate.data.wording import one_line
from striate.files.csv_cells import csv_text
from striate.files.html_table import html_table

Cell = str | int


class Table(NamedTuple):
    """Rows under a head; numbers stand to the right.

    Attributes:
        title: what it shows.
        head: a word a column.
        rows: texts and whole numbers, as many as columns.
        totals: of a last row; empty for none.
        note: what stands below.
    """

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    totals: tuple[Cell, ...] = ()
    note: str = ""

    def csv(self) -> str:
        """Rows for a spreadsheet, numbers without separators, no totals."""
        return csv_text([self.head, *(tuple(map(str, row)) for row in self.rows)])

    def markdown(self) -> str:
        """A table as GitHub and Jupyter read it."""

        def cell(value: Cell) -> str:
            text = _shown(value)
            for sign in "\\|*_<`$":
                text = text.replace(sign, f"\\{sign}")
            return text

        rules = ["---:" if right else "---" for right in self._right()]
        lines = [f"**{cell(self.title)}**", "", _row(self.head, cell), f"| {' | '.join(rules)} |"]
        lines += [_row(row, cell) for row in self._body()]
        return "\n".join([*lines, *(["", cell(self.note)] if self.note else [])]) + "\n"

    def latex(self) -> str:
        r"""A `longtable` that needs the packages booktabs and longtable."""

        def cell(value: Cell) -> str:
            return f"{value:,}".replace(",", r"\,") if isinstance(value, int) else as_latex(one_line(value))

        right = self._right()
        columns = "".join("r" if one else "l" for one in right)
        if not any(right):  # sentences in the last column
            columns = columns[:-1] + r"p{0.45\linewidth}"
        end = r" \\"
        lines = [
            r"% needs \usepackage{booktabs,longtable}",
            rf"\begin{{longtable}}{{{columns}}}",
            rf"\caption{{{escaped(one_line(self.title))}}}" + end,
            r"\toprule",
            " & ".join(map(escaped, self.head)) + end,
            r"\midrule",
            r"\endhead",
            *(" & ".join(map(cell, row)) + end for row in self.rows),
        ]
        if self.totals:
            lines += [r"\midrule", " & ".join(map(cell, self.totals)) + end]
        lines += [r"\bottomrule", r"\end{longtable}"]
        return "\n".join([*lines, *([escaped(one_line(self.note))] if self.note else [])]) + "\n"

    def html(self) -> str:
        """A piece of a page; every text is escaped."""
        return html_table(self.title, self.head, self.rows, self.totals, self.note)

    def _body(self) -> list[tuple[Cell, ...]]:
        return [*self.rows, self.totals] if self.totals else list(self.rows)

    def _right(self) -> list[bool]:
        """For each column whether its first cell is a number."""
        first = self.rows[0] if self.rows else self.head
        return [isinstance(cell, int) for cell in first]


def layer_table(
    model: str, size: tuple[int, ...], layers: Sequence[Layer], parameters: int, multiply_adds: int
) -> Table:
    """One row a layer, and the network's totals."""
    head = ("layer", "kind", "output", "parameters", "multiply-adds", "bytes", "receptive field")
    rows = [
        (
            layer.name,
            layer.kind,
            _shape(layer.output),
            layer.parameters,
            layer.multiply_adds,
            layer.bytes,
            field_text(layer),
        )
        for layer in layers
    ]
    totals = ("total", "", "", parameters, multiply_adds, sum(layer.bytes for layer in layers), "")
    return Table(f"{model}, one picture of {_shape(size)}", head, rows, totals)


def field_text(layer: Layer) -> str:
    """`11x11`, `all` for the whole picture, `?` where it is not known."""
    if layer.receptive_field is None:
        return "?"
    return "all" if layer.whole_picture else _shape(layer.receptive_field)


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _shown(value: Cell) -> str:
    return f"{value:,}" if isinstance(value, int) else one_line(value)


def _row(cells: Sequence[Cell], shown: Callable[[Cell], str]) -> str:
    return f"| {' | '.join(map(shown, cells))} |"
