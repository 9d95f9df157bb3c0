"""The page of `striate inspect --html`: the network drawn to scale, with the arithmetic of every layer."""

from typing import Any

from markupsafe import Markup

from striate.reports.page import render
from striate.runs.finite_json import json_text


def inspect_html(values: dict[str, Any]) -> str:
    """The page as a text; the same network gives the same bytes.

    Args:
        values: what `striate.anatomy.blocks.page_values` makes of a network.
    """
    network = Markup(_as_json({"blocks": values["blocks"]}))
    shown = {**values, "network": network}
    return render("inspect.html.j2", shown, script="inspect.js", extra_style="inspect.css")


def _as_json(value: Any) -> str:
    """JSON inside a script element: nothing in it can end the element."""
    text = json_text(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
