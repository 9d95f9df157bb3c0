"""`striate models`."""

import re
from typing import Annotated, Any

import typer

from striate.cli.shared_flags import Json
from striate.cli.terminal.say import print_json, say
from striate.errors import StriateError

ORDERS = {  # fields of a row, the first decides
    "year": ("year", "parameters"),
    "parameters": ("parameters",),
    "multiply-adds": ("multiply_adds",),
}


def models(
    text: Annotated[
        str | None, typer.Argument(help="Only networks with this text in name, paper or results.")
    ] = None,
    task: Annotated[str | None, typer.Option(help="Only networks for this task, such as classify.")] = None,
    year: Annotated[
        str | None,
        typer.Option(metavar="YEAR", help="Only those of a year, or of years: 2015, 2012-2015, -2014."),
    ] = None,
    max_parameters: Annotated[
        str | None, typer.Option(metavar="N", help="Only those with at most so many: 500000, 500k, 5M.")
    ] = None,
    weights: Annotated[bool, typer.Option("--weights", help="Only those with pretrained weights.")] = False,
    sort: Annotated[
        str, typer.Option(metavar="WHAT", help="Order by year, parameters or multiply-adds.")
    ] = "year",
    json: Json = False,
) -> None:
    """List the networks and their figures, by year and size.

    \b
    striate models
    striate models inception --year 2014-2016
    striate models --sort multiply-adds
    striate models --max-parameters 5M --weights --json
    """
    from striate.models.catalog import MODELS, list_models

    first, last = _years(year)
    most = None if max_parameters is None else _count(max_parameters)
    chosen = {
        name: entry
        for name in list_models(task)
        if (entry := MODELS[name])
        and first <= entry.year <= last
        and (most is None or entry.parameters <= most)
        and (entry.weights or not weights)
        and (text is None or text.lower() in f"{name} {entry.paper} {entry.published}".lower())
    }
    if sort not in ORDERS:
        raise StriateError(f"--sort {sort} is not known; give {', '.join(ORDERS)}.")
    fields = ORDERS[sort]
    order = sorted(chosen, key=lambda name: (*(getattr(chosen[name], field) for field in fields), name))
    if json:
        print_json([_row(name, chosen[name]) for name in order])
        return
    if not order:
        say("no network fits; `striate models` lists them all")
        return
    wide = max(len(name) for name in order)
    head = f"{'name':<{wide}} {'year':<5} {'parameters':>12} {'multiply-adds':>15}  {'input':<11} weights"
    say(head)
    for name in order:
        entry = chosen[name]
        size = "x".join(str(side) for side in entry.input)
        say(
            f"{name:<{wide}} {entry.year:<5} {entry.parameters:>12,} {entry.multiply_adds:>15,}  {size:<11} "
            f"{', '.join(entry.weights) or '-'}"
        )
    say(f"{len(order)} of {len(MODELS)}; papers and results: --json, layers: striate inspect NAME")


def _row(name: str, entry: Any) -> dict[str, Any]:
    return {
        "name": name,
        "task": entry.task,
        "year": entry.year,
        "parameters": entry.parameters,
        "multiply_adds": entry.multiply_adds,
        "input": list(entry.input),
        "weights": list(entry.weights),
        "published": entry.published,
        "paper": entry.paper,
    }


def _years(text: str | None) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{4})?(-)?(\d{4})?", text or "-")
    if not found or not any(found.groups()) or (found[1] and found[3] and not found[2]):
        raise StriateError(f"--year {text} is no year; give one such as 2015, or some such as 2012-2015.")
    first = int(found[1] or 0)
    return first, int(found[3] or (9999 if found[2] else first))


def _count(text: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([kKmM]?)", text.replace(",", "").replace("_", ""))
    if not found:
        raise StriateError(f"--max-parameters {text} is no number; give one such as 500000, 500k or 5M.")
    return int(float(found[1]) * {"": 1, "k": 10**3, "m": 10**6}[found[2].lower()])
