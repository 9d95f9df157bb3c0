"""Tables for notebooks, as pieces of HTML: every text is escaped, and nothing in them runs or loads."""

from collections.abc import Mapping, Sequence
from html import escape

Value = str | int | float
NBSP = "\u00a0"  # between a number and its unit; Python does not call it printable
CAPTION = "text-align:left;font-weight:600;white-space:nowrap"


def html_table(
    title: str,
    head: Sequence[str],
    rows: Sequence[Sequence[Value]],
    totals: Sequence[Value] = (),
    note: str = "",
) -> str:
    """Rows under a head; a column whose first cell is a number stands to the right.

    Args:
        totals: a last row that stands out; empty for none.
        note: what stands below.
    """
    first = rows[0] if rows else head
    sides = ["right" if isinstance(cell, (int, float)) else "left" for cell in first]

    def line(cells: Sequence[Value], tag: str) -> str:
        inner = (
            f'<{tag} style="text-align:{side}">{_text(cell)}</{tag}>'
            for cell, side in zip(cells, sides, strict=True)
        )
        return f"<tr>{''.join(inner)}</tr>"

    top = f"<thead>{line(head, 'th')}</thead>" if any(head) else ""
    body = "".join(line(row, "td") for row in rows)
    foot = f"<tfoot>{line(totals, 'th')}</tfoot>" if totals else ""
    below = f"<p>{_text(note)}</p>" if note else ""
    caption = f'<caption style="{CAPTION}">{_text(title)}</caption>'
    return f"<table>{caption}{top}<tbody>{body}</tbody>{foot}</table>{below}"


def html_facts(title: str, facts: Mapping[str, Value]) -> str:
    """What is known of one thing: a row a fact."""
    return html_table(title, ("", ""), [(name, _shown(value)) for name, value in facts.items()])


def text_facts(title: str, facts: Mapping[str, Value]) -> str:
    """The same for a terminal: the title, and a line a fact."""
    wide = max(map(len, facts), default=0)
    return "\n".join([title, *(f"{name:<{wide}}  {_shown(value)}" for name, value in facts.items())])


def _shown(value: Value) -> str:
    text = value if isinstance(value, str) else f"{value:,}"
    return "".join(sign if sign.isprintable() or sign == NBSP else "\ufffd" for sign in text)


def _text(value: Value) -> str:
    return escape(_shown(value))
