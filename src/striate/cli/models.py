"""`striate models`."""

from typing import Annotated

import typer

from striate.cli.train import Json


def models(
    task: Annotated[str | None, typer.Option(help="Only networks for this task, such as classify.")] = None,
    json: Json = False,
) -> None:
    """List the networks and their figures.

    \b
    striate models
    striate models --task classify --json
    """
    from striate.cli.show import print_json
    from striate.models.catalog import MODELS, list_models

    chosen = {name: MODELS[name] for name in list_models(task)}
    if json:
        print_json(
            [
                {
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
                for name, entry in chosen.items()
            ]
        )
        return
    print(
        f"{'name':<24} {'year':<5} {'parameters':>12} {'multiply-adds':>15}  {'input':<12} "
        f"{'weights':<10} paper"
    )
    for name, entry in sorted(chosen.items(), key=lambda pair: (pair[1].year, pair[1].parameters)):
        size = "x".join(str(side) for side in entry.input)
        weights = ", ".join(entry.weights) or "-"
        print(
            f"{name:<24} {entry.year:<5} {entry.parameters:>12,} {entry.multiply_adds:>15,}  {size:<12} "
            f"{weights:<10} {entry.paper}"
        )
