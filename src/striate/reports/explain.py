"""The page of `striate explain` about several pictures: each one, and beside it the heat of its classes."""

from typing import Any

from striate.reports.page import render


def explain_html(values: dict[str, Any]) -> str:
    """The page as a text.

    Args:
        values: `pictures`, each with `file`, `truth`, `plain` (a data URI) and `classes`, which have what
            `explain --json` prints of a class, and `uri`; and `count`, how many there are in all.
    """
    first = values["pictures"][0]["classes"][0]
    runs = list(dict.fromkeys(one["run"] for picture in values["pictures"] for one in picture["classes"]))
    return render("explain.html.j2", {**values, "first": first, "runs": runs}, extra_style="explain.css")
