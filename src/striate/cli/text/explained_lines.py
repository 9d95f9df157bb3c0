"""How explanations look to a person: a line a picture, then what was written."""

from typing import Any

from striate.data.wording import one_line
from striate.explaining.explanation import two_figures

FIGURES = ("completeness", "similarity")


def explained_line(told: dict[str, Any]) -> str:
    """What `explain --json` prints, for people."""
    if "line" in told:
        return "\n".join([one_line(told["line"]), *(f"  {one_line(name)}" for name in told["files"])])
    file = one_line(str(told.get("file", "")))
    if "error" in told:
        return f"{file}  error: {one_line(told['error'])}"
    classes = told.get("classes") or [told]
    runs = len({one["run"] for one in classes}) > 1
    lines = [f"{file}  {one_line(one['run']) + ': ' if runs else ''}{_class(one)}" for one in classes]
    return "\n".join([*lines, *(f"  {one_line(name)}" for name in told["files"])])


def _class(one: dict[str, Any]) -> str:
    against = f" rather than {one_line(one['against'])}" if "against" in one else ""
    where = f" at {one_line(one['layer'])}" if one["layer"] else ""
    box = "nothing is hot" if one["box"] is None else "hot in {},{} to {},{}".format(*one["box"])
    said = two_figures(one["probability"], one.get("probability_in_torch"))
    figures = f"{said}, score {one['score']:.2f}"
    figures += "".join(f", {name} {one[name]:.2f}" for name in FIGURES if one.get(name) is not None)
    return f"{one_line(one['class'])}{against}  {figures}  {one['method']}{where}, {box}"
