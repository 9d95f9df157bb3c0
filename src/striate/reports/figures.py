"""The page of figures that one explanation made: activations, filters, curves, a map of pictures."""

from typing import Any

from striate.reports.page import render


def figures_html(values: dict[str, Any]) -> str:
    """The page as a text.

    Args:
        values: `method`, `title`, `line`, and `figures`, each with `name` and `uri`.
    """
    return render("figures.html.j2", values, extra_style="figures.css")
